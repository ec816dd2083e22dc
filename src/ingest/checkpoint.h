/*
 * A checkpoint writes what was counted since the last one into the store: the deltas of all rollups become cells of
 * every configured window, are merged with what the store holds, and written back under the fence. Read, merge and
 * write meet here only. A partition's cells in the store are the fold of exactly the records before its `next`.
 */
#ifndef GENTALLY_CHECKPOINT_H
#define GENTALLY_CHECKPOINT_H

#include "gentally/base/symbols.h"
#include "gentally/redis/partition_state.h"
#include "tally.h"

struct config;
struct checkpoint;
struct id_change;
struct store;

/* Opens a checkpoint that borrows `config`, `store` and `symbols` until close. Work memory grows to what the largest
 * flush needs, and is kept. HALT: NO-MEMORY. */
MUST_CHECK enum verdict checkpoint_open(struct checkpoint **checkpoint, const struct config *config,
                                        struct store *store, const struct symbols *symbols, struct reason *why);
void checkpoint_close(struct checkpoint *checkpoint);

/* One partition's part of a checkpoint. What it points to is borrowed until checkpoint_run(), or the last
 * checkpoint_again() after a TRY_LATER, has answered. */
struct partition_flush {
    const struct tally *tally;           /* rows that are added: those since the last flush */
    const struct tally *taken;           /* rows that are taken away, see TAKEN_BIT in correction.h; NULL: none */
    const struct id_change *ids;         /* NULL: nothing about ids */
    const struct partition_state *state; /* the store, when those rows began */
    int64_t next;                        /* offset of the first record that is not in the rows */
    struct anchor anchor;                /* the last record before `next` */
    int64_t watermark_ms;
    bool is_idle;
    int64_t outcomes[OUTCOME_COUNT]; /* cumulative */
    enum verdict verdict;            /* answer: GO_ON; REWIND or HALT, of this partition only */
    struct reason why;
};

/*
 * Runs the flushes of `count` partitions, in two round trips. Blocks as store_flush(). GO_ON: each flush has its own
 * verdict: GO_ON, or as of store_load() and store_flush(), or HALT: STORE-DAMAGED (a cell does not read), NO-MEMORY.
 * TRY_LATER: the store did not answer; nothing may be folded before checkpoint_again() says otherwise. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict checkpoint_run(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                                       struct reason *why);

/* Sends the flushes of the last TRY_LATER again, identical. Same answers. */
MUST_CHECK enum verdict checkpoint_again(struct checkpoint *checkpoint, struct partition_flush flushes[],
                                         uint32_t count, struct reason *why);

/* Says in which windows each configured rollup has rows: those that start at `since_ms` or later. Without this call all
 * have. */
void checkpoint_begin_rollups(struct checkpoint *checkpoint, const int64_t since_ms[]);

/* Gives up the flushes of the last TRY_LATER, whose outcome may never be known: their partitions must be claimed anew,
 * which makes it harmless. */
void checkpoint_forget(struct checkpoint *checkpoint);

#endif
