/*
 * The latest version of each key of a compacted summary topic: what a reader of summaries keeps. Versions are ordered
 * by summary_version_compare(); a tombstone drops its key. Rows are put first, then sorted once, then read. One owner.
 */
#ifndef GENTALLY_LATEST_H
#define GENTALLY_LATEST_H

#include "gentally/core/summary.h"

/* A row under its key. */
struct latest_row {
    struct span key;
    struct span value; /* the record's value as it was; absent once the key was dropped */
    int64_t generation, revision;
    enum pane pane;
    int64_t start_ms;   /* of the window */
    int64_t tokens;     /* prompt + completion */
    int64_t written_ms; /* the record's timestamp */
    bool is_spoilt;     /* dropped, since its last version could not be read: see latest_spoil() */
};

struct latest;

/* Opens an empty set of rows. HALT: NO-MEMORY. */
MUST_CHECK enum verdict latest_open(struct latest **latest, struct reason *why);
void latest_close(struct latest *latest);

/* Takes a row, copying key and value, unless a newer version of the key is there. A row of the same version replaces
 * the one before, since it was written later. HALT: NO-MEMORY. */
MUST_CHECK enum verdict latest_put(struct latest *latest, const struct latest_row *row, struct reason *why);

/* Takes a tombstone; a key that is not there changes nothing. */
void latest_drop(struct latest *latest, struct span key);

/* Drops a key whose last version cannot be read, so that nobody takes an older one for it; a later version or a
 * tombstone makes it good. HALT: NO-MEMORY. */
MUST_CHECK enum verdict latest_spoil(struct latest *latest, struct span key, struct reason *why);

/* The number of keys that are spoilt, before the sort and after it. O(1). */
size_t latest_spoilt(const struct latest *latest);

/* Before the sort: the number of keys that were seen, dropped ones too, and the row of one of them, in the order in
 * which they were first seen. A dropped row has no value. Borrowed until the next put. */
size_t latest_seen(const struct latest *latest);
const struct latest_row *latest_at(const struct latest *latest, size_t index);

/* Before the sort: the row of a key; NULL if it is not there or was dropped. Borrowed until the next put or drop. */
const struct latest_row *latest_find(const struct latest *latest, struct span key);

/* Orders the rows by window start, then by tokens (most first), then by key, and forgets dropped ones. No row can be
 * put afterwards. */
void latest_sort(struct latest *latest);

/* After the sort: the number of rows, and each of them in order. Borrowed until close. */
size_t latest_count(const struct latest *latest);
const struct latest_row *latest_row(const struct latest *latest, size_t index);

#endif
