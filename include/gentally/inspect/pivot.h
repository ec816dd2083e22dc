/*
 * Sums side by side: names as rows, windows as columns, made of a totals. Every (name, window) has a value, 0 where
 * the totals has no row.
 */
#ifndef GENTALLY_PIVOT_H
#define GENTALLY_PIVOT_H

#include "gentally/core/window.h"
#include "gentally/inspect/totals.h"

struct pivot;

/*
 * Of a sorted totals, by its measure of choice; names borrow from it. Names are ordered by their sum over all
 * windows, the largest first, the rest last. Windows between the first and the last that have no row are there too, all
 * 0, if `kind` says which windows these are; with WINDOW_KINDS they are not. O(n log n). HALT: NO-MEMORY, also for more
 * than 2^28 values.
 */
MUST_CHECK enum verdict pivot_open(struct pivot **pivot, const struct totals *totals, enum window_kind kind,
                                   struct reason *why);
void pivot_close(struct pivot *pivot);

size_t pivot_count(const struct pivot *pivot);                 /* names */
size_t pivot_windows(const struct pivot *pivot);               /* windows, oldest first */
int64_t pivot_start(const struct pivot *pivot, size_t window); /* ms */
struct span pivot_name(const struct pivot *pivot, size_t name);
int64_t pivot_value(const struct pivot *pivot, size_t name, size_t window);

/* Sums over windows [begin, end), of one name and of all. */
int64_t pivot_sum(const struct pivot *pivot, size_t name, size_t begin, size_t end);
int64_t pivot_total(const struct pivot *pivot, size_t begin, size_t end);

/* A line of `width` block characters (1..SPARKLINE_MAX) for a name's windows: each stands for one, or, where there are
 * more, for the mean of several. By eighths of the largest; a blank is 0. With `is_share`, of the shares of each
 * window. Writes UTF-8 and a NUL; returns the size. */
#define SPARKLINE_MAX 64
size_t pivot_sparkline(const struct pivot *pivot, size_t name, size_t width, bool is_share,
                       char text[3 * SPARKLINE_MAX + 1]);

#endif
