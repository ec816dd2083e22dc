/*
 * A pivot as table, JSON or CSV. A table has room for so many windows; older ones are added up in a column of their
 * own, so that nothing is silently left out. JSON and CSV always have all windows.
 */
#include "pivot_text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gentally/base/json.h"
#include "gentally/cli/output.h"
#include "gentally/core/window.h"
#include "gentally/inspect/pivot.h"
#include "table.h"

#define WIDTH_DEFAULT 100
#define NAME_WIDTH_MAX 40 /* characters of a name, longer ones are cut */
#define SPARKLINE_WIDTH 24
#define SIZE_MAX_OF_VALUE 24
#define GAP 2

uint32_t pivot_text_width(void)
{
    struct winsize size = {0};

    if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col < 40 ? 40 : size.ws_col;
}

bool pivot_text_is_utf8(void)
{
    return setlocale(LC_CTYPE, "") != NULL && strcasecmp(nl_langinfo(CODESET), "utf-8") == 0;
}

/* What is printed, and of what. */
struct grid {
    const struct pivot_text *print;
    const struct leaderboard *leaderboard;
    struct pivot *pivot;
    size_t count, windows;
    size_t first; /* of the windows that have a column */
};

static double share_of(const struct grid *grid, size_t name, size_t begin, size_t end)
{
    double whole = (double)pivot_total(grid->pivot, begin, end);

    return whole > 0 ? (double)pivot_sum(grid->pivot, name, begin, end) / whole : 0;
}

static void split(const struct grid *grid, size_t name, struct span fields[ROLLUP_DIMS_MAX])
{
    leaderboard_split(grid->leaderboard, pivot_name(grid->pivot, name), fields);
}

/* ---- a table ---- */

/* Three digits and a letter: 999, 1.23k, 45.6M. */
static void write_compact(double value, char text[SIZE_MAX_OF_VALUE])
{
    static const char letters[] = {'k', 'M', 'B', 'T', 'P', 'E'};
    int letter = -1;

    while (value >= 999.5 && letter + 1 < (int)LENGTH_OF(letters)) {
        value /= 1000;
        letter++;
    }
    int decimals = letter < 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    if (letter < 0)
        snprintf(text, SIZE_MAX_OF_VALUE, "%.0f", value);
    else
        snprintf(text, SIZE_MAX_OF_VALUE, "%.*f%c", decimals, value, letters[letter]);
}

static void write_money(double usd, char text[SIZE_MAX_OF_VALUE])
{
    char number[SIZE_MAX_OF_VALUE];

    if (usd < 999.5) {
        snprintf(text, SIZE_MAX_OF_VALUE, usd == 0 ? "$%.0f" : usd < 0.01 ? "$%.5f" : "$%.2f", usd);
        return;
    }
    write_compact(usd, number);
    snprintf(text, SIZE_MAX_OF_VALUE, "$%.20s", number);
}

static void write_value(const struct grid *grid, size_t name, size_t begin, size_t end, char text[SIZE_MAX_OF_VALUE])
{
    double value = (double)pivot_sum(grid->pivot, name, begin, end);

    if (grid->print->is_share)
        snprintf(text, SIZE_MAX_OF_VALUE, "%.1f%%", 100 * share_of(grid, name, begin, end));
    else if (grid->leaderboard->choice->unit == UNIT_NANO_USD)
        write_money(value / 1e9, text);
    else
        write_compact(value, text);
}

static void write_start(const struct grid *grid, size_t window, char text[LEADERBOARD_START_SIZE])
{
    char start[LEADERBOARD_START_SIZE];
    const char *kind = grid->leaderboard->window;

    leaderboard_start(kind, pivot_start(grid->pivot, window), start);
    if (strcmp(kind, window_kind_name(WINDOW_MONTH)) == 0)
        snprintf(text, LEADERBOARD_START_SIZE, "%.7s", start);
    else
        snprintf(text, LEADERBOARD_START_SIZE, "%.8s", start + 5); /* without the year: 11-17, 11-17T05 */
}

