/*
 * The journal of a partition, and its way into the cells. A flush appends entries (store_flush.h); now and then the
 * owner reads which windows are behind, adds up what the entries have of each (core/tail.h), reads the cells that
 * change, and writes them. Some windows are one step: what was read of all of them still holds, or nothing is written.
 *
 *   <ns>:{<topic>:<p>}:journal   number -> entry
 *   <ns>:{<topic>:<p>}:behind    "<kind>:<start_ms>" -> "<number> <records>", see schemas/store.lua
 */
#ifndef GENTALLY_STORE_JOURNAL_H
#define GENTALLY_STORE_JOURNAL_H

#include "gentally/core/tail.h"
#include "gentally/redis/partition_state.h"

struct store;

/* A window whose cells lack what entries after `number` have of it. */
struct window_behind {
    struct window window;
    int64_t number;
    int64_t records; /* in the cells */
};

struct journal {
    int64_t first, last; /* numbers of the entries */
    uint32_t behind_count;
    struct window_behind *behind;
    const struct span *entries; /* `last` - `first` + 1 */
    struct journal_parts *parts;
    uint64_t connections; /* of the store, when all this was read */
};

/*
 * Reads the journal of a partition that the caller owns by `state`. GO_ON gives `*journal` to the caller, to be closed
 * once. TRY_LATER: STORE-UNREACHABLE, STORE-BUSY, STORE-WINDOW-GREW (it changed meanwhile). REWIND: STORE-FENCED. HALT:
 * STORE-TORN, STORE-TAINTED, STORE-STATE-MISSING, STORE-INCARNATION, STORE-DAMAGED, STORE-DENIED, NO-MEMORY.
 */
MUST_CHECK enum verdict store_journal_read(struct store *store, const struct partition_state *state,
                                           struct journal *journal, struct reason *why);
void store_journal_close(struct journal *journal);

/* A window of a step: where it stands, and what it gets. */
struct window_step {
    const struct window_behind *behind;
    struct tail *tail;
};

#define STEP_WINDOWS_MAX 32

/* Reads the cells of `count` tails (at most STEP_WINDOWS_MAX) as they are stored: the tails borrow them until the next
 * call. TRY_LATER: no answer, or not connected. Other verdicts as in store.h. */
MUST_CHECK enum verdict store_journal_load(struct store *store, int32_t partition, const struct window_step steps[],
                                           uint32_t count, struct reason *why);

/*
 * Writes the values of merged tails, which have the entries behind where each window stands up to `number`. Drops the
 * entries once no window is behind. TRY_LATER: STORE-WINDOW-GREW (somebody applied meanwhile, or it is another Redis),
 * or no answer: read the journal anew. Other verdicts as store_journal_read().
 */
MUST_CHECK enum verdict store_journal_apply(struct store *store, const struct partition_state *state,
                                            const struct journal *journal, const struct window_step steps[],
                                            uint32_t count, int64_t number, struct reason *why);

#endif
