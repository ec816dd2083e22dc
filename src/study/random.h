/*
 * Chance, repeatable on every machine: a seeded stream of integers, weighted choice in constant time, and a
 * heavy-tailed spread about a mean. No floating point, no libm, no state but the caller's.
 */
#ifndef GENTALLY_RANDOM_H
#define GENTALLY_RANDOM_H

#include "gentally/base/verdict.h"

/* A stream of draws. Streams are cheap: one for each event, so that an event depends on its number alone. */
struct random_stream {
    uint64_t state;
};

/* The stream of thing `number` under `seed`. */
struct random_stream random_stream(uint64_t seed, uint64_t number);

/* 64 uniform bits: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static inline uint64_t random_bits(struct random_stream *stream)
{
    uint64_t bits = (stream->state += UINT64_C(0x9e3779b97f4a7c15));

    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

/* Uniform in [0, bound), by multiplication; the bias is below bound / 2^32. `bound` >= 1. */
static inline uint32_t random_below(struct random_stream *stream, uint32_t bound)
{
    return (uint32_t)(((random_bits(stream) >> 32) * bound) >> 32);
}

/* True in `per_mille` of a thousand cases. */
static inline bool random_chance(struct random_stream *stream, uint32_t per_mille)
{
    return random_below(stream, 1000) < per_mille;
}

/* A value spread about `mean` as a log-normal of sigma 1.1 is: from a fortieth of the mean to fourteen times it. */
int64_t random_spread(struct random_stream *stream, int64_t mean);

/* Weighted choice among `count` things: Walker's alias table, as Vose builds it (1991), in integers. */
struct alias_table {
    uint32_t count, room;
    uint32_t total;   /* sum of the weights, >= 1 */
    uint64_t *edges;  /* of `total`: below it the column's own thing wins */
    uint32_t *others; /* else this one */
    uint32_t *queue;  /* work memory of lottery_fill() */
};

/* Room for `room` things (>= 1), to be closed once. HALT: NO-MEMORY. */
MUST_CHECK enum verdict alias_table_open(struct alias_table *table, uint32_t room, struct reason *why);
void alias_table_close(struct alias_table *table);

/* Sets the weights, replacing earlier ones: at most `room` of them, not all zero, their sum below 2^32. O(count). */
void alias_table_fill(struct alias_table *table, const uint32_t weights[], uint32_t count);

/* The index of the winner. O(1). */
static inline uint32_t alias_table_draw(const struct alias_table *table, struct random_stream *stream)
{
    uint32_t column = random_below(stream, table->count);

    return random_below(stream, table->total) < table->edges[column] ? column : table->others[column];
}

#endif
