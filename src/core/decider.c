/* Deciders by offset: a search among ranges. */
#include "gentally/core/decider.h"

#include <assert.h>
#include <stdio.h>

void decider_write(const char *incarnation, const char *token, char text[DECIDER_SIZE])
{
    int size = snprintf(text, DECIDER_SIZE, "%.32s:%.*s", incarnation, DECIDER_TOKEN_SIZE - 1, token);

    assert(size > 0 && size < DECIDER_SIZE);
}

/* The decider of an offset; NULL if it is forgotten. */
static const struct decider *find(const struct deciders *deciders, int64_t offset)
{
    size_t low = 0, high = deciders->count; /* the first that begins behind the offset is in [low, high] */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (deciders->items[middle].first <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &deciders->items[low - 1];
}

enum decision decision_of(const struct deciders *deciders, int64_t offset, struct span decided_by)
{
    struct span incarnation = span_of(deciders->incarnation);
    const struct decider *decider = find(deciders, offset);
    char name[DECIDER_SIZE];

    if (incarnation.size == 0 || decided_by.size <= incarnation.size || decided_by.bytes[incarnation.size] != ':' ||
        memcmp(decided_by.bytes, incarnation.bytes, incarnation.size) != 0)
        return DECISION_UNKNOWN;
    if (offset >= deciders->next)
        return DECISION_PENDING;
    if (decider == NULL)
        return DECISION_UNKNOWN;
    decider_write(deciders->incarnation, decider->token, name);
    return span_equal(decided_by, span_of(name)) ? DECISION_FINAL : DECISION_SUPERSEDED;
}
