/*
 * Compacting: entries of a journal that follow each other become one set of rows that means the same, with each row of
 * a place and sign once. Rows keep the order in which the log had them first, and those that are taken stand behind all
 * others, so that a tail of the compaction has the values that a tail of the entries has. What an hour, a day, a week
 * and a month get of a row is added up once for all four, and each window finds its rows without passing over others':
 * some hours of a log that is caught up with have a thousand windows. Pure.
 */
#ifndef GENTALLY_COMPACT_H
#define GENTALLY_COMPACT_H

#include "gentally/core/tail.h"

struct compaction;

/* Opens an empty compaction. GO_ON gives it to the caller, to be closed once; NULL is fine there. HALT: NO-MEMORY. */
MUST_CHECK enum verdict compaction_open(struct compaction **compaction, struct reason *why);
void compaction_close(struct compaction *compaction);

/* Empties the compaction. */
void compaction_begin(struct compaction *compaction);

/*
 * Adds the next entry, whose bytes are borrowed until compaction_begin(); unless it is not the first, and was written
 * under another `rows_max`, or there would be more than `rows` rows: then `*is_added` is false. HALT: NO-MEMORY,
 * STORE-DAMAGED (it does not read).
 */
MUST_CHECK enum verdict compaction_add(struct compaction *compaction, struct span entry, uint64_t rows, bool *is_added,
                                       struct reason *why);

/* Adds up each row, and finds the rows of each window. HALT: NO-MEMORY, STORE-DAMAGED (a cell does not read). */
MUST_CHECK enum verdict compaction_finish(struct compaction *compaction, struct reason *why);

/* Adds to a tail what a finished compaction has of its window; the bytes are borrowed until compaction_begin(). HALT:
 * NO-MEMORY, STORE-DAMAGED. */
MUST_CHECK enum verdict compaction_fill(const struct compaction *compaction, struct tail *tail, struct reason *why);

#endif
