/* Means of tokens by week. A mean's sample is its requests, since each counts alike in it: those whose tokens are
 * known.
 */
#include "means.h"

#include <math.h>

#include "gentally/base/statistics.h"
#include "gentally/base/text.h"
#include "groups.h"

static void take_week(void *context, const struct summary_row *row)
{
    groups_add(context, row->start_ms, 0, row, row->sums);
}

/* ---- S15, S16, S18: all requests ---- */

static void mean_columns(struct figure *figure, enum quantity quantity)
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

/* `requests` of what the figure is of have no known tokens. */
static void note_unknown(struct figure *figure, int64_t requests)
{
    char text[TEXT_GROUPED_SIZE];

    if (requests > 0)
        figure_note(figure, "%s requests whose tokens nobody knows are left out.", text_grouped(requests, text));
}

static void put_mean(struct figure *figure, enum quantity quantity, const int64_t sums[MEASURE_COUNT])
{
    int64_t tokens = quantity_of(quantity, sums);

    figure_integer(figure, quantity_requests(sums));
    figure_integer(figure, tokens);
    figure_real(figure, quantity_share(tokens, quantity_requests(sums)));
}

void means_make(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct groups weeks = {.has_failed = dataset->has_failed};
    int64_t unknown = 0;

    figure_column(figure, "week", "Week", TYPE_DATE);
    mean_columns(figure, spec->quantity);
    spec_each_row(spec, dataset, figure, take_week, &weeks);
    groups_sort(&weeks);
    for (size_t index = 0; index < weeks.count; index++) {
        unknown += weeks.items[index].sums[M_TOKENS_UNKNOWN];
        if (quantity_requests(weeks.items[index].sums) == 0)
            continue;
        figure_date(figure, weeks.items[index].x);
        put_mean(figure, spec->quantity, weeks.items[index].sums);
    }
    note_unknown(figure, unknown);
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

/* Each request counts alike here, so their number is the size of the sample. Sums that are told as "at least" have no
 * interval. */
static void put_mean_sample(struct figure *figure, enum quantity quantity, const int64_t sums[MEASURE_COUNT])
{
    int64_t squared = sums[quantity == QUANTITY_PROMPT ? M_TOKENS_PROMPT_SQUARED : M_TOKENS_SQUARED];
    int64_t sum = quantity_of(quantity, sums);
    double times = (double)figure->times, requests = (double)quantity_requests(sums) / times;
    struct interval interval = {(double)NAN, (double)NAN};

    if (sum < SUM_TOLD_MAX && squared < SUM_TOLD_MAX)
        interval = statistics_mean_interval((double)sum / times, (double)squared, requests);

    figure_real(figure, requests);
    figure_estimate(figure, isfinite(interval.low) ? fmax(0, interval.low) : interval.low);
    figure_estimate(figure, interval.high);
}

static void take_category(void *context, const struct summary_row *row)
{
    groups_add(context, row->start_ms, row->columns[COLUMN_CATEGORY], row, row->sums);
}

void means_make_by_category(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct groups groups = {.has_failed = dataset->has_failed};
    int64_t unknown = 0;

    figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, "category", "Category", TYPE_TEXT);
    mean_columns(figure, spec->quantity);
    mean_sample_columns(figure);
    figure->chart.series = "category";
    spec_each_row(spec, dataset, figure, take_category, &groups);
    figure_order_by(figure, &groups, &dataset->names, spec->quantity);
    /* Weeks in order; in each the categories, the largest over the range first. */
    struct groups weeks = {.has_failed = dataset->has_failed};
    for (size_t index = 0; index < groups.count; index++)
        groups_add(&weeks, groups.items[index].x, 0, NULL, groups.items[index].sums);
    groups_sort(&weeks);
    for (size_t index = 0; index < weeks.count; index++) {
        for (uint32_t at = 0; at < figure->order_count; at++) {
            const struct group_sums *group = groups_find(&groups, weeks.items[index].x, figure->order[at]);
            unknown += group == NULL ? 0 : group->sums[M_TOKENS_UNKNOWN];
            if (group == NULL || quantity_requests(group->sums) == 0)
                continue;
            figure_date(figure, group->x);
            figure_text(figure, names_text(&dataset->names, group->series));
            put_mean(figure, spec->quantity, group->sums);
            put_mean_sample(figure, spec->quantity, group->sums);
        }
    }
    note_unknown(figure, unknown);
    groups_close(&groups);
    groups_close(&weeks);
}

void means_make_beside_all(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct figure_spec overall = *spec;
    const struct groups empty = {.has_failed = dataset->has_failed};
    struct groups programming = empty, all = empty;
    uint32_t names[2] = {dataset_name(dataset, "programming"), dataset_name(dataset, "all requests")};
    int64_t unknown = 0;

    overall.rollup = ROWS_TOTAL;
    overall.filter.category = NULL;
    figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, "series", "Requests of", TYPE_TEXT);
    mean_columns(figure, spec->quantity);
    mean_sample_columns(figure);
    figure->chart.series = "series";
    spec_each_row(spec, dataset, figure, take_week, &programming);
    spec_each_row(&overall, dataset, figure, take_week, &all);
    groups_sort(&all);
    for (size_t index = 0; index < all.count && programming.count > 0; index++) {
        const struct group_sums *both[2] = {groups_find(&programming, all.items[index].x, 0), &all.items[index]};
        for (int at = 0; at < 2; at++) {
            unknown += at == 0 || both[at] == NULL ? 0 : both[at]->sums[M_TOKENS_UNKNOWN];
            if (both[at] == NULL || quantity_requests(both[at]->sums) == 0)
                continue;
            figure_date(figure, both[at]->x);
            figure_text(figure, names_text(&dataset->names, names[at]));
            put_mean(figure, spec->quantity, both[at]->sums);
            if (at == 0) {
                put_mean_sample(figure, spec->quantity, both[at]->sums);
                continue;
            }
            for (int column = 0; column < 3; column++) /* no sample */
                figure_none(figure);
        }
    }
    note_unknown(figure, unknown);
    for (int at = 0; at < 2 && figure->cell_count > 0; at++)
        figure_order(figure, names[at]);
    groups_close(&programming);
    groups_close(&all);
}
