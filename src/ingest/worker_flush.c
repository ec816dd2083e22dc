/* Flushes, commits, and lets fresh tables in. */
#include "worker_flush.h"

#include "gentally/config/config.h"

static enum verdict renew_tables(struct worker *worker, struct reason *why)
{
    if (!worker->has_fresh_tables || assignment_has_rows(pipeline_assignment(worker->pipeline)))
        return GO_ON;
    closing_stop(&worker->closing); /* The closer borrows the old ones. */
    worker->has_fresh_tables = false;
    enum verdict verdict = pipeline_renew_tables(worker->pipeline, &worker->fresh_tables, why);
    log_line(worker->logger, LOG_LEVEL_INFO, "WORKER-RELOADED", "tables=\"%s\"",
             pipeline_tables_version(worker->pipeline));
    return verdict;
}

enum verdict worker_flush(struct worker *worker, bool is_forced, int64_t now_ms, struct reason *why)
{
    bool has_rows = assignment_has_rows(pipeline_assignment(worker->pipeline));
    int64_t begun_us = clock_us(CLOCK_MONOTONIC);
    enum verdict verdict = pipeline_flush(worker->pipeline, is_forced, now_ms, why);

    if (verdict != GO_ON)
        return verdict;
    if (has_rows) { /* Within a turn `now_ms` stands still, and a flush is what takes long. */
        worker->counted = stamp_now();
        durations_note(&worker->flushes, clock_us(CLOCK_MONOTONIC) - begun_us);
    }
    worker->flush_due_ms = now_ms + worker->config->flush_interval_ms;
    pipeline_commit(worker->pipeline);
    return renew_tables(worker, why);
}
