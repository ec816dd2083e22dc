/*
 * A combination: the cells of one window from all partitions, added up by row key. Summaries are made of its rows.
 * Grows to the largest window there was and keeps its memory.
 */
#ifndef GENTALLY_COMBINATION_H
#define GENTALLY_COMBINATION_H

#include "gentally/base/verdict.h"
#include "gentally/core/cell.h"

struct combination;

/* Opens a combination without rows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict combination_open(struct combination **combination, struct reason *why);
void combination_close(struct combination *combination);

/* Adds a packed cell to the row `key`; both are copied. Not after combination_finish(). HALT: STORE-DAMAGED (`packed`
 * is no cell), NO-MEMORY. */
MUST_CHECK enum verdict combination_add(struct combination *combination, struct span key, struct span packed,
                                        struct reason *why);

/* Adds up the cells of each row, and orders the rows by key, bytewise: the same contents then give the same sequence.
 * Before combination_at(). HALT: STORE-DAMAGED (a sum is larger than any of ours), NO-MEMORY; then there is nothing to
 * be read until combination_clear(). */
MUST_CHECK enum verdict combination_finish(struct combination *combination, struct reason *why);
uint32_t combination_count(const struct combination *combination);

/* Gives key and cell of the row at `index` (< combination_count()), borrowed until the next call of anything but
 * combination_count(). */
void combination_at(struct combination *combination, uint32_t index, struct span *key, const struct cell **cell);

/* The packed cell of the row at `index`, after combination_finish(), borrowed until combination_clear(): the same
 * contents give the same bytes. */
struct span combination_packed(const struct combination *combination, uint32_t index);

/* Removes all rows. */
void combination_clear(struct combination *combination);

#endif
