/*
 * Flush: the one round trip by which counts get into the store. A change is all that one flush writes in one partition:
 * entries of its journal, the records of its windows, ids and state. No cell is read; store_journal.h brings the cells
 * after. Many partitions share the round trip, and each has a verdict of its own.
 */
#ifndef GENTALLY_STORE_FLUSH_H
#define GENTALLY_STORE_FLUSH_H

#include "gentally/core/journal_entry.h"
#include "gentally/redis/partition_state.h"

struct id_change;
struct store;

/* What is pointed to is the caller's until the flush is answered. */
struct change {
    const struct partition_state *state; /* incarnation, token, and next = the offset the change begins at */
    int64_t next;                        /* offset the change ends before */
    struct anchor anchor;                /* the last record before that offset */
    int64_t watermark_ms;
    bool is_idle;
    int64_t outcomes[OUTCOME_COUNT];    /* new cumulative counts */
    uint32_t window_count;              /* 0: only the state is written, and ids */
    const struct entry_window *windows; /* and the records that each gets more */
    uint32_t entry_count;
    const struct span *entries;  /* in their order */
    struct span pairs;           /* an entry of pairs, see store_pairs.h; absent: none */
    const struct id_change *ids; /* see store_ids.h; NULL: nothing about ids */
    char nonce[33];              /* empty before the first store_flush(), which draws it; kept for sending again */
    enum verdict verdict;        /* the partition's own answer, as store_flush() tells it */
    struct reason why;
};

/*
 * Writes the changes, all partitions in one round trip. After an unknown outcome (time-out, lost connection) connects
 * again and sends the identical changes, under the same nonce; a change that was written already is GO_ON. Verdicts of
 * a change: GO_ON; REWIND: STORE-FENCED (another owner has the partition), STORE-ROLLED-BACK (the store lost its last
 * writes), STORE-COLLECTED (a window is gone); HALT: STORE-TORN, STORE-TAINTED, STORE-STATE-MISSING, STORE-INCARNATION,
 * STORE-DAMAGED. Of all, HALT: STORE-DENIED (nothing was written where the right is missing). TRY_LATER: the outcome is
 * unknown, or Redis refused without effect: call again with the same changes, unchanged, before anything else.
 */
MUST_CHECK enum verdict store_flush(struct store *store, struct change *changes[], uint32_t count, struct reason *why);

/*
 * Sends a change ahead of the store_flush() that will write it, so that Redis works on it while the caller plans the
 * next one. It may be written from now on. What follows is either that store_flush(), of which the changes that were
 * sent ahead are the first, in the order of these calls; or store_flush_abandon(), and nothing else. Waits for room in
 * the socket alone. Whether it got out is told by store_flush(), which sends what did not.
 */
void store_flush_ahead(struct store *store, struct change *change);

/* Gives up the connection with what was sent ahead on it, if there is any: nobody knows whether it was written. */
void store_flush_abandon(struct store *store);

#endif
