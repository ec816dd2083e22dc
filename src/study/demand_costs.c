/*
 * Costs begin by list price. Then programming is scaled by author and week so that its spend is shared as in S21, and
 * as a whole to its price in S35. The other topics are scaled to their prices in S35, by turns with the items of S38's
 * models, whose effective prices are the study's to the digit.
 */
#include "demand_costs.h"

#include <assert.h>

#include "calibration.h"
#include "demand_usage.h"

#define ROUNDS 8

static void scale_programming(const struct demand *demand, const struct budget *budget, uint32_t week)
{
    double costs[SERIES_SPENDERS] = {0}, factors[SERIES_SPENDERS];

    for (size_t index = 0; index < demand->count; index++) {
        const struct demand_item *item = &demand->items[index];
        if (item->week == week && item->topic == TOPIC_PROGRAMMING)
            costs[budget->models[item->model].author_column] += (double)item->cost_nano_usd;
    }
    for (uint32_t column = 0; column < SERIES_SPENDERS; column++) {
        double share = series_spend(week)[column] < SPEND_MIN ? SPEND_MIN : series_spend(week)[column];
        factors[column] = costs[column] > 0 ? share / series_spend(week)[0] * costs[0] / costs[column] : 1;
    }
    for (size_t index = 0; index < demand->count; index++) {
        struct demand_item *item = &demand->items[index];
        double factor = factors[budget->models[item->model].author_column];
        if (item->week == week && item->topic == TOPIC_PROGRAMMING)
            item->cost_nano_usd = (int64_t)((double)item->cost_nano_usd * factor + 0.5);
    }
}

/* The price of a topic over all weeks (S35), by the items that may change: those of S38's models only on the way. */
static void scale_topic(const struct demand *demand, const struct budget *budget, uint32_t topic, bool has_examples)
{
    double tokens = 0, fixed = 0, free = 0;

    for (size_t index = 0; index < demand->count; index++) {
        const struct demand_item *item = &demand->items[index];
        bool is_fixed = !has_examples && budget->models[item->model].price_usd > 0;
        if (item->topic != topic)
            continue;
        tokens += (double)item->tokens;
        fixed += is_fixed ? (double)item->cost_nano_usd : 0;
        free += is_fixed ? 0 : (double)item->cost_nano_usd;
    }
    double wanted = tokens * TOPIC_PRICES[topic] * 1000 - fixed;
    for (size_t index = 0; index < demand->count && free > 0 && wanted > 0; index++) {
        struct demand_item *item = &demand->items[index];
        if (item->topic == topic && (has_examples || budget->models[item->model].price_usd <= 0))
            item->cost_nano_usd = (int64_t)((double)item->cost_nano_usd * (wanted / free) + 0.5);
    }
}

static void scale_example(const struct demand *demand, const struct budget *budget, uint32_t model)
{
    double tokens = 0, fixed = 0, free = 0;

    for (size_t index = 0; index < demand->count; index++) {
        const struct demand_item *item = &demand->items[index];
        if (item->model != model)
            continue;
        tokens += (double)item->tokens;
        if (item->topic == TOPIC_PROGRAMMING)
            fixed += (double)item->cost_nano_usd;
        else
            free += (double)item->cost_nano_usd;
    }
    double wanted = tokens * budget->models[model].price_usd * 1000 - fixed;
    for (size_t index = 0; index < demand->count && free > 0 && wanted > 0; index++) {
        struct demand_item *item = &demand->items[index];
        if (item->model == model && item->topic != TOPIC_PROGRAMMING)
            item->cost_nano_usd = (int64_t)((double)item->cost_nano_usd * (wanted / free) + 0.5);
    }
}

void demand_costs_set(const struct demand *demand, const struct budget *budget)
{
    for (size_t index = 0; index < demand->count; index++) {
        struct demand_item *item = &demand->items[index];
        double price = usage_price(&budget->models[item->model], item->completion / 10000.0);
        item->cost_nano_usd = (int64_t)((double)item->tokens * price + 0.5);
    }
    static_assert(LENGTH_OF(TOPIC_PRICES) == SERIES_TOPICS, "each topic of the chart has its price");
    for (uint32_t week = SERIES_CATEGORY_WEEK; week < SERIES_WEEKS; week++)
        scale_programming(demand, budget, week);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        bool is_last = round == ROUNDS - 1;
        for (uint32_t topic = 0; topic < SERIES_TOPICS && !is_last; topic++)
            scale_topic(demand, budget, topic, true);
        for (uint32_t model = 0; model < budget->count; model++) {
            if (budget->models[model].price_usd > 0)
                scale_example(demand, budget, model);
        }
        for (uint32_t topic = 0; topic < SERIES_TOPICS && is_last; topic++) {
            if (topic != TOPIC_PROGRAMMING)
                scale_topic(demand, budget, topic, false);
        }
    }
}
