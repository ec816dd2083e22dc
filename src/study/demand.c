/* The list of portions: weeks before the classifier have one for each model, later ones are made by topic. */
#include "demand.h"

#include <assert.h>
#include <stdlib.h>

#include "demand_parts.h"
#include "gentally/core/window.h"

enum verdict portions_add(struct portions *portions, const struct budget *budget, struct portion portion,
                          struct reason *why)
{
    const struct budget_model *model = &budget->models[portion.model];
    int64_t start = SERIES_FIRST_DAY + 7 * (int64_t)portion.week, end = start + 7;

    if (portions->count == portions->room) {
        size_t room = portions->room * 2 + 1024;
        struct portion *items = reallocarray(portions->items, room, sizeof *items);
        if (items == NULL)
            return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu portions of a workload", room);
        portions->items = items;
        portions->room = room;
    }
    double completion = usage_completion(model, portion.topic, portion.week);
    portion.completion = (uint16_t)(completion * 10000 + 0.5);
    portion.from_ms = DAY_MS * (model->first_day > start ? model->first_day : start);
    portion.until_ms = DAY_MS * (model->until_day < end ? model->until_day : end);
    portions->items[portions->count++] = portion;
    return GO_ON;
}

/* Requests before the classifier: by the lengths of the models' requests, so many that the mean is the platform's. */
static enum verdict add_plain_week(struct portions *portions, const struct budget *budget, uint32_t week,
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
        struct portion portion = {.model = (uint16_t)model,
                                  .week = (uint8_t)week,
                                  .topic = PORTION_NO_TOPIC,
                                  .requests = (int64_t)((double)entry->tokens[week] / entry->length * factor + 0.5),
                                  .tokens = entry->tokens[week]};
        if (portion.requests == 0)
            portion.requests = 1;
        if (portion.tokens > 0)
            verdict = portions_add(portions, budget, portion, why);
    }
    return verdict;
}

static int by_week(const void *left, const void *right)
{
    const struct portion *one = left, *other = right;

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

enum verdict portions_open(struct portions *portions, const struct budget *budget, int64_t scale, struct reason *why)
{
    enum verdict verdict = GO_ON;

    assert(budget->count <= UINT16_MAX);
    *portions = (struct portions){0};
    for (uint32_t week = 0; week < SERIES_WEEKS && verdict == GO_ON; week++) {
        if (week < SERIES_CATEGORY_WEEK)
            verdict = add_plain_week(portions, budget, week, why);
        else
            verdict = topics_add(portions, budget, week, why);
    }
    if (verdict == GO_ON) {
        costs_set(portions, budget);
        verdict = tools_carve(portions, budget, scale, why);
    }
    if (verdict == GO_ON)
        qsort(portions->items, portions->count, sizeof *portions->items, by_week);
    else
        portions_close(portions);
    return verdict;
}

void portions_close(struct portions *portions)
{
    free(portions->items);
    *portions = (struct portions){0};
}
