/*
 * A pivot table sets totals side by side: names as rows, windows as columns. Every name has a value in every window, 0
 * where the totals have no row. Immutable once open.
 */
#ifndef GENTALLY_PIVOT_H
#define GENTALLY_PIVOT_H

#include "gentally/core/window.h"
#include "gentally/inspect/totals.h"

struct pivot;

/*
 * Opens a pivot of sorted totals, by their choice, which is a sum; the names borrow from `totals`. Names are ordered by
 * their sum over all windows, the largest first, TOTALS_REST last. If `kind` says which windows these are, windows
 * between the first and the last that have no row are there too, all 0; with WINDOW_KINDS they are left out. O(n log n)
 * for n rows. HALT: NO-MEMORY, also for more than 2^28 values.
 */
MUST_CHECK enum verdict pivot_open(struct pivot **pivot, const struct totals *totals, enum window_kind kind,
                                   struct reason *why);
void pivot_close(struct pivot *pivot);

/* The numbers of names and of windows. The oldest window has index 0. */
size_t pivot_count(const struct pivot *pivot);
size_t pivot_windows(const struct pivot *pivot);

/* The start of a window in ms, the name at an index (borrowed from the totals), and the value of both. */
int64_t pivot_start(const struct pivot *pivot, size_t window);
struct span pivot_name(const struct pivot *pivot, size_t name);
int64_t pivot_value(const struct pivot *pivot, size_t name, size_t window);

/* The sum over windows [begin, end) of one name, and of all names. */
int64_t pivot_sum(const struct pivot *pivot, size_t name, size_t begin, size_t end);
int64_t pivot_total(const struct pivot *pivot, size_t begin, size_t end);

/*
 * Draws the values of a name over all windows as a line of at most `width` block characters (1..SPARKLINE_MAX). Each
 * character stands for one window, or for the mean of several if there are more windows than `width`. Heights are
 * eighths of the largest value; a blank is 0. With `is_share` the values are shares of their window. Writes UTF-8 and a
 * NUL; returns the size.
 */
#define SPARKLINE_MAX 64
size_t pivot_sparkline(const struct pivot *pivot, size_t name, size_t width, bool is_share,
                       char text[3 * SPARKLINE_MAX + 1]);

#endif
