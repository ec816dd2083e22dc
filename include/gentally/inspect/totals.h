/*
 * Totals by name: of many rows the few sums that a person reads. For each window and name they hold requests, tokens,
 * cost and what a choice is made of, and the name's share of the window. Rows are added first, then sorted once, then
 * read. One owner.
 */
#ifndef GENTALLY_TOTALS_H
#define GENTALLY_TOTALS_H

#include "gentally/base/verdict.h"
#include "gentally/core/event.h"
#include "gentally/inspect/choice.h"

/* By which sum names are compared. BY_MEASURE: by the choice, if it is a sum; else by tokens, since quotients and
 * quantiles are large where there is little. */
enum totals_by { BY_TOKENS, BY_REQUESTS, BY_COST, BY_MEASURE };

/* The name of all names but the largest, added up: with them what had no row of its own in the first place. */
#define TOTALS_REST DIMENSION_OTHER

struct totals_row {
    int64_t start_ms; /* of the window */
    struct span name;
    int64_t requests, tokens, cost_nano_usd;
    int64_t parts[CHOICE_PARTS]; /* of the choice: the sum itself is the first */
    int share; /* of the window's sum, in hundredths of a per cent, by what totals_sort() was told; 0 of nothing */
    struct slot *slots; /* of the choice's histogram, if it is a quantile; owned */
    uint32_t slot_count;
};

struct totals;

/* Opens totals without rows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict totals_open(struct totals **totals, struct reason *why);
void totals_close(struct totals *totals);

/* Sets the choice, before any row is added; tokens are the default. */
void totals_choose(struct totals *totals, const struct choice *choice);

/* Adds the sums of a cell to a window and name, and its slots if the choice is a quantile. The name is copied; an
 * absent name counts as "". Not after the sort. HALT: NO-MEMORY. */
MUST_CHECK enum verdict totals_add(struct totals *totals, int64_t start_ms, struct span name, const struct cell *cell,
                                   struct reason *why);

/*
 * Keeps the `top` names with the largest sums over all windows together (of equal names the first in byte order), and
 * adds up all others, in each window, as TOTALS_REST. Only before the sort. O(n log n) for n rows. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict totals_fold(struct totals *totals, size_t top, enum totals_by by, struct reason *why);

/* Orders the rows by window, then the largest sum first, then by name, TOTALS_REST last; and works out the shares.
 * O(n log n) for n rows. HALT: NO-MEMORY, of quantiles only. */
MUST_CHECK enum verdict totals_sort(struct totals *totals, enum totals_by by, struct reason *why);

/* After the sort: the number of rows, and each of them in order. Borrowed until close. */
size_t totals_count(const struct totals *totals);
const struct totals_row *totals_row(const struct totals *totals, size_t index);

/* The choice of a row: false where it has none, such as a mean of nothing. Sums and quantiles are whole numbers. */
MUST_CHECK bool totals_value(const struct totals *totals, const struct totals_row *row, double *value);

/* After the sort: the row of a window and name, or NULL. O(n). */
const struct totals_row *totals_find(const struct totals *totals, int64_t start_ms, struct span name);

#endif
