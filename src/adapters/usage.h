/*
 * Tokens whose parts are counted inside their whole by one platform and beside it by the next. A total that comes along
 * decides; else what cannot be; else the table that the caller has of vendors and versions. Pure; private to this room.
 */
#ifndef GENTALLY_USAGE_H
#define GENTALLY_USAGE_H

#include "gentally/core/event.h"
#include "unmapped.h"

/* Tokens as a source counts them. Each EVENT_UNKNOWN if it is not told. */
struct usage {
    int64_t prompt, completion, reasoning, cached, cache_write, total;
};

#define USAGE_NONE                                                                                                     \
    {                                                                                                                  \
        EVENT_UNKNOWN, EVENT_UNKNOWN, EVENT_UNKNOWN, EVENT_UNKNOWN, EVENT_UNKNOWN, EVENT_UNKNOWN                       \
    }

/* How a source counts: what is read from and written to a cache, and reasoning, beside the whole that they belong to;
 * else inside it. */
struct usage_reading {
    bool is_cache_beside, is_reasoning_beside;
};

/* Writes the tokens to the event, by our words: prompt includes the cache, completion includes reasoning. */
void usage_resolve(const struct usage *usage, struct usage_reading table, struct event *event, struct remarks *remarks);

#endif
