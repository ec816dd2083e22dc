/*
 * Load and flush: the two round trips by which counts get into the store. A change is all that one flush writes in one
 * partition. Loading reads the cells of a change as they are, the caller adds to them, and flushing writes them back,
 * if the partition still stands at the offset the change begins at. Many partitions share a round trip, and each has a
 * verdict of its own.
 */
#ifndef GENTALLY_STORE_FLUSH_H
#define GENTALLY_STORE_FLUSH_H

#include "gentally/base/verdict.h"
#include "gentally/redis/partition_state.h"

struct id_change;
struct store;

/* What begins the key of a number that is kept beside the cells like one of them: how many rows the rollup has. No
 * rollup's name begins with "__". */
#define STORE_ROWS "__rows:"

/* One cell of a change. The caller keeps `key` and `value` until the flush is answered; the store keeps `stored` until
 * the next load or flush. */
struct change_cell {
    struct span key;    /* row key */
    struct span stored; /* after store_load(): the packed cell as it is; absent if there is none */
    struct span value;  /* before store_flush(): the packed cell as it shall be; absent: it stays as it is */
};

struct change_window {
    struct window window;
    uint32_t cell_first, cell_count; /* range in `cells` */
    int64_t records_stored;          /* after store_load() */
    int64_t records_added;
};

struct change {
    const struct partition_state *state; /* incarnation, token, and next = the offset the change begins at */
    int64_t next;                        /* offset the change ends before */
    struct anchor anchor;                /* the last record before that offset */
    int64_t watermark_ms;
    bool is_idle;
    int64_t outcomes[OUTCOME_COUNT]; /* new cumulative counts */
    uint32_t window_count;           /* 0: only the state is written */
    struct change_window *windows;
    uint32_t cell_count;
    struct change_cell *cells;
    const struct id_change *ids; /* see store_ids.h; NULL: nothing about ids */
    char nonce[33];              /* empty before the first store_flush(), which draws it; kept for sending again */
    enum verdict verdict;        /* the partition's own answer, as store_load() and store_flush() tell it */
    struct reason why;
};

/*
 * Reads the cells of the changes as they are, all partitions in one round trip. GO_ON: each change has a verdict of its
 * own; TRY_LATER: STORE-UNREACHABLE, STORE-BUSY: nothing was read. Verdicts of a change: GO_ON; REWIND: STORE-FENCED
 * (another owner has the partition), STORE-ROLLED-BACK (the store lost its last writes), STORE-COLLECTED (a window is
 * gone); HALT: STORE-TORN, STORE-TAINTED, STORE-STATE-MISSING, STORE-INCARNATION, STORE-DAMAGED.
 */
MUST_CHECK enum verdict store_load(struct store *store, struct change *changes[], uint32_t count, struct reason *why);

/*
 * Writes the changes, all partitions in one round trip. After an unknown outcome (time-out, lost connection) connects
 * again and sends the identical changes, under the same nonce; a change that was applied already is GO_ON. Verdicts of
 * a change as above. HALT: STORE-DENIED (nothing was written where the right is missing). TRY_LATER: the outcome is
 * unknown, or Redis refused without effect: call again with the same changes, unchanged, before anything else.
 */
MUST_CHECK enum verdict store_flush(struct store *store, struct change *changes[], uint32_t count, struct reason *why);

/*
 * A barrier puts whatever must be acknowledged before a flush. store_flush() calls the barrier each time before it
 * sends, on the connection that the flush will go over; the barrier must not connect again. So whatever a barrier put
 * stands before the flush in every history of Redis that holds the flush. With TRY_LATER or HALT from a barrier the
 * flush is not sent. NULL takes the barrier away.
 */
typedef enum verdict store_barrier(void *context, struct store *store, struct reason *why);
void store_set_barrier(struct store *store, store_barrier *barrier, void *context);

#endif
