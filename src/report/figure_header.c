/* What stands above the figures: the range and what is in it, coverage, the ledger's state, and notes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/codec/avro_read.h"

/* ---- header ---- */

static void sum_weeks(const struct figure_data *data, int64_t sums[MEASURE_COUNT])
{
    struct figure_rows rows = figure_rows_of(data, ROWS_TOTAL, WINDOW_WEEK);

    for (size_t index = 0; index < rows.count; index++)
        for (int measure = 0; measure < MEASURE_COUNT; measure++)
            sums[measure] += rows.rows[index].sums[measure];
}

static void write_number(struct figure_writer *writer, const char *name, int64_t value)
{
    write_key(writer, name);
    write_integer(writer, value);
}

static void write_range(struct figure_writer *writer, const struct figure_data *data)
{
    const struct figures_options *options = data->options;
    int64_t from_ms = data->first_week_ms, to_ms = FIGURE_NO_TIME;

    if (data->last_week_ms != FIGURE_NO_TIME)
        to_ms = window_end((struct window){WINDOW_WEEK, data->last_week_ms});
    else if (options->from_ms != INT64_MIN && options->to_ms != INT64_MAX)
        from_ms = options->from_ms, to_ms = options->to_ms;
    write_key(writer, "range");
    write_raw(writer, "{");
    write_key(writer, "from");
    if (from_ms == FIGURE_NO_TIME)
        write_text(writer, (struct span){NULL, 0});
    else
        write_date(writer, from_ms);
    write_key(writer, "to");
    if (to_ms == FIGURE_NO_TIME)
        write_text(writer, (struct span){NULL, 0});
    else
        write_date(writer, to_ms);
    write_raw(writer, "}");
}

static int64_t count_models(struct figure_data *data)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_MODEL, WINDOW_WEEK);
    struct figure_groups models = {0};

    for (size_t index = 0; index < rows.count; index++)
        if (rows.rows[index].sums[M_REQUESTS] > 0)
            groups_add(&models, 0, rows.rows[index].base, &rows.rows[index], rows.rows[index].sums);
    int64_t count = (int64_t)models.count;
    data->has_failed |= models.has_failed;
    groups_close(&models);
    return count;
}

/* Of the last week: estimates of several weeks do not add up. */
static void write_accounts(struct figure_writer *writer, const struct figure_data *data)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_TOTAL, WINDOW_WEEK);
    int64_t accounts = -1;

    for (size_t index = 0; index < rows.count; index++)
        if (rows.rows[index].start_ms == data->last_week_ms)
            accounts = rows.rows[index].accounts;
    write_key(writer, "accounts");
    if (accounts < 0)
        write_text(writer, (struct span){NULL, 0});
    else
        write_integer(writer, accounts);
    write_key(writer, "accounts_about");
    write_text(writer, span_of(accounts < 0 ? "Accounts are not counted: no account key is configured."
                                            : "Distinct accounts of the last week, an estimate within 2.3 %."));
}

void write_header(struct figure_writer *writer, struct figure_data *data, const struct latest *ledger,
                  struct ledger_read *read)
{
    int64_t sums[MEASURE_COUNT] = {0};

