/* What a pipeline knows of itself, for monitoring. */
#ifndef GENTALLY_PIPELINE_METRICS_H
#define GENTALLY_PIPELINE_METRICS_H

#include "gentally/metrics/metrics.h"
#include "pipeline.h"

/* Fills in what is counted, what was flushed, how Redis, brokers and partitions are; leaves the rest, which has
 * `trouble` already. Asks no server. Once a second: walks the partitions. */
void pipeline_fill_metrics(const struct pipeline *pipeline, struct metrics *metrics);

#endif
