/* Dates are the catalog's, weights are tokens over the range: what matters here is what is used here. */
#include "releases.h"

#include <stdlib.h>

#include "groups.h"
#include "shown.h"

static bool is_about(const struct figure_spec *spec, const struct dataset *dataset, const struct summary_row *row)
{
    uint32_t source = row->columns[COLUMN_SOURCE], reasoning = row->columns[COLUMN_REASONING];

    if (row->is_suppressed)
        return false;
    if (spec->releases == RELEASES_OF_OPEN)
        return source == dataset->open_cn || source == dataset->open_row;
    return reasoning == dataset->always || reasoning == dataset->optional;
}

/* The name, cut where the chart has no room. */
static void add_line(struct figure *figure, struct span name, int64_t released_ms)
{
    struct figure_rule rule = {.is_x = true, .is_date = true, .date_ms = released_ms};
    size_t size = name.size < sizeof(rule.text) ? name.size : sizeof(rule.text) - 1;

    memcpy(rule.text, name.bytes, size);
    figure_rule(figure, rule);
}

void releases_add(const struct figure_spec *spec, struct dataset *dataset, const struct catalog *catalog,
                  struct figure *figure)
{
    struct groups models = {.has_failed = dataset->has_failed};
    struct row_range range = dataset_rows(dataset, ROWS_MODEL, WINDOW_WEEK);
    uint32_t count = 0, added = 0;

    if (spec->releases == RELEASES_NONE || dataset->first_week_ms == NO_TIME)
        return;
    for (size_t index = 0; index < range.count; index++)
        if (is_about(spec, dataset, &range.rows[index]))
            groups_add(&models, 0, row_family(&range.rows[index]), &range.rows[index], range.rows[index].sums);
    uint32_t *ranked = groups_rank(&models, &dataset->names, QUANTITY_TOKENS, &count);
    for (uint32_t at = 0; ranked != NULL && at < count && added < RELEASES_MAX; at++) {
        struct span slug = names_text(&dataset->names, ranked[at]);
        struct model model = catalog_find(catalog, slug);
        if (!model.is_known || model.released_ms < dataset->first_week_ms ||
            model.released_ms >= dataset->last_week_ms + 7 * DAY_MS)
            continue;
        add_line(figure, shown_name(dataset, slug), model.released_ms);
        added++;
    }
    free(ranked);
    groups_close(&models);
}
