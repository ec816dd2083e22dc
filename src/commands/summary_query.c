/*
 * Rows that are read are kept as bytes, their latest versions only, and decoded again when they are printed: the bytes
 * are a tenth of what a decoded one takes.
 */
#include "summary_query.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "gentally/cli/options.h"
#include "gentally/codec/record_read.h"
#include "gentally/codec/summary_json.h"
#include "gentally/core/event.h"
#include "gentally/inspect/summary_text.h"
#include "pivot_text.h"

#define COLUMNS_BY_MAX 2

const struct command_option summary_options[SUMMARY_OPTIONS] = {
    [SUMMARY_ROLLUP] = {"rollup", "R", "which rollup: total, model, provider, ..., retention (required)", NULL},
    [SUMMARY_WINDOW] = {"window", "W", "which windows: hour, day, week or month (required)", NULL},
    [SUMMARY_FROM] = {"from", "TIME", "only windows that start then or later", NULL},
    [SUMMARY_TO] = {"to", "TIME", "only windows that start before", NULL},
    [SUMMARY_FORMAT] = {"format", "F", "table, json or csv (default table)", NULL},
    ROW_FILTER_OPTION(SUMMARY_WHERE),
    [SUMMARY_BY] = {"by", "COLUMN[,COLUMN]", "sum over one or two columns: source, author, category, continent, ...",
                    NULL},
    [SUMMARY_MEASURE] = {"measure", "M",
                         "count tokens (default), requests, cost, share, usd_per_mtok, latency_ms_p50, ...", NULL},
    [SUMMARY_TOP] = {"top", "N", "the N largest over the whole range; all others summed", NULL},
    [SUMMARY_SIDE] = {"side-by-side", NULL, "windows as columns, the newest to the right", NULL},
    [SUMMARY_SPARKLINE] = {"sparkline", NULL, "side by side, with the trend also where output is no terminal", NULL},
    [SUMMARY_LIMIT] = {"limit", "N", "only the first N of each window", NULL},
    [SUMMARY_AS_OF] = {"as-of", "REVISION", "one window as it was at that revision of its ledger record", NULL},
    [SUMMARY_FINAL] = {"final", NULL, "leave out early panes: only what was emitted after its window closed", NULL},
};

/* Retention is no configured rollup: its rows count accounts, and have no tokens. */
static const struct rollup retention = {.name = ROLLUP_RETENTION, .dim_count = 1, .dims = {DIM_MODEL}};

static bool is_wanted(const struct summary_query *query, struct window window)
{
    if (query->as_of >= 0 && window_compare(window, query->version.window) != 0)
        return false;
    return window.kind == query->window && window.start_ms >= query->from_ms && window.start_ms < query->to_ms;
}

enum verdict summary_query_take(void *context, const struct record *record, struct reason *why)
{
    struct summary_query *query = context;
    struct summary_read *read = query->read;
    const struct summary *summary = &read->summary;
    struct window window;
    struct reason other;
    enum verdict verdict = summary_record_read(record, read, &window, why);

    if (verdict == SET_ASIDE && why->id == SUMMARY_UNREADABLE && is_wanted(query, window) &&
        latest_spoil(query->latest, record->key, &other) != GO_ON)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s", other.text);
    if (verdict != GO_ON)
        return verdict;
    bool is_past = query->as_of >= 0;
    if (record->value.bytes == NULL) {
        if (!is_past || record->timestamp_ms <= query->version.told_ms)
            latest_drop(query->latest, record->key);
        return GO_ON;
    }
    told_range_add(&query->ranges[window.kind], window.start_ms);
    if (!is_wanted(query, window) || (query->is_final && summary->pane == PANE_EARLY))
        return GO_ON;
    struct latest_row row = {
        .key = record->key,
        .value = record->value,
        .generation = summary->generation,
        .revision = summary->revision,
        .pane = summary->pane,
        .start_ms = summary->window.start_ms,
        .tokens = sum_told(read->cell.sums[M_TOKENS_PROMPT], read->cell.sums[M_TOKENS_COMPLETION]),
    };
    bool is_later =
        is_past && summary_version_compare(row.generation, row.revision, PANE_LATE, query->version.generation,
                                           query->version.revision, PANE_LATE) > 0;
    return latest_put(is_later ? query->later : query->latest, &row, why);
}

