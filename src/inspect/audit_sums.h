/* Sums in an audit: what a row says of itself, and what the rows of a window add up to. */
#ifndef GENTALLY_AUDIT_SUMS_H
#define GENTALLY_AUDIT_SUMS_H

#include "audit_state.h"

/* What a summary adds to its window. */
void audit_sums_of(const struct summary *summary, const struct rollup *rollup, struct row_amounts *row);

/* Adds a row of the rollup at index `rollup` to its window, and holds it against itself, the total and the revision.
 * The total is added before all others. */
void audit_sums_add(struct audit *audit, const struct audit_place *place, struct audited_window *audited,
                    uint32_t rollup, const struct row_amounts *row);

/* Holds the rollups of a window against its total, which has one row. */
void audit_sums_finish(struct audit *audit, const struct audit_place *place, const struct audited_window *audited);

/* The window's total. */
struct rollup_total *audit_sums_total(const struct audit *audit, const struct audited_window *audited);

#endif
