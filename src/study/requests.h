/* Single requests out of the items of a demand, for a short stretch of a week: how large each is, and when. */
#ifndef GENTALLY_REQUESTS_H
#define GENTALLY_REQUESTS_H

#include "demand_list.h"

struct study_request {
    int64_t event_ms, arrival_ms;
    int64_t tokens, cost_nano_usd; /* the cost is a part of the item's, by size */
    uint64_t number;               /* within its week */
    uint32_t item;                 /* index */
    int16_t country;               /* -1: not yet known */
    uint16_t language;
    uint64_t account; /* within its country */
};

/* A list, begins as zeros; `items` are the caller's to free. */
struct requests {
    size_t count, room;
    struct study_request *items;
};

/* The part of a week's traffic before a moment of it (ms from its Monday, 0 to a week), in no unit: to be divided by
 * that of the whole week. */
uint64_t requests_week_weight(int64_t week_ms);

/* What of a demand to turn into requests. */
struct requests_stretch {
    int64_t from_ms, until_ms; /* half-open, within the item's week */
    bool is_exact;             /* over all stretches, tokens and costs sum to those of the item */
    uint64_t seed;
};

/* Adds the requests of an item (an index of `demand`) within a stretch, numbered from `*number` on, and raises it.
 * HALT: NO-MEMORY. */
MUST_CHECK enum verdict requests_add(struct requests *requests, const struct demand *demand, uint32_t item,
                                     const struct requests_stretch *stretch, uint64_t *number, struct reason *why);

#endif
