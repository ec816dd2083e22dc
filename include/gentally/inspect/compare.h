/* Two readings of one window of one partition are compared cell by cell: how `replay` proves that a store is right. */
#ifndef GENTALLY_COMPARE_H
#define GENTALLY_COMPARE_H

#include "gentally/core/cell.h"
#include "gentally/core/rollup.h"

/* The cells of one reading. One owner. */
struct cells;

/* Opens an empty set. HALT: NO-MEMORY. */
MUST_CHECK enum verdict cells_open(struct cells **cells, struct reason *why);
void cells_close(struct cells *cells);

/* Forgets all cells, and keeps the memory for the next window. */
void cells_clear(struct cells *cells);

/* Copies a packed cell under its row key. HALT: NO-MEMORY. */
MUST_CHECK enum verdict cells_put(struct cells *cells, struct span key, struct span packed, struct reason *why);

/*
 * The first thing in which a row differs. The field says what `left` and `right` are:
 *
 *   a measure              the two sums
 *   a histogram            the numbers of its values
 *   "account registers"    the sums of its registers' ranks
 *   "sums beyond 2^63 - 1" both are told as "at least" that much
 *   "cell"                 1 where the bytes are a cell, 0 where they are damaged
 *   "row"                  1 where the row is there, 0 where it is not
 */
struct difference {
    struct span key;
    const char *field;   /* "requests", "latency_ms_histogram", ...; see below */
    int64_t left, right; /* what either side has: see below */
};

/* Called for each row that differs. Borrows `difference` for the call. */
typedef void difference_teller(void *context, const struct difference *difference);

/* Counts over all windows compared. */
struct comparison {
    uint64_t cells;     /* rows that either side has */
    uint64_t differing; /* of these, rows that differ */
    uint64_t foreign;   /* rows of rollups that are not configured: not compared */
};

/* Compares two readings, and adds to the counts of `comparison`. Rows of other rollups than `rollups` are left out.
 * HALT: NO-MEMORY. */
MUST_CHECK enum verdict cells_compare(struct cells *left, struct cells *right, const struct rollups *rollups,
                                      difference_teller *tell, void *context, struct comparison *comparison,
                                      struct reason *why);

#endif
