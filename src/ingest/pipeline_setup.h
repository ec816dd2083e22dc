/*
 * What has to be there before a pipeline joins its group: checked for a worker, for which `gentally setup` made it;
 * checked and made for a replay. All of it blocks, asking Redis and Kafka one thing after another.
 */
#ifndef GENTALLY_PIPELINE_SETUP_H
#define GENTALLY_PIPELINE_SETUP_H

#include "pipeline.h"

/* Looks for everything that a worker reads and writes: functions, states, topics. GO_ON: `*partition_count` is that of
 * the topic. HALT: which is missing (STORE-..., SOURCE-..., SINK-...), or what the
 * namespace is counted by and this process is not (SETTINGS-...); TRY_LATER: a server does not answer. */
MUST_CHECK enum verdict pipeline_check_worker(struct pipeline *pipeline, int32_t *partition_count, struct reason *why);

/* The same for a replay, which publishes nothing and makes its own states. */
MUST_CHECK enum verdict pipeline_check_replay(struct pipeline *pipeline, int32_t *partition_count, struct reason *why);

/*
 * Makes the states of partitions [0, count), each at `firsts[partition]` and with the floors of `lives[partition]`, and
 * that of retention, if kept. HALT: REPLAY-EXISTS if there is a state already; and verdicts of store_create() and
 * store_retention_create().
 */
MUST_CHECK enum verdict pipeline_create_states(struct pipeline *pipeline, int32_t count, const int64_t firsts[],
                                               const struct partition_state lives[], struct reason *why);

#endif
