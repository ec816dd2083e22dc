/*
 * Rows in three formats. JSON and CSV have the same fields: integers, times in ms (CSV: ISO 8601), shares as fractions.
 */
#include "leaderboard.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "gentally/base/csv_text.h"
#include "gentally/base/json.h"
#include "gentally/cli/options.h"
#include "gentally/cli/output.h"
#include "gentally/core/window.h"
#include "table.h"

const char *const leaderboard_formats[LEADERBOARD_FORMATS] = {"table", "json", "csv"};

enum verdict leaderboard_choose(const struct command_option *option, const char *more, struct choice *choice,
                                bool *is_more, struct reason *why)
{
    struct choice choices[CHOICE_COUNT];
    const char *names[CHOICE_COUNT + 1];
    uint32_t count = CHOICE_COUNT, index = CHOICE_COUNT + 1;

    for (uint32_t at = 0; at < CHOICE_COUNT; at++) {
        choices[at] = choice_at(at);
        names[at] = choices[at].name;
    }
    if (more != NULL)
        names[count++] = more;
    enum verdict verdict = option_choice(option, names, count, &index, why);
    if (verdict == GO_ON && index < CHOICE_COUNT)
        *choice = choices[index];
    if (more != NULL)
        *is_more = index == CHOICE_COUNT;
    return verdict;
}

void leaderboard_split(const struct leaderboard *leaderboard, struct span name, struct span fields[ROLLUP_DIMS_MAX])
{
    memset(fields, 0, ROLLUP_DIMS_MAX * sizeof(*fields));
    if (leaderboard->split != NULL)
        leaderboard->split(leaderboard->context, name, fields);
    else if (leaderboard->title_count > 0)
        fields[0] = name;
}

/* Whether the measure of choice has no column of its own yet. */
static bool is_extra(const struct leaderboard *leaderboard)
{
    const char *name = leaderboard->choice->name;

    return strcmp(name, "tokens") != 0 && strcmp(name, "requests") != 0 && strcmp(name, "cost") != 0 &&
           strcmp(name, "cost_nano_usd") != 0;
}

/* The share of a name in the window before, in hundredths of a per cent; -1 if it had no row. */
static int share_of_name(const struct totals *before, struct span name)
{
    if (totals_count(before) == 0)
        return -1;
    const struct totals_row *found = totals_find(before, totals_row(before, 0)->start_ms, name);
    return found == NULL ? -1 : found->share;
}

/* The share of a row in the window before. That of `(other)` is what the names with a row of their own now left. */
static int share_before(const struct leaderboard *leaderboard, const struct totals *now, const struct totals_row *row)
{
    int left = 10000;

    if (!span_equal(row->name, span_of(TOTALS_REST)))
        return share_of_name(leaderboard->before, row->name);
    if (totals_count(leaderboard->before) == 0)
        return -1;
    for (size_t index = 0; index < totals_count(now); index++) {
        const struct totals_row *other = totals_row(now, index);
        int share = other == row ? -1 : share_of_name(leaderboard->before, other->name);
        left -= share > 0 ? share : 0;
    }
    return left > 0 ? left : 0;
}

void leaderboard_start(const char *window, int64_t start_ms, char text[LEADERBOARD_START_SIZE])
{
    time_format(start_ms, text, LEADERBOARD_START_SIZE);
    if (strcmp(window, window_kind_name(WINDOW_HOUR)) != 0)
        text[strcspn(text, "T")] = '\0';
}

const char *leaderboard_window_title(const char *window)
{
    static const char *const titles[WINDOW_KINDS] = {[WINDOW_HOUR] = "hour (UTC)",
                                                     [WINDOW_DAY] = "day (UTC)",
                                                     [WINDOW_WEEK] = "week (UTC)",
                                                     [WINDOW_MONTH] = "month (UTC)"};
    enum window_kind kind;

    return window_kind_parse(span_of(window), &kind) ? titles[kind] : window;
}

static enum verdict open_table(const struct leaderboard *leaderboard, struct table **table, struct reason *why)
{
    struct table_column columns[1 + ROLLUP_DIMS_MAX + 6];
    uint32_t count = 0;

    if (leaderboard->window != NULL)
        columns[count++] = (struct table_column){leaderboard_window_title(leaderboard->window), false};
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        columns[count++] = (struct table_column){leaderboard->titles[index], false};
    columns[count++] = (struct table_column){"requests", true};
    columns[count++] = (struct table_column){"tokens", true};
    columns[count++] = (struct table_column){"cost USD", true};
    if (is_extra(leaderboard))
        columns[count++] = (struct table_column){leaderboard->choice->name, true};
    columns[count++] = (struct table_column){"share", true};
    if (leaderboard->before != NULL)
        columns[count++] = (struct table_column){"change", true};
    return table_open(table, columns, count, why);
}

