/*
 * The source of records: one Kafka consumer in one group. The caller says where each partition is read, since the store
 * knows; group offsets are committed for lag tools only. One thread at a time uses a source, and nothing works behind
 * its back: a rebalance is handed out by a poll, and answered by a call.
 */
#ifndef GENTALLY_SOURCE_H
#define GENTALLY_SOURCE_H

#include "gentally/base/log.h"
#include "gentally/core/anchor.h"
#include "gentally/kafka/batch.h"

struct config;
struct source;

/*
 * Creates the consumer from the configuration (bootstrap servers, group, topic, and kafka.* as they are) and checks
 * that the topic exists; joins no group yet. GO_ON gives `*source` to the caller, to be closed once; `config` and
 * `logger` are borrowed until then. Blocks up to 10 s. HALT: SOURCE-CONFIG (a property librdkafka refuses),
 * SOURCE-TOPIC-MISSING (names `gentally setup`), SOURCE-PARTITIONS (more than PARTITIONS_MAX), SOURCE-DENIED
 * (authorization or authentication), NO-MEMORY; TRY_LATER: SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict source_open(struct source **source, const struct config *config, struct logger *logger,
                                    struct reason *why);

/* Says whether source_open() would refuse the configuration, and connects to nothing. */
MUST_CHECK enum verdict source_check_config(const struct config *config, struct reason *why);

/* Leaves the group and frees the source; NULL is fine. Blocks up to `session.timeout.ms`. The caller flushes first. */
void source_close(struct source *source);

/* Asks for the number of partitions of the topic, 1 to PARTITIONS_MAX. Blocks up to 10 s. TRY_LATER:
 * SOURCE-UNREACHABLE; HALT: SOURCE-TOPIC-MISSING, SOURCE-PARTITIONS, SOURCE-DENIED. */
MUST_CHECK enum verdict source_partitions(struct source *source, int32_t *count, struct reason *why);

/* Asks for the first and the next offset of a partition's log. Blocks up to 10 s. TRY_LATER: SOURCE-UNREACHABLE; HALT
 * as of source_partitions(). */
MUST_CHECK enum verdict source_extent(struct source *source, int32_t partition, int64_t *first, int64_t *next,
                                      struct reason *why);

/* Asks for the next offsets of the logs of partitions [0, count). Blocks up to 10 s. Verdicts of source_extent(). */
MUST_CHECK enum verdict source_ends(struct source *source, int32_t count, int64_t ends[], struct reason *why);

/* Joins the group, once. The group's answer is a rebalance of a later poll. HALT: SOURCE-DENIED, SOURCE-FATAL. */
MUST_CHECK enum verdict source_join(struct source *source, struct reason *why);

/*
 * Waits up to `timeout_ms` for records or a rebalance, and fills `batch`; an empty batch is GO_ON too. Records come
 * from assigned partitions only, in offset order from the assigned offset on, each once; offsets whose bytes cannot be
 * had come as one record (`unreadable`), after its partition was a suspect. TRY_LATER: SOURCE-UNREACHABLE
 * (all brokers are down; librdkafka goes on trying, and so may the caller); HALT: SOURCE-FATAL, SOURCE-DENIED,
 * SOURCE-TOPIC-MISSING.
 */
MUST_CHECK enum verdict source_poll(struct source *source, struct batch *batch, int timeout_ms, struct reason *why);

/*
 * Keeps the membership of a caller that cannot read on for now; without any call the membership would end after
 * `max.poll.interval.ms`. Serves the group and the connection, hands out no record, and leaves the batch's records as
 * they are. A rebalance that arrives replaces one not answered yet: answer the new one instead. Does not block.
 * Verdicts of source_poll().
 */
MUST_CHECK enum verdict source_keep_alive(struct source *source, struct batch *batch, struct reason *why);

/* Frees the messages that the batch's records borrow from. */
void source_release(struct source *source, struct batch *batch);

/* Where one partition is to be read. */
struct source_start {
    int32_t partition;
    int64_t next;         /* the first record to hand out */
    struct anchor anchor; /* the last record before it, which the log has to show first; ANCHOR_NONE: none */
};

/* Answers REBALANCE_ASSIGNED. On a failure nothing is assigned, and the call may be repeated. */
MUST_CHECK enum verdict source_assign(struct source *source, const struct source_start starts[], uint32_t count,
                                      struct reason *why);

/* Moves one assigned partition elsewhere (after a REWIND), with the next poll, and goes on with it if it was stopped.
 * Records that were fetched for the old position never appear afterwards. */
void source_reposition(struct source *source, const struct source_start *start);

/*
 * Checks the log of a partition that is among the suspects. Blocks up to 10 s. GO_ON: the log is good, and read on (or
 * the partition was no suspect); TRY_LATER: no broker answers: the log is read again, and will be a suspect again.
 * HALT, for this partition only: SOURCE-RECREATED (another record stands at the anchor), SOURCE-TRUNCATED (the log ends
 * before what was counted), SOURCE-GAP (records were deleted before they were counted), SOURCE-CORRUPT (a batch is not
 * as it was written).
 */
MUST_CHECK enum verdict source_check_log(struct source *source, int32_t partition, struct reason *why);

/* Stops one assigned partition without leaving the group: nothing of it appears any more until it is moved, or the
 * next assignment. */
void source_stop(struct source *source, int32_t partition);

/* Answers REBALANCE_REVOKED and REBALANCE_LOST: no partition is assigned any more (the eager protocol). */
MUST_CHECK enum verdict source_release_all(struct source *source, struct reason *why);

/* Commits `next[i]` of `partitions[i]` to the group, for lag tools. Does not wait; errors are logged and harmless. */
void source_commit(struct source *source, const int32_t partitions[], const int64_t next[], uint32_t count);

/* The end of a partition's log, as what was fetched said last; -1: not known. Asks nobody. */
int64_t source_log_end(const struct source *source, int32_t partition);

/* True if a broker is connected, as far as librdkafka said: every few seconds where metrics are served, else once all
 * are gone. Asks nobody. */
bool source_is_connected(const struct source *source);

#endif
