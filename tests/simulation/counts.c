/*
 * What one event counts, as schemas/README.md says it, and what a row adds up to. Of histograms a row has one number:
 * the sum, over all values, of what stands for the histogram and the value's bucket. Equal histograms have equal
 * numbers, and unequal ones as good as never.
 */
#include "truth.h"

#define SLOTS_OF_HISTOGRAMS 1280 /* 5 histograms x 256 buckets; the slots above are registers of accounts */
#define SQUARED_MAX (INT64_C(1) << 21)

/* In the order of the summary's fields. */
enum {
    REQUESTS,
    PROMPT,
    COMPLETION,
    REASONING,
    CACHED,
    COST,
    BILLED_TOKENS,
    BILLED_COST,
    FREE_TOKENS,
    TOOL_REQUESTS,
    TOOL_TOKENS,
    TOOLS_OFFERED,
    STREAMED,
    CANCELLED,
    FAILED,
    CLASSIFIED,
    MAPPED,
    CLASSIFIED_TOKENS,
    FREE_REQUESTS,
    TOOLS_OFFERED_TOKENS,
    MAPPED_TOKENS,
    ONE_LABEL,
    TWO_LABELS,
    MORE_LABELS,
    SPLIT_TOKENS,
    TOKENS_SQUARED,
    PROMPT_SQUARED,
    CACHE_WRITE,
    GATEWAY_HITS,
    TOKENS_UNKNOWN,
    COST_UNKNOWN
};

static bool knows_tokens(const struct meaning *meaning)
{
    return meaning->prompt >= 0 && meaning->completion >= 0;
}

static int64_t tokens_of(const struct meaning *meaning)
{
    return knows_tokens(meaning) ? meaning->prompt + meaning->completion : 0;
}

int64_t oracle_bucket_floor(int64_t value)
{
    int64_t width = 1;

    while (value / width >= 16)
        width *= 2;
    return value - value % width;
}

