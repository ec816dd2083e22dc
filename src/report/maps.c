/* Four figures, each of which draws the points of points.h in its own way. */
#include "maps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "points.h"
#include "sample.h"

static void add_columns(struct figure *figure)
{
    figure_column(figure, "tokens", "Tokens", TYPE_INTEGER);
    figure_column(figure, "spend", "Spend", TYPE_USD);
    figure_column(figure, "usd_per_mtok", "Dollars per million tokens", TYPE_USD_PER_MTOK);
    figure_column(figure, "usage_log10", "log10 of millions of tokens", TYPE_REAL);
}

static void put_point(struct figure *figure, const struct price_point *point)
{
    figure_integer(figure, point->tokens);
    figure_real(figure, (double)point->group->sums[M_BILLED_COST_NANO_USD] / 1e9);
    figure_real(figure, point->price);
    figure_real(figure, points_usage(point->tokens));
}

/* The median of usage for people, with three digits: "Median 15.8 M tokens". */
static void name_tokens(double tokens, char *text, size_t size)
{
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1e12, " T"}, {1e9, " B"}, {1e6, " M"}, {1e3, " k"}, {1, ""}};
    size_t at = 0;

    while (at + 1 < LENGTH_OF(units) && tokens < units[at].unit * 0.9995)
        at++;
    double value = tokens / units[at].unit;
    snprintf(text, size, "Median %.*f%s tokens", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[at].name);
}

/* What the study calls the quarters that two medians make. */
static const char *const of_categories[] = {"Mass-market volume", "Premium workloads", "Niche utilities",
                                            "Specialised experts"};
static const char *const of_models[] = {"Efficient giants", "Premium leaders", "Long tail", "Premium specialists"};

static void draw(struct figure *figure, const struct points *points, const char *label)
{
    struct figure_chart *chart = &figure->chart;

    chart->x = "usd_per_mtok";
    chart->y = "tokens";
    chart->x_log = chart->y_log = true;
    chart->x_title = "Dollars per million tokens";
    chart->y_title = "Tokens";
    chart->label = label;
    chart->quarters = points->spec->series == SERIES_CATEGORY ? of_categories : of_models;
    if (points->count == 0)
        return;
    struct figure_rule price = {.is_x = true, .at = points->price_median};
    snprintf(price.text, sizeof(price.text), "Median $%.2f", points->price_median);
    figure_rule(figure, price);
    struct figure_rule usage = {.at = points->tokens_median};
    name_tokens(points->tokens_median, usage.text, sizeof(usage.text));
    figure_rule(figure, usage);
}

/* ---- S35 ---- */

void maps_make_by_category(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct points points;

    points_open(&points, spec, dataset, figure);
    figure_column(figure, "category", "Category", TYPE_TEXT);
    add_columns(figure);
    figure_column(figure, "n_effective", "Effective sample size", TYPE_REAL);
    draw(figure, &points, "category");
    figure->chart.series = "category";
    for (size_t index = 0; index < points.count; index++) {
        const struct price_point *point = &points.items[index];
        figure_order(figure, point->series);
        figure_text(figure, point->name);
        put_point(figure, point);
        sample_size(figure, point->group->sums);
    }
    points_close(&points);
}

/* ---- S36 ---- */

static void fit(struct figure *figure, const struct points *points)
{
    double slope, start;
    double low = HUGE_VAL, high = 0;

    if (!points_fit(points, &slope, &start))
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
    const struct remark *remark = remarks_next(points->dataset->remarks, points->spec->id, REMARK_NOTE_ON_LINE, NULL);
    struct span text = remark == NULL ? span_of("") : remark->text;
    figure_note(figure,
                "Least squares of log10 usage on log10 price over %zu models: slope %.4f, so a price 10 %% lower goes "
                "with %+.2f %% usage.%s%.*s",
                points->count, slope, gain, text.size > 0 ? " " : "", (int)text.size, text.bytes);
}