/* In points: a window that is still open has smaller values, but shares like others. */
static void add_change(const struct leaderboard *leaderboard, const struct totals *now, struct table *table,
                       const struct totals_row *row)
{
    char text[32];
    int before = share_before(leaderboard, now, row);

    if (before < 0)
        snprintf(text, sizeof(text), "new");
    else
        snprintf(text, sizeof(text), "%+.2f", (row->share - before) / 100.0);
    table_text(table, span_of(text));
}

/* The choice of a row, in its unit. */
static void add_value(const struct leaderboard *leaderboard, const struct totals *now, struct table *table,
                      const struct totals_row *row)
{
    char text[48] = "-";
    double value = 0;

    if (!totals_value(now, row, &value)) {
        table_text(table, span_of(text));
        return;
    }
    switch (leaderboard->choice->unit) {
    case UNIT_NANO_USD:
        table_nano_usd(table, row->parts[0]);
        return;
    case UNIT_COUNT:
        table_integer(table, leaderboard->choice->kind == CHOICE_SUM ? row->parts[0] : (int64_t)value);
        return;
    case UNIT_SHARE:
        snprintf(text, sizeof(text), "%.2f %%", 100 * value);
        break;
    case UNIT_USD_PER_MTOK:
        snprintf(text, sizeof(text), "$%.3f", value);
        break;
    case UNIT_MEAN:
        snprintf(text, sizeof(text), "%.1f", value);
        break;
    }
    table_text(table, span_of(text));
}

/* The choice of a row as a decimal that reads back as the same number; nothing where there is none. */
static struct span value_text(const struct leaderboard *leaderboard, const struct totals *now,
                              const struct totals_row *row, char text[JSON_REAL_MAX])
{
    double value = 0;

    if (leaderboard->choice->kind == CHOICE_SUM)
        return (struct span){text, (size_t)(json_put_integer(text, row->parts[0]) - text)};
    if (!totals_value(now, row, &value))
        return (struct span){text, 0};
    return (struct span){text, (size_t)(json_put_real(text, value) - text)};
}

static void add_to_table(const struct leaderboard *leaderboard, const struct totals *now, struct table *table,
                         const struct totals_row *row)
{
    struct span fields[ROLLUP_DIMS_MAX];
    char start[LEADERBOARD_START_SIZE];

    leaderboard_split(leaderboard, row->name, fields);
    if (leaderboard->window != NULL) {
        leaderboard_start(leaderboard->window, row->start_ms, start);
        table_text(table, span_of(start));
    }
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        table_text(table, fields[index].size > 0 ? fields[index] : span_of("-"));
    table_integer(table, row->requests);
    table_integer(table, row->tokens);
    table_nano_usd(table, row->cost_nano_usd);
    if (is_extra(leaderboard))
        add_value(leaderboard, now, table, row);
    table_percent(table, row->share);
    if (leaderboard->before != NULL)
        add_change(leaderboard, now, table, row);
}

static void print_json(const struct leaderboard *leaderboard, const struct totals *now, const struct totals_row *row)
{
    struct span fields[ROLLUP_DIMS_MAX];
    char text[JSON_TEXT_MAX(ROLLUP_DIMS_MAX * EVENT_TEXT_MAX + 64)], number[JSON_REAL_MAX];
    FILE *file = leaderboard->file;

    leaderboard_split(leaderboard, row->name, fields);
    fputc('{', file);
    if (leaderboard->window != NULL)
        fprintf(file, "\"window\":\"%s\",\"window_start\":%" PRId64 ",", leaderboard->window, row->start_ms);
    for (uint32_t index = 0; index < leaderboard->title_count; index++) {
        if (fields[index].size == 0)
            continue;
        assert(JSON_TEXT_MAX(fields[index].size) <= sizeof(text));
        fprintf(file, "\"%s\":%.*s,", leaderboard->titles[index], (int)(json_put_text(text, fields[index]) - text),
                text);
    }
    fprintf(file, "\"requests\":%" PRId64 ",\"tokens\":%" PRId64 ",\"cost_nano_usd\":%" PRId64 ",", row->requests,
            row->tokens, row->cost_nano_usd);
    struct span value = value_text(leaderboard, now, row, number);
    if (is_extra(leaderboard) && value.size > 0)
        fprintf(file, "\"%s\":%.*s,", leaderboard->choice->name, (int)value.size, value.bytes);
    fprintf(file, "\"share\":%d.%04d", row->share / 10000, row->share % 10000);
    int before = leaderboard->before == NULL ? -1 : share_before(leaderboard, now, row);
    if (before >= 0)
        fprintf(file, ",\"share_before\":%d.%04d", before / 10000, before % 10000);
    fputc('}', file);
}