    sum_weeks(data, sums);
    write_key(writer, "header");
    write_raw(writer, "{");
    write_key(writer, "title");
    write_text(writer, span_of(FIGURES_PAGE_TITLE));
    write_range(writer, data);
    write_number(writer, "requests", sums[M_REQUESTS]);
    write_number(writer, "tokens", row_tokens(sums));
    write_number(writer, "cost_nano_usd", sums[M_COST_NANO_USD]);
    write_number(writer, "models", count_models(data));
    write_accounts(writer, data);
    write_key(writer, "coverage");
    write_raw(writer, "{");
    write_number(writer, "classified", sums[M_CLASSIFIED]);
    write_number(writer, "mapped", sums[M_MAPPED]);
    write_number(writer, "classified_tokens", sums[M_CLASSIFIED_TOKENS]);
    write_number(writer, "mapped_tokens", sums[M_MAPPED_TOKENS]);
    write_number(writer, "one_label", sums[M_ONE_LABEL]);
    write_number(writer, "two_labels", sums[M_TWO_LABELS]);
    write_number(writer, "more_labels", sums[M_MORE_LABELS]);
    write_key(writer, "share");
    write_real(writer, figure_share(sums[M_CLASSIFIED], sums[M_REQUESTS]));
    write_key(writer, "from");
    if (data->category_ms == FIGURE_NO_TIME)
        write_text(writer, (struct span){NULL, 0});
    else
        write_date(writer, data->category_ms);
    write_raw(writer, "}");
    write_ledger(writer, data, ledger, read);
    write_key(writer, "tables_version");
    write_text(writer, names_text(&data->names, data->tables_version));
    write_key(writer, "newest_window_end_ms");
    if (data->last_week_ms == FIGURE_NO_TIME)
        write_text(writer, (struct span){NULL, 0});
    else
        write_integer(writer, window_end((struct window){WINDOW_WEEK, data->last_week_ms}));
    write_scalars(writer, data);
    write_raw(writer, "}");
}

/* ---- notes ---- */

static void note_empty(struct figure_writer *writer, const struct figure_data *data)
{
    char text[256];

    if (data->last_week_ms != FIGURE_NO_TIME)
        return;
    snprintf(text, sizeof(text), "There is nothing to show: topic %s.summaries.total has no week with traffic%s.",
             data->options->prefix,
             data->options->from_ms == INT64_MIN && data->options->to_ms == INT64_MAX ? "" : " in this range");
    write_text(writer, span_of(text));
}

static void note_gaps(struct figure_writer *writer, const struct figure_data *data)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_TOTAL, WINDOW_WEEK);
    int64_t next_ms = FIGURE_NO_TIME;
    char text[512];
    size_t size = 0, gaps = 0, early = 0;

    for (size_t index = 0; index < rows.count; index++) {
        const struct figure_row *row = &rows.rows[index];
        early += row->pane == PANE_EARLY;
        if (row->sums[M_REQUESTS] == 0)
            continue;
        for (; next_ms != FIGURE_NO_TIME && next_ms < row->start_ms; next_ms += 7 * DAY_MS) {
            char start[32];
            time_format(next_ms, start, sizeof(start));
            if (gaps++ < 20)
                size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%.10s",
                                         size == 0 ? "Weeks without traffic, left as gaps: " : ", ", start);
        }
        next_ms = row->start_ms + 7 * DAY_MS;
    }
    if (gaps > 0) {
        snprintf(text + size, sizeof(text) - size, gaps > 20 ? ", and %zu more." : ".", gaps - 20);
        write_text(writer, span_of(text));
    }
    if (early > 0) {
        snprintf(text, sizeof(text), "Weeks that were still open when they were published, and will grow: %zu.", early);
        write_text(writer, span_of(text));
    }
}

/* Says how much of the tokens has no value in a column, or an unknown one. */
static void note_unknown(struct figure_writer *writer, const struct figure_data *data, enum figure_rollup rollup,
                         enum column column, const char *what)
{
    struct figure_rows rows = figure_rows_of(data, rollup, WINDOW_WEEK);
    int64_t all = 0, unknown = 0;
    char text[256];

    for (size_t index = 0; index < rows.count; index++) {
        uint32_t name = rows.rows[index].columns[column];
        all += row_tokens(rows.rows[index].sums);
        if (name == 0 || name == data->unknown)
            unknown += row_tokens(rows.rows[index].sums);
    }
    if (unknown == 0)
        return;
    snprintf(text, sizeof(text), "%s: %" PRId64 " of %" PRId64 " tokens (%.2f %%), shown as `unknown`.", what, unknown,
             all, 100 * figure_share(unknown, all));
    write_text(writer, span_of(text));
}

