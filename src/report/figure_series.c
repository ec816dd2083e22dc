/* What the words of a specification mean for a row: its series, its quantity, whether it is spoken of at all. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "figure_parts.h"

const char *figure_series_name(enum figure_series series)
{
    static const char *const names[SERIES_COUNT] = {
        [SERIES_SOURCE] = "source",     [SERIES_SIZE] = "size",         [SERIES_REASONING] = "reasoning",
        [SERIES_AUTHOR] = "author",     [SERIES_FAMILY] = "model",      [SERIES_BASE] = "model",
        [SERIES_CATEGORY] = "category", [SERIES_TAG] = "tag",           [SERIES_CONTINENT] = "continent",
        [SERIES_COUNTRY] = "country",   [SERIES_LANGUAGE] = "language",
    };

    assert(series < SERIES_COUNT);
    return names[series];
}

const char *figure_series_title(enum figure_series series)
{
    static const char *const titles[SERIES_COUNT] = {
        [SERIES_SOURCE] = "Source",     [SERIES_SIZE] = "Size",         [SERIES_REASONING] = "Reasoning",
        [SERIES_AUTHOR] = "Author",     [SERIES_FAMILY] = "Model",      [SERIES_BASE] = "Model",
        [SERIES_CATEGORY] = "Category", [SERIES_TAG] = "Tag",           [SERIES_CONTINENT] = "Continent",
        [SERIES_COUNTRY] = "Country",   [SERIES_LANGUAGE] = "Language",
    };

    assert(series < SERIES_COUNT);
    return titles[series];
}

/* In words, as the study has them. */
static uint32_t source_of(const struct figure_data *data, uint32_t source)
{
    return source == data->closed     ? data->closed_shown
           : source == data->open_cn  ? data->open_cn_shown
           : source == data->open_row ? data->open_row_shown
                                      : data->unknown;
}

uint32_t figure_series_of(const struct figure_data *data, const struct figure_row *row, enum figure_series series)
{
    static const enum column columns[SERIES_COUNT] = {
        [SERIES_SIZE] = COLUMN_SIZE,         [SERIES_AUTHOR] = COLUMN_AUTHOR,   [SERIES_CATEGORY] = COLUMN_CATEGORY,
        [SERIES_TAG] = COLUMN_TAG,           [SERIES_COUNTRY] = COLUMN_COUNTRY, [SERIES_CONTINENT] = COLUMN_CONTINENT,
        [SERIES_LANGUAGE] = COLUMN_LANGUAGE,
    };
    uint32_t id;

    switch (series) {
    case SERIES_SOURCE:
        return source_of(data, row->columns[COLUMN_SOURCE]);
    case SERIES_REASONING:
        id = row->columns[COLUMN_REASONING];
        return id == data->yes ? data->yes_shown : id == data->no ? data->no_shown : data->unknown;
    case SERIES_FAMILY:
        id = figure_family(row);
        break;
    case SERIES_BASE:
        id = row->base;
        break;
    case SERIES_NONE:
    case SERIES_COUNT:
        return 0;
    default:
        id = row->columns[columns[series]];
    }
    return id == 0 ? data->unknown : id;
}

int64_t figure_quantity_of(enum figure_quantity quantity, const int64_t sums[MEASURE_COUNT])
{
    switch (quantity) {
    case QUANTITY_TOKENS:
        return row_tokens(sums);
    case QUANTITY_PAID_TOKENS:
        return row_tokens(sums) - sums[M_FREE_TOKENS];
    case QUANTITY_TOOL_TOKENS:
        return sums[M_TOOL_TOKENS];
    case QUANTITY_SPEND:
        return sums[M_COST_NANO_USD];
    case QUANTITY_PROMPT:
        return sums[M_TOKENS_PROMPT];
    case QUANTITY_COMPLETION:
        return sums[M_TOKENS_COMPLETION];
    case QUANTITY_REQUESTS:
        return sums[M_REQUESTS];
    case QUANTITY_BILLED_TOKENS:
        return sums[M_BILLED_TOKENS];
    case QUANTITY_COUNT:
        break;
    }
    assert(false);
    return 0;
}

static bool is_of(const struct figure_data *data, const struct figure_spec *spec, const struct figure_row *row,
                  uint32_t author, uint32_t category)
{
    const struct figure_filter *filter = &spec->filter;
    uint32_t source = row->columns[COLUMN_SOURCE];

    if (spec->period == PERIOD_CATEGORY && row->start_ms < data->category_ms)
        return false; /* of a range without classified requests, all weeks */
    if (spec->period == PERIOD_LAST_WEEK && row->start_ms != data->last_week_ms)
        return false;
    if (filter->is_open && source != data->open_cn && source != data->open_row)
        return false;
    if (filter->is_open_cn && source != data->open_cn)
        return false;
    if (filter->is_reasoning && row->columns[COLUMN_REASONING] != data->yes)
        return false;
    if (filter->author != NULL && row->columns[COLUMN_AUTHOR] != author)
        return false;
    if (filter->category != NULL && row->columns[COLUMN_CATEGORY] != category)
        return false;
    if ((spec->rollup == ROWS_CATEGORY || spec->rollup == ROWS_TAG) &&
        (row->columns[COLUMN_CATEGORY] == data->other || row->columns[COLUMN_CATEGORY] == 0))
        return false; /* not mapped */
    return true;
}

