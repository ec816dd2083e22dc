/*
 * Of each key the latest version: what a reader of a compacted summary topic keeps. Versions are ordered as
 * summary_version_compare() has it; a tombstone drops the key.
 */
#ifndef GENTALLY_LATEST_H
#define GENTALLY_LATEST_H

#include "gentally/core/summary.h"

struct latest_row {
    struct span key, value; /* value: the record as it was; absent once dropped */
    int64_t generation, revision;
    enum pane pane;
    int64_t start_ms; /* of the window */
    int64_t tokens;   /* total: prompt + completion */
};

struct latest;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict latest_open(struct latest **latest, struct reason *why);
void latest_close(struct latest *latest);

/* Keeps the row, copying key and value, if it is newer than what is there; an equal one replaces, since it came later.
 * HALT: NO-MEMORY. */
MUST_CHECK enum verdict latest_put(struct latest *latest, const struct latest_row *row, struct reason *why);

/* Takes a tombstone. Nothing happens if the key is not there. */
void latest_drop(struct latest *latest, struct span key);

/* Before the sort: how many keys were seen, dropped ones too, and one of them, in the order they were first seen; its
 * value is absent if it is dropped. Borrowed until the next put. */
size_t latest_seen(const struct latest *latest);
const struct latest_row *latest_at(const struct latest *latest, size_t index);

/* Before the sort: the row of a key; NULL if it is not there or was dropped. Borrowed until the next put or drop. */
const struct latest_row *latest_find(const struct latest *latest, struct span key);

/* Orders the rows by window start, then largest tokens first, then key, and forgets the dropped ones. Nothing can be
 * put afterwards. */
void latest_sort(struct latest *latest);

/* After the sort. Borrowed until close. */
size_t latest_count(const struct latest *latest);
const struct latest_row *latest_row(const struct latest *latest, size_t index);

#endif
