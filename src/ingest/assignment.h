/*
 * The assigned partitions together: claimed, flushed, rewound and stopped as one set. What one partition's trouble asks
 * for is done here, so that the loop stays straight.
 */
#ifndef GENTALLY_ASSIGNMENT_H
#define GENTALLY_ASSIGNMENT_H

#include "partition.h"
#include "gentally/base/log.h"
#include "gentally/kafka/source.h"

struct lanes {
    struct logger *logger;
    struct lane *by_partition[PARTITIONS_MAX]; /* NULL: not ours */
    uint32_t count;
    int32_t partitions[PARTITIONS_MAX];      /* ours, `count` of them */
    struct portion portions[PARTITIONS_MAX]; /* of the flush under way */
    struct lane *flushed[PARTITIONS_MAX];    /* whose portions they are */
    uint32_t portion_count;
    bool is_pending;      /* the store has not answered that flush */
    uint64_t connections; /* of the store, when all lanes were last known to stand where it stands */
    int64_t turned_ms;    /* of the last lanes_end(), monotonic */
};

/* NULL if the partition is not ours. */
struct lane *lanes_find(const struct lanes *lanes, int32_t partition);

/* Claims the partitions and opens a lane for each; that of a partition whose state is tainted, damaged or gone is
 * stopped. On any failure none is open, and the call may be repeated. Verdicts of store_claim(). */
MUST_CHECK enum verdict lanes_claim(struct lanes *lanes, struct store *store, const struct config *config,
                                    struct tally_pool *pool, const int32_t partitions[], uint32_t count, int64_t now_ms,
                                    struct reason *why);

/* Begins to read each lane that is not stopped where the store stands. */
MUST_CHECK enum verdict lanes_assign(struct lanes *lanes, struct source *source, struct reason *why);

/* Drops all work and all lanes. */
void lanes_close(struct lanes *lanes);

/*
 * Flushes every lane the store does not know all of (with `is_forced`) or whose rows are due; touches those that were
 * silent for TOUCH_INTERVAL_MS, and all of them when the store was connected to anew, since it may have been rolled
 * back. Lanes that were fenced are marked for lanes_reclaim(); those in trouble are stopped,
 * with an error in the log. TRY_LATER: no answer; lanes_resume() before anything else. HALT: as checkpoint_run().
 */
MUST_CHECK enum verdict lanes_flush(struct lanes *lanes, struct checkpoint *checkpoint, const struct store *store,
                                    bool is_forced, int64_t now_ms, struct reason *why);

/* What the store's refusal means for a lane: with HALT it stops, else it is to be claimed anew. */
void lanes_refused(struct lanes *lanes, struct lane *lane, enum verdict verdict, const struct reason *why);

/* Sends an unanswered flush again; GO_ON if there is none. */
MUST_CHECK enum verdict lanes_resume(struct lanes *lanes, struct checkpoint *checkpoint, int64_t now_ms,
                                     struct reason *why);

/* Claims the rewound lanes again and reads on from where the store stands. HALT: STORE-DUEL, fenced again and again
 * while Kafka says the partition is ours. */
MUST_CHECK enum verdict lanes_reclaim(struct lanes *lanes, struct store *store, struct source *source,
                                      struct reason *why);

/* Before the batch is released: nothing of it is borrowed any more. */
void lanes_anchor(struct lanes *lanes);

/* After a poll: records of old positions are gone. */
void lanes_refresh(struct lanes *lanes);

/* Marks the lanes whose log was read to its end, and those that rest. Time in which nothing could arrive, because a
 * turn took long, or more is waiting than a batch holds, is not time at the end. */
void lanes_end(struct lanes *lanes, const struct batch *batch, int64_t idle_ms, int64_t now_ms);

/* After the process was held: a topic can be made anew and filled beyond where we stand without its reader noticing.
 * Every lane has to see its anchor again; what is left of the batch is dropped, and read again behind it. */
MUST_CHECK enum verdict lanes_look_again(struct lanes *lanes, struct source *source, struct reason *why);

/* The log is not as the lane left it: has it looked into, and stops the lane if it cannot be read on. */
void lanes_examine(struct lanes *lanes, struct source *source, int32_t partition);

/* Tells the group how far the store is, for lag tools. */
void lanes_commit(const struct lanes *lanes, struct source *source);

bool lanes_are_empty(const struct lanes *lanes);   /* no rows */
bool lanes_are_drained(const struct lanes *lanes); /* each is at its log's end and stored, or stopped */
bool lanes_want_rest(const struct lanes *lanes);   /* one became idle and the store does not know */

/* A stopped lane, or NULL. */
const struct lane *lanes_stopped(const struct lanes *lanes);

#endif
