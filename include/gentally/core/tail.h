/*
 * The tail of a window: what journal entries hold of it beyond its cells. The cells and the tail are the window, so
 * whoever applies a journal and whoever reads a window come to the same cells, by the same few lines:
 *
 *   entries --tail_add--> cells, named --the caller puts what is stored--> --tail_merge--> cells, as they shall be
 *
 * Which new rows stand by themselves is decided here, in the order of the log (admission.h). What is of others goes to
 * one row of their rollup, and how many rows a rollup has stands beside the cells, under TAIL_ROWS and its name. Pure.
 */
#ifndef GENTALLY_TAIL_H
#define GENTALLY_TAIL_H

#include "gentally/core/journal_entry.h"

/* What begins the key of a number that is kept beside the cells like one of them: how many rows the rollup has. No
 * rollup's name begins with "__". */
#define TAIL_ROWS "__rows:"

struct tail;

/* One cell that the tail may change. Its key is the tail's. */
struct tail_cell {
    struct span key;
    struct span stored; /* by the caller: the packed cell as it is; absent if there is none, as it is at first */
    struct span value;  /* after tail_merge(): the packed cell as it shall be; absent: as it is stored */
};

/* A rollup in the window, as the merge left it. */
struct tail_group {
    struct span rollup;
    int64_t rows_before, rows;  /* that stand by themselves */
    bool was_closed, is_closed; /* there was, is a row of others */
    int64_t rows_max;           /* the limit of the last entry that has a row of it */
};

/* Opens an empty tail. GO_ON gives it to the caller, to be closed once; NULL is fine there. HALT: NO-MEMORY. */
MUST_CHECK enum verdict tail_open(struct tail **tail, struct reason *why);
void tail_close(struct tail *tail);

/* Empties the tail for another window. */
void tail_begin(struct tail *tail, struct window window);

/* Adds an entry behind those that were added; its bytes are borrowed until tail_begin(). HALT: NO-MEMORY,
 * STORE-DAMAGED (it does not read). */
MUST_CHECK enum verdict tail_add(struct tail *tail, struct span entry, struct reason *why);

/* Add what was read out of entries: a row that counts in the window, under the limit of its entry; and records. Rows
 * are borrowed, too. HALT: NO-MEMORY, STORE-DAMAGED (no row has such a key; more records than a number takes). */
MUST_CHECK enum verdict tail_add_row(struct tail *tail, const struct entry_row *row, int64_t rows_max,
                                     struct reason *why);
MUST_CHECK enum verdict tail_add_records(struct tail *tail, int64_t records, struct reason *why);

struct window tail_window(const struct tail *tail);

/* The records that the entries give the window. */
int64_t tail_records(const struct tail *tail);

/* The cells that the entries may change: those of their rows, and for each rollup with dimensions two more. They are
 * the caller's to look at until the next tail_add(). */
uint32_t tail_count(const struct tail *tail);
struct tail_cell *tail_cell(struct tail *tail, uint32_t index);

/* The cell of that key; NULL if the tail does not change it. */
struct tail_cell *tail_find(struct tail *tail, struct span key);

/* Works out the values. HALT: NO-MEMORY, STORE-DAMAGED (a cell, or a number of rows, does not read as we wrote it). */
MUST_CHECK enum verdict tail_merge(struct tail *tail, struct reason *why);

/* The rollups with dimensions. */
uint32_t tail_groups(const struct tail *tail);
const struct tail_group *tail_group(const struct tail *tail, uint32_t index);

#endif
