/*
 * A tally holds sums per row in memory: what one partition has added since its last flush. A row is (base window,
 * rollup, dimension values, windows it counts in). The base window is the smallest configured one (hour or day); cells
 * of larger windows are made of its rows at the flush. Fixed capacity, one owner, no allocation after open: this is the
 * hot path.
 *
 * Sums are added at once. Distributions are deferred: the facts' samples are kept (the first of a row in the row,
 * further ones in a log, 10 bytes each, of a pool shared by all partitions), and counted at the flush.
 */
#ifndef GENTALLY_TALLY_H
#define GENTALLY_TALLY_H

#include "gentally/core/cell.h"
#include "gentally/core/event.h"
#include "gentally/core/rollup.h"
#include "gentally/core/window.h"
#include "tally_pool.h"

struct tally;

struct tally_options {
    const struct rollups *rollups; /* borrowed until close */
    enum window_kind base;         /* WINDOW_HOUR or WINDOW_DAY */
    uint32_t rows_max;             /* 64..65536 rows of 192 to 288 bytes; raised to what a single fact can need */
    struct tally_pool *pool;       /* borrowed until close */
};

/* Opens a tally, and takes all its memory. GO_ON gives `*tally` to the caller; HALT: NO-MEMORY. */
MUST_CHECK enum verdict tally_open(struct tally **tally, const struct tally_options *options, struct reason *why);

/* Closes a tally, whose samples' room goes back to the pool. NULL does nothing. */
void tally_close(struct tally *tally);

/*
 * True if one more fact fits, however many labels it has: enough rows here, enough room in the pool, and no sum can
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

/* The number of rows since the last clear. They are in the order in which facts opened them; an index is valid until
 * tally_clear(). */
uint32_t tally_rows(const struct tally *tally);

struct tally_row {
    int64_t base_ms;                /* start of the base window */
    uint16_t rollup;                /* index into the rollups */
    uint16_t windows;               /* as in the fact: a bit per window_kind; late facts count in fewer */
    uint32_t dims[ROLLUP_DIMS_MAX]; /* symbol ids, unused ones 0 */
    uint32_t records;               /* facts added to this row */
};

/* A row by its index; borrowed until the next tally_add() or tally_clear(). */
const struct tally_row *tally_row(const struct tally *tally, uint32_t index);

/* Counts the row's sums and samples into a packed cell at `bytes` (room for CELL_PACKED_MAX) and returns its size. The
 * first one groups the samples of all rows, in memory of the pool: pack all rows of a tally before those of another. */
size_t tally_pack(const struct tally *tally, uint32_t index, uint8_t *bytes);

/* Clears all rows, and gives their samples' room back to the pool. */
void tally_clear(struct tally *tally);

#endif
