/*
 * Few sums by name: tokens, requests, cost and one measure of choice of each (window, name), and each name's share of
 * its window. What a person reads of many rows.
 */
#ifndef GENTALLY_TOTALS_H
#define GENTALLY_TOTALS_H

#include "gentally/base/verdict.h"
#include "gentally/core/measure.h"

enum totals_by { BY_TOKENS, BY_REQUESTS, BY_COST, BY_MEASURE };

/* The measure of choice: an enum measure, or prompt and completion together. */
#define MEASURE_TOKENS ((uint32_t)MEASURE_COUNT)

/* What all names but the largest are folded into. Nobody's name: no model, category or country has brackets. */
#define TOTALS_REST "(other)"

struct totals_row {
    int64_t start_ms; /* of the window; anything that orders */
    struct span name;
    int64_t requests, tokens, cost_nano_usd;
    int64_t value; /* of the measure of choice */
    int share;     /* of the window's sum, in hundredths of a per cent, by what totals_sort() was told; 0 of nothing */
};

struct totals;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict totals_open(struct totals **totals, struct reason *why);
void totals_close(struct totals *totals);

/* Chooses a measure, before anything is added: an enum measure or MEASURE_TOKENS, which it is at first. */
void totals_measure(struct totals *totals, uint32_t measure);

/* Adds a cell's `sums` to (start_ms, name); the name is copied, an absent one stands as "". Not after the sort. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict totals_add(struct totals *totals, int64_t start_ms, struct span name,
                                   const int64_t sums[MEASURE_COUNT], struct reason *why);

/*
 * Keeps the `top` names whose `by` is largest over all windows together (of equal ones those first in byte order), and
 * adds up all others, in each window, as TOTALS_REST. Before the sort. O(n log n). HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict totals_fold(struct totals *totals, size_t top, enum totals_by by, struct reason *why);

/* Orders by window, then the largest first, then by name, the rest last; works out the shares. O(n log n). */
void totals_sort(struct totals *totals, enum totals_by by);

/* After the sort. Borrowed until close. */
size_t totals_count(const struct totals *totals);
const struct totals_row *totals_row(const struct totals *totals, size_t index);
/* The row of a window and name; NULL if there is none. O(n). */
const struct totals_row *totals_find(const struct totals *totals, int64_t start_ms, struct span name);

#endif
