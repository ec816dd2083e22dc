/* See leaderboard.h. JSON and CSV have the same fields: integers, times in ms (CSV: ISO 8601), the share as a fraction.
 */
#include "leaderboard.h"

#include "gentally/json.h"
#include "gentally/table.h"
#include "gentally/window.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *const leaderboard_formats[LEADERBOARD_FORMATS] = {"table", "json", "csv"};
const char *const leaderboard_orders[3] = {"tokens", "requests", "cost"};

static void split(const struct leaderboard *leaderboard, const struct breakdown_row *row, struct span fields[])
{
    memset(fields, 0, ROLLUP_DIMS_MAX * sizeof *fields);
    if (leaderboard->split != NULL)
        leaderboard->split(leaderboard->context, row->name, fields);
    else if (leaderboard->title_count > 0)
        fields[0] = row->name;
}

void leaderboard_start(const char *window, int64_t start_ms, char text[LEADERBOARD_START_SIZE])
{
    time_format(start_ms, text, LEADERBOARD_START_SIZE);
    if (strcmp(window, window_kind_name(WINDOW_HOUR)) != 0)
        text[strcspn(text, "T")] = '\0';
}

static enum verdict open_table(const struct leaderboard *leaderboard, struct table **table, struct reason *why)
{
    struct table_column columns[1 + ROLLUP_DIMS_MAX + 4];
    uint32_t count = 0;

    if (leaderboard->window != NULL)
        columns[count++] = (struct table_column){leaderboard->window, false};
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        columns[count++] = (struct table_column){leaderboard->titles[index], false};
    columns[count++] = (struct table_column){"requests", true};
    columns[count++] = (struct table_column){"tokens", true};
    columns[count++] = (struct table_column){"cost USD", true};
    columns[count++] = (struct table_column){"share", true};
    return table_open(table, columns, count, why);
}

static void add_to_table(const struct leaderboard *leaderboard, struct table *table, const struct breakdown_row *row)
{
    struct span fields[ROLLUP_DIMS_MAX];
    char start[LEADERBOARD_START_SIZE];

    split(leaderboard, row, fields);
    if (leaderboard->window != NULL) {
        leaderboard_start(leaderboard->window, row->start_ms, start);
        table_text(table, span_of(start));
    }
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        table_text(table, fields[index].size > 0 ? fields[index] : span_of("-"));
    table_integer(table, row->requests);
    table_integer(table, row->tokens);
    table_nano_usd(table, row->cost_nano_usd);
    table_percent(table, row->share);
}

static void print_json(const struct leaderboard *leaderboard, const struct breakdown_row *row)
{
    struct span fields[ROLLUP_DIMS_MAX];
    char text[JSON_TEXT_MAX(ROLLUP_DIMS_MAX * EVENT_TEXT_MAX + 64)];

    split(leaderboard, row, fields);
    fputc('{', stdout);
    if (leaderboard->window != NULL)
        printf("\"window\":\"%s\",\"window_start\":%" PRId64 ",", leaderboard->window, row->start_ms);
    for (uint32_t index = 0; index < leaderboard->title_count; index++) {
        if (fields[index].size == 0)
            continue;
        assert(JSON_TEXT_MAX(fields[index].size) <= sizeof text);
        printf("\"%s\":%.*s,", leaderboard->titles[index], (int)(json_text(text, fields[index]) - text), text);
    }
    printf("\"requests\":%" PRId64 ",\"tokens\":%" PRId64 ",\"cost_nano_usd\":%" PRId64 ",\"share\":%d.%04d}\n",
           row->requests, row->tokens, row->cost_nano_usd, row->share / 10000, row->share % 10000);
}

/* Always quoted: names are somebody else's. */
static void print_quoted(struct span text)
{
    fputc('"', stdout);
    for (size_t index = 0; index < text.size; index++) {
        if (text.bytes[index] == '"')
            fputc('"', stdout);
        fputc(text.bytes[index], stdout);
    }
    fputs("\",", stdout);
}

static void print_csv(const struct leaderboard *leaderboard, const struct breakdown_row *row)
{
    struct span fields[ROLLUP_DIMS_MAX];
    char start[32];

    split(leaderboard, row, fields);
    time_format(row->start_ms, start, sizeof start);
    if (leaderboard->window != NULL)
        printf("%s,%s,", leaderboard->window, start);
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        print_quoted(fields[index]);
    printf("%" PRId64 ",%" PRId64 ",%" PRId64 ",%d.%04d\n", row->requests, row->tokens, row->cost_nano_usd,
           row->share / 10000, row->share % 10000);
}

static void print_csv_header(const struct leaderboard *leaderboard)
{
    if (leaderboard->window != NULL)
        fputs("window,window_start,", stdout);
    for (uint32_t index = 0; index < leaderboard->title_count; index++)
        printf("%s,", leaderboard->titles[index]);
    puts("requests,tokens,cost_nano_usd,share");
}

enum verdict leaderboard_print(const struct leaderboard *leaderboard, const struct breakdown *breakdown,
                               struct reason *why)
{
    struct table *table = NULL;
    int64_t printed = 0, start_ms = INT64_MIN;
    enum verdict verdict = GO_ON;

    if (leaderboard->format == FORMAT_TABLE)
        verdict = open_table(leaderboard, &table, why);
    if (leaderboard->format == FORMAT_CSV)
        print_csv_header(leaderboard);
    for (size_t index = 0; index < breakdown_count(breakdown) && verdict == GO_ON; index++) {
        const struct breakdown_row *row = breakdown_row(breakdown, index);
        printed = row->start_ms == start_ms ? printed : 0;
        start_ms = row->start_ms;
        if (printed++ >= leaderboard->limit)
            continue;
        if (leaderboard->format == FORMAT_TABLE)
            add_to_table(leaderboard, table, row);
        else if (leaderboard->format == FORMAT_JSON)
            print_json(leaderboard, row);
        else
            print_csv(leaderboard, row);
    }
    if (verdict == GO_ON && table != NULL)
        verdict = table_print(table, stdout, why);
    table_close(table);
    if (verdict == GO_ON && fflush(stdout) != 0)
        return reason_set(why, HALT, "OUTPUT-FAILED", errno, "standard output: %s", strerror(errno));
    return verdict;
}
