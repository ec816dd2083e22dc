/*
 * The measures of a row: what is counted. Pure arithmetic.
 *
 * Most measures are sums, which add up exactly. Distributions are log-linear histograms, and the distinct accounts are
 * a HyperLogLog sketch. Buckets of histograms and registers of the sketch share one numbering, the slots, so that one
 * walk adds up both:
 *
 *   slot id     0..1279  bucket b of histogram h, one of five: id = 256 * h + b    added up by +
 *   slot id  1280..3327  register r of the sketch:             id = 1280 + r       added up by max
 *
 * A new measure is appended to the enum, since packed cells count on the order; tests/unit/core/measure_places_test.c
 * says in which other places it must then stand.
 */
#ifndef GENTALLY_MEASURE_H
#define GENTALLY_MEASURE_H

#include "gentally/base/base.h"

/* The sums of a row, in the order of packed cells and of the summary schema. What each counts: schemas/README.md. */
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
    M_TOKENS_CACHE_WRITE,
    M_GATEWAY_CACHE_HITS,
    M_TOKENS_UNKNOWN,
    M_COST_UNKNOWN,
    MEASURE_COUNT
};

/* The distributions of a row. */
enum histogram {
    H_LATENCY_MS,
    H_FIRST_TOKEN_MS,
    H_TOKENS_PER_SECOND,
    H_TOKENS_PROMPT,
    H_TOKENS_TOTAL,
    HISTOGRAM_COUNT
};

/* The names of measures and histograms in the summary: "requests", ...; "latency_ms_histogram", ... */
const char *measure_name(enum measure measure);
const char *histogram_name(enum histogram histogram);

/* A sum as it is told, in a summary or by a reader: exact below this, else it means "at least". Cells keep all of a
 * sum, see cell.h. */
#define SUM_TOLD_MAX INT64_MAX

/* Adds up two sums that were told. As each is told as at most SUM_TOLD_MAX, so is their sum, in whatever order. */
static inline int64_t sum_told(int64_t left, int64_t right)
{
    int64_t sum;

    return __builtin_add_overflow(left, right, &sum) ? SUM_TOLD_MAX : sum;
}

/* Squares are taken of at most 2^21 tokens, more than any model takes in: so that some thousand requests do not hide
 * what all others are. */
#define SQUARED_TOKENS_MAX (INT64_C(1) << 21)

/* The square of a request's tokens, or of SQUARED_TOKENS_MAX if they are more. `tokens` >= 0. */
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
 * The bucket of a value, 0..254. Buckets are log-linear: exact below 16, then eight to an octave. For v >= 8 with
 * e = floor(log2 v): bucket = 8 * (e - 2) + ((v >> (e - 3)) & 7). Negative values count as 0, the largest end in 254.
 */
uint32_t histogram_bucket(int64_t value);

/* The smallest value of a bucket, by which summaries name the bucket. */
int64_t histogram_floor(uint32_t bucket);

/*
 * A sample is what one event adds to the slots of a row, in 57 bits: a bucket per histogram (8 bits each: bucket + 1, 0
 * = no value), and the account's register (11 bits) and rank (6 bits, 0 = no account). It starts as 0.
 */
uint64_t sample_with_value(uint64_t sample, enum histogram histogram, int64_t value);

/* Puts an account into a sample. `hash` is 64 uniform bits of the account's pseudonym: the register is its top 11 bits,
 * the rank is 1 + the leading zeros of the rest (1..54). */
uint64_t sample_with_account(uint64_t sample, uint64_t hash);

/* The bucket of a histogram + 1; 0 = no value. */
static inline uint32_t sample_bucket(uint64_t sample, enum histogram histogram)
{
    return (uint32_t)(sample >> (8 * histogram)) & 0xffu;
}

/* The account's register. */
static inline uint32_t sample_register(uint64_t sample)
{
    return (uint32_t)(sample >> 40) & (ACCOUNT_REGISTERS - 1);
}

/* The account's rank; 0 = no account. */
static inline uint32_t sample_rank(uint64_t sample)
{
    return (uint32_t)(sample >> 51) & 0x3fu;
}

#endif
