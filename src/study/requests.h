/*
 * The requests of a short stretch of a week, out of its portions: how large each is, and when. See replica.c.
 */
#ifndef GENTALLY_REQUESTS_H
#define GENTALLY_REQUESTS_H

#include "demand_list.h"

struct request {
    int64_t event_ms, arrival_ms;
    int64_t tokens, cost_nano_usd; /* the cost is a part of the portion's, by size */
    uint64_t number;               /* within its week */
    uint32_t item;                 /* index */
    int16_t country;               /* -1: not yet known */
    uint16_t language;
    uint64_t account; /* within its country */
};

struct requests {
    size_t count, room;
    struct request *items;
};

/* How much of a week's traffic comes before a moment of it (ms from its Monday), in no unit. */
uint64_t requests_week_weight(int64_t week_ms);

/* Adds the requests of a portion between two moments, and their numbers from `*number` on; `is_exact`: their tokens and
 * costs sum to those of the portion. HALT: NO-MEMORY. */
MUST_CHECK enum verdict requests_add(struct requests *requests, const struct demand *demand, uint32_t item,
                                     int64_t from_ms, int64_t until_ms, bool is_exact, uint64_t seed, uint64_t *number,
                                     struct reason *why);

#endif
