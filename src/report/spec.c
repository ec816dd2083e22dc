/* Rows are chosen by a specification; notes say what was left out: suppressed rows, other categories, empty weeks. */
#include "spec.h"

#include <stdio.h>

#include "gentally/base/text.h"

static bool is_of(const struct dataset *dataset, const struct figure_spec *spec, const struct summary_row *row,
                  uint32_t author, uint32_t category)
{
    const struct spec_filter *filter = &spec->filter;
    uint32_t source = row->columns[COLUMN_SOURCE];

    if (spec->period == PERIOD_CATEGORY && row->start_ms < dataset->category_ms)
        return false; /* category_ms is NO_TIME in a range without classified requests: all weeks pass */
    if (spec->period == PERIOD_LAST_WEEK && row->start_ms != dataset->last_week_ms)
        return false;
    if (filter->is_open && source != dataset->open_cn && source != dataset->open_row)
        return false;
    if (filter->is_open_cn && source != dataset->open_cn)
        return false;
    if (filter->is_always_reasoning && row->columns[COLUMN_REASONING] != dataset->always)
        return false;
    if (filter->author != NULL && row->columns[COLUMN_AUTHOR] != author)
        return false;
    if (filter->category != NULL && row->columns[COLUMN_CATEGORY] != category)
        return false;
    if ((spec->rollup == ROWS_CATEGORY || spec->rollup == ROWS_TAG) &&
        (row->columns[COLUMN_CATEGORY] == dataset->other || row->columns[COLUMN_CATEGORY] == 0))
        return false; /* not mapped */
    return true;
}

/* How much is left out, for notes. */
struct left_out {
    size_t suppressed;
    int64_t taken_tokens, tokens; /* of categories that the study does not draw */
    uint32_t count;
    uint32_t names[8]; /* the first of these categories */
};

static bool is_drawn(const struct dataset *dataset, uint32_t category)
{
    for (int at = 0; at < CATEGORIES_DRAWN; at++)
        if (dataset->drawn[at] == category)
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

static void note_left_out(const struct left_out *left_out, const struct dataset *dataset, struct figure *figure)
{
    char names[256] = "", tokens[TEXT_GROUPED_SIZE];
    size_t size = 0;

    if (left_out->suppressed > 0)
        figure_note(figure, "%zu %s of too few accounts: suppressed, and left out here.", left_out->suppressed,
                    left_out->suppressed == 1 ? "row" : "rows");
    for (uint32_t at = 0; at < left_out->count; at++) {
        struct span name = names_text(&dataset->names, left_out->names[at]);
        if (size + name.size + 8 < sizeof(names))
            size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%.*s", at == 0 ? "" : ", ", (int)name.size,
                                     name.bytes);
    }
    if (left_out->tokens > 0)
        figure_note(figure, "Over eleven categories. Left out are %s tokens, %.1f %% of all with a category: %s.",
                    text_grouped(left_out->tokens, tokens),
                    100 * quantity_share(left_out->tokens, left_out->tokens + left_out->taken_tokens), names);
}

void spec_each_row(const struct figure_spec *spec, struct dataset *dataset, struct figure *figure, row_taker *take,
                   void *context)
{
    struct row_range range = dataset_rows(dataset, spec->rollup, spec->window);
    uint32_t author = dataset_name(dataset, spec->filter.author);
    uint32_t category = dataset_name(dataset, spec->filter.category);
    struct left_out left_out = {0};

    for (size_t index = 0; index < range.count; index++) {
        const struct summary_row *row = &range.rows[index];
        if (!is_of(dataset, spec, row, author, category))
            continue;
        if (row->is_suppressed) {
            left_out.suppressed++;
        } else if (spec->series == SERIES_CATEGORY && !is_drawn(dataset, row->columns[COLUMN_CATEGORY])) {
            leave_out(&left_out, row->columns[COLUMN_CATEGORY], row_tokens(row->sums));
        } else {
            left_out.taken_tokens += row_tokens(row->sums);
            take(context, row);
        }
    }
    note_left_out(&left_out, dataset, figure);
}

void spec_explain_missing(const struct figure_spec *spec, const struct dataset *dataset, struct figure *figure)
{
    const char *rollup = row_rollup_name(spec->rollup);
    const char *window = window_kind_name(spec->window);

    if (figure->missing != NULL)
        return;
    if (spec->period == PERIOD_CATEGORY && dataset->category_ms == NO_TIME && dataset->last_week_ms != NO_TIME)
        figure_missing(figure,
                       "No request in this range was classified (by the summaries of topic %s.summaries.total).",
                       dataset->prefix);
    else if (dataset_rows(dataset, spec->rollup, spec->window).count == 0)
        figure_missing(figure,
                       "There are no summaries of rollup `%s` by %s in this range: looked for in topic "
                       "%s.summaries.%s.",
                       rollup, window, dataset->prefix, rollup);
    else
        figure_missing(figure, "Nothing of this kind in the range, among the summaries of topic %s.summaries.%s by %s.",
                       dataset->prefix, rollup, window);
}

#define GAPS_NAMED 6

void spec_note_gaps(const struct figure_spec *spec, struct figure *figure)
{
    char names[GAPS_NAMED * 16 + 8] = "";
    size_t size = 0, gaps = 0;
    size_t count = figure_row_count(figure);
    int64_t last_ms = NO_TIME;

    if (count == 0 || (figure->columns[0].type != TYPE_DATE && figure->columns[0].type != TYPE_MONTH))
        return;
    for (size_t index = 0; index < count; index++) {
        int64_t start_ms = figure->cells[index * figure->column_count].integer;
        for (; last_ms != NO_TIME && last_ms < start_ms; last_ms = window_end((struct window){spec->window, last_ms})) {
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