uint64_t oracle_bucket_number(int histogram, int64_t floor)
{
    uint64_t z = ((uint64_t)histogram << 48 ^ (uint64_t)floor) + UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t histograms_of(const struct meaning *meaning)
{
    bool is_known = knows_tokens(meaning);
    const int64_t values[5] = {
        meaning->latency_ms,
        meaning->first_token_ms,
        is_known && meaning->generation_ms > 0 ? meaning->completion * 1000 / meaning->generation_ms
                                               : -1, /* a second */
        is_known ? meaning->prompt : -1,
        is_known ? tokens_of(meaning) : -1,
    };
    uint64_t sum = 0;

    for (int i = 0; i < 5; i++)
        sum += values[i] < 0 ? 0 : oracle_bucket_number(i, oracle_bucket_floor(values[i]));
    return sum;
}

static int64_t square(int64_t tokens)
{
    return tokens < SQUARED_MAX ? tokens * tokens : SQUARED_MAX * SQUARED_MAX;
}

struct sums oracle_sums_of(const struct meaning *meaning)
{
    struct sums sums = {.histograms = histograms_of(meaning)};
    bool is_known = knows_tokens(meaning);
    int64_t tokens = tokens_of(meaning), cost = meaning->cost < 0 ? 0 : meaning->cost, *of = sums.of;
    int labels = __builtin_popcount(meaning->labels);
    bool is_free = meaning->is_free || meaning->model == ORACLE_MODEL_FREE;
    bool is_mapped = (meaning->labels & ~(1u << ORACLE_CATEGORY_OTHER)) != 0;
    bool is_tool = meaning->finish == FINISH_TOOL_CALLS;

    of[REQUESTS] = 1;
    of[PROMPT] = is_known ? meaning->prompt : 0;
    of[COMPLETION] = is_known ? meaning->completion : 0;
    of[CACHED] = is_known ? meaning->cached : 0;
    of[CACHE_WRITE] = is_known ? meaning->cache_write : 0;
    of[TOKENS_UNKNOWN] = !is_known;
    of[COST] = cost;
    of[COST_UNKNOWN] = meaning->cost < 0;
    of[GATEWAY_HITS] = meaning->is_hit;
    of[BILLED_TOKENS] = meaning->is_byok ? 0 : tokens;
    of[BILLED_COST] = meaning->is_byok ? 0 : cost;
    of[FREE_TOKENS] = is_free ? tokens : 0;
    of[FREE_REQUESTS] = is_free;
    of[TOOL_REQUESTS] = is_tool;
    of[TOOL_TOKENS] = is_tool ? tokens : 0;
    of[TOOLS_OFFERED] = meaning->has_tools;
    of[TOOLS_OFFERED_TOKENS] = meaning->has_tools ? tokens : 0;
    of[STREAMED] = meaning->is_streamed;
    of[CANCELLED] = meaning->is_cancelled;
    of[FAILED] = meaning->finish == FINISH_ERROR;
    of[CLASSIFIED] = meaning->is_classified;
    of[CLASSIFIED_TOKENS] = meaning->is_classified ? tokens : 0;
    of[MAPPED] = is_mapped;
    of[MAPPED_TOKENS] = is_mapped ? tokens : 0;
    of[ONE_LABEL] = labels == 1;
    of[TWO_LABELS] = labels == 2;
    of[MORE_LABELS] = labels > 2;
    of[SPLIT_TOKENS] = labels > 0 ? tokens : 0;
    of[TOKENS_SQUARED] = square(tokens);
    of[PROMPT_SQUARED] = square(of[PROMPT]);
    return sums;
}

void oracle_set_split(struct sums *sums, const struct meaning *meaning, int category)
{
    int64_t tokens = tokens_of(meaning);
    int count = __builtin_popcount(meaning->labels);
    int before = __builtin_popcount(meaning->labels & ((1u << category) - 1));

    sums->of[SPLIT_TOKENS] = tokens / count + (before < tokens % count ? 1 : 0);
}

void oracle_add(struct sums *into, const struct sums *sums, int64_t times)
{
    for (int i = 0; i < SUMS; i++)
        into->of[i] += times * sums->of[i];
    into->histograms += (uint64_t)times * sums->histograms;
}

bool oracle_is_equal(const struct sums *left, const struct sums *right)
{
    return memcmp(left->of, right->of, sizeof(left->of)) == 0 && left->histograms == right->histograms;
}

const char *oracle_difference(const struct sums *left, const struct sums *right)
{
    static const char *const names[SUMS] = {
        "requests",
        "tokens_prompt",
        "tokens_completion",
        "tokens_reasoning",
        "tokens_cached",
        "cost_nano_usd",
        "billed_tokens",
        "billed_cost_nano_usd",
        "free_tokens",
        "tool_requests",
        "tool_tokens",
        "tools_offered",
        "streamed",
        "cancelled",
        "failed",
        "classified",
        "mapped",
        "classified_tokens",
        "free_requests",
        "tools_offered_tokens",
        "mapped_tokens",
        "one_label",
        "two_labels",
        "more_labels",
        "split_tokens",
        "tokens_squared",
        "tokens_prompt_squared",
        "tokens_cache_write",
        "gateway_cache_hits",
        "tokens_unknown",
        "cost_unknown",
    };

    for (int i = 0; i < SUMS; i++)
        if (left->of[i] != right->of[i])
            return names[i];
    return left->histograms != right->histograms ? "histograms" : "nothing";
}

/* ---- cells ---- */

static bool read_varint(const char **at, const char *end, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)*(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

bool oracle_varint(const char **at, const char *end, int64_t *value)
{
    uint64_t raw;

    if (!read_varint(at, end, &raw))
        return false;
    *value = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
    return true;
}

/* The smallest value of a bucket: exact below 16, then eight to an octave. */
static int64_t floor_of(uint64_t bucket)
{
    return bucket < 16 ? (int64_t)bucket : (int64_t)(8 + bucket % 8) << (bucket / 8 - 1);
}

bool oracle_read_cell(struct span packed, struct sums *sums)
{
    const char *at = packed.bytes + 2, *end = packed.bytes + packed.size;
    uint64_t value = 0, slots = 0, id = 0;

    *sums = (struct sums){.histograms = 0};
    if (packed.size < 2 || packed.bytes[0] != 3 || packed.bytes[1] > SUMS)
        return false;
    for (int i = 0; i < packed.bytes[1]; i++) {
        if (!read_varint(&at, end, &value))
            return false;
        sums->of[i] = (int64_t)value;
    }
    if (!read_varint(&at, end, &slots))
        return false;
    for (; slots > 0; slots--) {
        uint64_t step = 0;
        if (!read_varint(&at, end, &step) || !read_varint(&at, end, &value))
            return false;
        id += step;
        if (id < SLOTS_OF_HISTOGRAMS)
            sums->histograms += value * oracle_bucket_number((int)(id / 256), floor_of(id % 256));
    }
    return at == end;
}
