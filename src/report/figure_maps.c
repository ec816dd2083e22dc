/* S35 to S38: maps of price and usage, and the examples from their quarters. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "figure_points.h"

static void add_columns(struct figure *figure)
{
    figure_column(figure, "tokens", "Tokens", TYPE_INTEGER);
    figure_column(figure, "spend", "Spend", TYPE_USD);
    figure_column(figure, "usd_per_mtok", "Dollars per million tokens", TYPE_USD_PER_MTOK);
    figure_column(figure, "usage_log10", "log10 of millions of tokens", TYPE_REAL);
}

static void put_point(struct figure *figure, const struct figure_point *point)
{
    figure_integer(figure, point->tokens);
    figure_real(figure, (double)point->group->sums[M_BILLED_COST_NANO_USD] / 1e9);
    figure_real(figure, point->price);
    figure_real(figure, figure_usage(point->tokens));
}

static void draw(struct figure *figure, const struct figure_points *points, const char *label)
{
    struct figure_chart *chart = &figure->chart;

    chart->x = "usd_per_mtok";
    chart->y = "tokens";
    chart->x_log = chart->y_log = true;
    chart->x_title = "Dollars per million tokens";
    chart->y_title = "Tokens";
    chart->label = label;
    if (points->count == 0)
        return;
    struct figure_rule price = {.is_x = true, .at = points->price_median};
    snprintf(price.text, sizeof(price.text), "Median $%.2f", points->price_median);
    figure_rule(figure, price);
    struct figure_rule usage = {.at = points->tokens_median};
    snprintf(usage.text, sizeof(usage.text), "Median 10^%.2f M tokens", log10(points->tokens_median / 1e6));
    figure_rule(figure, usage);
}

/* ---- S35 ---- */

void make_category_map(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct figure_points points;

    figure_points_open(&points, spec, data, figure);
    figure_column(figure, "category", "Category", TYPE_TEXT);
    add_columns(figure);
    figure_column(figure, "n_effective", "Effective sample size", TYPE_REAL);
    draw(figure, &points, "category");
    figure->chart.series = "category";
    for (size_t index = 0; index < points.count; index++) {
        const struct figure_point *point = &points.items[index];
        figure_order(figure, point->series);
        figure_text(figure, point->name);
        put_point(figure, point);
        figure_sample_size(figure, point->group->sums);
    }
    if (points.count > 0)
        figure_note(figure, "The median is over categories, another population than the models of S36. The study "
                            "names science in two quarters; here it is where its numbers put it.");
    figure_points_close(&points);
}

/* ---- S36 ---- */

static void fit(struct figure *figure, const struct figure_points *points)
{
    double slope, start;
    double low = HUGE_VAL, high = 0;

    if (!figure_points_fit(points, &slope, &start))
        return;
    for (size_t index = 0; index < points->count; index++) {
        low = fmin(low, points->items[index].price);
        high = fmax(high, points->items[index].price);
    }
    double gain = (pow(0.9, slope) - 1) * 100;
    struct figure_chart *chart = &figure->chart;
    chart->has_line = true;
    chart->from[0] = low;
    chart->from[1] = pow(10, start + slope * log10(low)) * 1e6;
    chart->to[0] = high;
    chart->to[1] = pow(10, start + slope * log10(high)) * 1e6;
    snprintf(chart->line_text, sizeof(chart->line_text), "slope %.3f: a price 10 %% lower goes with %+.1f %% usage",
             slope, gain);
    figure_note(figure,
                "Least squares of log10 usage on log10 price over %zu models: slope %.4f, so a price 10 %% lower goes "
                "with %+.2f %% usage. The study's text says 0.5 to 0.7 %% (a slope near -0.06), its drawn line has "
                "-0.27 (2.9 %%).",
                points->count, slope, gain);
}

void make_source_map(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct figure_points points;
    const uint32_t order[] = {data->closed_shown, data->open_cn_shown, data->open_row_shown, data->unknown};

    figure_points_open(&points, spec, data, figure);
    figure_column(figure, "model", "Model", TYPE_TEXT);
    figure_column(figure, "source", "Source", TYPE_TEXT);
    add_columns(figure);
    draw(figure, &points, "model");
    figure->chart.series = "source";
    for (size_t index = 0; index < points.count; index++) {
        const struct figure_point *point = &points.items[index];
        figure_text(figure, point->name);
        figure_text(figure, names_text(&data->names, figure_series_of(data, point->group->latest, SERIES_SOURCE)));
        put_point(figure, point);
    }
    for (size_t at = 0; at < LENGTH_OF(order); at++) {
        bool is_there = false;
        for (size_t index = 0; index < points.count; index++)
            is_there |= figure_series_of(data, points.items[index].group->latest, SERIES_SOURCE) == order[at];
        if (is_there)
            figure_order(figure, order[at]);
    }
    fit(figure, &points);
    figure_points_close(&points);
}

/* ---- S37 ---- */

#define AUTHORS_SHOWN 12

static bool is_shown(const struct figure *figure, uint32_t author)
{
    for (uint32_t at = 0; at < figure->order_count; at++)
        if (figure->order[at] == author)
            return true;
    return false;
}

