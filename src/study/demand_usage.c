/*
 * What models are used for, and how: first guesses, which portions_topics.c fits to the charts. Mixes are those the
 * study states or shows of authors in May and November 2025, on a straight line between.
 */
#include "demand_usage.h"

#define UNMAPPED 0.2 /* of tokens, in no plotted category: our guess */

struct mix {
    const char *author;
    uint8_t week;
    uint16_t shares[SERIES_TOPICS]; /* per mille */
};

/* By author and week; the author's portions of open models that are not its own line count as others'. */
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
        return model->is_reasoning && model->author_column == 2 ? open_general : open_row;
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
        if (topic == TOPIC_PROGRAMMING && model->source == SOURCE_CLOSED && model->prompt_usd < 0.2 &&
            !model->is_coding)
            share *= 0.4; /* Cheap models are seldom used for it: programming is where the spend is. */
        /* The study's dear and rare examples: what they cost is then theirs alone. */
        if (topic == TOPIC_PROGRAMMING && model->price_usd > 0 && model->tokens[SERIES_WEEKS - 1] < 2000)
            share = model->price_usd > 10 || model->price_usd < 0.1 ? 0 : share;
        shares[topic] = share;
        sum += share;
    }
    for (uint32_t topic = 0; topic < SERIES_TOPICS; topic++)
        shares[topic] *= (1 - UNMAPPED) / sum;
    shares[TOPIC_OTHER] = UNMAPPED;
}

double usage_completion(const struct budget_model *model, uint32_t topic, uint32_t week)
{
    static const double parts[TOPIC_COUNT] = {0.03, 0.06, 0.10, 0.07, 0.30, 0.10, 0.10, 0.12, 0.12, 0.15, 0.20, 0.09};
    double factor = model->completion / 0.09, part;

    factor = factor < 0.6 ? 0.6 : factor > 1.6 ? 1.6 : factor;
    if (topic == TOPIC_COUNT) /* 150 to 400 tokens of completion, of 1.9K to 6.5K */
        part = 0.11 - 0.0009 * week;
    else
        part = parts[topic];
    return part * factor;
}

double usage_length(uint32_t week)
{
    double length = 1900;

    for (uint32_t step = 0; step < week; step++)
        length *= 1.0222; /* to the power of 56: 3.42 */
    return length;
}

double usage_length_factor(const struct budget_model *model)
{
    double manner = model->length / 5000;

    return manner < 0.5 ? 0.5 : manner > 2.5 ? 2.5 : manner;
}

double usage_price(const struct budget_model *model, double completion)
{
    double prompt_usd = model->prompt_usd * (1 - 0.9 * model->cached / 1000.0);

    if (model->is_free)
        return 0;
    if (model->price_usd > 0)
        return model->price_usd * 1000;
    return ((1 - completion) * prompt_usd + completion * model->completion_usd) * 1000;
}
