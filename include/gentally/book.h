/*
 * What has been published, by window: the ledger topic as the closer remembers it. Keeps the newest version of each
 * window.
 */
#ifndef GENTALLY_BOOK_H
#define GENTALLY_BOOK_H

#include "summary.h"

struct book_entry {
    struct window window;
    enum pane pane;
    int64_t generation, revision;
    uint64_t tables; /* hash of the tables version it was joined with, see book_tables() */
};

struct book;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict book_open(struct book **book, struct reason *why);
void book_close(struct book *book);

/* NULL if the window was never published. Borrowed until book_put(). O(log n). */
const struct book_entry *book_find(const struct book *book, struct window window);

/* Remembers an entry, unless a newer version of the window is known. Cheap for rising windows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict book_put(struct book *book, const struct book_entry *entry, struct reason *why);

size_t book_count(const struct book *book);

/*
 * The part of a tables version that changes published rows without new records: catalog and countries, everything
 * before " taxonomy=" (labels are mapped when counted, so a changed taxonomy restates nothing).
 */
uint64_t book_tables(struct span tables_version);

#endif
