/* `gentally worker`: signals, time and exit codes around the loop in src/ingest/worker_turn.c. */
#include "gentally/ingest/worker.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/commands/commands.h"
#include "gentally/config/config_print.h"
#include "gentally/metrics/exporter.h"

#define RETRY_MS 250        /* between attempts while a server does not answer */
#define STOP_GRACE_MS 10000 /* then leave without the last flush: the next owner counts it again */

enum option { DRAIN, CHECK_CONFIG, PRINT_CONFIG };

static const struct command_option option_table[] = {
    [DRAIN] = {"drain", NULL, "stop once every partition is read to its end and all windows are emitted", NULL},
    [CHECK_CONFIG] = {"check-config", NULL, "read the configuration and the tables, say what is wrong, and stop", NULL},
    [PRINT_CONFIG] = {"print-config", NULL, "print the configuration in force, without secrets, and stop", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_worker = {
    .name = "worker",
    .purpose = "count events: Kafka to Redis to summaries; run as many as you need",
    .arguments = "[--drain] [--check-config | --print-config] [configuration]",
    .summary = "consume, count and emit: the job itself",
    .text =
        "Joins the consumer group, counts what the topic holds into Redis and emits summaries. Run as many as there\n"
        "are partitions; each may be killed at any time. SIGTERM: flush and leave. SIGHUP: read the tables again.\n"
        "\n"
        "  gentally setup && gentally worker --kafka-bootstrap-servers kafka:9092 --redis-url redis://redis:6379\n",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

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

/* A worker that is not open yet lives, and is not ready because of `id`. */
static void tell_waiting(struct exporter *exporter, enum reason_id id)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);

    if (exporter == NULL)
        return;
    exporter_beat(exporter, now_ms);
    struct metrics *metrics = exporter_due(exporter, now_ms);
    if (metrics == NULL)
        return;
    metrics->now_ms = clock_ms(CLOCK_REALTIME);
    metrics->trouble = id;
    exporter_put(exporter);
}

/* Opens the worker, waiting patiently for servers that are not up yet. GO_ON with NULL: asked to stop meanwhile. */
static enum verdict open_patiently(struct worker **worker, const struct worker_options *options,
                                   const sigset_t *signals, struct reason *why)
{
    for (;;) {
        *worker = NULL;
        enum verdict verdict = worker_open(worker, options, why);
        if (verdict != TRY_LATER)
            return verdict;
        log_reason(options->logger, LOG_LEVEL_WARN, why);
        tell_waiting(options->exporter, why->id);
        int number = next_signal(signals, 4 * RETRY_MS);
        if (number == SIGTERM || number == SIGINT)
            return GO_ON;
    }
}

/* `*status`: the exit status, if the worker did not leave in time. */
static enum verdict work(struct worker *worker, struct logger *logger, const sigset_t *signals, int *status,
                         struct reason *why)
{
    int64_t stop_ms = 0; /* when stopping was asked for */
    bool is_done = false;
    int wait_ms = 0;

    while (!is_done) {
        int number = next_signal(signals, wait_ms);
        int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
        if (number == SIGHUP && worker_reload(worker, why) != GO_ON)
            log_reason(logger, LOG_LEVEL_ERROR, why);
        if ((number == SIGTERM || number == SIGINT) && stop_ms == 0) {
            log_line(logger, LOG_LEVEL_INFO, "WORKER-STOPPING", "signal=%d", number);
            stop_ms = now_ms;
        }
        enum verdict verdict = worker_turn(worker, now_ms, clock_ms(CLOCK_REALTIME), stop_ms != 0, &is_done, why);
        if (verdict == HALT)
            return HALT;
        if (verdict != GO_ON)
            log_reason(logger, LOG_LEVEL_WARN, why);
        wait_ms = verdict == GO_ON ? 0 : RETRY_MS;
        if (stop_ms != 0 && now_ms - stop_ms > STOP_GRACE_MS) {
            *status = EX_TEMPFAIL;
            return GO_ON;
        }
    }
    return GO_ON;
}

/* Before anything else is opened: whoever asks is answered from the start. */
static enum verdict open_exporter(struct worker_options *options, struct reason *why)
{
    const struct config *config = options->config;

    if (config->metrics_listen[0] == '\0')
        return GO_ON;
    enum verdict verdict = exporter_open(&options->exporter, &config->metrics_endpoint, GENTALLY_VERSION, why);
    if (verdict == GO_ON)
        log_line(options->logger, LOG_LEVEL_INFO, "WORKER-METRICS", "listen=%s port=%u", config->metrics_listen,
                 exporter_port(options->exporter));
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    const struct command_option *options = call->options;
    struct worker *worker = NULL;
    struct logger logger;
    sigset_t signals;

    if (options[PRINT_CONFIG].value != NULL) {
        config_print(call->config, stdout);
        return GO_ON;
    }
    prepare_process(&signals);
    log_open_as(&logger, call->config->log_level, call->config->log_format, command_worker.name);
    struct worker_options worker_options = {call->config, options[DRAIN].value != NULL, &logger, NULL};
    if (options[CHECK_CONFIG].value != NULL) {
        enum verdict verdict = worker_check(&worker_options, why);
        if (verdict == GO_ON)
            printf("the configuration is good\n");
        return verdict;
    }
    enum verdict verdict = open_exporter(&worker_options, why);
    if (verdict == GO_ON)
        verdict = open_patiently(&worker, &worker_options, &signals, why);
    if (verdict == GO_ON && worker != NULL)
        verdict = work(worker, &logger, &signals, &call->status, why);
    worker_close(worker);
    exporter_close(worker_options.exporter);
    log_close(&logger);
    return verdict;
}
