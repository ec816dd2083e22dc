/* `gentally worker`: signals, time and exit codes around the loop in src/ingest/worker_turn.c. */
#include "gentally/ingest/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/commands/commands.h"
#include "gentally/config/config_print.h"
#include "gentally/metrics/exporter.h"
#include "leaving.h"

#define RETRY_MS 250 /* between attempts while a server does not answer */

/* From the signal on. What is not flushed by then is left to the next owner, so that there is time to leave the group
 * in order, which lets others begin at once; and within ten seconds the process is gone, whoever holds it. Before
 * anything is open there is nothing to be waited for. */
#define FLUSH_MS 6500
#define LEAVE_MS 9500
#define OPENING_MS 1000
#define HANG_MS 600000 /* twice what the group allows a member between two polls, and /livez a loop */

enum option { DRAIN, CHECK_CONFIG, CHECK_START, PRINT_CONFIG };

static const struct command_option option_table[] = {
    [DRAIN] = {"drain", NULL, "stop once every partition is read to its end and all windows are emitted", NULL},
    [CHECK_CONFIG] = {"check-config", NULL,
                      "say what of the configuration and the tables a start would refuse, and stop", NULL},
    [CHECK_START] = {"check-start", NULL,
                     "connect too, and say what else a start would refuse; joins no group, and stop", NULL},
    [PRINT_CONFIG] = {"print-config", NULL, "print the configuration in force, without secrets, and stop", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_worker = {
    .name = "worker",
    .purpose = "count events: Kafka to Redis to summaries; run as many as you need",
    .arguments = "[--drain] [--check-config | --check-start | --print-config] [configuration]",
    .summary = "consume, count and emit: the job itself",
    .text =
        "Joins the consumer group, counts what the topic holds into Redis and emits summaries. Run as many as there\n"
        "are partitions; each may be killed at any time. SIGTERM: flush and leave. SIGHUP: read the tables again.\n"
        "\n"
        "--check-config asks no server. --check-start logs in to Redis and Kafka and looks for what setup made, for\n"
        "the settings it made it with, and for the rights to it; the closer's transactional id is tried by a worker.\n"
        "\n"
        "  gentally setup && gentally worker --kafka-bootstrap-servers kafka:9092 --redis-url redis://redis:6379\n",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

/* No core file may hold a secret. */
static void prepare_process(void)
{
    struct rlimit none = {0, 0};

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
                                   struct leaving *leaving, struct reason *why)
{
    int64_t asked_ms;

    while (leaving_signal(leaving, &asked_ms) == 0) {
        *worker = NULL;
        enum verdict verdict = worker_open(worker, options, why);
        if (verdict != TRY_LATER)
            return verdict;
        log_reason(options->logger, LOG_LEVEL_WARN, why);
        tell_waiting(options->exporter, why->id);
        leaving_wait(leaving, 4 * RETRY_MS);
    }
    return GO_ON;
}

/* `*status`: the exit status, if the worker did not leave in time. */
static enum verdict work(struct worker *worker, struct logger *logger, struct leaving *leaving, int *status,
                         struct reason *why)
{
    bool is_done = false, is_stopping = false;
    int wait_ms = 0;

    while (!is_done) {
        int64_t asked_ms;
        leaving_wait(leaving, wait_ms);
        int number = leaving_signal(leaving, &asked_ms);
        if (leaving_take_reload(leaving) && worker_reload(worker, why) != GO_ON)
            log_reason(logger, LOG_LEVEL_ERROR, why);
        if (number != 0 && !is_stopping)
            log_line(logger, LOG_LEVEL_INFO, "WORKER-STOPPING", "signal=%d", number);
        is_stopping = number != 0;
        int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
        enum verdict verdict = worker_turn(worker, now_ms, clock_ms(CLOCK_REALTIME), is_stopping, &is_done, why);
        if (verdict == HALT)
            return HALT;
        if (verdict != GO_ON)
            log_reason(logger, LOG_LEVEL_WARN, why);
        wait_ms = verdict == GO_ON ? 0 : RETRY_MS;
        if (!is_done && is_stopping && clock_ms(CLOCK_MONOTONIC) - asked_ms >= FLUSH_MS) {
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

static enum verdict check_start(const struct worker_options *options, struct reason *why)
{
    int32_t partitions = 0;
    enum verdict verdict = worker_check_start(options, &partitions, why);

    if (verdict == GO_ON)
        printf("a worker would start: topic %s, partitions %" PRId32 ", namespace %s\n", options->config->topic,
               partitions, options->config->namespace_);
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    const struct command_option *options = call->options;
    struct worker *worker = NULL;
    struct leaving *leaving = NULL;
    struct logger logger;

    if (options[PRINT_CONFIG].value != NULL) {
        config_print(call->config, stdout);
        return GO_ON;
    }
    prepare_process();
    log_open_as(&logger, call->config->log_level, call->config->log_format, command_worker.name);
    struct worker_options worker_options = {call->config, options[DRAIN].value != NULL, &logger, NULL, NULL};
    const struct leaving_options how_to_leave = {.wait_ms = {OPENING_MS, LEAVE_MS, LEAVE_MS},
                                                 .hang_ms = HANG_MS,
                                                 .level = call->config->log_level,
                                                 .format = call->config->log_format,
                                                 .program = command_worker.name};
    if (options[CHECK_CONFIG].value != NULL) {
        enum verdict verdict = worker_check(&worker_options, why);
        if (verdict == GO_ON)
            printf("the configuration is good\n");
        return verdict;
    }
    if (options[CHECK_START].value != NULL)
        return check_start(&worker_options, why);
    enum verdict verdict = leaving_open(&leaving, &how_to_leave, why);
    if (verdict == GO_ON)
        worker_options.pulse = leaving_pulse(leaving);
    if (verdict == GO_ON)
        verdict = open_exporter(&worker_options, why);
    if (verdict == GO_ON)
        verdict = open_patiently(&worker, &worker_options, leaving, why);
    if (verdict == GO_ON && worker != NULL) {
        leaving_reach(leaving, LEAVING_COUNTING, EX_TEMPFAIL);
        verdict = work(worker, &logger, leaving, &call->status, why);
    }
    if (leaving != NULL)
        leaving_reach(leaving, LEAVING_CLOSING, verdict == GO_ON ? call->status : reason_exit_status(why->id));
    worker_close(worker);
    exporter_close(worker_options.exporter);
    log_close(&logger);
    leaving_close(leaving);
    return verdict;
}
