/*
 * Few sums by name: tokens, requests, cost and one measure of choice of each (window, name), and each name's share of
 * its window. What a person reads of many rows.
 */
#ifndef GENTALLY_TOTALS_H
#define GENTALLY_TOTALS_H

#include "gentally/core/measure.h"
#include "gentally/base/verdict.h"

enum breakdown_by { BY_TOKENS, BY_REQUESTS, BY_COST, BY_MEASURE };

/* The measure of choice: an enum measure, or prompt and completion together. */
#define MEASURE_TOKENS ((uint32_t)MEASURE_COUNT)

/* What all names but the largest are folded into. Nobody's name: no model, category or country has brackets. */
#define BREAKDOWN_REST "(other)"

struct breakdown_row {
    int64_t start_ms; /* of the window; anything that orders */
    struct span name;
    int64_t requests, tokens, cost_nano_usd;
    int64_t value; /* of the measure of choice */
    int share; /* of the window's sum, in hundredths of a per cent, by what breakdown_sort() was told; 0 of nothing */
};

struct breakdown;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict breakdown_open(struct breakdown **breakdown, struct reason *why);
void breakdown_close(struct breakdown *breakdown);

/* Chooses a measure, before anything is added: an enum measure or MEASURE_TOKENS, which it is at first. */
void breakdown_measure(struct breakdown *breakdown, uint32_t measure);

/* Adds a cell's `sums` to (start_ms, name); the name is copied, an absent one stands as "". Not after the sort. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict breakdown_add(struct breakdown *breakdown, int64_t start_ms, struct span name,
                                      const int64_t sums[MEASURE_COUNT], struct reason *why);

/*
 * Keeps the `top` names whose `by` is largest over all windows together (of equal ones those first in byte order), and
 * adds up all others, in each window, as BREAKDOWN_REST. Before the sort. O(n log n). HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict breakdown_fold(struct breakdown *breakdown, size_t top, enum breakdown_by by,
                                       struct reason *why);

/* Orders by window, then the largest first, then by name, the rest last; works out the shares. O(n log n). */
void breakdown_sort(struct breakdown *breakdown, enum breakdown_by by);

/* After the sort. Borrowed until close. */
size_t breakdown_count(const struct breakdown *breakdown);
const struct breakdown_row *breakdown_row(const struct breakdown *breakdown, size_t index);
/* The row of a window and name; NULL if there is none. O(n). */
const struct breakdown_row *breakdown_find(const struct breakdown *breakdown, int64_t start_ms, struct span name);

#endif
