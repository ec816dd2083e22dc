/*
 * A checkpoint writes what was counted since the last one into the store: the deltas of all rollups become entries of
 * the partition's journal, appended under the fence. What the store counted of a partition, in cells and entries, is
 * the fold of exactly the records before its `next`. The cells follow: apply.h.
 */
#ifndef GENTALLY_CHECKPOINT_H
#define GENTALLY_CHECKPOINT_H

#include "gentally/base/symbols.h"
#include "partition_flush.h"

struct config;
struct checkpoint;
struct retention;
struct store;

/* Opens a checkpoint that borrows what it is given until close; `retention` NULL: off. Work memory grows to what the
 * largest flush needs, and is kept. HALT: NO-MEMORY. */
MUST_CHECK enum verdict checkpoint_open(struct checkpoint **checkpoint, const struct config *config,
                                        struct store *store, const struct symbols *symbols, struct retention *retention,
                                        struct reason *why);
void checkpoint_close(struct checkpoint *checkpoint);

/*
 * Runs the flushes of `count` partitions, in one round trip. Blocks as store_flush(). GO_ON: each flush has its own
 * verdict, as of store_flush(). TRY_LATER: the store did not answer; nothing may be folded before checkpoint_again()
 * says otherwise. HALT: NO-MEMORY.
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
