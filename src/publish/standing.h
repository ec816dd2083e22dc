/*
 * The standing keys: which rows of retention stand in the topic, by window, so that one which is no more is taken back
 * by a tombstone. Counts alone cannot tell: a month is told with pairs of a few records more than its offsets name, and
 * a Redis that loses its last writes may read those again in another order, in which an account never was in the cohort
 * that was told. So the keys come from the topic itself when a closer opens, and then from what it puts. Some 100 bytes
 * a key, of every month that the topic holds. One owner.
 */
#ifndef GENTALLY_STANDING_H
#define GENTALLY_STANDING_H

#include "gentally/base/verdict.h"
#include "gentally/core/window.h"

struct standing;

/* Opens a book without keys. HALT: NO-MEMORY, as of all calls that have a verdict. */
MUST_CHECK enum verdict standing_open(struct standing **standing, struct reason *why);
void standing_close(struct standing *standing);

/* Notes that a record under `key`, of a row of `window`, is in the topic, or (`is_there` false) a tombstone; of one key
 * the last call counts. Before the first telling only. */
MUST_CHECK enum verdict standing_note(struct standing *standing, struct window window, struct span key, bool is_there,
                                      struct reason *why);

/* Begins to tell a window's rows anew; what was begun before and not ended is forgotten. */
MUST_CHECK enum verdict standing_begin(struct standing *standing, struct window window, struct reason *why);

/* A row that the window has now, put or standing as it is. */
MUST_CHECK enum verdict standing_tell(struct standing *standing, struct span key, struct reason *why);

/* Gives the next key that stands in the topic and was not told since standing_begin(), in order; call when all are
 * told, until it is false: no more. `*key` is borrowed until standing_end(). */
bool standing_next_gone(struct standing *standing, struct span *key);

/* The window is told, with tombstones for those that are gone, if the open transaction commits. */
MUST_CHECK enum verdict standing_end(struct standing *standing, struct reason *why);

/* The transaction has committed. Of a window that was begun and not ended some rows stand now, and none is gone. */
MUST_CHECK enum verdict standing_commit(struct standing *standing, struct reason *why);

/* It has not: all is as it was when the last one had committed. */
void standing_abort(struct standing *standing);

/* The number of keys that stand. */
size_t standing_count(const struct standing *standing);

#endif
