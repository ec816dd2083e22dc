/*
 * The assigned partitions together: claimed, flushed, rewound and stopped as one set. What one partition's trouble asks
 * for is done here, so that the loop stays straight.
 */
#ifndef GENTALLY_ASSIGNMENT_H
#define GENTALLY_ASSIGNMENT_H

#include "gentally/base/log.h"
#include "gentally/kafka/source.h"
#include "partition.h"

struct assignment {
    struct logger *logger;
    struct partition *by_partition[PARTITIONS_MAX]; /* NULL: not ours */
    uint32_t count;
    int32_t partitions[PARTITIONS_MAX];             /* ours, `count` of them */
    struct partition_flush flushes[PARTITIONS_MAX]; /* of the flush under way */
    struct partition *flushed[PARTITIONS_MAX];      /* whose flushes they are */
    uint32_t flush_count;
    bool is_pending;      /* the store has not answered that flush */
    uint64_t connections; /* of the store, when all partitions were last known to stand where it stands */
    int64_t turned_ms;    /* of the last assignment_end(), monotonic */
};

/* NULL if the partition is not ours. */
struct partition *assignment_find(const struct assignment *assignment, int32_t partition);

/* Claims the partitions and opens a partition for each; that of a partition whose state is tainted, damaged or gone is
 * stopped. On any failure none is open, and the call may be repeated. Verdicts of store_claim(). */
MUST_CHECK enum verdict assignment_claim(struct assignment *assignment, struct store *store,
                                         const struct config *config, struct tally_pool *pool,
                                         const int32_t partitions[], uint32_t count, int64_t now_ms,
                                         struct reason *why);

/* Begins to read each partition that is not stopped where the store stands. */
MUST_CHECK enum verdict assignment_start(struct assignment *assignment, struct source *source, struct reason *why);

/* Drops all work and all assignment. */
void assignment_close(struct assignment *assignment);

/*
 * Flushes every partition the store does not know all of (with `is_forced`) or whose rows are due; touches those that
 * were silent for TOUCH_INTERVAL_MS, and all of them when the store was connected to anew, since it may have been
 * rolled back. Partitions that were fenced are marked for assignment_reclaim(); those in trouble are stopped, with an
 * error in the log. TRY_LATER: no answer; assignment_resume() before anything else. HALT: as checkpoint_run().
 */
MUST_CHECK enum verdict assignment_flush(struct assignment *assignment, struct checkpoint *checkpoint,
                                         const struct store *store, bool is_forced, int64_t now_ms, struct reason *why);

/* What the store's refusal means for a partition: with HALT it stops, else it is to be claimed anew. */
void assignment_refused(struct assignment *assignment, struct partition *partition, enum verdict verdict,
                        const struct reason *why);

/* Sends an unanswered flush again; GO_ON if there is none. */
MUST_CHECK enum verdict assignment_resume(struct assignment *assignment, struct checkpoint *checkpoint, int64_t now_ms,
                                          struct reason *why);

/* Claims the rewound partitions again and reads on from where the store stands. HALT: STORE-DUEL, fenced again and
 * again while Kafka says the partition is ours. */
MUST_CHECK enum verdict assignment_reclaim(struct assignment *assignment, struct store *store, struct source *source,
                                           struct reason *why);

/* Before the batch is released: nothing of it is borrowed any more. */
void assignment_anchor(struct assignment *assignment);

/* After a poll: records of old positions are gone. */
void assignment_refresh(struct assignment *assignment);

/* Marks the partitions whose log was read to its end, and those that rest. Time in which nothing could arrive, because
 * a turn took long, or more is waiting than a batch holds, is not time at the end. */
void assignment_end(struct assignment *assignment, const struct batch *batch, int64_t idle_ms, int64_t now_ms);

/* After the process was held: a topic can be made anew and filled beyond where we stand without its reader noticing.
 * Every partition has to see its anchor again; what is left of the batch is dropped, and read again behind it. */
void assignment_recheck_logs(struct assignment *assignment, struct source *source);

/* The log is not as the partition left it: has it looked into, and stops the partition if it cannot be read on. */
void assignment_check_log(struct assignment *assignment, struct source *source, int32_t number);

/* Tells the group how far the store is, for lag tools. */
void assignment_commit(const struct assignment *assignment, struct source *source);

bool assignment_is_empty(const struct assignment *assignment);   /* no rows */
bool assignment_is_drained(const struct assignment *assignment); /* each is at its log's end and stored, or stopped */
bool assignment_wants_rest(const struct assignment *assignment); /* one became idle and the store does not know */

/* A stopped partition, or NULL. */
const struct partition *assignment_stopped(const struct assignment *assignment);

#endif
