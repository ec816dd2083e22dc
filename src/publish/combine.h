/*
 * The partitions' cells of one window, added up by row key: what a summary is made of. Grows to the largest window and
 * keeps its memory.
 */
#ifndef GENTALLY_COMBINE_H
#define GENTALLY_COMBINE_H

#include "gentally/base/verdict.h"
#include "gentally/core/cell.h"

struct combination;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict combine_open(struct combination **combination, struct reason *why);
void combine_close(struct combination *combination);

/* Adds a packed cell to the row `key`; both are copied. HALT: STORE-DAMAGED (no cell), CHECKPOINT-OVERFLOW, NO-MEMORY.
 */
MUST_CHECK enum verdict combine_add(struct combination *combination, struct span key, struct span packed,
                                    struct reason *why);

/* Orders the rows by key, bytewise: the same contents then give the same sequence. Before combine_at(). */
void combine_sort(struct combination *combination);
uint32_t combine_count(const struct combination *combination);

/* Key and cell of a row, borrowed until the next call that changes the combination, or the next combine_at(). */
void combine_at(struct combination *combination, uint32_t index, struct span *key, const struct cell **cell);

/* Forgets the rows. */
void combine_clear(struct combination *combination);

#endif
