/*
 * Sums per row in memory: what one partition has added since its last flush. A row is (base window, rollup, dimension
 * values); the base window is the smallest configured one (hour or day), larger windows are made of it at the flush.
 * Fixed capacity, one owner, no allocation after open: this is the hot path.
 *
 * Sums are added at once. Distributions are deferred: each row keeps its events' samples (8 bytes each, in chunks from
 * a pool shared by all partitions) and they are counted at the flush.
 */
#ifndef GENTALLY_TALLY_H
#define GENTALLY_TALLY_H

#include "cell.h"
#include "event.h"
#include "rollup.h"
#include "window.h"

struct tally_pool; /* Sample chunks, shared by the tallies of one worker. */
MUST_CHECK enum verdict tally_pool_open(struct tally_pool **pool, uint32_t samples_max, struct reason *why);
void tally_pool_close(struct tally_pool *pool);
/* True if a further `facts` facts fit, whatever their labels (each may touch rows_per_fact rows, each row may open a
 * chunk). */
bool tally_pool_has_room(const struct tally_pool *pool, uint32_t facts);

struct tally;

struct tally_options {
    const struct rollups *rollups; /* borrowed until close */
    enum window_kind base;         /* WINDOW_HOUR or WINDOW_DAY */
    uint32_t rows_max;             /* 64..65536 rows; a row is about 200 bytes */
    struct tally_pool *pool;       /* borrowed until close */
};

/* All memory is taken here. GO_ON gives `*tally` to the caller; HALT: NO-MEMORY. */
MUST_CHECK enum verdict tally_open(struct tally **tally, const struct tally_options *options, struct reason *why);
void tally_close(struct tally *tally);

/* True if one more fact fits, however many labels it has. */
bool tally_has_room(const struct tally *tally);

/* Adds `fact`, to one row of each rollup (one per category or tag where the rollup names them). Commutative: the order
 * of facts never shows. Cannot fail; asserts tally_has_room(). */
void tally_add(struct tally *tally, const struct fact *fact);

/* Rows since the last clear, in no particular order; an index is valid until tally_clear(). */
uint32_t tally_rows(const struct tally *tally);

/* Facts added since the last clear. */
uint64_t tally_facts(const struct tally *tally);

struct row {
    int64_t base_ms;                /* start of the base window */
    uint32_t rollup;                /* index into the rollups */
    uint32_t dims[ROLLUP_DIMS_MAX]; /* symbol ids, unused ones 0 */
    uint32_t records;               /* facts added to this row */
    int64_t sums[MEASURE_COUNT];
};

/* Borrowed until the next tally_add() or tally_clear(). */
const struct row *tally_row(const struct tally *tally, uint32_t index);

/* Counts the row's samples and sums into `cell` (replacing it). */
void tally_cell(const struct tally *tally, uint32_t index, struct cell *cell);

/* Forgets all rows and gives the chunks back to the pool. */
void tally_clear(struct tally *tally);

#endif