static uint32_t name_widths(const struct grid *grid)
{
    uint32_t widths[ROLLUP_DIMS_MAX] = {0}, sum = 0;

    for (size_t name = 0; name < grid->count; name++) {
        struct span fields[ROLLUP_DIMS_MAX];
        split(grid, name, fields);
        for (uint32_t index = 0; index < grid->leaderboard->title_count; index++)
            if (table_width(fields[index]) > widths[index])
                widths[index] = table_width(fields[index]);
    }
    for (uint32_t index = 0; index < grid->leaderboard->title_count; index++) {
        uint32_t title = (uint32_t)strlen(grid->leaderboard->titles[index]);
        uint32_t width = widths[index] < NAME_WIDTH_MAX ? widths[index] : NAME_WIDTH_MAX;
        sum += GAP + (width > title ? width : title);
    }
    return sum;
}

/* How many of the latest windows have room beside the names, `earlier`, the total and the sparkline. */
static size_t choose_first(const struct grid *grid)
{
    char start[LEADERBOARD_START_SIZE] = "", text[SIZE_MAX_OF_VALUE];
    uint32_t column = 6, used = name_widths(grid), width = grid->print->width;

    if (grid->windows == 0)
        return 0;
    write_start(grid, 0, start);
    column = strlen(start) > column ? (uint32_t)strlen(start) : column;
    for (size_t name = 0; name < grid->count; name++) {
        write_value(grid, name, 0, grid->windows, text);
        column = strlen(text) > column ? (uint32_t)strlen(text) : column;
    }
    used += GAP + column;
    if (grid->print->has_sparkline)
        used += GAP + SPARKLINE_WIDTH;
    size_t room = width > used ? (width - used) / (GAP + column) : 1;
    size_t most = TABLE_COLUMNS_MAX - ROLLUP_DIMS_MAX - 3;
    room = room > most ? most : room;
    if (room >= grid->windows)
        return 0;
    return grid->windows - (room > 1 ? room - 1 : 1); /* one of them is `earlier` */
}

static void add_name(const struct grid *grid, struct table *table, size_t name)
{
    struct span fields[ROLLUP_DIMS_MAX];

    split(grid, name, fields);
    for (uint32_t index = 0; index < grid->leaderboard->title_count; index++) {
        char text[4 * NAME_WIDTH_MAX + 3];
        struct span field = fields[index].size > 0 ? fields[index] : span_of("-");
        size_t end = 0;
        uint32_t width = table_width(field);
        for (uint32_t left = NAME_WIDTH_MAX - 2; width > NAME_WIDTH_MAX && end < field.size; end++) {
            bool begins = ((unsigned char)field.bytes[end] & 0xc0) != 0x80;
            if (begins && left-- == 0)
                break;
        }
        if (width > NAME_WIDTH_MAX && end + 3 <= sizeof(text)) {
            memcpy(text, field.bytes, end);
            memcpy(text + end, "..", 3);
            field = (struct span){text, end + 2};
        }
        table_text(table, field);
    }
}

static void add_line(const struct grid *grid, struct table *table, size_t name)
{
    char text[SIZE_MAX_OF_VALUE], line[3 * SPARKLINE_MAX + 1];

    add_name(grid, table, name);
    if (grid->first > 0) {
        write_value(grid, name, 0, grid->first, text);
        table_text(table, span_of(text));
    }
    for (size_t window = grid->first; window < grid->windows; window++) {
        write_value(grid, name, window, window + 1, text);
        table_text(table, span_of(text));
    }
    write_value(grid, name, 0, grid->windows, text);
    table_text(table, span_of(text));
    if (!grid->print->has_sparkline)
        return;
    size_t size = pivot_sparkline(grid->pivot, name, SPARKLINE_WIDTH, grid->print->is_share, line);
    table_text(table, (struct span){line, size});
}

static enum verdict print_table(struct grid *grid, struct reason *why)
{
    struct table_column columns[TABLE_COLUMNS_MAX];
    char starts[TABLE_COLUMNS_MAX][LEADERBOARD_START_SIZE];
    struct table *table = NULL;
    uint32_t count = 0;

    grid->first = choose_first(grid);
    for (uint32_t index = 0; index < grid->leaderboard->title_count; index++)
        columns[count++] = (struct table_column){grid->leaderboard->titles[index], false};
    if (grid->first > 0)
        columns[count++] = (struct table_column){"earlier", true};
    for (size_t window = grid->first; window < grid->windows; window++) {
        write_start(grid, window, starts[count]);
        columns[count] = (struct table_column){starts[count], true};
        count++;
    }
    columns[count++] = (struct table_column){grid->print->is_share ? "all" : "total", true};
    if (grid->print->has_sparkline)
        columns[count++] = (struct table_column){"trend", false};
    enum verdict verdict = table_open(&table, columns, count, why);
    for (size_t name = 0; verdict == GO_ON && name < grid->count; name++)
        add_line(grid, table, name);
    if (verdict == GO_ON)
        verdict = table_print(table, stdout, why);
    table_close(table);
    return verdict;
}

