/*
 * Deriving: the rows that a tally counted, made into the rows of every configured rollup. A tally counts by the base
 * rollups of a grouping only; a rollup that is not a base is added up here, once a flush. Pure: no clock, no I/O, no
 * state beside the memory that is given.
 */
#ifndef GENTALLY_DERIVE_H
#define GENTALLY_DERIVE_H

#include "gentally/base/arena.h"
#include "gentally/base/symbols.h"
#include "tally.h"

/* A row of a tally as one rollup sees it: with that rollup's dimensions alone. */
struct rollup_row {
    int64_t base_ms;                /* start of the base window */
    uint16_t windows;               /* as in the tally's row */
    uint16_t rollup;                /* index into the configured rollups */
    uint32_t dims[ROLLUP_DIMS_MAX]; /* symbol ids, unused ones 0 */
    uint32_t source;                /* index of the tally's row; rows that are taken follow those that are added */
};

/* Orders rows of one base window and set of windows by rollup, then by dimensions: the order of cells in a window. */
int rollup_row_compare(const struct rollup_row *left, const struct rollup_row *right);

/* What a flush adds to one row of a rollup, or takes from it: in every window of `row.windows` the same bytes. */
struct delta {
    struct rollup_row row; /* one of the rows that were added up */
    struct span key;       /* as row_key_write() has it */
    struct span packed;    /* the measures: a packed cell */
    int64_t records;
    uint32_t first; /* of the rows that were added up: the one that the tally saw first */
};

/* Sorted by base window, windows, rollup and dimensions, in which no two are equal. */
struct deltas {
    uint32_t count;
    struct delta *items;
};

/* What deriving works with, all of it borrowed. */
struct derivation {
    const struct rollups *rollups;
    const struct grouping *grouping; /* of `rollups` */
    const struct symbols *symbols;
    struct arena *arena;             /* receives the deltas, their keys and bytes */
    struct accumulator *accumulator; /* empty, and empty again afterwards */
};

/*
 * Derives the deltas of all configured rollups from the rows that are `added` and those that are `taken` (NULL: none);
 * both tallies count by `grouping->bases`. Rows that differ in their windows are never added up. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict derive_deltas(const struct derivation *derivation, const struct tally *added,
                                      const struct tally *taken, struct deltas *deltas, struct reason *why);

#endif
