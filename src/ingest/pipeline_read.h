/*
 * The reading end of a pipeline: the group's rebalances, batches polled and folded, logs looked at. A caller answers a
 * rebalance with pipeline_claim() or pipeline_release(); a batch goes
 *
 *   pipeline_poll() -> pipeline_look_up_ids() -> pipeline_fold() -> pipeline_mark_ends() -> pipeline_release_batch()
 */
#ifndef GENTALLY_PIPELINE_READ_H
#define GENTALLY_PIPELINE_READ_H

#include "pipeline.h"

/* Joins the group. Verdicts of source_join(). */
MUST_CHECK enum verdict pipeline_join(struct pipeline *pipeline, struct reason *why);

/* The batch polled last, with a rebalance that waits for its answer; borrowed, and as the last verb left it. */
const struct batch *pipeline_batch(const struct pipeline *pipeline);

/* Answers REBALANCE_ASSIGNED: claims the partitions and begins to read where the store stands. On any failure the
 * rebalance still waits, and the call may be repeated. Verdicts of assignment_claim() and assignment_start(). */
MUST_CHECK enum verdict pipeline_claim(struct pipeline *pipeline, int64_t now_ms, struct reason *why);

/* Answers REBALANCE_REVOKED and REBALANCE_LOST: drops all work, an unanswered flush and the rest of the batch too, and
 * gives all partitions back. Flush before. Verdicts of source_release_all(); unless GO_ON, the rebalance waits on. */
MUST_CHECK enum verdict pipeline_release(struct pipeline *pipeline, struct reason *why);

/* Keeps up the membership of a caller that cannot read on for now. The batch may hold another rebalance then. Verdicts
 * of source_keep_alive(). */
MUST_CHECK enum verdict pipeline_keep_alive(struct pipeline *pipeline, struct reason *why);

/* Waits up to `timeout_ms` for the next batch. Asserts that no rebalance waits. Verdicts of source_poll(). */
MUST_CHECK enum verdict pipeline_poll(struct pipeline *pipeline, int timeout_ms, struct reason *why);

/* Looks into the logs that the batch says are not as they were left; stops partitions that cannot be read on. */
void pipeline_check_logs(struct pipeline *pipeline);

/* Goes on with partitions that wait for a writer's schema, when the registry may be asked again. Once a turn. */
void pipeline_read_on(struct pipeline *pipeline, int64_t now_ms);

/* Makes every log show its anchor again, after the caller was held or cut off. */
void pipeline_recheck_logs(struct pipeline *pipeline);

/* Asks the store for the ids of the batch, once, before any of it is folded; nothing to do if ids are off. TRY_LATER:
 * no answer; call again before a record is folded. HALT: NO-MEMORY. */
MUST_CHECK enum verdict pipeline_look_up_ids(struct pipeline *pipeline, struct reason *why);

/* Has `was_future` asked first which records lay in the future when they were counted the first time. */
void pipeline_recall(struct pipeline *pipeline, bool (*was_future)(void *, const struct record *), void *context);

/* Reads the clock of Redis, and warns, at most every ten minutes, if ours differs by more than a minute. Harmless if
 * Redis does not answer. */
void pipeline_compare_clocks(struct pipeline *pipeline, int64_t wall_ms);

/* True if a fold that answered TRY_LATER waits for a flush; else it waits for Redis, which did not tell its time. */
bool pipeline_wants_flush(const struct reason *why);

/* Folds a record of the batch if its partition wants it. `wall_ms` is the time of day; Redis is asked for its own once
 * a batch, if an event lies beyond it. Verdicts of fold_record() and store_clock(); TRY_LATER: nothing changed. */
MUST_CHECK enum verdict pipeline_fold_record(struct pipeline *pipeline, const struct record *record, int64_t wall_ms,
                                             struct reason *why);

/* Folds what is left of the batch, record by record. TRY_LATER: stopped at a record; see pipeline_wants_flush(). HALT:
 * as fold_record(). */
MUST_CHECK enum verdict pipeline_fold(struct pipeline *pipeline, int64_t wall_ms, struct reason *why);

/* Marks the partitions read to their log's end, and those idle there for `idle_ms`: see assignment_mark_ends(). */
void pipeline_mark_ends(struct pipeline *pipeline, int64_t idle_ms, int64_t now_ms);

/* Frees the batch's records; partitions keep their anchors. */
void pipeline_release_batch(struct pipeline *pipeline);

/* Moves a partition's next record to fold up to `next`, if only offsets without records lie between: no rewind. */
void pipeline_skip_to(struct pipeline *pipeline, int32_t number, int64_t next);

/* Reads a partition again from the next record to fold on. */
void pipeline_reread(struct pipeline *pipeline, int32_t number);

/* The topic's partitions, as of now. Verdicts of source_partitions(). */
MUST_CHECK enum verdict pipeline_count_partitions(struct pipeline *pipeline, int32_t *count, struct reason *why);

/* Whether the store holds every record of the logs of partitions [0, count), and knows them as idle; but for those that
 * have stopped, for which nobody waits. Blocks: asks Redis for each partition, and Kafka once if all are idle there.
 * Verdicts of store_state() and source_ends(); HALT: NO-MEMORY. */
MUST_CHECK enum verdict pipeline_is_read_out(struct pipeline *pipeline, int32_t count, bool *is_read_out,
                                             struct reason *why);

#endif
