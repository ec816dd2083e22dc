/* Figures of averages and counts by week: S06, S13, S15 to S19. */
#include <math.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/base/statistics.h"

static void take_week(void *context, const struct figure_row *row)
{
    groups_add(context, row->start_ms, 0, row, row->sums);
}

/* ---- S13 ---- */

void make_tool_share(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    static const struct {
        const char *name;
        enum measure measure;
    } kinds[] = {{"Tool calls", M_TOOL_TOKENS}, {"Tools offered", M_TOOLS_OFFERED_TOKENS}};
    struct figure_groups weeks = {0};

    figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, "kind", "Requests with", TYPE_TEXT);
    figure_column(figure, "tokens", "Tokens", TYPE_INTEGER);
    figure_column(figure, "total_tokens", "Total tokens", TYPE_INTEGER);
    figure_column(figure, "share", "Share", TYPE_SHARE);
    figure->chart.x = "week";
    figure->chart.y = "share";
    figure->chart.series = "kind";
    figure->chart.x_title = "Week";
    figure->chart.y_title = "Share of tokens";
    figure_each(spec, data, figure, take_week, &weeks);
    groups_sort(&weeks);
    for (size_t index = 0; index < weeks.count; index++) {
        const int64_t *sums = weeks.items[index].sums;
        for (size_t at = 0; at < LENGTH_OF(kinds) && row_tokens(sums) > 0; at++) {
            figure_date(figure, weeks.items[index].x);
            figure_text(figure, span_of(kinds[at].name));
            figure_integer(figure, sums[kinds[at].measure]);
            figure_integer(figure, row_tokens(sums));
            figure_real(figure, figure_share(sums[kinds[at].measure], row_tokens(sums)));
        }
    }
    for (size_t at = 0; at < LENGTH_OF(kinds) && figure->cell_count > 0; at++)
        figure_order(figure, figure_name(data, kinds[at].name));
    figure->has_failed |= weeks.has_failed;
    groups_close(&weeks);
}

/* ---- S15, S16, S18: all requests ---- */

static void mean_columns(struct figure *figure, enum figure_quantity quantity)
{
    const char *name = quantity == QUANTITY_PROMPT       ? "tokens_prompt"
                       : quantity == QUANTITY_COMPLETION ? "tokens_completion"
                                                         : "tokens";
    const char *title = quantity == QUANTITY_PROMPT       ? "Prompt tokens"
                        : quantity == QUANTITY_COMPLETION ? "Completion tokens"
                                                          : "Tokens";

    figure_column(figure, "requests", "Requests", TYPE_INTEGER);
    figure_column(figure, name, title, TYPE_INTEGER);
    figure_column(figure, "mean", "Tokens per request", TYPE_REAL);
    figure->chart.x = "week";
    figure->chart.y = "mean";
    figure->chart.x_title = "Week";
    figure->chart.y_title = "Tokens per request";
}

static void put_mean(struct figure *figure, enum figure_quantity quantity, const int64_t sums[MEASURE_COUNT])
{
    int64_t tokens = figure_quantity_of(quantity, sums);

    figure_integer(figure, sums[M_REQUESTS]);
    figure_integer(figure, tokens);
    figure_real(figure, figure_share(tokens, sums[M_REQUESTS]));
}

void make_means(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct figure_groups weeks = {0};

    figure_column(figure, "week", "Week", TYPE_DATE);
    mean_columns(figure, spec->quantity);
    figure_each(spec, data, figure, take_week, &weeks);
    groups_sort(&weeks);
    for (size_t index = 0; index < weeks.count; index++) {
        if (weeks.items[index].sums[M_REQUESTS] == 0)
            continue;
        figure_date(figure, weeks.items[index].x);
        put_mean(figure, spec->quantity, weeks.items[index].sums);
    }
    figure->has_failed |= weeks.has_failed;
    groups_close(&weeks);
}

/* ---- S17, S19: classified requests, a sample ---- */

static void mean_sample_columns(struct figure *figure)
{
    figure_column(figure, "n_effective", "Effective sample size", TYPE_REAL);
    figure_column(figure, "low", "Low (95 %)", TYPE_REAL);
    figure_column(figure, "high", "High (95 %)", TYPE_REAL);
    figure->chart.low = "low";
    figure->chart.high = "high";
}

/* Each request counts alike here, so their number is the size of the sample. */
static void put_mean_sample(struct figure *figure, enum figure_quantity quantity, const int64_t sums[MEASURE_COUNT])
{
    int64_t squared = sums[quantity == QUANTITY_PROMPT ? M_TOKENS_PROMPT_SQUARED : M_TOKENS_SQUARED];
    struct interval interval =
        statistics_mean_interval((double)figure_quantity_of(quantity, sums), (double)squared, (double)sums[M_REQUESTS]);

    figure_real(figure, (double)sums[M_REQUESTS]);
    figure_real(figure, isfinite(interval.low) ? fmax(0, interval.low) : interval.low);
    figure_real(figure, interval.high);
}

struct taking {
    struct figure_data *data;
    struct figure_groups groups;
};

