/* A list that grows, and what every item of it takes from its model. */
#include "demand_list.h"

#include <stdlib.h>

#include "demand_usage.h"
#include "gentally/base/grow.h"
#include "gentally/core/window.h"

enum verdict demand_add(struct demand *demand, const struct budget *budget, struct demand_item item, struct reason *why)
{
    const struct budget_model *model = &budget->models[item.model];
    int64_t start = series_day(item.week), end = start + 7;

    struct demand_item *items = grow(demand->items, &demand->room, demand->count + 1, sizeof(*items));
    if (items == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu portions of a workload", demand->count + 1);
    demand->items = items;
    double completion = usage_completion(model, item.topic, item.week);
    item.completion = (uint16_t)(completion * 10000 + 0.5);
    item.from_ms = DAY_MS * (model->first_day > start ? model->first_day : start);
    item.until_ms = DAY_MS * (model->until_day < end ? model->until_day : end);
    demand->items[demand->count++] = item;
    return GO_ON;
}

void demand_clear(struct demand *demand)
{
    free(demand->items);
    *demand = (struct demand){0};
}
