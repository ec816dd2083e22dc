/*
 * The partitions' cells of one window, added up by row key: what a summary is made of. Grows to the largest window and
 * keeps its memory.
 */
#ifndef GENTALLY_COMBINE_H
#define GENTALLY_COMBINE_H

#include "gentally/core/cell.h"
#include "gentally/base/verdict.h"

struct merge;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict merge_open(struct merge **merge, struct reason *why);
void merge_close(struct merge *merge);

/* Adds a packed cell to the row `key`; both are copied. HALT: STORE-DAMAGED (no cell), CHECKPOINT-OVERFLOW, NO-MEMORY.
 */
MUST_CHECK enum verdict merge_add(struct merge *merge, struct span key, struct span packed, struct reason *why);

/* Orders the rows by key, bytewise: the same contents then give the same sequence. Before merge_at(). */
void merge_sort(struct merge *merge);
uint32_t merge_count(const struct merge *merge);

/* Key and cell of a row, borrowed until the next call that changes the merge, or the next merge_at(). */
void merge_at(struct merge *merge, uint32_t index, struct span *key, const struct cell **cell);

/* Forgets the rows. */
void merge_clear(struct merge *merge);

#endif
