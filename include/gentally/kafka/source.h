/*
 * Where records come from: one Kafka consumer in one group. Single-threaded use. Group offsets are committed for lag
 * tools only; where to read is told by the caller, from the store. The only file behind it, source.c, includes
 * librdkafka for reading.
 */
#ifndef GENTALLY_SOURCE_H
#define GENTALLY_SOURCE_H

#include "gentally/base/log.h"
#include "gentally/core/anchor.h"
#include "gentally/core/event.h"

struct config;
struct source;

#define BATCH_RECORDS_MAX 4096u

/* What the group did, at most one thing a poll; the caller must answer before it polls again. */
enum rebalance {
    REBALANCE_NONE,
    REBALANCE_ASSIGNED, /* answer: source_assign(), with an offset for each */
    REBALANCE_REVOKED,  /* answer: flush, then source_release_all() */
    REBALANCE_LOST,     /* ownership is gone already: drop the work, then source_release_all() */
};

struct batch {
    enum rebalance rebalance;
    uint32_t partition_count; /* of the rebalance */
    int32_t partitions[PARTITIONS_MAX];
    uint32_t record_count; /* in offset order within a partition; borrowed until source_release() or the next poll */
    struct record records[BATCH_RECORDS_MAX];
    uint32_t end_count; /* partitions read to their end since the last poll */
    struct {
        int32_t partition;
        int64_t next;
    } ends[PARTITIONS_MAX]; /* next offset the log will give */
    uint32_t suspect_count; /* partitions that wait for source_check_log(): the log is not as it was left */
    int32_t suspects[PARTITIONS_MAX];
};

/*
 * Joins nothing yet: creates the consumer from the configuration (bootstrap servers, group, topic, kafka.*
 * pass-through) and checks that the topic exists. HALT: SOURCE-CONFIG (a property librdkafka refuses),
 * SOURCE-TOPIC-MISSING (names `gentally setup`), SOURCE-DENIED (authorization or authentication); TRY_LATER:
 * SOURCE-UNREACHABLE.
 */
MUST_CHECK enum verdict source_open(struct source **source, const struct config *config, struct logger *logger,
                                    struct reason *why);

/* Leaves the group and frees all. May block up to `session.timeout.ms`. Answer pending revocations (flush) before. */
void source_close(struct source *source);

/* Number of partitions of the topic, as of now. Blocks up to 10 s. TRY_LATER: SOURCE-UNREACHABLE; HALT:
 * SOURCE-TOPIC-MISSING. */
MUST_CHECK enum verdict source_partitions(struct source *source, int32_t *count, struct reason *why);

/* First and next offset of a partition's log. Blocks up to 10 s. TRY_LATER: SOURCE-UNREACHABLE. */
MUST_CHECK enum verdict source_extent(struct source *source, int32_t partition, int64_t *first, int64_t *next,
                                      struct reason *why);

/* Next offsets of the logs of partitions [0, count), as of now. Blocks up to 10 s. TRY_LATER: SOURCE-UNREACHABLE. */
MUST_CHECK enum verdict source_ends(struct source *source, int32_t count, int64_t ends[], struct reason *why);

/* Joins the group. News follow from source_poll(). */
MUST_CHECK enum verdict source_join(struct source *source, struct reason *why);

/*
 * Waits up to `timeout_ms` for records or rebalance and fills `batch`. GO_ON also when there is nothing. Records come
 * only from assigned partitions, at or after the assigned offset. TRY_LATER: SOURCE-UNREACHABLE (all brokers down;
 * polling goes on by itself, retried for ever); HALT: SOURCE-FATAL, SOURCE-DENIED, SOURCE-TOPIC-MISSING.
 */
MUST_CHECK enum verdict source_poll(struct source *source, struct batch *batch, int timeout_ms, struct reason *why);

/*
 * Keeps up the membership of a caller that cannot read on for now, which ends after `max.poll.interval.ms` without a
 * call: serves the group and the connection, hands out no record, and leaves those of the batch. News that comes
 * replaces rebalance not answered yet: answer it instead. Does not block. Verdicts of source_poll().
 */
MUST_CHECK enum verdict source_keep_alive(struct source *source, struct batch *batch, struct reason *why);

/* Frees the batch's messages. */
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

/* Moves one assigned partition elsewhere (after a REWIND), with the next poll. Records that were fetched for the old
 * position never appear afterwards. */
void source_reposition(struct source *source, const struct source_start *start);

/*
 * Finds out what is the matter with a suspects partition; blocks up to 10 s. GO_ON: nothing, it is read on (or nobody
 * doubts it); TRY_LATER: no broker answers, it is read again and will be suspects again. HALT, this partition cannot be
 * read on: SOURCE-RECREATED (another record stands at the anchor), SOURCE-TRUNCATED (the log ends before what was
 * counted), SOURCE-GAP (records were deleted before they were counted).
 */
MUST_CHECK enum verdict source_check_log(struct source *source, int32_t partition, struct reason *why);

/* Stops one assigned partition without leaving the group: nothing of it appears any more until the next assignment. */
void source_stop(struct source *source, int32_t partition);

/* Answers REBALANCE_REVOKED and REBALANCE_LOST: unassigns everything (the eager protocol). */
MUST_CHECK enum verdict source_release_all(struct source *source, struct reason *why);

/* Commits `next` per partition to the group, asynchronously, for lag tools; errors are logged and harmless. */
void source_commit(struct source *source, const int32_t partitions[], const int64_t next[], uint32_t count);

#endif
