/*
 * How sure a figure of a sample can be, and in which order its series stand.
 *
 * A share of tokens is a mean over requests, weighted by their tokens: its sample is Kish's effective one (interval.h).
 */
#include <math.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/base/statistics.h"

void figure_sample_columns(struct figure *figure)
{
    figure_column(figure, "n_effective", "Effective sample size", TYPE_REAL);
    figure_column(figure, "low", "Low (95 %)", TYPE_SHARE);
    figure_column(figure, "high", "High (95 %)", TYPE_SHARE);
    figure->chart.low = "low";
    figure->chart.high = "high";
}

/* A request too long to be squared whole would make the sample too large: it has no more than its requests. No number
 * where nothing is known. */
static double size_of(const int64_t sums[MEASURE_COUNT])
{
    double size = statistics_effective_n((double)row_tokens(sums), (double)sums[M_TOKENS_SQUARED]);

    return size > 0 ? fmin(size, (double)sums[M_REQUESTS]) : (double)NAN;
}

void figure_sample_size(struct figure *figure, const int64_t sums[MEASURE_COUNT])
{
    figure_real(figure, size_of(sums));
}

void figure_interval(struct figure *figure, double share, const int64_t whole[MEASURE_COUNT])
{
    double size = size_of(whole);
    struct interval interval = {(double)NAN, (double)NAN};

    if (size > 0)
        interval = statistics_share_interval(share, size);
    figure_real(figure, size);
    figure_real(figure, interval.low);
    figure_real(figure, interval.high);
}

struct ordered {
    uint32_t series;
    int64_t total;
    struct span name;
};

static int compare(const void *left_ordered, const void *right_ordered)
{
    const struct ordered *left = left_ordered, *right = right_ordered;

    if (left->total != right->total)
        return left->total > right->total ? -1 : 1;
    return figure_compare_spans(left->name, right->name);
}

uint32_t *groups_rank(struct figure_groups *groups, const struct figure_data *data, enum figure_quantity quantity,
                      uint32_t *count)
{
    struct figure_groups totals = {0};

    for (size_t index = 0; index < groups->count; index++)
        groups_add(&totals, 0, groups->items[index].series, NULL, groups->items[index].sums);
    struct ordered *ordered = calloc(totals.count + 1, sizeof(*ordered));
    uint32_t *ranked = calloc(totals.count + 1, sizeof(*ranked));
    *count = 0;
    if (ordered == NULL || ranked == NULL || totals.has_failed) {
        groups->has_failed = true;
    } else {
        for (size_t index = 0; index < totals.count; index++)
            ordered[index] =
                (struct ordered){totals.items[index].series, figure_quantity_of(quantity, totals.items[index].sums),
                                 names_text(&data->names, totals.items[index].series)};
        if (totals.count > 0)
            qsort(ordered, totals.count, sizeof(*ordered), compare);
        for (; *count < totals.count; (*count)++)
            ranked[*count] = ordered[*count].series;
    }
    free(ordered);
    groups_close(&totals);
    return ranked;
}

void figure_order_by(struct figure *figure, const struct figure_data *data, struct figure_groups *groups,
                     enum figure_quantity quantity)
{
    uint32_t count;
    uint32_t *ranked = groups_rank(groups, data, quantity, &count);

    for (uint32_t index = 0; index < count; index++)
        figure_order(figure, ranked[index]);
    free(ranked);
}
