/*
 * The names of measures, the buckets of histograms, and samples.
 *
 * A bucket is a small floating-point number: five bits of exponent and three of mantissa (as in HDR Histogram). So a
 * distribution over ten decades takes 255 counters, and no bucket is wider than an eighth of its floor.
 */
#include "gentally/core/measure.h"

#include <assert.h>

#define MANTISSA_BITS 3u
#define MANTISSA_MASK ((1u << MANTISSA_BITS) - 1)
#define BUCKET_MAX (HISTOGRAM_BUCKETS - 2) /* a sample stores bucket + 1 in 8 bits */

#define SAMPLE_REGISTER_SHIFT 40u
#define SAMPLE_RANK_SHIFT 51u
#define REGISTER_BITS 11u

static_assert(HISTOGRAM_COUNT * 8 == SAMPLE_REGISTER_SHIFT, "a sample's registers follow its buckets");
static_assert(1u << REGISTER_BITS == ACCOUNT_REGISTERS, "a register's number has 11 bits");
static_assert(SAMPLE_REGISTER_SHIFT + REGISTER_BITS == SAMPLE_RANK_SHIFT, "a sample's rank follows its register");

static const char *const measure_names[MEASURE_COUNT] = {
    [M_REQUESTS] = "requests",
    [M_TOKENS_PROMPT] = "tokens_prompt",
    [M_TOKENS_COMPLETION] = "tokens_completion",
    [M_TOKENS_REASONING] = "tokens_reasoning",
    [M_TOKENS_CACHED] = "tokens_cached",
    [M_COST_NANO_USD] = "cost_nano_usd",
    [M_BILLED_TOKENS] = "billed_tokens",
    [M_BILLED_COST_NANO_USD] = "billed_cost_nano_usd",
    [M_FREE_TOKENS] = "free_tokens",
    [M_TOOL_REQUESTS] = "tool_requests",
    [M_TOOL_TOKENS] = "tool_tokens",
    [M_TOOLS_OFFERED] = "tools_offered",
    [M_STREAMED] = "streamed",
    [M_CANCELLED] = "cancelled",
    [M_FAILED] = "failed",
    [M_CLASSIFIED] = "classified",
    [M_MAPPED] = "mapped",
    [M_CLASSIFIED_TOKENS] = "classified_tokens",
    [M_FREE_REQUESTS] = "free_requests",
    [M_TOOLS_OFFERED_TOKENS] = "tools_offered_tokens",
    [M_MAPPED_TOKENS] = "mapped_tokens",
    [M_ONE_LABEL] = "one_label",
    [M_TWO_LABELS] = "two_labels",
    [M_MORE_LABELS] = "more_labels",
    [M_SPLIT_TOKENS] = "split_tokens",
    [M_TOKENS_SQUARED] = "tokens_squared",
    [M_TOKENS_PROMPT_SQUARED] = "tokens_prompt_squared",
    [M_TOKENS_CACHE_WRITE] = "tokens_cache_write",
    [M_GATEWAY_CACHE_HITS] = "gateway_cache_hits",
    [M_TOKENS_UNKNOWN] = "tokens_unknown",
    [M_COST_UNKNOWN] = "cost_unknown",
};

static const char *const histogram_names[HISTOGRAM_COUNT] = {
    [H_LATENCY_MS] = "latency_ms_histogram",
    [H_FIRST_TOKEN_MS] = "first_token_ms_histogram",
    [H_TOKENS_PER_SECOND] = "tokens_per_second_histogram",
    [H_TOKENS_PROMPT] = "tokens_prompt_histogram",
    [H_TOKENS_TOTAL] = "tokens_total_histogram",
};

const char *measure_name(enum measure measure)
{
    assert(measure < MEASURE_COUNT);
    return measure_names[measure];
}

const char *histogram_name(enum histogram histogram)
{
    assert(histogram < HISTOGRAM_COUNT);
    return histogram_names[histogram];
}

uint32_t histogram_bucket(int64_t value)
{
    if (value < 8)
        return value < 0 ? 0 : (uint32_t)value;

    uint32_t exponent = 63 - (uint32_t)__builtin_clzll((unsigned long long)value);
    uint32_t mantissa = (uint32_t)(value >> (exponent - MANTISSA_BITS)) & MANTISSA_MASK;
    uint32_t bucket = 8 * (exponent - 2) + mantissa;
    return bucket < BUCKET_MAX ? bucket : BUCKET_MAX;
}

int64_t histogram_floor(uint32_t bucket)
{
    assert(bucket < HISTOGRAM_BUCKETS);
    if (bucket < 8)
        return bucket;
    return (int64_t)(8 + (bucket & MANTISSA_MASK)) << (bucket / 8 - 1);
}

uint64_t sample_with_value(uint64_t sample, enum histogram histogram, int64_t value)
{
    assert(histogram < HISTOGRAM_COUNT);
    unsigned shift = 8 * (unsigned)histogram;
    return (sample & ~(UINT64_C(0xff) << shift)) | (uint64_t)(histogram_bucket(value) + 1) << shift;
}

uint64_t sample_with_account(uint64_t sample, uint64_t hash)
{
    uint64_t buckets = sample & ((UINT64_C(1) << SAMPLE_REGISTER_SHIFT) - 1);
    uint64_t register_index = hash >> (64 - REGISTER_BITS);
    uint64_t rest = hash << REGISTER_BITS;
    uint64_t rank = rest == 0 ? ACCOUNT_RANK_MAX : (uint64_t)__builtin_clzll(rest) + 1;

    assert(rank <= ACCOUNT_RANK_MAX);
    return buckets | register_index << SAMPLE_REGISTER_SHIFT | rank << SAMPLE_RANK_SHIFT;
}
