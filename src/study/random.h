/*
 * Chance that repeats on every machine: seeded streams of random integers, and a heavy-tailed spread about a mean. No
 * floating point, no libm, no state but the caller's.
 */
#ifndef GENTALLY_RANDOM_H
#define GENTALLY_RANDOM_H

#include "gentally/base/base.h"

/* A stream of random integers. Streams are cheap: each event has its own, so that it depends on its number alone. */
struct random_stream {
    uint64_t state;
};

/* The stream of the event (or account, or phase) `number` under `seed`. */
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

/* True in `per_mille` of a thousand cases; 1000 = always. */
static inline bool random_chance(struct random_stream *stream, uint32_t per_mille)
{
    return random_below(stream, 1000) < per_mille;
}

/* A value spread about `mean` (0 to below 2^40) as a log-normal of sigma 1.1 is: from a fortieth of the mean to
 * fourteen times the mean. */
int64_t random_spread(struct random_stream *stream, int64_t mean);

#endif
