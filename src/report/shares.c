/*
 * Shares of sums: rows are summed by (x, series), the top is chosen by the sums over all x, what is left becomes
 * "other" or is dropped, and each group's share is that of what is kept at the same x. Rows without a name are a series
 * of their own, "unknown", and never in a top; nor are those of what had no row of its own, "(other)".
 */
#include "shares.h"

#include <stdlib.h>

#include "groups.h"
#include "sample.h"

/* A series with its total over all x. */
struct ranked {
    uint32_t series;
    uint32_t place; /* among those with a fixed place */
    int64_t total;
    struct span name;
};

struct share_table {
    const struct figure_spec *spec;
    const struct dataset *dataset;
    struct groups groups; /* all series */
    struct groups folded; /* kept series */
    struct groups wholes; /* of folded, by x */
    uint32_t kept_count;
    uint32_t *kept; /* series, as they are drawn */
};

static void take(void *context, const struct summary_row *row)
{
    struct share_table *table = context;

    groups_add(&table->groups, table->spec->is_summed ? 0 : row->start_ms,
               row_series_of(table->dataset, row, table->spec->series), row, row->sums);
}

/* Sources, sizes and the like are drawn in the order in which people think of them; open models from the ground up, so
 * that a line at 30 % is theirs. */
static uint32_t place_of(const struct dataset *dataset, uint32_t series)
{
    static const char *const places[] = {"Chinese OSS",   "RoW OSS", "Closed", "Reasoning",
                                         "Non-reasoning", "small",   "medium", "large"};
    struct span name = names_text(&dataset->names, series);

    for (uint32_t place = 0; place < LENGTH_OF(places); place++)
        if (span_equal(name, span_of(places[place])))
            return place;
    return LENGTH_OF(places);
}

static int compare_ranked(const void *left_ranked, const void *right_ranked)
{
    const struct ranked *left = left_ranked, *right = right_ranked;

    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    if (left->total != right->total)
        return left->total > right->total ? -1 : 1;
    return span_compare(left->name, right->name);
}

static bool has_place(enum row_series series)
{
    return series == SERIES_SOURCE || series == SERIES_SIZE || series == SERIES_REASONING;
}

/* Ranks the series into `ranked` (room for all), largest first, without "unknown", "(other)" and empty ones. Returns
 * how many are in the top. */
static size_t rank(const struct share_table *table, const struct groups *totals, struct ranked *ranked)
{
    const struct dataset *dataset = table->dataset;
    bool is_placed = has_place(table->spec->series);
    size_t count = 0;

    for (size_t index = 0; index < totals->count; index++) {
        const struct group_sums *group = &totals->items[index];
        int64_t total = quantity_of(table->spec->quantity, group->sums);
        if (group->series == dataset->unknown || group->series == dataset->beyond || total <= 0)
            continue;
        ranked[count++] = (struct ranked){.series = group->series,
                                          .place = is_placed ? place_of(dataset, group->series) : 0,
                                          .total = total,
                                          .name = names_text(&dataset->names, group->series)};
    }
    if (count > 0)
        qsort(ranked, count, sizeof(*ranked), compare_ranked);
    return table->spec->top > 0 && count > table->spec->top ? table->spec->top : count;
}

static bool is_kept(const struct share_table *table, uint32_t series)
{
    for (uint32_t index = 0; index < table->kept_count; index++)
        if (table->kept[index] == series)
            return true;
    return false;
}

static bool has_any(const struct share_table *table, const struct groups *totals, uint32_t series)
{
    const struct group_sums *group = groups_find(totals, 0, series);

    return group != NULL && quantity_of(table->spec->quantity, group->sums) > 0;
}

/* Chooses the series that are kept; "other", "(other)" and "unknown" come last. False: no memory. */
static bool choose(struct share_table *table)
{
    const struct dataset *dataset = table->dataset;
    struct groups totals = {.has_failed = dataset->has_failed};

    for (size_t index = 0; index < table->groups.count; index++)
        groups_add(&totals, 0, table->groups.items[index].series, NULL, table->groups.items[index].sums);
    struct ranked *ranked = calloc(totals.count + 1, sizeof(*ranked));
    table->kept = calloc(totals.count + 3, sizeof(*table->kept));
    bool is_chosen = ranked != NULL && table->kept != NULL && !*dataset->has_failed;
    if (is_chosen) {
        size_t count = rank(table, &totals, ranked);
        for (size_t index = 0; index < count; index++)
            table->kept[table->kept_count++] = ranked[index].series;
        bool has_unknown =
            has_any(table, &totals, dataset->unknown) && (table->spec->top == 0 || table->spec->has_rest);
        if (table->spec->has_rest && totals.count > count + has_unknown)
            table->kept[table->kept_count++] = dataset->other;
        if (table->spec->top == 0 && !table->spec->has_rest && has_any(table, &totals, dataset->beyond))
            table->kept[table->kept_count++] = dataset->beyond;
        if (has_unknown)
            table->kept[table->kept_count++] = dataset->unknown;
    }
    free(ranked);
    groups_close(&totals);
    return is_chosen;
}

