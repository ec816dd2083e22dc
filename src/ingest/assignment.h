/*
 * The assigned partitions as one set: claimed, flushed, rewound and stopped together. What one partition's trouble asks
 * for is done here, so that the loop stays straight. Monotonic times are the caller's, in ms.
 */
#ifndef GENTALLY_ASSIGNMENT_H
#define GENTALLY_ASSIGNMENT_H

#include "gentally/base/log.h"
#include "gentally/kafka/source.h"
#include "partition.h"

struct applier;
struct merger;

/* What became of flushes since the process began; counted by partition, but for those sent again. */
struct flush_counts {
    uint64_t stored, fenced, refused, repeated;
    uint64_t rows, entries, bytes; /* of those stored */
};

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
    struct flush_counts counts;
    int64_t turned_ms; /* of the last turn that claimed or read, monotonic */
};

/* The partition of that number; NULL if the partition is not ours. */
struct partition *assignment_find(const struct assignment *assignment, int32_t number);

/* True for trouble of one partition; what else a server refuses, it refuses for all. */
static inline bool assignment_is_its_own(enum verdict verdict, const struct reason *why)
{
    return verdict == HALT && reason_stops(why->id) <= STOPS_PARTITION;
}

/* Where a partition of that state is read from. */
static inline struct source_start assignment_start_of(const struct partition_state *state)
{
    return (struct source_start){state->partition, state->next, state->anchor};
}

/* Claims the partitions in the store and opens each; one whose own trouble forbids that (its state is tainted, damaged
 * or gone, its memory refused) is stopped. On any failure no partition is open, and the call may be repeated. Verdicts
 * of store_claim(), but for those of one partition. */
MUST_CHECK enum verdict assignment_claim(struct assignment *assignment, struct store *store,
                                         const struct config *config, struct tally_pool *pool,
                                         const int32_t partitions[], uint32_t count, int64_t now_ms,
                                         struct reason *why);

/* Begins to read each partition that is not stopped where the store stands. Verdicts of source_assign(). */
MUST_CHECK enum verdict assignment_start(struct assignment *assignment, struct source *source, struct reason *why);

/* Drops all work and closes all partitions. */
void assignment_close(struct assignment *assignment);

/*
 * Flushes every partition that has something the store does not know (with `is_forced`) or whose rows are due; touches
 * those that were silent for TOUCH_INTERVAL_MS, and all of them when the store was connected to anew, since it may have
 * been rolled back. Partitions that were fenced are marked for assignment_reclaim(); those in trouble are stopped, with
 * an error in the log. TRY_LATER: no answer; assignment_resume() before anything else. HALT: as checkpoint_run().
 */
MUST_CHECK enum verdict assignment_flush(struct assignment *assignment, struct checkpoint *checkpoint,
                                         const struct store *store, bool is_forced, int64_t now_ms, struct reason *why);

/* Sends an unanswered flush again, if there is one. Verdicts of assignment_flush(). */
MUST_CHECK enum verdict assignment_resume(struct assignment *assignment, struct checkpoint *checkpoint, int64_t now_ms,
                                          struct reason *why);

/* Applies the journal of one partition whose time has come (with `is_all`: that is not empty), the one that waits
 * longest; see partition_must_apply(). What the store refuses of it is dealt with as of a flush; what it does not
 * answer now is tried again later, and is no failure. HALT: as applier_run(), but for what is of one partition. */
MUST_CHECK enum verdict assignment_apply(struct assignment *assignment, struct applier *applier, bool is_all,
                                         int64_t wide_bytes, int64_t now_ms, struct reason *why);

/* Merges the pairs of all partitions that have some, once those of one have waited long enough, or there are many, or
 * `is_all`: many at once cost less than each by itself. Same consequences, and verdicts of merger_finish(). */
MUST_CHECK enum verdict assignment_merge(struct assignment *assignment, struct merger *merger, bool is_all,
                                         int64_t now_ms, struct reason *why);

/* True if there is a partition whose journal is to be applied with `is_all`, or that has pairs to merge, be it now or
 * after a moment. */
bool assignment_has_journal(const struct assignment *assignment);

/* Draws the consequence of the store's refusal: HALT stops the partition, any other verdict but GO_ON marks it for
 * assignment_reclaim(). Either way its rows are dropped. */
void assignment_refused(struct assignment *assignment, struct partition *partition, enum verdict verdict,
                        const struct reason *why);

/* True if the partition stopped since it had no state, and it is time to look whether `gentally setup` has made it. */
bool assignment_looks(const struct partition *partition, int64_t now_ms);

/* Claims the rewound partitions again and reads on from where the store stands; one in trouble of its own is stopped,
 * and one that was fenced again and again while Kafka says it is ours is claimed after pauses (STORE-DUEL, a warning).
 * One that stopped for want of a state begins, if it has one by now. Verdicts of store_claim(), but for those of one
 * partition. */
MUST_CHECK enum verdict assignment_reclaim(struct assignment *assignment, struct store *store, struct source *source,
                                           struct tally_pool *pool, int64_t now_ms, struct reason *why);

/* Makes every partition's last record its anchor, before the batch is released: no partition borrows from it then. */
void assignment_move_anchors(struct assignment *assignment);

/* Clears is_stale of every partition after a poll: records of old positions are gone. */
void assignment_clear_stale(struct assignment *assignment);

/*
 * Marks the partitions whose log's end is in the batch, which was folded, and those that are idle once `idle_ms` have
 * passed there. Time in which no record could arrive, because a turn took long, or because more is waiting than a batch
 * holds, is not time at the end.
 */
void assignment_mark_ends(struct assignment *assignment, const struct batch *batch, int64_t idle_ms, int64_t now_ms);

/* Makes every log show its anchor again, after the process was held or cut off: a topic may have been made anew and
 * filled beyond where we stand meanwhile. What is left of the batch is dropped, and read again behind the anchor. */
void assignment_recheck_logs(struct assignment *assignment, struct source *source);

/* Looks into a log that is not as the partition left it; stops the partition if the log cannot be read on. Blocks like
 * source_check_log(). */
void assignment_check_log(struct assignment *assignment, struct source *source, int32_t number);

/* Reads no further in a partition until assignment_read_on(): a record of it waits for its writer's schema. */
void assignment_wait(struct partition *partition, struct source *source);

/* Goes on with the partitions that wait, from the record that made them wait. */
void assignment_read_on(struct assignment *assignment, struct source *source);

/* Stops a partition for a reason of its own, while all others go on. */
void assignment_stop(struct assignment *assignment, struct partition *partition, struct source *source,
                     const struct reason *why);

/* Tells the store which partitions stopped and why, each once: whoever closes windows goes on without them. Blocks for
 * a round trip each; one that the store does not hear now is told later, and one whose token does not hold any more has
 * not stopped, and is claimed anew by assignment_reclaim(). */
void assignment_tell_stops(struct assignment *assignment, struct store *store);

/* Tells the group how far the store is, for lag tools. */
void assignment_commit(const struct assignment *assignment, struct source *source);

/* True if a partition has rows that were not flushed. */
bool assignment_has_rows(const struct assignment *assignment);

/* True if a partition became idle and the store does not know yet. */
bool assignment_has_unstored_idle(const struct assignment *assignment);

/* True if every partition is stopped, or idle at its log's end and stored. */
bool assignment_is_drained(const struct assignment *assignment);

/* A stopped partition, the first of them; NULL if no partition is stopped. */
const struct partition *assignment_find_stopped(const struct assignment *assignment);

#endif
