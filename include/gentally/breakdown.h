/*
 * Few sums by name: tokens, requests and cost of each (window, name), and each name's share of its window. What a
 * person reads of many rows.
 */
#ifndef GENTALLY_BREAKDOWN_H
#define GENTALLY_BREAKDOWN_H

#include "measure.h"
#include "verdict.h"

enum breakdown_by { BY_TOKENS, BY_REQUESTS, BY_COST };

struct breakdown_row {
    int64_t start_ms; /* of the window; anything that orders */
    struct span name;
    int64_t requests, tokens, cost_nano_usd;
    int share; /* of the window's sum, in hundredths of a per cent, by what breakdown_sort() was told; 0 of nothing */
};

struct breakdown;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict breakdown_open(struct breakdown **breakdown, struct reason *why);
void breakdown_close(struct breakdown *breakdown);

/* Adds a cell's `sums` to (start_ms, name); the name is copied, an absent one stands as "". Not after the sort. HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict breakdown_add(struct breakdown *breakdown, int64_t start_ms, struct span name,
                                      const int64_t sums[MEASURE_COUNT], struct reason *why);

/* Orders by window, then the largest first, then by name, and works out the shares. O(n log n). */
void breakdown_sort(struct breakdown *breakdown, enum breakdown_by by);

/* After the sort. Borrowed until close. */
size_t breakdown_count(const struct breakdown *breakdown);
const struct breakdown_row *breakdown_row(const struct breakdown *breakdown, size_t index);

#endif
