/* Anchors. The digest is made of 64-bit FNV-1a: it guards against accidents, not against a forger. */
#include "gentally/core/anchor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/hash.h"

/* Tells an absent text from an empty one. */
static uint64_t digest_of(struct span bytes)
{
    return bytes.bytes == NULL ? 0 : hash_fnv1a(bytes);
}

struct anchor anchor_of(int64_t offset, int64_t timestamp_ms, struct span key, struct span value)
{
    /* Folded one after the other, so that a key and a value that change places are another record. */
    uint64_t digest = hash_fold(digest_of(key) ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9));

    digest = hash_fold(digest ^ digest_of(value), UINT64_C(0x94d049bb133111eb));
    return (struct anchor){offset, timestamp_ms, digest};
}

bool anchor_equal(const struct anchor *left, const struct anchor *right)
{
    return left->offset == right->offset && left->timestamp_ms == right->timestamp_ms && left->digest == right->digest;
}

void anchor_write(const struct anchor *anchor, char text[ANCHOR_TEXT_SIZE])
{
    text[0] = '\0';
    if (anchor->offset >= 0)
        snprintf(text, ANCHOR_TEXT_SIZE, "%" PRId64 " %" PRId64 " %016" PRIx64, anchor->offset, anchor->timestamp_ms,
                 anchor->digest);
}

bool anchor_read(const char *text, struct anchor *anchor)
{
    char again[ANCHOR_TEXT_SIZE];
    char *at = NULL;

    *anchor = (struct anchor){.offset = ANCHOR_NONE};
    if (text[0] == '\0')
        return true;
    anchor->offset = strtoll(text, &at, 10);
    anchor->timestamp_ms = strtoll(at, &at, 10);
    anchor->digest = strtoull(at, &at, 16);
    anchor_write(anchor, again); /* What was misread in any way is not written so. */
    return again[0] != '\0' && strcmp(again, text) == 0;
}
