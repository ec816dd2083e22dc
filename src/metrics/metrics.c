/* A snapshot without anything. */
#include "gentally/metrics/metrics.h"

void metrics_clear(struct metrics *metrics)
{
    memset(metrics, 0, offsetof(struct metrics, partitions)); /* None of those counts. */
    metrics->version = "";
    metrics->now_ms = METRIC_UNKNOWN;
    metrics->closer.committed_ms = metrics->closer.early_ms = METRIC_UNKNOWN;
    metrics->store_round_trip_us = METRIC_UNKNOWN;
    metrics->store_bytes = metrics->store_bytes_max = metrics->store_evicts = METRIC_UNKNOWN;
    metrics->retention_pairs = metrics->retention_pairs_max = METRIC_UNKNOWN;
    for (size_t kind = 0; kind < WINDOW_KINDS; kind++)
        metrics->closer.oldest_ms[kind] = METRIC_UNKNOWN;
}