static void take_category(void *context, const struct figure_row *row)
{
    struct taking *taking = context;

    groups_add(&taking->groups, row->start_ms, row->columns[COLUMN_CATEGORY], row, row->sums);
}

void make_category_means(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct taking taking = {.data = data};

    figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, "category", "Category", TYPE_TEXT);
    mean_columns(figure, spec->quantity);
    mean_sample_columns(figure);
    figure->chart.series = "category";
    figure_each(spec, data, figure, take_category, &taking);
    figure_order_by(figure, data, &taking.groups, spec->quantity);
    /* Weeks in order; in each the categories, the largest over the range first. */
    struct figure_groups weeks = {0};
    for (size_t index = 0; index < taking.groups.count; index++)
        groups_add(&weeks, taking.groups.items[index].x, 0, NULL, taking.groups.items[index].sums);
    groups_sort(&weeks);
    for (size_t index = 0; index < weeks.count; index++) {
        for (uint32_t at = 0; at < figure->order_count; at++) {
            const struct figure_group *group = groups_find(&taking.groups, weeks.items[index].x, figure->order[at]);
            if (group == NULL || group->sums[M_REQUESTS] == 0)
                continue;
            figure_date(figure, group->x);
            figure_text(figure, names_text(&data->names, group->series));
            put_mean(figure, spec->quantity, group->sums);
            put_mean_sample(figure, spec->quantity, group->sums);
        }
    }
    figure->has_failed |= taking.groups.has_failed || weeks.has_failed;
    groups_close(&taking.groups);
    groups_close(&weeks);
}

void make_lengths(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct figure_spec overall = *spec;
    struct figure_groups programming = {0}, all = {0};
    uint32_t names[2] = {figure_name(data, "programming"), figure_name(data, "all requests")};

    overall.rollup = ROWS_TOTAL;
    overall.filter.category = NULL;
    figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, "series", "Requests of", TYPE_TEXT);
    mean_columns(figure, spec->quantity);
    mean_sample_columns(figure);
    figure->chart.series = "series";
    figure_each(spec, data, figure, take_week, &programming);
    figure_each(&overall, data, figure, take_week, &all);
    groups_sort(&all);
    for (size_t index = 0; index < all.count && programming.count > 0; index++) {
        const struct figure_group *both[2] = {groups_find(&programming, all.items[index].x, 0), &all.items[index]};
        for (int at = 0; at < 2; at++) {
            if (both[at] == NULL || both[at]->sums[M_REQUESTS] == 0)
                continue;
            figure_date(figure, both[at]->x);
            figure_text(figure, names_text(&data->names, names[at]));
            put_mean(figure, spec->quantity, both[at]->sums);
            if (at == 0) {
                put_mean_sample(figure, spec->quantity, both[at]->sums);
                continue;
            }
            for (int column = 0; column < 3; column++) /* no sample */
                figure_none(figure);
        }
    }
    for (int at = 0; at < 2 && figure->cell_count > 0; at++)
        figure_order(figure, names[at]);
    figure->has_failed |= programming.has_failed || all.has_failed;
    groups_close(&programming);
    groups_close(&all);
}

/* ---- S06 ---- */

static void take_base(void *context, const struct figure_row *row)
{
    groups_add(context, row->start_ms, row->base, row, row->sums);
}

void make_model_counts(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    static const char *const sizes[] = {"small", "medium", "large", "unknown"};
    struct figure_groups models = {0}, counts = {0}, weeks = {0};
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
    figure_each(spec, data, figure, take_base, &models);
    for (size_t index = 0; index < models.count; index++) {
        const struct figure_group *model = &models.items[index];
        if (model->sums[M_REQUESTS] == 0)
            continue;
        groups_add(&counts, model->x, figure_series_of(data, model->latest, SERIES_SIZE), NULL, one);
        groups_add(&weeks, model->x, 0, NULL, one);
    }
    groups_sort(&weeks);
    for (size_t at = 0; at < LENGTH_OF(sizes); at++) {
        uint32_t size = figure_name(data, sizes[at]);
        for (size_t index = 0; index < counts.count; index++) {
            if (counts.items[index].series != size)
                continue;
            figure_order(figure, size);
            break;
        }
    }
    for (size_t index = 0; index < weeks.count; index++) {
        for (uint32_t at = 0; at < figure->order_count; at++) {
            const struct figure_group *count = groups_find(&counts, weeks.items[index].x, figure->order[at]);
            int64_t models_of = count == NULL ? 0 : count->sums[M_REQUESTS];
            figure_date(figure, weeks.items[index].x);
            figure_text(figure, names_text(&data->names, figure->order[at]));
            figure_integer(figure, models_of);
            figure_integer(figure, weeks.items[index].sums[M_REQUESTS]);
            figure_real(figure, figure_share(models_of, weeks.items[index].sums[M_REQUESTS]));
        }
    }
    figure->has_failed |= models.has_failed || counts.has_failed || weeks.has_failed;
    groups_close(&models);
    groups_close(&counts);
    groups_close(&weeks);
}