/* Gives each kept summary to `print`. */
static enum verdict each_row(struct summary_query *query,
                             enum verdict (*print)(struct summary_query *, struct reason *), struct reason *why)
{
    enum verdict verdict = GO_ON;
    int64_t printed = 0, start_ms = INT64_MIN;

    for (size_t index = 0; index < latest_count(query->latest) && verdict == GO_ON; index++) {
        const struct latest_row *row = latest_row(query->latest, index);
        printed = row->start_ms == start_ms ? printed : 0;
        start_ms = row->start_ms;
        if (query->is_whole && printed >= query->limit)
            continue;
        verdict = decode_summary(row->value, query->read, why);
        if (verdict != GO_ON || !row_filter_takes(&query->filter, query->read->summary.columns))
            continue;
        printed++;
        query->taken++;
        verdict = print(query, why);
    }
    return verdict;
}

static enum verdict write_text(const struct summary_query *query, size_t size, struct reason *why)
{
    if (fwrite(query->text, 1, size, query->file) == size)
        return GO_ON;
    return reason_set(why, HALT, OUTPUT_FAILED, errno, "%s", strerror(errno));
}

static enum verdict print_json(struct summary_query *query, struct reason *why)
{
    size_t size = summary_json_write(&query->read->summary, query->read->accounts, query->text);

    if (query->is_array && query->taken > 1)
        fputs(",\n", query->file);
    if (!query->is_array)
        query->text[size++] = '\n';
    return write_text(query, size, why);
}

static enum verdict print_csv(struct summary_query *query, struct reason *why)
{
    return write_text(query, summary_csv_write(&query->read->summary, query->read->accounts, query->text), why);
}

static enum verdict retention_to_table(struct summary_query *query, struct reason *why)
{
    const struct summary *summary = &query->read->summary;
    char start[LEADERBOARD_START_SIZE];

    (void)why;
    leaderboard_start(window_kind_name(query->window), summary->window.start_ms, start);
    table_text(query->table, span_of(start));
    table_text(query->table, summary->columns[COLUMN_MODEL]);
    table_text(query->table, summary->columns[COLUMN_COHORT]);
    table_text(query->table, summary->columns[COLUMN_AGE]);
    table_integer(query->table, query->read->accounts);
    table_text(query->table, span_of(pane_name(summary->pane)));
    return GO_ON;
}

static enum verdict print_retention(struct summary_query *query, struct reason *why)
{
    const struct table_column columns[] = {{leaderboard_window_title(window_kind_name(query->window)), false},
                                           {column_name(COLUMN_MODEL), false},
                                           {"cohort", false},
                                           {"age", true},
                                           {"accounts", true},
                                           {"pane", false}};
    enum verdict verdict = table_open(&query->table, columns, LENGTH_OF(columns), why);

    if (verdict == GO_ON)
        verdict = each_row(query, retention_to_table, why);
    return verdict == GO_ON ? table_print(query->table, stdout, why) : verdict;
}

static enum verdict row_to_table(struct summary_query *query, struct reason *why)
{
    const struct summary *summary = &query->read->summary;
    const int64_t *sums = query->read->cell.sums;
    char start[LEADERBOARD_START_SIZE];

    (void)why;
    leaderboard_start(window_kind_name(query->window), summary->window.start_ms, start);
    table_text(query->table, span_of(start));
    for (uint32_t index = 0; index < query->rollup->dim_count; index++) {
        enum column column = column_of(query->rollup->dims[index]);
        table_text(query->table, column < COLUMN_COUNT ? summary->columns[column] : (struct span){NULL, 0});
    }
    if (summary->suppressed) {
        for (int column = 0; column < 3; column++)
            table_text(query->table, span_of("suppressed"));
    } else {
        table_integer(query->table, sums[M_REQUESTS]);
        table_integer(query->table, sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]));
        table_nano_usd(query->table, sums[M_COST_NANO_USD]);
    }
    table_text(query->table, span_of(pane_name(summary->pane)));
    return GO_ON;
}

static enum verdict print_table(struct summary_query *query, struct reason *why)
{
    struct table_column columns[1 + ROLLUP_DIMS_MAX + 4] = {
        {leaderboard_window_title(window_kind_name(query->window)), false}};
    uint32_t count = 1;

