/*
 * The measures of a row, and the compact sample that feeds its distributions. Pure arithmetic.
 *
 * Sums add up exactly. Distributions are log-linear histograms (they merge by addition) and a HyperLogLog of accounts
 * (it merges by maximum); both live in one space of `slots`: slot id -> count or rank, sorted by id, so that one merge
 * serves all.
 *
 *   slot id   0..1279  histogram h of five, bucket b: id = 256 * h + b          merged by +
 *   slot id  1280..3327  HyperLogLog register r:      id = 1280 + r              merged by max
 */
#ifndef GENTALLY_MEASURE_H
#define GENTALLY_MEASURE_H

#include "gentally/base/base.h"

enum measure {
    M_REQUESTS,
    M_TOKENS_PROMPT,
    M_TOKENS_COMPLETION,
    M_TOKENS_REASONING,
    M_TOKENS_CACHED,
    M_COST_NANO_USD,
    M_BILLED_TOKENS,
    M_BILLED_COST_NANO_USD,
    M_FREE_TOKENS,
    M_TOOL_REQUESTS,
    M_TOOL_TOKENS,
    M_TOOLS_OFFERED,
    M_STREAMED,
    M_CANCELLED,
    M_FAILED,
    M_CLASSIFIED,
    M_MAPPED,
    M_CLASSIFIED_TOKENS,
    M_FREE_REQUESTS,
    M_TOOLS_OFFERED_TOKENS,
    M_MAPPED_TOKENS,
    M_ONE_LABEL,
    M_TWO_LABELS,
    M_MORE_LABELS,
    M_SPLIT_TOKENS,
    M_TOKENS_SQUARED,
    M_TOKENS_PROMPT_SQUARED,
    MEASURE_COUNT
};

enum histogram {
    H_LATENCY_MS,
    H_FIRST_TOKEN_MS,
    H_TOKENS_PER_SECOND,
    H_TOKENS_PROMPT,
    H_TOKENS_TOTAL,
    HISTOGRAM_COUNT
};

/* Names as in the summary: "requests", ...; "latency_ms_histogram", ... */
const char *measure_name(enum measure measure);
const char *histogram_name(enum histogram histogram);

/*
 * Squares are of at most this many tokens, more than any model takes in: so a row's sum of squares stays below 2^63 for
 * two million requests of that size in one window, or two thousand million of 65,536 tokens.
 */
#define SQUARED_TOKENS_MAX (INT64_C(1) << 21)

static inline int64_t tokens_squared(int64_t tokens)
{
    int64_t clamped = tokens < SQUARED_TOKENS_MAX ? tokens : SQUARED_TOKENS_MAX;

    return clamped * clamped;
}

#define HISTOGRAM_BUCKETS 256u
#define ACCOUNT_REGISTERS 2048u /* 2^11: standard error 1.04 / sqrt(2048) = 2.3 % (Flajolet et al. 2007) */
#define ACCOUNT_RANK_MAX 54u    /* 64 - 11 bits, all zero, + 1 */
#define ACCOUNT_SLOT (HISTOGRAM_COUNT * HISTOGRAM_BUCKETS)
#define SLOT_COUNT (ACCOUNT_SLOT + ACCOUNT_REGISTERS)

/*
 * Log-linear bucket of a value (negative counts as 0), 0..254: exact below 16, then eight buckets to an octave:
 * for v >= 8 with e = floor(log2 v): bucket = 8 * (e - 2) + ((v >> (e - 3)) & 7); larger values stop at 254.
 */
uint32_t histogram_bucket(int64_t value);

/* The smallest value of a bucket: the inverse of the above, what summaries name a bucket by. */
int64_t histogram_floor(uint32_t bucket);

/* A sample packs one event's buckets (8 bits each: bucket + 1, 0 = no value), register (11 bits) and rank (6 bits, 0 =
 * no account) in 57 bits. */
uint64_t sample_with_value(uint64_t sample, enum histogram histogram, int64_t value);
/* `hash` = 64 uniform bits of the account's pseudonym: register = its top 11 bits, rank = leading zeros of the rest + 1
 * (1..54). */
uint64_t sample_with_account(uint64_t sample, uint64_t hash);

static inline uint32_t sample_bucket(uint64_t sample, enum histogram histogram) /* bucket + 1; 0 = none */
{
    return (uint32_t)(sample >> (8 * histogram)) & 0xffu;
}
static inline uint32_t sample_register(uint64_t sample)
{
    return (uint32_t)(sample >> 40) & (ACCOUNT_REGISTERS - 1);
}
static inline uint32_t sample_rank(uint64_t sample)
{
    return (uint32_t)(sample >> 51) & 0x3fu;
}

#endif