static void fold(struct share_table *table)
{
    const struct dataset *dataset = table->dataset;

    for (size_t index = 0; index < table->groups.count; index++) {
        const struct group_sums *group = &table->groups.items[index];
        uint32_t series = is_kept(table, group->series) ? group->series : table->spec->has_rest ? dataset->other : 0;
        if (series == 0)
            continue;
        groups_add(&table->folded, group->x, series, NULL, group->sums);
        groups_add(&table->wholes, group->x, 0, NULL, group->sums);
    }
    groups_sort(&table->wholes);
}

static const struct {
    const char *name, *title, *whole_name, *whole_title;
    enum figure_type type;
} quantities[QUANTITY_COUNT] = {
    [QUANTITY_TOKENS] = {"tokens", "Tokens", "total_tokens", "Total tokens", TYPE_INTEGER},
    [QUANTITY_PAID_TOKENS] = {"paid_tokens", "Tokens, not free", "total_paid_tokens", "Total, not free", TYPE_INTEGER},
    [QUANTITY_TOOL_TOKENS] = {"tool_tokens", "Tool-call tokens", "total_tool_tokens", "Total", TYPE_INTEGER},
    [QUANTITY_SPEND] = {"spend", "Spend", "total_spend", "Total spend", TYPE_USD},
    [QUANTITY_PROMPT] = {"tokens_prompt", "Prompt tokens", "total_tokens_prompt", "Total", TYPE_INTEGER},
    [QUANTITY_COMPLETION] = {"tokens_completion", "Completion tokens", "total_tokens_completion", "Total",
                             TYPE_INTEGER},
};

static void add_columns(const struct figure_spec *spec, struct figure *figure)
{
    const char *series = row_series_name(spec->series);

    if (!spec->is_summed && spec->window == WINDOW_MONTH)
        figure_column(figure, "month", "Month", TYPE_MONTH);
    else if (!spec->is_summed)
        figure_column(figure, "week", "Week", TYPE_DATE);
    figure_column(figure, series, row_series_title(spec->series), TYPE_TEXT);
    figure_column(figure, quantities[spec->quantity].name, quantities[spec->quantity].title,
                  quantities[spec->quantity].type);
    figure_column(figure, quantities[spec->quantity].whole_name, quantities[spec->quantity].whole_title,
                  quantities[spec->quantity].type);
    figure_column(figure, "share", "Share", TYPE_SHARE);
    if (spec->extras & EXTRA_INTERVAL)
        sample_columns(figure);
    if (spec->extras & EXTRA_REQUESTS) {
        figure_column(figure, "requests", "Requests", TYPE_INTEGER);
        figure_column(figure, "request_share", "Share of requests", TYPE_SHARE);
        figure_column(figure, "split_tokens", "Tokens, divided", TYPE_INTEGER);
        figure_column(figure, "split_share", "Share of divided tokens", TYPE_SHARE);
    }
    if (spec->extras & EXTRA_VOLUME) {
        figure_column(figure, "requests", "Requests", TYPE_INTEGER);
        figure_column(figure, "request_share", "Share of requests", TYPE_SHARE);
        figure_column(figure, "tokens", "Tokens", TYPE_INTEGER);
        figure_column(figure, "token_share", "Share of tokens", TYPE_SHARE);
        figure_column(figure, "paid_requests", "Requests, not free", TYPE_INTEGER);
        figure_column(figure, "paid_request_share", "Share, not free", TYPE_SHARE);
        figure_column(figure, "paid_tokens", "Tokens, not free", TYPE_INTEGER);
        figure_column(figure, "paid_token_share", "Share, not free", TYPE_SHARE);
    }
}

static void put_quantity(struct figure *figure, enum quantity quantity, const int64_t sums[MEASURE_COUNT])
{
    int64_t value = quantity_of(quantity, sums);

    if (quantity == QUANTITY_SPEND)
        figure_real(figure, (double)value / 1e9);
    else
        figure_integer(figure, value);
}

static void put_part(struct figure *figure, int64_t part, int64_t whole)
{
    figure_integer(figure, part);
    figure_real(figure, quantity_share(part, whole));
}