/* Rows that are not taken, to be told. */
struct left_out {
    size_t suppressed;
    int64_t taken_tokens, tokens; /* of categories that the study does not draw */
    uint32_t count;
    uint32_t names[8]; /* the first of these categories */
};

static bool is_drawn(const struct figure_data *data, uint32_t category)
{
    for (int at = 0; at < CATEGORIES_DRAWN; at++)
        if (data->drawn[at] == category)
            return true;
    return false;
}

static void leave_out(struct left_out *left_out, uint32_t category, int64_t tokens)
{
    left_out->tokens += tokens;
    for (uint32_t at = 0; at < left_out->count; at++)
        if (left_out->names[at] == category)
            return;
    if (left_out->count < LENGTH_OF(left_out->names))
        left_out->names[left_out->count++] = category;
}

static void tell_left_out(const struct left_out *left_out, const struct figure_data *data, struct figure *figure)
{
    char names[256] = "";
    size_t size = 0;

    if (left_out->suppressed > 0)
        figure_note(figure, "%zu %s of too few accounts: suppressed, and left out here.", left_out->suppressed,
                    left_out->suppressed == 1 ? "row" : "rows");
    for (uint32_t at = 0; at < left_out->count; at++) {
        struct span name = names_text(&data->names, left_out->names[at]);
        if (size + name.size + 8 < sizeof(names))
            size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%.*s", at == 0 ? "" : ", ", (int)name.size,
                                     name.bytes);
    }
    if (left_out->tokens > 0)
        figure_note(figure,
                    "Over the study's eleven categories. Left out are %" PRId64 " tokens, %.1f %% of all with a "
                    "category: %s.",
                    left_out->tokens, 100 * figure_share(left_out->tokens, left_out->tokens + left_out->taken_tokens),
                    names);
}

void figure_each(const struct figure_spec *spec, struct figure_data *data, struct figure *figure,
                 figure_row_taker *take, void *context)
{
    struct figure_rows rows = figure_rows_of(data, spec->rollup, spec->window);
    uint32_t author = figure_name(data, spec->filter.author);
    uint32_t category = figure_name(data, spec->filter.category);
    struct left_out left_out = {0};

    for (size_t index = 0; index < rows.count; index++) {
        const struct figure_row *row = &rows.rows[index];
        if (!is_of(data, spec, row, author, category))
            continue;
        if (row->is_suppressed) {
            left_out.suppressed++;
        } else if (spec->series == SERIES_CATEGORY && !is_drawn(data, row->columns[COLUMN_CATEGORY])) {
            leave_out(&left_out, row->columns[COLUMN_CATEGORY], row_tokens(row->sums));
        } else {
            left_out.taken_tokens += row_tokens(row->sums);
            take(context, row);
        }
    }
    tell_left_out(&left_out, data, figure);
}

void figure_nothing(const struct figure_spec *spec, const struct figure_data *data, struct figure *figure)
{
    const char *rollup = figure_rollup_name(spec->rollup);
    const char *window = window_kind_name(spec->window);

    if (figure->missing != NULL)
        return;
    if (spec->period == PERIOD_CATEGORY && data->category_ms == FIGURE_NO_TIME && data->last_week_ms != FIGURE_NO_TIME)
        figure_missing(figure,
                       "No request in this range was classified (by the summaries of topic %s.summaries.total).",
                       data->options->prefix);
    else if (figure_rows_of(data, spec->rollup, spec->window).count == 0)
        figure_missing(figure,
                       "There are no summaries of rollup `%s` by %s in this range: looked for in topic "
                       "%s.summaries.%s.",
                       rollup, window, data->options->prefix, rollup);
    else
        figure_missing(figure, "Nothing of this kind in the range, among the summaries of topic %s.summaries.%s by %s.",
                       data->options->prefix, rollup, window);
}

#define GAPS_NAMED 6

void figure_gaps(const struct figure_spec *spec, struct figure *figure)
{
    char names[GAPS_NAMED * 16 + 8] = "";
    size_t size = 0, gaps = 0;
    size_t count = figure_row_count(figure);
    int64_t last_ms = FIGURE_NO_TIME;

    if (count == 0 || (figure->columns[0].type != TYPE_DATE && figure->columns[0].type != TYPE_MONTH))
        return;
    for (size_t index = 0; index < count; index++) {
        int64_t start_ms = figure->cells[index * figure->column_count].integer;
        for (; last_ms != FIGURE_NO_TIME && last_ms < start_ms;
             last_ms = window_end((struct window){spec->window, last_ms})) {
            char text[32];
            time_format(last_ms, text, sizeof(text));
            if (gaps++ < GAPS_NAMED)
                size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%.10s", size == 0 ? "" : ", ", text);
        }
        last_ms = window_end((struct window){spec->window, start_ms});
    }
    if (gaps > 0)
        figure_note(figure, "%zu %s%s without such traffic, left as gaps: %s%s.", gaps, window_kind_name(spec->window),
                    gaps == 1 ? "" : "s", names, gaps > GAPS_NAMED ? ", ..." : "");
}
