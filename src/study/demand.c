/* Weeks before the classifier have one item for each model; later weeks are made by topic. Then costs, then tool calls,
 * which are split off items that have their costs. */
#include "demand.h"

#include <assert.h>
#include <stdlib.h>

#include "demand_costs.h"
#include "demand_tools.h"
#include "demand_topics.h"
#include "demand_usage.h"

/* Requests before the classifier: by the lengths of the models' requests, so many that the mean is the platform's. */
static enum verdict add_plain_week(struct demand *demand, const struct budget *budget, uint32_t week,
                                   struct reason *why)
{
    double tokens = 0, requests = 0;
    enum verdict verdict = GO_ON;

    for (uint32_t model = 0; model < budget->count; model++) {
        double part = (double)budget->models[model].tokens[week];
        tokens += part;
        requests += part / budget->models[model].length;
    }
    if (requests <= 0)
        return GO_ON;
    double factor = tokens / usage_length(week) / requests;
    for (uint32_t model = 0; model < budget->count && verdict == GO_ON; model++) {
        const struct budget_model *entry = &budget->models[model];
        struct demand_item item = {.model = (uint16_t)model,
                                   .week = (uint8_t)week,
                                   .topic = DEMAND_NO_TOPIC,
                                   .requests = (int64_t)((double)entry->tokens[week] / entry->length * factor + 0.5),
                                   .tokens = entry->tokens[week]};
        if (item.requests == 0)
            item.requests = 1;
        if (item.tokens > 0)
            verdict = demand_add(demand, budget, item, why);
    }
    return verdict;
}

static int by_week(const void *left, const void *right)
{
    const struct demand_item *one = left, *other = right;

    if (one->week != other->week)
        return one->week < other->week ? -1 : 1;
    if (one->model != other->model)
        return one->model < other->model ? -1 : 1;
    if (one->topic != other->topic)
        return one->topic < other->topic ? -1 : 1;
    if (one->is_tool != other->is_tool)
        return one->is_tool ? 1 : -1;
    return one->from_ms < other->from_ms ? -1 : one->from_ms > other->from_ms;
}

enum verdict demand_open(struct demand *demand, const struct budget *budget, int64_t scale, struct reason *why)
{
    enum verdict verdict = GO_ON;

    assert(budget->count <= UINT16_MAX);
    *demand = (struct demand){0};
    for (uint32_t week = 0; week < SERIES_WEEKS && verdict == GO_ON; week++) {
        if (week < SERIES_CATEGORY_WEEK)
            verdict = add_plain_week(demand, budget, week, why);
        else
            verdict = demand_topics_add(demand, budget, week, why);
    }
    if (verdict == GO_ON) {
        demand_costs_set(demand, budget);
        verdict = demand_split_tool_calls(demand, budget, scale, why);
    }
    if (verdict == GO_ON)
        qsort(demand->items, demand->count, sizeof(*demand->items), by_week);
    else
        demand_clear(demand);
    return verdict;
}
