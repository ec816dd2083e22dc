/*
 * Mixes are those the study states or shows of authors in May and November 2025 (S24 to S29), on a straight line
 * between.
 */
#include "demand_usage.h"

#include <assert.h>

#include "calibration.h"
#include "clamp.h"

struct mix {
    const char *author;
    uint8_t week;
    uint16_t shares[SERIES_TOPICS]; /* per mille */
};

/* By author and week, for what the author sells: its open side lines are used as open models are. */
static const struct mix mixes[] = {
    {"anthropic", 29, {620, 220, 40, 50, 10, 10, 10, 20, 10, 10, 1}},
    {"anthropic", 56, {600, 220, 30, 70, 10, 10, 20, 20, 10, 10, 1}},
    {"google", 29, {300, 180, 130, 140, 90, 40, 40, 30, 20, 20, 10}},
    {"google", 56, {180, 200, 100, 200, 110, 50, 60, 40, 30, 20, 10}},
    {"x-ai", 29, {820, 60, 30, 50, 5, 5, 10, 10, 5, 3, 2}},
    {"x-ai", 53, {800, 65, 30, 55, 5, 5, 10, 15, 5, 3, 2}},
    {"x-ai", 56, {450, 200, 50, 180, 10, 10, 20, 60, 10, 7, 3}},
    {"openai", 29, {100, 200, 520, 70, 30, 10, 30, 20, 10, 10, 1}},
    {"openai", 33, {200, 230, 280, 90, 40, 20, 40, 30, 20, 10, 5}},
    {"openai", 56, {290, 290, 140, 100, 40, 30, 40, 30, 20, 10, 10}},
    {"deepseek", 29, {40, 50, 50, 780, 20, 10, 20, 10, 10, 5, 5}},
    {"deepseek", 56, {90, 40, 30, 780, 15, 10, 15, 5, 5, 5, 5}},
    {"qwen", 29, {500, 130, 140, 110, 30, 20, 30, 20, 10, 7, 3}},
    {"qwen", 44, {420, 90, 80, 320, 20, 10, 20, 20, 10, 7, 3}},
    {"qwen", 51, {420, 90, 80, 320, 20, 10, 20, 20, 10, 7, 3}},
    {"qwen", 56, {550, 120, 120, 100, 30, 20, 20, 20, 10, 7, 3}},
};
static const uint16_t coding[SERIES_TOPICS] = {880, 60, 15, 20, 3, 2, 5, 8, 3, 3, 1};
static const uint16_t open_row[SERIES_TOPICS] = {30, 20, 10, 900, 10, 5, 10, 5, 5, 3, 2};
static const uint16_t open_general[SERIES_TOPICS] = {300, 150, 120, 300, 40, 25, 45, 30, 25, 10, 8};
static const uint16_t others[SERIES_TOPICS] = {260, 200, 130, 150, 80, 40, 50, 40, 25, 15, 10};

static const uint16_t *plain_mix(const struct budget_model *model)
{
    if (model->is_coding)
        return coding;
    if (model->source == SOURCE_OPEN_ROW) /* gpt-oss and Llama 4 are used as the closed ones are. */
        return model->is_reasoning && model->author_column == SPENDER_OPENAI ? open_general : open_row;
    return model->source == SOURCE_OPEN_CN ? open_general : others;
}

void usage_of(const struct budget_model *model, uint32_t week, double shares[TOPIC_COUNT])
{
    const struct mix *before = NULL, *after = NULL;
    const uint16_t *plain = plain_mix(model);
    double sum = 0;

    for (size_t index = 0; index < LENGTH_OF(mixes) && plain != coding && model->source != SOURCE_OPEN_ROW; index++) {
        if (!span_equal(span_of(mixes[index].author), model->author))
            continue;
        if (mixes[index].week <= week)
            before = &mixes[index];
        else if (after == NULL)
            after = &mixes[index];
    }
    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++) {
        double share = before == NULL ? plain[topic] : before->shares[topic];
        if (before != NULL && after != NULL) {
            double part = (double)(week - before->week) / (after->week - before->week);
            share = share * (1 - part) + after->shares[topic] * part;
        }
        if (topic == TOPIC_PROGRAMMING && model->source == SOURCE_CLOSED && model->prompt_usd < CHEAP_USD &&
            !model->is_coding)
            share *= CHEAP_PROGRAMMING;
        /* The study's dear and rare examples: what they cost is then theirs alone. */
        if (topic == TOPIC_PROGRAMMING && model->price_usd > 0 && model->tokens[SERIES_WEEKS - 1] < RARE_EXAMPLE)
            share = model->price_usd > RARE_DEAR_USD || model->price_usd < RARE_CHEAP_USD ? 0 : share;
        shares[topic] = share;
        sum += share;
    }
    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++)
        shares[topic] *= (1 - UNMAPPED_PART) / sum;
    shares[TOPIC_OTHER] = UNMAPPED_PART;
}

double usage_completion(const struct budget_model *model, uint32_t topic, uint32_t week)
{
    double factor = clamp(model->completion / TAIL_COMPLETION, COMPLETION_FACTOR_MIN, COMPLETION_FACTOR_MAX);
    double part = topic == TOPIC_COUNT ? COMPLETION_FIRST - COMPLETION_FALL * week : COMPLETION_PARTS[topic];

    static_assert(LENGTH_OF(COMPLETION_PARTS) == TOPIC_COUNT, "each topic has its part");
    return part * factor;
}

double usage_length(uint32_t week)
{
    double length = LENGTH_FIRST;

    for (uint32_t step = 0; step < week; step++)
        length *= LENGTH_GROWTH;
    return length;
}

double usage_length_factor(const struct budget_model *model)
{
    return clamp(model->length / LENGTH_USUAL, LENGTH_FACTOR_MIN, LENGTH_FACTOR_MAX);
}

double usage_price(const struct budget_model *model, double completion)
{
    double prompt_usd = model->prompt_usd * (1 - CACHE_DISCOUNT * model->cached / 1000.0);

    if (model->is_free)
        return 0;
    if (model->price_usd > 0)
        return model->price_usd * 1000;
    return ((1 - completion) * prompt_usd + completion * model->completion_usd) * 1000;
}
