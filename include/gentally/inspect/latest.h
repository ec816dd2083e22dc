/*
 * Of each key the newest version: what a reader of a compacted summary topic keeps. Versions are ordered as
 * summary_version_compare() has it; a tombstone drops the key.
 */
#ifndef GENTALLY_LATEST_H
#define GENTALLY_LATEST_H

#include "gentally/core/summary.h"

struct newest_row {
    struct span key, value; /* value: the record as it was; absent once dropped */
    int64_t generation, revision;
    enum pane pane;
    int64_t start_ms; /* of the window */
    int64_t tokens;   /* total: prompt + completion */
};

struct newest;

/* HALT: NO-MEMORY. */
MUST_CHECK enum verdict newest_open(struct newest **newest, struct reason *why);
void newest_close(struct newest *newest);

/* Keeps the row, copying key and value, if it is newer than what is there; an equal one replaces, since it came later.
 * HALT: NO-MEMORY. */
MUST_CHECK enum verdict newest_put(struct newest *newest, const struct newest_row *row, struct reason *why);

/* Takes a tombstone. Nothing happens if the key is not there. */
void newest_drop(struct newest *newest, struct span key);

/* Before the sort: how many keys were seen, dropped ones too, and one of them, in the order they were first seen; its
 * value is absent if it is dropped. Borrowed until the next put. */
size_t newest_seen(const struct newest *newest);
const struct newest_row *newest_at(const struct newest *newest, size_t index);

/* Before the sort: the row of a key; NULL if it is not there or was dropped. Borrowed until the next put or drop. */
const struct newest_row *newest_find(const struct newest *newest, struct span key);

/* Orders the rows by window start, then largest tokens first, then key, and forgets the dropped ones. Nothing can be
 * put afterwards. */
void newest_sort(struct newest *newest);

/* After the sort. Borrowed until close. */
size_t newest_count(const struct newest *newest);
const struct newest_row *newest_row(const struct newest *newest, size_t index);

#endif