    for (uint32_t index = 0; index < query->rollup->dim_count; index++)
        columns[count++] = (struct table_column){column_name(column_of(query->rollup->dims[index])), false};
    columns[count++] = (struct table_column){"requests", true};
    columns[count++] = (struct table_column){"tokens", true};
    columns[count++] = (struct table_column){"cost USD", true};
    columns[count++] = (struct table_column){"pane", false};
    enum verdict verdict = table_open(&query->table, columns, count, why);
    if (verdict == GO_ON)
        verdict = each_row(query, row_to_table, why);
    if (verdict == GO_ON)
        verdict = table_print(query->table, stdout, why);
    return verdict;
}

/* The values of all columns of a name in one text, parted by what no text holds (base/text.h). */
#define PART '\0'

static struct span name_of(struct summary_query *query, const struct summary *summary)
{
    size_t size = 0;

    for (uint32_t index = 0; index < query->by_count; index++) {
        struct span value = summary->columns[query->by[index]];
        if (index > 0)
            query->text[size++] = PART;
        if (value.size > 0)
            memcpy(query->text + size, value.bytes, value.size);
        size += value.size;
    }
    return (struct span){query->text, size};
}

static void split(void *context, struct span name, struct span fields[])
{
    const struct summary_query *query = context;

    for (uint32_t index = 0; index < query->by_count; index++) {
        const char *part = name.size == 0 ? NULL : memchr(name.bytes, PART, name.size);
        size_t size = part == NULL ? name.size : (size_t)(part - name.bytes);
        fields[index] = (struct span){name.bytes, size};
        name = part == NULL ? (struct span){NULL, 0} : (struct span){part + 1, name.size - size - 1};
    }
}

static enum verdict row_to_totals(struct summary_query *query, struct reason *why)
{
    const struct summary *summary = &query->read->summary;

    query->suppressed += summary->suppressed;
    if (summary->suppressed) /* The row belongs to its group, and nobody knows with how much. */
        return GO_ON;
    return totals_add(query->totals, summary->window.start_ms, name_of(query, summary), &query->read->cell, why);
}

static enum verdict print_sums(struct summary_query *query, struct reason *why)
{
    struct leaderboard leaderboard = {
        .window = window_kind_name(query->window),
        .choice = &query->choice,
        .format = query->format,
        .file = query->file,
        .is_array = query->is_array,
        .limit = query->limit,
        .split = split,
        .context = query,
    };

    for (uint32_t index = 0; index < query->by_count; index++)
        leaderboard.titles[leaderboard.title_count++] = column_name(query->by[index]);
    totals_choose(query->totals, &query->choice);
    enum verdict verdict = each_row(query, row_to_totals, why);
    if (verdict == GO_ON && query->top > 0)
        verdict = totals_fold(query->totals, (size_t)query->top, BY_MEASURE, why);
    if (verdict == GO_ON)
        verdict = totals_sort(query->totals, BY_MEASURE, why);
    if (verdict != GO_ON)
        return verdict;
    if (!query->is_side_by_side)
        return leaderboard_print(&leaderboard, query->totals, why);
    const struct pivot_text print = {.leaderboard = &leaderboard,
                                     .is_share = query->is_share,
                                     .has_sparkline = query->has_sparkline,
                                     .width = pivot_text_width()};
    return pivot_text_print(&print, query->totals, why);
}

static enum verdict print_rows(struct summary_query *query, struct reason *why)
{
    if (query->format == FORMAT_TABLE)
        return query->rollup == &retention ? print_retention(query, why) : print_table(query, why);
    if (query->format == FORMAT_CSV) {
        enum verdict verdict = write_text(query, summary_csv_header_write(query->text), why);
        return verdict == GO_ON ? each_row(query, print_csv, why) : verdict;
    }
    if (query->is_array)
        fputc('[', query->file);
    enum verdict verdict = each_row(query, print_json, why);
    if (query->is_array)
        fputs("]\n", query->file);
    return verdict;
}

/* Reads the options that ask for sums instead of rows. */
static enum verdict read_sums(struct summary_query *query, const struct command_option options[], struct reason *why)
{
    uint32_t columns = summary_columns(query->rollup);
    const char *rollup = query->rollup->name;

