/*
 * Sums per row in memory: what one partition has added since its last flush. A row is (base window, rollup, dimension
 * values, windows it counts in); the base window is the smallest configured one (hour or day), larger windows are made
 * of it at the flush. Fixed capacity, one owner, no allocation after open: this is the hot path.
 *
 * Sums are added at once. Distributions are deferred: each row keeps its events' samples (8 bytes each, the first in
 * the row itself, further ones in chunks of 15 from a pool shared by all partitions) and they are counted at the flush.
 */
#ifndef GENTALLY_TALLY_H
#define GENTALLY_TALLY_H

#include "gentally/core/cell.h"
#include "gentally/core/event.h"
#include "gentally/core/rollup.h"
#include "gentally/core/window.h"

/* Sample chunks, shared by the tallies of one worker. */
struct tally_pool;

/* Room for at least `samples_max` samples, one for each row a fact touches; never less than a single fact can need.
 * HALT: NO-MEMORY. */
MUST_CHECK enum verdict tally_pool_open(struct tally_pool **pool, uint32_t samples_max, struct reason *why);

/* Asserts that its tallies were closed before. NULL does nothing. */
void tally_pool_close(struct tally_pool *pool);

/* 0..100: how much of the pool is free. A hint when to flush all partitions, and a number for the log; tally_has_room()
 * alone is binding. */
uint32_t tally_pool_free_percent(const struct tally_pool *pool);

struct tally;

struct tally_options {
    const struct rollups *rollups; /* borrowed until close */
    enum window_kind base;         /* WINDOW_HOUR or WINDOW_DAY */
    uint32_t rows_max;             /* 64..65536 rows of 192 to 256 bytes; raised to what a single fact can need */
    struct tally_pool *pool;       /* borrowed until close */
};

/* All memory is taken here. GO_ON gives `*tally` to the caller; HALT: NO-MEMORY. */
MUST_CHECK enum verdict tally_open(struct tally **tally, const struct tally_options *options, struct reason *why);

/* Gives the chunks back to the pool first. NULL does nothing. */
void tally_close(struct tally *tally);

/*
 * True if one more fact fits, however many labels it has: enough rows here, enough chunks in the pool, and no sum can
 * pass 2^63 by it. Cheap: ask before each tally_add(). An empty tally has room unless other tallies hold the pool; when
 * all are empty, each has.
 */
bool tally_has_room(const struct tally *tally);

/*
 * Adds `fact` to one row of each rollup. A rollup with DIM_TAG has one row per (tag, category) pair of the fact
 * instead, one with DIM_CATEGORY alone one per category; a fact without labels adds nothing there. `split_tokens` are
 * divided evenly among those rows; what is left of the division goes to the first ones in the fact's order, a token
 * each. A row by tag alone gets the parts of all its pairs.
 * Sums must not be negative; requests is 1, and where classified is 0, so are all sums of the classifier's sample
 * (mapped, labels, split_tokens, ...). Commutative: the order of facts never shows. Cannot fail; asserts
 * tally_has_room().
 */
void tally_add(struct tally *tally, const struct fact *fact);

/* Rows since the last clear, in no particular order; an index is valid until tally_clear(). */
uint32_t tally_rows(const struct tally *tally);

/* Facts added since the last clear. */
uint64_t tally_facts(const struct tally *tally);

struct tally_row {
    int64_t base_ms;                /* start of the base window */
    uint16_t rollup;                /* index into the rollups */
    uint16_t windows;               /* a bit per window_kind it counts in; late facts of an hour may count in fewer */
    uint32_t dims[ROLLUP_DIMS_MAX]; /* symbol ids, unused ones 0 */
    uint32_t records;               /* facts added to this row */
};

/* Borrowed until the next tally_add() or tally_clear(). */
const struct tally_row *tally_row(const struct tally *tally, uint32_t index);

/* The row's sums. */
void tally_sums(const struct tally *tally, uint32_t index, int64_t sums[MEASURE_COUNT]);

/* Counts the row's samples and sums into a packed cell at `bytes` (room for CELL_PACKED_MAX) and returns its size. */
size_t tally_pack(const struct tally *tally, uint32_t index, uint8_t *bytes);

/* Forgets all rows and gives the chunks back to the pool. */
void tally_clear(struct tally *tally);

#endif