/* ---- JSON and CSV ---- */

static void print_json(const struct grid *grid, size_t name)
{
    const struct leaderboard *leaderboard = grid->leaderboard;
    struct span fields[ROLLUP_DIMS_MAX];
    char text[JSON_TEXT_MAX(ROLLUP_DIMS_MAX * EVENT_TEXT_MAX + 64)];

    split(grid, name, fields);
    fputc('{', stdout);
    for (uint32_t index = 0; index < leaderboard->title_count; index++) {
        if (fields[index].size == 0 || JSON_TEXT_MAX(fields[index].size) > sizeof(text))
            continue;
        printf("\"%s\":%.*s,", leaderboard->titles[index], (int)(json_put_text(text, fields[index]) - text), text);
    }
    printf("\"window\":\"%s\",\"measure\":\"%s\",\"total\":%" PRId64 ",\"share\":%.10g,\"values\":[",
           leaderboard->window, leaderboard->choice->name, pivot_sum(grid->pivot, name, 0, grid->windows),
           share_of(grid, name, 0, grid->windows));
    for (size_t window = 0; window < grid->windows; window++)
        printf("%s{\"window_start\":%" PRId64 ",\"value\":%" PRId64 ",\"share\":%.10g}", window == 0 ? "" : ",",
               pivot_start(grid->pivot, window), pivot_value(grid->pivot, name, window),
               share_of(grid, name, window, window + 1));
    puts("]}");
}

static void print_csv_value(const struct grid *grid, size_t name, size_t begin, size_t end, char after)
{
    if (grid->print->is_share)
        printf("%.10g%c", share_of(grid, name, begin, end), after);
    else
        printf("%" PRId64 "%c", pivot_sum(grid->pivot, name, begin, end), after);
}

static void print_csv(const struct grid *grid, size_t name)
{
    struct span fields[ROLLUP_DIMS_MAX];

    split(grid, name, fields);
    for (uint32_t index = 0; index < grid->leaderboard->title_count; index++)
        leaderboard_quoted(stdout, fields[index]);
    for (size_t window = 0; window < grid->windows; window++)
        print_csv_value(grid, name, window, window + 1, ',');
    print_csv_value(grid, name, 0, grid->windows, '\n');
}

static void print_csv_header(const struct grid *grid)
{
    char start[32];

    for (uint32_t index = 0; index < grid->leaderboard->title_count; index++)
        printf("%s,", grid->leaderboard->titles[index]);
    for (size_t window = 0; window < grid->windows; window++) {
        time_format(pivot_start(grid->pivot, window), start, sizeof(start));
        printf("%s,", start);
    }
    puts(grid->print->is_share ? "all" : "total");
}

enum verdict pivot_text_print(const struct pivot_text *print, const struct totals *totals, struct reason *why)
{
    struct grid grid = {.print = print, .leaderboard = print->leaderboard};
    enum window_kind kind = WINDOW_KINDS;

    (void)window_kind_parse(span_of(print->leaderboard->window), &kind);
    enum verdict verdict = pivot_open(&grid.pivot, totals, kind, why);

    if (verdict != GO_ON)
        return verdict;
    grid.count = pivot_count(grid.pivot);
    grid.windows = pivot_windows(grid.pivot);
    if ((uint64_t)print->leaderboard->limit < grid.count)
        grid.count = (size_t)print->leaderboard->limit;
    if (print->leaderboard->format == FORMAT_TABLE)
        verdict = print_table(&grid, why);
    if (print->leaderboard->format == FORMAT_CSV)
        print_csv_header(&grid);
    for (size_t name = 0; name < grid.count && print->leaderboard->format != FORMAT_TABLE; name++) {
        if (print->leaderboard->format == FORMAT_JSON)
            print_json(&grid, name);
        else
            print_csv(&grid, name);
    }
    pivot_close(grid.pivot);
    return verdict == GO_ON ? output_flush(why) : verdict;
}
