/*
 * The told rows: what readers of the topics have of each window that this closer told, so that a window which is told
 * again sends only the rows that changed. Of a row two hashes are kept, of its key and of its content, under a key that
 * is drawn at open: nobody can choose contents that look the same. A window that is not remembered is told whole, which
 * is always right; so memory is bounded by forgetting, and what a transaction did not commit is forgotten.
 */
#ifndef GENTALLY_TOLD_ROWS_H
#define GENTALLY_TOLD_ROWS_H

#include "gentally/redis/store_windows.h"

struct told_rows;

/* The rows of a window that are remembered by themselves. */
enum told_part { TOLD_ROWS, TOLD_RETENTION };

/* How a row was told before. */
enum told {
    TOLD_UNKNOWN,   /* the window is not remembered: it may have been told by another closer */
    TOLD_NEVER,     /* the window is, and the row is not among its rows */
    TOLD_OTHERWISE, /* with another content, or as a row that is gone now, or that was gone */
    TOLD_AS_IS,
};

/* Opens a memory of at most `rows_max` rows, of 16 bytes each, and as much again at most for the part that is being
 * told; 0: nothing is remembered. HALT: NO-MEMORY. */
MUST_CHECK enum verdict told_rows_open(struct told_rows **told, size_t rows_max, struct reason *why);
void told_rows_close(struct told_rows *told);

/* Forgets the windows that are not among those `stored`, sorted by window_compare(). */
void told_rows_keep(struct told_rows *told, const struct stored_window stored[], uint32_t count);

/* Begins to tell a part of a window anew; told_rows_end() ends it. What was begun before and not ended is forgotten. */
void told_rows_begin(struct told_rows *told, struct window window, enum told_part part);

/* Notes a row as it is now; `content` is absent if it is gone. Answers how it was told before. O(log n) of the window's
 * rows. */
enum told told_rows_note(struct told_rows *told, struct span key, struct span content);

/* Remembers the part, in place of what was told of it before, until the transaction says whether readers have it. For
 * want of room the parts that were told longest ago are forgotten. */
void told_rows_end(struct told_rows *told);

/* The transaction with all that ended since the last call has committed. */
void told_rows_commit(struct told_rows *told);

/* Of a window some rows were told in a transaction that has committed, and others follow: what is remembered of it,
 * from before too, is right only if the next transaction commits. */
void told_rows_doubt(struct told_rows *told, struct window window);

/* It has not: the windows in it are forgotten. */
void told_rows_abort(struct told_rows *told);

/* The number of rows that are remembered. */
size_t told_rows_count(const struct told_rows *told);

#endif
