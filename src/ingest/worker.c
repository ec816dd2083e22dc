/* Opens, closes and reloads a worker; its turn is in worker_turn.c, a look at its configuration in worker_check.c. */
#include "gentally/ingest/worker.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/config/config.h"
#include "pipeline_read.h"
#include "pipeline_setup.h"
#include "worker_state.h"

static enum verdict open_local(struct worker *worker, const struct worker_options *options, struct reason *why)
{
    if (worker == NULL)
        return no_memory(why, "for a worker");
    worker->config = options->config;
    worker->logger = options->logger;
    worker->is_drain = options->is_drain;
    worker->exporter = worker->closing.exporter = options->exporter;
    worker->pulse = worker->closing.pulse = options->pulse;
    enum verdict verdict = pipeline_open_local(&worker->pipeline, options->config, options->logger, why);
    if (verdict == GO_ON && options->config->account_key[0] == '\0')
        log_line(options->logger, LOG_LEVEL_INFO, "WORKER-NO-ACCOUNTS",
                 "no account_key is configured: accounts are not counted");
    return verdict;
}

/* `setup` should have made all that is checked: say which is missing before joining the group. */
enum verdict worker_open(struct worker **worker, const struct worker_options *options, struct reason *why)
{
    struct worker *opened = calloc(1, sizeof(*opened));
    enum verdict verdict = open_local(opened, options, why);

    if (verdict == GO_ON)
        verdict = pipeline_connect(opened->pipeline, why);
    if (verdict == GO_ON)
        verdict = pipeline_check_worker(opened->pipeline, &opened->partition_count, why);
    if (verdict == GO_ON)
        verdict = pipeline_join(opened->pipeline, why);
    if (verdict != GO_ON) {
        worker_close(opened);
        return verdict;
    }
    log_line(opened->logger, LOG_LEVEL_INFO, "WORKER-OPENED",
             "topic=%s partitions=%" PRId32 " namespace=%s tables=\"%s\"", opened->config->topic,
             opened->partition_count, opened->config->namespace_, pipeline_tables_version(opened->pipeline));
    *worker = opened;
    return GO_ON;
}

void worker_close(struct worker *worker)
{
    if (worker == NULL)
        return;
    closing_end(&worker->closing);
    pipeline_close(worker->pipeline);
    tables_close(&worker->fresh_tables);
    free(worker);
}

enum verdict worker_reload(struct worker *worker, struct reason *why)
{
    tables_close(&worker->fresh_tables);
    worker->has_fresh_tables = false;
    enum verdict verdict = tables_open(&worker->fresh_tables, worker->config, why);
    worker->has_fresh_tables = verdict == GO_ON;
    return verdict;
}