/* Always quoted: names are somebody else's. */
void leaderboard_quoted(FILE *file, struct span text)
{
    char cell[CSV_TEXT_MAX(ROLLUP_DIMS_MAX * EVENT_TEXT_MAX + 64)];

    assert(CSV_TEXT_MAX(text.size) <= sizeof(cell));
    fprintf(file, "%.*s,", (int)(csv_text(cell, text, true) - cell), cell);
}

static void print_csv(const struct leaderboard *leaderboard, const struct totals *now, const struct totals_row *row)
{
    struct span fields[ROLLUP_DIMS_MAX];
    char start[32], number[JSON_REAL_MAX];
    FILE *file = leaderboard->file;

    leaderboard_split(leaderboard, row->name, fields);
    time_format(row->start_ms, start, sizeof(start));
    if (leaderboard->window != NULL)
        fprintf(file, "%s,%s,", leaderboard->window, start);
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        leaderboard_quoted(file, fields[index]);
    fprintf(file, "%" PRId64 ",%" PRId64 ",%" PRId64 ",", row->requests, row->tokens, row->cost_nano_usd);
    struct span value = value_text(leaderboard, now, row, number);
    if (is_extra(leaderboard))
        fprintf(file, "%.*s,", (int)value.size, value.bytes);
    fprintf(file, "%d.%04d", row->share / 10000, row->share % 10000);
    int before = leaderboard->before == NULL ? -1 : share_before(leaderboard, now, row);
    if (before >= 0)
        fprintf(file, ",%d.%04d", before / 10000, before % 10000);
    else if (leaderboard->before != NULL)
        fputc(',', file);
    fputc('\n', file);
}

static void print_csv_header(const struct leaderboard *leaderboard)
{
    FILE *file = leaderboard->file;

    if (leaderboard->window != NULL)
        fputs("window,window_start,", file);
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        fprintf(file, "%s,", leaderboard->titles[index]);
    fprintf(file, "requests,tokens,cost_nano_usd,%s%sshare%s\n", is_extra(leaderboard) ? leaderboard->choice->name : "",
            is_extra(leaderboard) ? "," : "", leaderboard->before != NULL ? ",share_before" : "");
}

/* Objects of JSON stand on a line each, in an array or without. */
static void print_object(const struct leaderboard *leaderboard, const struct totals *now, const struct totals_row *row,
                         bool is_first)
{
    if (leaderboard->is_array && !is_first)
        fputs(",\n", leaderboard->file);
    print_json(leaderboard, now, row);
    if (!leaderboard->is_array)
        fputc('\n', leaderboard->file);
}

static enum verdict finish(const struct leaderboard *leaderboard, struct reason *why)
{
    if (leaderboard->file == stdout)
        return output_flush(why);
    return ferror(leaderboard->file) == 0 ? GO_ON : no_memory(why, "for an answer");
}

enum verdict leaderboard_print(const struct leaderboard *leaderboard, const struct totals *totals, struct reason *why)
{
    struct table *table = NULL;
    int64_t printed = 0, start_ms = INT64_MIN;
    enum verdict verdict = GO_ON;
    bool is_array = leaderboard->is_array && leaderboard->format == FORMAT_JSON;

    if (leaderboard->format == FORMAT_TABLE)
        verdict = open_table(leaderboard, &table, why);
    if (leaderboard->format == FORMAT_CSV)
        print_csv_header(leaderboard);
    if (is_array)
        fputc('[', leaderboard->file);
    for (size_t index = 0; index < totals_count(totals) && verdict == GO_ON; index++) {
        const struct totals_row *row = totals_row(totals, index);
        printed = row->start_ms == start_ms ? printed : 0;
        start_ms = row->start_ms;
        if (printed++ >= leaderboard->limit)
            continue;
        if (leaderboard->format == FORMAT_TABLE)
            add_to_table(leaderboard, totals, table, row);
        else if (leaderboard->format == FORMAT_JSON)
            print_object(leaderboard, totals, row, index == 0);
        else
            print_csv(leaderboard, totals, row);
    }
    if (is_array)
        fputs("]\n", leaderboard->file);
    if (verdict == GO_ON && table != NULL)
        verdict = table_print(table, leaderboard->file, why);
    table_close(table);
    return verdict == GO_ON ? finish(leaderboard, why) : verdict;
}
