/*
 * Weighted choice among a few things in constant time: Walker's alias table, as Vose builds it (1991), in integers, so
 * that a choice is the same on every machine.
 */
#ifndef GENTALLY_ALIAS_TABLE_H
#define GENTALLY_ALIAS_TABLE_H

#include "gentally/base/verdict.h"
#include "random.h"

/* Column i holds thing i and one other thing; the draw picks a column, then one of its two. */
struct alias_table {
    uint32_t count, room;
    uint32_t total;   /* sum of the weights, >= 1 */
    uint64_t *edges;  /* by column, of `total`: below the edge the column's own thing wins */
    uint32_t *others; /* by column: else this thing wins */
    uint32_t *queue;  /* work memory of alias_table_fill() */
};

/* Opens a table with room for `room` things (>= 1), to be closed once. HALT: NO-MEMORY. */
MUST_CHECK enum verdict alias_table_open(struct alias_table *table, uint32_t room, struct reason *why);
void alias_table_close(struct alias_table *table);

/* Sets the weights, replacing earlier ones: 1 to `room` of them, not all zero, their sum below 2^32. O(count). */
void alias_table_fill(struct alias_table *table, const uint32_t weights[], uint32_t count);

/* The index of the thing chosen, each as likely as its weight is of the sum. O(1). */
static inline uint32_t alias_table_draw(const struct alias_table *table, struct random_stream *stream)
{
    uint32_t column = random_below(stream, table->count);

    return random_below(stream, table->total) < table->edges[column] ? column : table->others[column];
}

#endif