static void note_suppressed(struct figure_writer *writer, const struct figure_data *data)
{
    size_t suppressed = 0;
    char text[160];

    for (size_t index = 0; index < data->row_count; index++)
        suppressed += data->rows[index].is_suppressed;
    if (suppressed == 0)
        return;
    snprintf(text, sizeof(text), "%zu of %zu rows are of too few accounts to be published: figures leave them out.",
             suppressed, data->row_count);
    write_text(writer, span_of(text));
}

/* Where the study disagrees with itself, and what stands here. */
static const char *const choices[] = {
    "Averages of S01 in the study's text and in its chart differ: here each week's share is that week's quotient of "
    "sums, and a range's share that of the range's sums; weekly shares are never averaged.",
    "The study's United States (47.17 %) and Canada (1.90 %) exceed its North America (47.22 %): S31 is over the weeks "
    "with classified requests, S32 and S33 are over the whole range.",
    "S21 is by spend, as the study drew it, with xAI in it; its caption says requests, without xAI. Requests and "
    "tokens, with and without free ones, stand beside it.",
    "The elasticity of the study's text (0.5 to 0.7 % usage for 10 % price) and of its drawn line (2.9 %) differ: S36 "
    "tells the slope that was fitted, and both.",
    "S14 counts by finish reason, as its title says, not by tools provided, as its caption does; S13 shows tools "
    "offered beside tool calls.",
    "Tag shares in the study's text and figures differ by up to a point: S22, S23 and S39 to S41 are sums, each tag by "
    "the tokens of its category.",
    "The captions of S08 (38 or 39 %) and S09 (who leads the open ones) contradict the text: the numbers here are "
    "whatever was counted.",
    "Science stands in two quarters of the study's S35, and its median there ($0.73, over categories) is another than "
    "in S36 ($0.48, over models): here each has the median of its own points.",
    "S20 is by tokens, with requests beside it; S30 is of spend, S31 of tokens. What the study calls early 2025 for "
    "categories is its first week of them, that of 2025-05-19.",
    "Average prompt, completion and sequence length (S15, S16, S18) are of the same requests and weeks, so that the "
    "first two add up to the third, as the study's do not.",
    "S04's denominator is the fifteen models drawn, not all open tokens as its caption says.",
    "The first week with classified requests is drawn though the study's own is odd: nothing is left out.",
    "The study's charts cannot all hold at once (Chinese open models' part of roleplay is 15 % by one, 29 % by "
    "three others): here all figures are of the same summaries, and agree.",
    "Category figures are over classified requests with a category, `other` left out; those by category are over the "
    "eleven that the study draws, and say what else there was. A request with several categories counts in full in "
    "each; the measure split_tokens divides it. Intervals are of 95 %, by the effective sample size.",
};

void write_notes(struct figure_writer *writer, struct figure_data *data)
{
    write_key(writer, "notes");
    write_raw(writer, "[");
    note_empty(writer, data);
    note_gaps(writer, data);
    note_unknown(writer, data, ROWS_MODEL, COLUMN_SOURCE, "Models whose source the catalog does not know");
    note_unknown(writer, data, ROWS_GEOGRAPHY, COLUMN_CONTINENT, "Countries that are absent or not known");
    note_unknown(writer, data, ROWS_LANGUAGE, COLUMN_LANGUAGE, "Languages that are absent");
    note_suppressed(writer, data);
    if (data->has_versions)
        write_text(writer, span_of("The weeks were made with more than one version of the tables."));
    if (data->last_week_ms != FIGURE_NO_TIME && data->last_month_ms == FIGURE_NO_TIME)
        write_text(writer,
                   span_of("There is no retention: it needs a configured account key, and events with accounts."));
    for (size_t at = 0; at < LENGTH_OF(choices); at++)
        write_text(writer, span_of(choices[at]));
    write_raw(writer, "]");
}
