/* `gentally worker`: signals, time and exit codes around the loop in src/worker.c. */
#include "gentally/ingest/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include "gentally/cli/command.h"
#include "gentally/commands/commands.h"

#define RETRY_MS 250        /* between attempts while a server does not answer */
#define STOP_GRACE_MS 10000 /* then leave without the last flush: the next owner counts it again */

static const struct command_help help = {
    .name = "worker",
    .arguments = "[--drain] [--check-config | --print-config] [configuration]",
    .summary = "consume, count and emit: the job itself",
    .text =
        "Joins the consumer group, counts what the topic holds into Redis and emits summaries. Run as many as there\n"
        "are partitions; each may be killed at any time. SIGTERM: flush and leave. SIGHUP: read the tables again.\n"
        "\n"
        "  gentally setup && gentally worker --kafka-bootstrap-servers kafka:9092 --redis-url redis://redis:6379\n",
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits up to `wait_ms` for a signal; 0 if none came. */
static int next_signal(const sigset_t *signals, int wait_ms)
{
    struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000L};
    int number = sigtimedwait(signals, NULL, &wait);

    return number > 0 ? number : 0;
}

/* Before any thread is made, so that all inherit the mask; no core file may hold a secret. */
static void prepare_process(sigset_t *signals)
{
    struct rlimit none = {0, 0};

    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    sigprocmask(SIG_BLOCK, signals, NULL);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0L);
}

/* Opens the worker, waiting patiently for servers that are not up yet. NULL: asked to stop, or *code says why not. */
static struct worker *open_patiently(const struct worker_options *options, const sigset_t *signals, int *code)
{
    for (;;) {
        struct worker *worker = NULL;
        struct reason why = {0};
        enum verdict verdict = worker_open(&worker, options, &why);
        if (verdict == GO_ON)
            return worker;
        if (verdict != TRY_LATER) {
            *code = command_fail(&help, &why);
            return NULL;
        }
        log_reason(options->logger, LOG_LEVEL_WARN, &why);
        int number = next_signal(signals, 4 * RETRY_MS);
        if (number == SIGTERM || number == SIGINT) {
            *code = EX_OK;
            return NULL;
        }
    }
}

static int run(struct worker *worker, struct logger *logger, const sigset_t *signals)
{
    int64_t stop_ms = 0; /* when stopping was asked for */
    bool is_done = false;
    int wait_ms = 0;

    while (!is_done) {
        struct reason why = {0};
        int number = next_signal(signals, wait_ms);
        int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
        if (number == SIGHUP && worker_reload(worker, &why) != GO_ON)
            log_reason(logger, LOG_LEVEL_ERROR, &why);
        if ((number == SIGTERM || number == SIGINT) && stop_ms == 0) {
            log_line(logger, LOG_LEVEL_INFO, "WORKER-STOPPING", "signal=%d", number);
            stop_ms = now_ms;
        }
        enum verdict verdict = worker_turn(worker, now_ms, clock_ms(CLOCK_REALTIME), stop_ms != 0, &is_done, &why);
        if (verdict == HALT)
            return command_fail(&help, &why);
        if (verdict != GO_ON)
            log_reason(logger, LOG_LEVEL_WARN, &why);
        wait_ms = verdict == GO_ON ? 0 : RETRY_MS;
        if (stop_ms != 0 && now_ms - stop_ms > STOP_GRACE_MS)
            return EX_TEMPFAIL;
    }
    return EX_OK;
}

int command_worker(int argc, char **argv)
{
    static struct config config;
    struct logger logger;
    sigset_t signals;
    int code = EX_OK;
    struct command_option options[] = {
        {"drain", NULL, "stop once every partition is read to its end and all windows are emitted", NULL},
        {"check-config", NULL, "read the configuration and the tables, say what is wrong, and stop", NULL},
        {"print-config", NULL, "print the configuration in force, without secrets, and stop", NULL},
    };

    if (!command_begin(&help, &config, argc, argv, options, LENGTH_OF(options), NULL, &code))
        return code;
    if (options[2].value != NULL) {
        config_print(&config, stdout);
        return EX_OK;
    }
    prepare_process(&signals);
    log_open(&logger, config.log_level, "worker");
    struct worker_options worker_options = {&config, options[0].value != NULL, &logger};
    if (options[1].value != NULL) {
        struct reason why;
        if (worker_check(&worker_options, &why) != GO_ON)
            return command_fail(&help, &why);
        printf("the configuration is good\n");
        return EX_OK;
    }
    struct worker *worker = open_patiently(&worker_options, &signals, &code);
    if (worker == NULL)
        return code;
    code = run(worker, &logger, &signals);
    worker_close(worker);
    return code;
}