void maps_make_by_source(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct points points;
    const uint32_t order[] = {dataset->closed_shown, dataset->open_cn_shown, dataset->open_row_shown, dataset->unknown};

    points_open(&points, spec, dataset, figure);
    figure_column(figure, "model", "Model", TYPE_TEXT);
    figure_column(figure, "source", "Source", TYPE_TEXT);
    add_columns(figure);
    draw(figure, &points, "model");
    figure->chart.series = "source";
    for (size_t index = 0; index < points.count; index++) {
        const struct price_point *point = &points.items[index];
        figure_text(figure, point->name);
        figure_text(figure, names_text(&dataset->names, row_series_of(dataset, point->group->latest, SERIES_SOURCE)));
        put_point(figure, point);
    }
    for (size_t at = 0; at < LENGTH_OF(order); at++) {
        bool is_there = false;
        for (size_t index = 0; index < points.count; index++)
            is_there |= row_series_of(dataset, points.items[index].group->latest, SERIES_SOURCE) == order[at];
        if (is_there)
            figure_order(figure, order[at]);
    }
    fit(figure, &points);
    points_close(&points);
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

void maps_make_by_author(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct points points;
    struct groups authors = {.has_failed = dataset->has_failed};
    uint32_t count, others = 0;

    points_open(&points, spec, dataset, figure);
    for (size_t index = 0; index < points.count; index++) {
        const struct group_sums *group = points.items[index].group;
        groups_add(&authors, 0, row_series_of(dataset, group->latest, SERIES_AUTHOR), NULL, group->sums);
    }
    uint32_t *ranked = groups_rank(&authors, &dataset->names, QUANTITY_BILLED_TOKENS, &count);
    for (uint32_t at = 0; at < count && figure->order_count < AUTHORS_SHOWN; at++)
        if (ranked[at] != dataset->unknown)
            figure_order(figure, ranked[at]);
    figure_column(figure, "model", "Model", TYPE_TEXT);
    figure_column(figure, "author", "Author", TYPE_TEXT);
    figure_column(figure, "group", "Drawn as", TYPE_TEXT);
    add_columns(figure);
    draw(figure, &points, "model");
    figure->chart.series = "group";
    for (size_t index = 0; index < points.count; index++) {
        const struct price_point *point = &points.items[index];
        uint32_t author = row_series_of(dataset, point->group->latest, SERIES_AUTHOR);
        bool is_author_shown = is_shown(figure, author);
        others += !is_author_shown;
        figure_text(figure, point->name);
        figure_text(figure, names_text(&dataset->names, author));
        figure_text(figure, names_text(&dataset->names, is_author_shown ? author : dataset->other));
        put_point(figure, point);
    }
    if (others > 0)
        figure_order(figure, dataset->other);
    free(ranked);
    groups_close(&authors);
    points_close(&points);
}

/* ---- S38 ---- */

#define EXAMPLES_MIN 2  /* of each segment */
#define EXAMPLES_MAX 64 /* asked for */

static const struct price_point *find(const struct points *points, struct span slug)
{
    for (size_t index = 0; index < points->count; index++)
        if (span_equal(points->items[index].name, slug))
            return &points->items[index];
    return NULL;
}

static bool is_chosen(const struct price_point *const chosen[], size_t count, const struct price_point *point)
{
    for (size_t at = 0; at < count; at++)
        if (chosen[at] == point)
            return true;
    return false;
}

/* Appends the slug's point, if there is one and it is not chosen yet. */
static void choose_one(const struct points *points, struct span slug, const struct price_point *chosen[], size_t *count)
{
    const struct price_point *point = find(points, slug);

    if (point != NULL && *count < EXAMPLES_MAX && !is_chosen(chosen, *count, point))
        chosen[(*count)++] = point;
}

/* The points that are asked for, or in its edition the study's, in that order. Returns how many. */
static size_t choose(const struct points *points, const struct price_point *chosen[])
{
    const char *text = points->dataset->examples;
    size_t count = 0;

    if (text == NULL)
        for (const struct remark *model = NULL;
             (model = remarks_next(points->dataset->remarks, points->spec->id, REMARK_MODEL, model)) != NULL;)
            choose_one(points, model->text, chosen, &count);
    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, ", ");
        choose_one(points, (struct span){text, size}, chosen, &count);
        text += size + strspn(text + size, ", ");
    }
    return count;
}

/* What it means to stand in a segment. */
static const char *const readings[SEGMENT_COUNT] = {
    [SEGMENT_GIANTS] = "cheap, used much",
    [SEGMENT_LEADERS] = "dear, yet used much",
    [SEGMENT_TAIL] = "cheap, yet used little",
    [SEGMENT_SPECIALISTS] = "dear, used little",
};

static void put_example(struct figure *figure, enum segment segment, const struct price_point *point,
                        const char *because)
{
    figure_text(figure, span_of(points_segment_name(segment)));
    figure_text(figure, point->name);
    figure_text(figure, span_of(readings[segment]));
    put_point(figure, point);
    figure_text(figure, span_of(because));
}

static void put_segment(struct figure *figure, const struct points *points, enum segment segment,
                        const struct price_point *const chosen[], size_t count)
{
    int shown = 0;

    for (size_t at = 0; at < count; at++) {
        if (points_segment_of(points, chosen[at]) != segment)
            continue;
        put_example(figure, segment, chosen[at], "example");
        shown++;
    }
    for (size_t index = 0; index < points->count && shown < EXAMPLES_MIN; index++) {
        const struct price_point *point = &points->items[index];
        if (points_segment_of(points, point) != segment || is_chosen(chosen, count, point))
            continue;
        put_example(figure, segment, point, "largest");
        shown++;
    }
}

void maps_make_segments(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct points points;
    const struct price_point *chosen[EXAMPLES_MAX];

    points_open(&points, spec, dataset, figure);
    figure_column(figure, "segment", "Segment", TYPE_TEXT);
    figure_column(figure, "model", "Model", TYPE_TEXT);
    figure_column(figure, "reading", "Reading", TYPE_TEXT);
    add_columns(figure);
    figure_column(figure, "chosen", "Chosen as", TYPE_TEXT);
    draw(figure, &points, "model");
    figure->chart.series = "segment";
    size_t count = choose(&points, chosen);
    for (enum segment segment = 0; segment < SEGMENT_COUNT; segment++) {
        put_segment(figure, &points, segment, chosen, count);
        if (points.count > 0)
            figure_order(figure, dataset_name(dataset, points_segment_name(segment)));
    }
    if (points.count > 0)
        figure_note(figure,
                    "A model stands in the quarter where its numbers put it; where fewer than two of the "
                    "examples do, the quarter's largest models fill up.");
    points_close(&points);
}
