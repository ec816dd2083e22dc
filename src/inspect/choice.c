/* A choice is made of up to four sums: one, or a quotient of two, or that times a quotient of two more. */
#include "gentally/inspect/choice.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* What else than a measure may be a part. */
enum part {
    PART_TOKENS = MEASURE_COUNT, /* prompt and completion */
    PART_KNOWN,                  /* requests whose tokens are known */
    PART_PRICED,                 /* requests whose cost is known */
    PART_NONE
};

static const struct quotient {
    const char *name;
    enum choice_unit unit;
    uint8_t parts[CHOICE_PARTS];
} quotients[] = {
    {"usd_per_mtok", UNIT_USD_PER_MTOK, {M_BILLED_COST_NANO_USD, M_BILLED_TOKENS, PART_KNOWN, PART_PRICED}},
    {"mean_prompt", UNIT_MEAN, {M_TOKENS_PROMPT, PART_KNOWN, PART_NONE, PART_NONE}},
    {"mean_completion", UNIT_MEAN, {M_TOKENS_COMPLETION, PART_KNOWN, PART_NONE, PART_NONE}},
    {"mean_tokens", UNIT_MEAN, {PART_TOKENS, PART_KNOWN, PART_NONE, PART_NONE}},
    {"cache_hit_share", UNIT_SHARE, {M_TOKENS_CACHED, M_TOKENS_PROMPT, PART_NONE, PART_NONE}},
    {"tool_share", UNIT_SHARE, {M_TOOL_REQUESTS, M_REQUESTS, PART_NONE, PART_NONE}},
    {"failed_share", UNIT_SHARE, {M_FAILED, M_REQUESTS, PART_NONE, PART_NONE}},
};

static_assert(LENGTH_OF(quotients) == CHOICE_QUOTIENTS, "the header counts them");
static_assert(PART_NONE <= UINT8_MAX, "a part is a byte");

static struct choice sum_choice(const char *name, uint32_t part)
{
    bool is_money = part == M_COST_NANO_USD || part == M_BILLED_COST_NANO_USD;
    struct choice choice = {.kind = CHOICE_SUM,
                            .unit = is_money ? UNIT_NANO_USD : UNIT_COUNT,
                            .parts = {(uint8_t)part, PART_NONE, PART_NONE, PART_NONE}};

    snprintf(choice.name, sizeof(choice.name), "%s", name);
    return choice;
}

static struct choice quotient_choice(const struct quotient *quotient)
{
    struct choice choice = {.kind = CHOICE_QUOTIENT, .unit = quotient->unit};

    memcpy(choice.parts, quotient->parts, sizeof(choice.parts));
    snprintf(choice.name, sizeof(choice.name), "%s", quotient->name);
    return choice;
}

struct choice choice_at(uint32_t index)
{
    assert(index < CHOICE_COUNT);
    if (index == 0)
        return sum_choice("tokens", PART_TOKENS);
    if (index == 1)
        return sum_choice("cost", M_COST_NANO_USD);
    index -= 2;
    if (index < MEASURE_COUNT)
        return sum_choice(measure_name((enum measure)index), index);
    index -= MEASURE_COUNT;
    if (index < CHOICE_QUOTIENTS)
        return quotient_choice(&quotients[index]);
    index -= CHOICE_QUOTIENTS;
    struct choice choice = {.kind = CHOICE_QUANTILE,
                            .unit = UNIT_COUNT,
                            .parts = {PART_NONE, PART_NONE, PART_NONE, PART_NONE},
                            .histogram = (enum histogram)(index / QUANTILE_COUNT),
                            .quantile = (enum quantile)(index % QUANTILE_COUNT)};
    quantile_name(choice.histogram, choice.quantile, choice.name);
    return choice;
}

static int64_t part_of(uint8_t part, const int64_t sums[MEASURE_COUNT])
{
    switch (part) {
    case PART_TOKENS:
        return sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]);
    case PART_KNOWN:
        return sums[M_REQUESTS] - sums[M_TOKENS_UNKNOWN];
    case PART_PRICED:
        return sums[M_REQUESTS] - sums[M_COST_UNKNOWN];
    case PART_NONE:
        return 0;
    default:
        return sums[part];
    }
}

void choice_parts(const struct choice *choice, const int64_t sums[MEASURE_COUNT], int64_t parts[CHOICE_PARTS])
{
    for (uint32_t at = 0; at < CHOICE_PARTS; at++)
        parts[at] = part_of(choice->parts[at], sums);
}

double choice_quotient(const struct choice *choice, const int64_t parts[CHOICE_PARTS])
{
    bool has_factor = choice->parts[2] != PART_NONE;
    /* 10^-9 dollars by tokens are 10^-3 dollars by a million of them. */
    double scale = choice->unit == UNIT_USD_PER_MTOK ? 1000.0 : 1.0;

    assert(choice->kind == CHOICE_QUOTIENT);
    if (parts[1] == 0 || (has_factor && parts[3] == 0))
        return (double)NAN;
    for (uint32_t at = 0; at < CHOICE_PARTS; at++)
        if (parts[at] == SUM_TOLD_MAX)
            return (double)NAN;
    double value = (double)parts[0] / ((double)parts[1] * scale);
    return has_factor ? value * ((double)parts[2] / (double)parts[3]) : value;
}
