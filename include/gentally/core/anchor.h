/*
 * An anchor marks the last record that was folded of a partition, so that its log is known again. The store keeps the
 * anchor beside `next`, because an offset alone proves nothing: a topic that was deleted and made anew has the same
 * offsets. A worker that takes over a partition first reads its anchor, and goes on only if the log still holds that
 * record. Pure.
 */
#ifndef GENTALLY_ANCHOR_H
#define GENTALLY_ANCHOR_H

#include "gentally/base/base.h"

struct anchor {
    int64_t offset;       /* ANCHOR_NONE: nothing was folded yet */
    int64_t timestamp_ms; /* the record's own Kafka timestamp; -1 = none */
    uint64_t digest;      /* of the record's key and value */
};

#define ANCHOR_NONE INT64_C(-1)
#define ANCHOR_TEXT_SIZE 64 /* bytes of "offset timestamp digest" and a NUL */

/* The anchor of a record. Reads every byte of key and value, so it is not for the hot path. */
struct anchor anchor_of(int64_t offset, int64_t timestamp_ms, struct span key, struct span value);

/* True if both anchors mark the same record. */
bool anchor_equal(const struct anchor *left, const struct anchor *right);

/* Writes the anchor as text for the store; "" if nothing was folded yet. */
void anchor_write(const struct anchor *anchor, char text[ANCHOR_TEXT_SIZE]);

/* Reads what anchor_write() wrote; returns false for any other text. */
bool anchor_read(const char *text, struct anchor *anchor);

#endif