void make_author_map(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct figure_points points;
    struct figure_groups authors = {0};
    uint32_t count, others = 0;

    figure_points_open(&points, spec, data, figure);
    for (size_t index = 0; index < points.count; index++) {
        const struct figure_group *group = points.items[index].group;
        groups_add(&authors, 0, figure_series_of(data, group->latest, SERIES_AUTHOR), NULL, group->sums);
    }
    uint32_t *ranked = groups_rank(&authors, data, QUANTITY_BILLED_TOKENS, &count);
    for (uint32_t at = 0; at < count && figure->order_count < AUTHORS_SHOWN; at++)
        if (ranked[at] != data->unknown)
            figure_order(figure, ranked[at]);
    figure_column(figure, "model", "Model", TYPE_TEXT);
    figure_column(figure, "author", "Author", TYPE_TEXT);
    figure_column(figure, "group", "Drawn as", TYPE_TEXT);
    add_columns(figure);
    draw(figure, &points, "model");
    figure->chart.series = "group";
    for (size_t index = 0; index < points.count; index++) {
        const struct figure_point *point = &points.items[index];
        uint32_t author = figure_series_of(data, point->group->latest, SERIES_AUTHOR);
        bool is_author_shown = is_shown(figure, author);
        others += !is_author_shown;
        figure_text(figure, point->name);
        figure_text(figure, names_text(&data->names, author));
        figure_text(figure, names_text(&data->names, is_author_shown ? author : data->other));
        put_point(figure, point);
    }
    if (others > 0)
        figure_order(figure, data->other);
    figure->has_failed |= authors.has_failed;
    free(ranked);
    groups_close(&authors);
    figure_points_close(&points);
}

/* ---- S38 ---- */

#define EXAMPLES_MIN 2  /* of each segment */
#define EXAMPLES_MAX 64 /* asked for */

/* The study's eight, by the catalog's slugs. */
static const char study_examples[] = "google/gemini-2.0-flash-001,deepseek/deepseek-chat-v3-0324,"
                                     "anthropic/claude-3.7-sonnet,anthropic/claude-sonnet-4,"
                                     "qwen/qwen-2-7b-instruct,ibm-granite/granite-4.0-h-micro,"
                                     "openai/gpt-4,openai/gpt-5-pro";

static const struct figure_point *find(const struct figure_points *points, struct span slug)
{
    for (size_t index = 0; index < points->count; index++)
        if (span_equal(points->items[index].name, slug))
            return &points->items[index];
    return NULL;
}

/* The points that are asked for, each once, in the order in which they are asked for. */
static size_t choose(const struct figure_points *points, const struct figure_point *chosen[])
{
    const char *text = points->data->options->examples == NULL ? study_examples : points->data->options->examples;
    size_t count = 0;

    while (*text != '\0' && count < EXAMPLES_MAX) {
        size_t size = strcspn(text, ", ");
        const struct figure_point *point = find(points, (struct span){text, size});
        for (size_t at = 0; at < count && point != NULL; at++)
            if (chosen[at] == point)
                point = NULL;
        if (point != NULL)
            chosen[count++] = point;
        text += size + strspn(text + size, ", ");
    }
    return count;
}

static bool is_chosen(const struct figure_point *const chosen[], size_t count, const struct figure_point *point)
{
    for (size_t at = 0; at < count; at++)
        if (chosen[at] == point)
            return true;
    return false;
}

static void put_example(struct figure *figure, enum figure_segment segment, const struct figure_point *point,
                        const char *because)
{
    figure_text(figure, span_of(figure_segment_name(segment)));
    figure_text(figure, point->name);
    put_point(figure, point);
    figure_text(figure, span_of(because));
}

static void put_segment(struct figure *figure, const struct figure_points *points, enum figure_segment segment,
                        const struct figure_point *const chosen[], size_t count)
{
    int shown = 0;

    for (size_t at = 0; at < count; at++) {
        if (figure_segment_of(points, chosen[at]) != segment)
            continue;
        put_example(figure, segment, chosen[at], "example");
        shown++;
    }
    for (size_t index = 0; index < points->count && shown < EXAMPLES_MIN; index++) {
        const struct figure_point *point = &points->items[index];
        if (figure_segment_of(points, point) != segment || is_chosen(chosen, count, point))
            continue;
        put_example(figure, segment, point, "largest");
        shown++;
    }
}

void make_segments(const struct figure_spec *spec, struct figure_data *data, struct figure *figure)
{
    struct figure_points points;
    const struct figure_point *chosen[EXAMPLES_MAX];

    figure_points_open(&points, spec, data, figure);
    figure_column(figure, "segment", "Segment", TYPE_TEXT);
    figure_column(figure, "model", "Model", TYPE_TEXT);
    add_columns(figure);
    figure_column(figure, "chosen", "Chosen as", TYPE_TEXT);
    figure->chart.x = "model";
    figure->chart.y = "usage_log10";
    figure->chart.series = "segment";
    figure->chart.x_title = "Model";
    figure->chart.y_title = "log10 of millions of tokens";
    size_t count = choose(&points, chosen);
    for (enum figure_segment segment = 0; segment < SEGMENT_COUNT; segment++) {
        put_segment(figure, &points, segment, chosen, count);
        if (points.count > 0)
            figure_order(figure, figure_name(data, figure_segment_name(segment)));
    }
    if (points.count > 0)
        figure_note(figure, "A model stands in the quarter where its numbers put it; where fewer than two of the "
                            "examples do, the quarter's largest models fill up.");
    figure_points_close(&points);
}
