/*
 * Two readings of one window of one partition, cell by cell: what `replay` proves with. Pure; allocates.
 */
#ifndef GENTALLY_COMPARE_H
#define GENTALLY_COMPARE_H

#include "gentally/core/cell.h"
#include "gentally/core/rollup.h"

struct cells;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict cells_open(struct cells **cells, struct reason *why);
void cells_close(struct cells *cells);
void cells_clear(struct cells *cells);

/* Keeps a packed cell (copied) under its row key. HALT: NO-MEMORY. */
MUST_CHECK enum verdict cells_put(struct cells *cells, struct span key, struct span packed, struct reason *why);

/* The first thing in which a row differs. */
struct difference {
    struct span key;
    const char *field; /* "requests", "latency_ms_histogram", "accounts"; "row" = only one side has it;
                          "cell" = one side's bytes are none */
    int64_t left,
        right; /* of a sum; the numbers of values of a histogram, of registers of accounts; 1 and 0 of a row */
};
typedef void difference_teller(void *context, const struct difference *difference);

struct comparison {
    uint64_t cells, differing; /* rows that either side has */
    uint64_t foreign;          /* rows of rollups that are not configured: not compared */
};

/* Compares and adds to `comparison`. Rows of other rollups than `rollups` are left out. HALT: NO-MEMORY. */
MUST_CHECK enum verdict cells_compare(struct cells *left, struct cells *right, const struct rollups *rollups,
                                      difference_teller *tell, void *context, struct comparison *comparison,
                                      struct reason *why);

#endif
