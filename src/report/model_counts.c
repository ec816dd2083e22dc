/* S06: a model is its slug without the variant; in a week it is counted once. What has no row of its own is none. */
#include "model_counts.h"

#include "groups.h"

static void take_base(void *context, const struct summary_row *row)
{
    groups_add(context, row->start_ms, row->base, row, row->sums);
}

void model_counts_make(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    static const char *const sizes[] = {"small", "medium", "large", "unknown"};
    const struct groups empty = {.has_failed = dataset->has_failed};
    struct groups models = empty, counts = empty, weeks = empty;
    static const int64_t one[MEASURE_COUNT] = {[M_REQUESTS] = 1};

    figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, "size", "Size", TYPE_TEXT);
    figure_column(figure, "models", "Models", TYPE_INTEGER);
    figure_column(figure, "total_models", "All models", TYPE_INTEGER);
    figure_column(figure, "share", "Share", TYPE_SHARE);
    figure->chart.x = "week";
    figure->chart.y = "share";
    figure->chart.series = "size";
    figure->chart.x_title = "Week";
    figure->chart.y_title = "Share of models";
    spec_each_row(spec, dataset, figure, take_base, &models);
    for (size_t index = 0; index < models.count; index++) {
        const struct group_sums *model = &models.items[index];
        if (model->sums[M_REQUESTS] == 0 || dataset_is_beyond(dataset, model->latest))
            continue;
        groups_add(&counts, model->x, row_series_of(dataset, model->latest, SERIES_SIZE), NULL, one);
        groups_add(&weeks, model->x, 0, NULL, one);
    }
    groups_sort(&weeks);
    for (size_t at = 0; at < LENGTH_OF(sizes); at++) {
        uint32_t size = dataset_name(dataset, sizes[at]);
        for (size_t index = 0; index < counts.count; index++) {
            if (counts.items[index].series != size)
                continue;
            figure_order(figure, size);
            break;
        }
    }
    for (size_t index = 0; index < weeks.count; index++) {
        for (uint32_t at = 0; at < figure->order_count; at++) {
            const struct group_sums *count = groups_find(&counts, weeks.items[index].x, figure->order[at]);
            int64_t models_of = count == NULL ? 0 : count->sums[M_REQUESTS];
            figure_date(figure, weeks.items[index].x);
            figure_text(figure, names_text(&dataset->names, figure->order[at]));
            figure_integer(figure, models_of);
            figure_integer(figure, weeks.items[index].sums[M_REQUESTS]);
            figure_real(figure, quantity_share(models_of, weeks.items[index].sums[M_REQUESTS]));
        }
    }
    groups_close(&models);
    groups_close(&counts);
    groups_close(&weeks);
}
