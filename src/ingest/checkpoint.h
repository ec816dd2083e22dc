/*
 * Tally -> change -> store: makes of one partition's rows the cells of every configured window, merges them with what
 * the store holds, and writes them back under the fence. The one place where read, merge and write meet; what it leaves
 * in the store is the fold of exactly the records before `next`.
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

/* Work memory for `partitions_max` partitions at once grows to what the largest flush needs and is kept. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict checkpoint_open(struct checkpoint **checkpoint, const struct config *config,
                                        struct store *store, const struct symbols *symbols, struct reason *why);
void checkpoint_close(struct checkpoint *checkpoint);

/* A fact's `windows` in `taken`: beside a bit for each kind it is taken from, one for each kind in which the record
 * adds nothing to that window, so that it raises the window's records by itself. */
#define TAKEN_ALONE_SHIFT 8
#define TAKEN_BIT (1u << 15) /* set in all of them, so that no row is both added and taken */

/* One partition's part of a checkpoint. */
struct partition_flush {
    const struct tally *tally;           /* rows since the last flush */
    const struct tally *taken;           /* what is to be taken away; NULL: nothing */
    const struct id_change *ids;         /* NULL: nothing */
    const struct partition_state *state; /* where the store stood then */
    int64_t next;
    struct anchor anchor;
    int64_t watermark_ms;
    bool is_idle;
    int64_t outcomes[OUTCOME_COUNT];
    enum verdict verdict; /* answer: GO_ON, REWIND, HALT (this partition only) */
    struct reason why;
};

/*
 * Flushes all flushes, in two round trips. GO_ON: look at each flush's verdict. TRY_LATER: the store did not answer;
 * nothing may be folded before checkpoint_again() says otherwise. HALT: CHECKPOINT-OVERFLOW (a sum beyond 64 bits),
 * NO-MEMORY.
 */
MUST_CHECK enum verdict checkpoint_run(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                                       struct reason *why);

/* Sends the flush of the last TRY_LATER again, identical. Same answers. */
MUST_CHECK enum verdict checkpoint_again(struct checkpoint *checkpoint, struct partition_flush flushes[],
                                         uint32_t count, struct reason *why);

/* Gives up the flush of the last TRY_LATER, whose outcome may never be known: its partitions must be claimed anew,
 * which makes it harmless. */
void checkpoint_forget(struct checkpoint *checkpoint);

#endif
