/*
 * The mark by which a log is known again: the last record that was folded, kept in the store beside `next`. Offsets are
 * numbers only; a topic that was deleted and made anew has the same ones. Whoever takes up a partition reads its anchor
 * first, and goes on only if the log still holds that very record. Level 1.
 */
#ifndef GENTALLY_ANCHOR_H
#define GENTALLY_ANCHOR_H

#include "gentally/base/base.h"

struct anchor {
    int64_t offset;       /* ANCHOR_NONE: nothing was folded yet */
    int64_t timestamp_ms; /* the record's own Kafka timestamp; -1 = none */
    uint64_t digest;      /* of its key and value */
};

#define ANCHOR_NONE INT64_C(-1)
#define ANCHOR_TEXT_SIZE 64 /* "offset timestamp digest" with its end */

/* Reads every byte of the record once: not for the hot path. */
struct anchor anchor_of(int64_t offset, int64_t timestamp_ms, struct span key, struct span value);

/* Is it the same record? */
bool anchor_equal(const struct anchor *left, const struct anchor *right);

/* As text for the store; "" for none. */
void anchor_write(const struct anchor *anchor, char text[ANCHOR_TEXT_SIZE]);

/* False if it is not what anchor_write() writes. */
bool anchor_read(const char *text, struct anchor *anchor);

#endif