    query->choice = choice_at(0);
    enum verdict verdict = row_filter_read(&query->filter, &options[SUMMARY_WHERE], columns, rollup, why);
    if (verdict == GO_ON)
        verdict =
            row_columns_read(&options[SUMMARY_BY], columns, rollup, query->by, COLUMNS_BY_MAX, &query->by_count, why);
    if (verdict == GO_ON)
        verdict = leaderboard_choose(&options[SUMMARY_MEASURE], "share", &query->choice, &query->is_share, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[SUMMARY_TOP], 1, INT64_MAX, &query->top, why);
    for (; options[SUMMARY_BY].value == NULL && query->by_count < query->rollup->dim_count; query->by_count++)
        query->by[query->by_count] = column_of(query->rollup->dims[query->by_count]);
    query->is_side_by_side = options[SUMMARY_SIDE].value != NULL || options[SUMMARY_SPARKLINE].value != NULL;
    query->has_sparkline = options[SUMMARY_SPARKLINE].value != NULL || isatty(STDOUT_FILENO) == 1;
    query->is_whole = options[SUMMARY_BY].value == NULL && options[SUMMARY_MEASURE].value == NULL && query->top == 0 &&
                      !query->is_side_by_side;
    if (verdict == GO_ON && query->is_side_by_side && query->choice.kind != CHOICE_SUM)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0,
                             "--measure %s has no sum over windows: leave --side-by-side out", query->choice.name);
    if (query->has_sparkline && !pivot_text_is_utf8()) {
        query->has_sparkline = false;
        if (options[SUMMARY_SPARKLINE].value != NULL)
            fprintf(stderr, "summaries: no sparklines, the locale is not UTF-8\n");
    }
    return verdict;
}

static enum verdict read_options(struct summary_query *query, const struct config *config,
                                 const struct command_option options[], struct reason *why)
{
    bool is_retention =
        options[SUMMARY_ROLLUP].value != NULL && strcmp(options[SUMMARY_ROLLUP].value, ROLLUP_RETENTION) == 0;
    enum verdict verdict = GO_ON;
    if (is_retention && options[SUMMARY_BY].value != NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--by sums tokens: rollup retention has accounts only");
    if (is_retention)
        query->rollup = &retention;
    else
        verdict = option_rollup(&options[SUMMARY_ROLLUP], &config->rollups, &query->rollup, why);
    if (verdict == GO_ON)
        verdict = option_window(&options[SUMMARY_WINDOW], &query->window, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[SUMMARY_FROM], &query->from_ms, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[SUMMARY_TO], &query->to_ms, why);
    if (verdict == GO_ON)
        verdict =
            option_choice(&options[SUMMARY_FORMAT], leaderboard_formats, LEADERBOARD_FORMATS, &query->format, why);
    if (verdict == GO_ON)
        verdict = read_sums(query, options, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[SUMMARY_LIMIT], 1, INT64_MAX, &query->limit, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[SUMMARY_AS_OF], 0, INT64_MAX, &query->as_of, why);
    if (verdict == GO_ON && is_retention && query->as_of >= 0)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--as-of: rows of retention have revisions of their own");
    query->is_final = options[SUMMARY_FINAL].value != NULL;
    return verdict;
}

static enum verdict open_parts(struct summary_query *query, struct reason *why)
{
    query->read = calloc(1, sizeof(*query->read));
    query->text = malloc(SUMMARY_JSON_MAX + 1);
    if (query->read == NULL || query->text == NULL)
        return no_memory(why, "to read summaries");
    enum verdict verdict = latest_open(&query->latest, why);
    if (verdict == GO_ON)
        verdict = latest_open(&query->later, why);
    if (verdict == GO_ON)
        verdict = totals_open(&query->totals, why);
    return verdict;
}

enum verdict summary_query_open(struct summary_query *query, const struct config *config,
                                const struct command_option options[SUMMARY_OPTIONS], FILE *file, struct reason *why)
{
    *query =
        (struct summary_query){.from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = INT64_MAX, .as_of = -1, .file = file};
    enum verdict verdict = read_options(query, config, options, why);
    return verdict == GO_ON ? open_parts(query, why) : verdict;
}

enum verdict summary_query_print(struct summary_query *query, struct reason *why)
{
    latest_sort(query->latest);
    return query->is_whole ? print_rows(query, why) : print_sums(query, why);
}

void summary_query_close(struct summary_query *query)
{
    table_close(query->table);
    totals_close(query->totals);
    latest_close(query->latest);
    latest_close(query->later);
    told_last_close(query->told);
    free(query->read);
    free(query->text);
}
