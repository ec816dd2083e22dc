/* The snapshot: the worker's own part here, the pipeline's in pipeline_metrics.c. */
#include "worker_metrics.h"

#include "gentally/base/calendar.h"
#include "gentally/metrics/exporter.h"
#include "pipeline_metrics.h"

/* A monotonic time as one of the day. */
static int64_t at_day(int64_t ms, int64_t now_ms, int64_t wall_ms)
{
    return ms == NO_TIME ? METRIC_UNKNOWN : wall_ms - (now_ms - ms);
}

static void fill_closer(const struct closing *closing, struct closer_metrics *metrics, int64_t now_ms, int64_t wall_ms)
{
    struct closer_progress progress;

    closing_progress(closing, &progress);
    metrics->is_active = closing_is_active(closing);
    metrics->stuck = closing->state == CLOSING_GOES_ON ? REASON_NONE : closing->why.id;
    metrics->windows = progress.windows;
    metrics->summaries = progress.summaries;
    metrics->transactions = progress.transactions;
    metrics->models[MODELS_KNOWN] = progress.models - progress.unknown_models;
    metrics->models[MODELS_UNKNOWN] = progress.unknown_models;
    metrics->durations = progress.durations;
    metrics->committed_ms = at_day(progress.committed_ms, now_ms, wall_ms);
    metrics->early_ms = at_day(progress.early_ms, now_ms, wall_ms);
    memcpy(metrics->oldest_ms, progress.oldest_ms, sizeof(metrics->oldest_ms));
}

void worker_tell_metrics(const struct worker *worker, int64_t now_ms, int64_t wall_ms)
{
    struct metrics *metrics = worker->exporter == NULL ? NULL : exporter_due(worker->exporter, now_ms);

    if (metrics == NULL)
        return;
    metrics->now_ms = wall_ms;
    metrics->has_joined = worker->has_joined;
    metrics->trouble = worker->trouble;
    metrics->partitions_of_topic = worker->partition_count;
    memcpy(metrics->rebalances, worker->rebalances, sizeof(metrics->rebalances));
    metrics->flush.durations = worker->flushes;
    if (worker->capacity.looks > 0) {
        metrics->store_round_trip_us = worker->capacity.round_trip_us;
        metrics->store_bytes = worker->capacity.memory.used;
        metrics->store_bytes_max = worker->capacity.memory.limit;
        metrics->store_evicts = worker->capacity.may_evict ? 1 : 0;
    }
    fill_closer(&worker->closing, &metrics->closer, now_ms, wall_ms);
    pipeline_fill_metrics(worker->pipeline, metrics);
    exporter_put(worker->exporter);
}
