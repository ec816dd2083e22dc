/* S35 to S38 are drawn from these points. Rows are summed by series over the whole range first. */
#include "points.h"

#include <math.h>
#include <stdlib.h>

static void take(void *context, const struct summary_row *row)
{
    struct points *points = context;

    uint32_t series = row_series_of(points->dataset, row, points->spec->series);

    if (series != points->dataset->beyond) /* What has no row of its own is no point. */
        groups_add(&points->groups, 0, series, row, row->sums);
}

static int compare_points(const void *left_point, const void *right_point)
{
    const struct price_point *left = left_point, *right = right_point;

    if (left->tokens != right->tokens)
        return left->tokens > right->tokens ? -1 : 1;
    return span_compare(left->name, right->name);
}

static int compare_reals(const void *left_real, const void *right_real)
{
    double left = *(const double *)left_real, right = *(const double *)right_real;

    return (left > right) - (left < right);
}

/* Sorts the values. */
static double median_of(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_reals);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static bool take_medians(struct points *points)
{
    double *values = calloc(points->count + 1, sizeof(*values));

    if (values == NULL)
        return false;
    for (size_t index = 0; index < points->count; index++)
        values[index] = points->items[index].price;
    points->price_median = points->count == 0 ? (double)NAN : median_of(values, points->count);
    for (size_t index = 0; index < points->count; index++)
        values[index] = (double)points->items[index].tokens;
    points->tokens_median = points->count == 0 ? (double)NAN : median_of(values, points->count);
    free(values);
    return true;
}

void points_open(struct points *points, const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    size_t unknown = 0; /* groups of which something is */

    *points = (struct points){.spec = spec, .dataset = dataset, .groups = {.has_failed = dataset->has_failed}};
    spec_each_row(spec, dataset, figure, take, points);
    points->items = calloc(points->groups.count + 1, sizeof(*points->items));
    for (size_t index = 0; index < points->groups.count && points->items != NULL; index++) {
        const struct group_sums *group = &points->groups.items[index];
        int64_t tokens = group->sums[M_BILLED_TOKENS], cost = group->sums[M_BILLED_COST_NANO_USD];
        unknown += group->sums[M_TOKENS_UNKNOWN] + group->sums[M_COST_UNKNOWN] > 0;
        if (tokens <= 0 || cost <= 0) {
            points->left_out += row_tokens(group->sums) > 0;
            continue;
        }
        points->items[points->count++] = (struct price_point){.series = group->series,
                                                              .group = group,
                                                              .name = names_text(&dataset->names, group->series),
                                                              .tokens = tokens,
                                                              .price = quantity_price(group->sums)};
    }
    if (points->count > 0)
        qsort(points->items, points->count, sizeof(*points->items), compare_points);
    if (points->items == NULL || !take_medians(points))
        *dataset->has_failed = true;
    if (points->left_out > 0)
        figure_note(figure,
                    "%zu without a price (free, not known, or all of it bring-your-own-key) have no place on a "
                    "logarithmic axis, and are left out.",
                    points->left_out);
    if (unknown > 0)
        figure_note(figure,
                    "Of %zu not all is known: their price is the mean cost of the requests whose cost is known by the "
                    "mean tokens of those whose tokens are.",
                    unknown);
}

void points_close(struct points *points)
{
    free(points->items);
    groups_close(&points->groups);
}

double points_usage(int64_t tokens)
{
    return log10((double)tokens / 1e6);
}

/* Sums are taken about the means, so that nothing large cancels. */
bool points_fit(const struct points *points, double *slope, double *start)
{
    double count = (double)points->count, x_mean = 0, y_mean = 0, squares = 0, products = 0;

    for (size_t index = 0; index < points->count; index++) {
        x_mean += log10(points->items[index].price) / count;
        y_mean += points_usage(points->items[index].tokens) / count;
    }
    for (size_t index = 0; index < points->count; index++) {
        double x = log10(points->items[index].price) - x_mean;
        squares += x * x;
        products += x * (points_usage(points->items[index].tokens) - y_mean);
    }
    if (points->count < POINTS_FIT_MIN || squares <= 0)
        return false;
    *slope = products / squares;
    *start = y_mean - *slope * x_mean;
    return true;
}

enum segment points_segment_of(const struct points *points, const struct price_point *point)
{
    bool is_dear = point->price >= points->price_median;
    bool is_used = (double)point->tokens >= points->tokens_median;

    return is_used ? (is_dear ? SEGMENT_LEADERS : SEGMENT_GIANTS) : is_dear ? SEGMENT_SPECIALISTS : SEGMENT_TAIL;
}

const char *points_segment_name(enum segment segment)
{
    static const char *const names[SEGMENT_COUNT] = {
        [SEGMENT_GIANTS] = "efficient giants",
        [SEGMENT_LEADERS] = "premium leaders",
        [SEGMENT_TAIL] = "long tail",
        [SEGMENT_SPECIALISTS] = "premium specialists",
    };

    return names[segment];
}
