/*
 * Compacting: entries of a journal that follow each other become one that means the same, with each row of a place and
 * sign once. Rows keep the order in which the log had them first, and those that are taken stand behind all others, so
 * that a tail of the one entry has the values that a tail of the many has. What an hour, a day, a week and a month get
 * of a row is then added up once for all four. Pure.
 */
#ifndef GENTALLY_COMPACT_H
#define GENTALLY_COMPACT_H

#include "gentally/core/journal_entry.h"

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

/* Gives the one entry, borrowed until compaction_begin(). HALT: NO-MEMORY, STORE-DAMAGED (a cell does not read). */
MUST_CHECK enum verdict compaction_finish(struct compaction *compaction, struct span *entry, struct reason *why);

#endif