static void put_row(const struct figure_spec *spec, struct figure *figure, const int64_t part[MEASURE_COUNT],
                    const int64_t whole[MEASURE_COUNT])
{
    double share = quantity_share(quantity_of(spec->quantity, part), quantity_of(spec->quantity, whole));

    put_quantity(figure, spec->quantity, part);
    put_quantity(figure, spec->quantity, whole);
    figure_real(figure, share);
    if (spec->extras & EXTRA_INTERVAL)
        sample_interval(figure, share, whole);
    if (spec->extras & EXTRA_REQUESTS) {
        put_part(figure, part[M_REQUESTS], whole[M_REQUESTS]);
        put_part(figure, part[M_SPLIT_TOKENS], whole[M_SPLIT_TOKENS]);
    }
    if (spec->extras & EXTRA_VOLUME) {
        put_part(figure, part[M_REQUESTS], whole[M_REQUESTS]);
        put_part(figure, row_tokens(part), row_tokens(whole));
        put_part(figure, part[M_REQUESTS] - part[M_FREE_REQUESTS], whole[M_REQUESTS] - whole[M_FREE_REQUESTS]);
        put_part(figure, row_tokens(part) - part[M_FREE_TOKENS], row_tokens(whole) - whole[M_FREE_TOKENS]);
    }
}

/* One row for each x and each series, zeros too: an area has no holes where a series is not yet there. */
static void put_rows(const struct share_table *table, struct figure *figure)
{
    static const int64_t nothing[MEASURE_COUNT];
    const struct figure_spec *spec = table->spec;

    for (size_t index = 0; index < table->wholes.count; index++) {
        const struct group_sums *whole = &table->wholes.items[index];
        if (quantity_of(spec->quantity, whole->sums) == 0)
            continue;
        for (uint32_t at = 0; at < table->kept_count; at++) {
            const struct group_sums *part = groups_find(&table->folded, whole->x, table->kept[at]);
            if (!spec->is_summed)
                figure_date(figure, whole->x);
            figure_text(figure, names_text(&table->dataset->names, table->kept[at]));
            put_row(spec, figure, part == NULL ? nothing : part->sums, whole->sums);
        }
    }
}

static void note_left_out(const struct share_table *table, struct figure *figure)
{
    const struct figure_spec *spec = table->spec;
    char last[32];

    if (spec->period == PERIOD_LAST_WEEK && table->dataset->last_week_ms != NO_TIME) {
        time_format(table->dataset->last_week_ms, last, sizeof(last));
        figure_note(figure, "Of the week of %.10s.", last);
    }
    if (spec->period == PERIOD_CATEGORY && spec->is_summed && table->dataset->category_ms == NO_TIME)
        figure_note(figure, "No request in the range was classified: this is over all of it.");
    if (spec->period == PERIOD_CATEGORY && spec->is_summed && table->dataset->category_ms != NO_TIME) {
        time_format(table->dataset->category_ms, last, sizeof(last));
        figure_note(figure, "From the week of %.10s on.", last);
    }
}

static void draw(const struct figure_spec *spec, struct figure *figure)
{
    const char *series = row_series_name(spec->series);

    figure->chart.x = spec->is_summed ? series : spec->window == WINDOW_MONTH ? "month" : "week";
    figure->chart.series = spec->is_summed ? NULL : series;
    figure->chart.y = spec->is_volume ? quantities[spec->quantity].name : "share";
    figure->chart.x_title = spec->is_summed                ? row_series_title(spec->series)
                            : spec->window == WINDOW_MONTH ? "Month"
                                                           : "Week";
    figure->chart.y_title = spec->is_volume                    ? quantities[spec->quantity].title
                            : spec->quantity == QUANTITY_SPEND ? "Share of spend"
                                                               : "Share of tokens";
}

void shares_make(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure)
{
    struct share_table table = {.spec = spec,
                                .dataset = dataset,
                                .groups = {.has_failed = dataset->has_failed},
                                .folded = {.has_failed = dataset->has_failed},
                                .wholes = {.has_failed = dataset->has_failed}};

    draw(spec, figure);
    add_columns(spec, figure);
    spec_each_row(spec, dataset, figure, take, &table);
    if (choose(&table)) {
        fold(&table);
        for (uint32_t index = 0; index < table.kept_count; index++)
            figure_order(figure, table.kept[index]);
        put_rows(&table, figure);
        note_left_out(&table, figure);
    } else {
        *dataset->has_failed = true;
    }
    groups_close(&table.groups);
    groups_close(&table.folded);
    groups_close(&table.wholes);
    free(table.kept);
}
