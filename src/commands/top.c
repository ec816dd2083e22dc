/* `gentally top`: what the counters in Redis say right now, largest first, once or again and again. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/cli/output.h"
#include "gentally/commands/commands.h"
#include "gentally/core/summary.h"
#include "leaderboard.h"
#include "live_counters.h"
#include "row_filter.h"

enum option { ROLLUP, WINDOW, AT, WHERE, BY = WHERE + ROW_FILTER_TERMS, LIMIT, TOP, FORMAT, FOLLOW, EVERY };

#define EVERY_SECONDS 2

static const struct command_option option_table[] = {
    [ROLLUP] = {"rollup", "R", "which rollup: total, model, provider, ... (required)", NULL},
    [WINDOW] = {"window", "W", "which kind of window: hour, day, week or month (required)", NULL},
    [AT] = {"at", "TIME", "the window that holds this time (default: the newest)", NULL},
    ROW_FILTER_OPTION(WHERE),
    [BY] = {"by", "MEASURE", "count tokens (default), requests, cost, usd_per_mtok, latency_ms_p50, ...", NULL},
    [LIMIT] = {"limit", "N", "how many rows (default 20)", NULL},
    [TOP] = {"top", "N", "the N largest, and all others summed", NULL},
    [FORMAT] = {"format", "F", "table, json or csv (default table)", NULL},
    [FOLLOW] = {"follow", NULL, "again and again, until Ctrl-C; a terminal is drawn anew", NULL},
    [EVERY] = {"every", "SECONDS", "how often with --follow, 1 to 3600 (default 2)", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_top = {
    .name = "top",
    .purpose = "show the live counters, straight from Redis",
    .arguments = "--rollup R --window W [options]",
    .summary = "prints the largest rows of a window as they are counted, live from Redis",
    .text =
        "Reads the newest window of the kind (or the one that holds --at) from all partitions and prints its\n"
        "largest rows. The numbers are of this moment: the window may still be open, and events since the\n"
        "last flush (about a second) are not in them. Shares are of the window; `change` is that against the\n"
        "window before, in points, if that is still kept. For what was emitted, see `gentally summaries`, which knows\n"
        "more columns, and has the same measures. --where takes the rollup's own.\n"
        "\n"
        "--follow goes on over a Redis that is away: it says so, and tries again.\n"
        "\n"
        "Examples:\n"
        "  gentally top --rollup model --window hour --top 10 --by cost\n"
        "  gentally top --rollup provider --window hour --where provider=azure --by latency_ms_p99 --follow",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .run = run,
};

struct request {
    const struct rollup *rollup;
    const struct rollups *rollups;
    enum window_kind window;
    int64_t at_ms, limit, top;
    int64_t every_s;
    bool is_followed;
    uint32_t format;
    struct choice choice;
    struct row_filter filter;
    char text[ROW_KEY_MAX]; /* the fields of the row at hand */
};

/* The columns that a row has in Redis: its dimensions. What the tables know of them is joined when it is told. */
static uint32_t columns_of(const struct rollup *rollup)
{
    uint32_t columns = 0;

    for (uint32_t index = 0; index < rollup->dim_count; index++)
        columns |= 1u << column_of(rollup->dims[index]);
    return columns;
}

static enum verdict read_options(struct request *request, const struct config *config,
                                 const struct command_option options[], struct reason *why)
{
    enum verdict verdict = option_rollup(&options[ROLLUP], &config->rollups, &request->rollup, why);

    request->rollups = &config->rollups;
    request->choice = choice_at(0);
    if (verdict == GO_ON)
        verdict = option_window(&options[WINDOW], &request->window, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[AT], &request->at_ms, why);
    if (verdict == GO_ON)
        verdict = leaderboard_choose(&options[BY], NULL, &request->choice, NULL, why);
    if (verdict == GO_ON)
        verdict =
            row_filter_read(&request->filter, &options[WHERE], columns_of(request->rollup), request->rollup->name, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[EVERY], 1, 3600, &request->every_s, why);
    if (verdict == GO_ON && options[EVERY].value != NULL && options[FOLLOW].value == NULL)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--every says how often --follow looks, which is not given");
    request->is_followed = options[FOLLOW].value != NULL;
    if (verdict == GO_ON)
        verdict = option_integer(&options[LIMIT], 1, INT64_MAX, &request->limit, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[TOP], 1, INT64_MAX - 1, &request->top, why);
    if (request->top > 0)
        request->limit = request->top + 1;
    if (verdict == GO_ON)
        verdict = option_choice(&options[FORMAT], leaderboard_formats, LEADERBOARD_FORMATS, &request->format, why);
    if (verdict == GO_ON && !config->windows[request->window])
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--window %s is not among the configured windows (%s)",
                             window_kind_name(request->window), config->windows_text);
    return verdict;
}

static void split(void *context, struct span name, struct span fields[])
{
    struct request *request = context;
    const struct rollup *rollup;

    if (!row_key_read(name, request->rollups, &rollup, fields, request->text))
        fields[0] = name; /* of another configuration: better shown raw than not at all */
}

static bool takes(void *context, struct span key)
{
    struct request *request = context;
    struct span fields[ROLLUP_DIMS_MAX], columns[COLUMN_COUNT] = {{NULL, 0}};
    const struct rollup *rollup;

    if (!row_key_read(key, request->rollups, &rollup, fields, request->text))
        return request->filter.count == 0;
    for (uint32_t index = 0; index < rollup->dim_count; index++)
        columns[column_of(rollup->dims[index])] = fields[index];
    return row_filter_takes(&request->filter, columns);
}

static enum verdict count_window(struct request *request, struct live_counters *counters, struct window window,
                                 struct totals *totals, struct reason *why)
{
    totals_choose(totals, &request->choice);
    return live_counters_add(counters, window, request->rollup, totals, why);
}

static enum verdict print_window(struct request *request, struct live_counters *counters, struct totals *totals,
                                 struct totals *before, struct reason *why)
{
    const struct stored_window *stored = live_counters_window(counters, request->window, request->at_ms), *last;
    struct leaderboard leaderboard = {
        .window = window_kind_name(request->window),
        .title_count = request->rollup->dim_count,
        .choice = &request->choice,
        .format = request->format,
        .file = stdout,
        .limit = request->limit,
        .split = split,
        .context = request,
    };

    if (stored == NULL) {
        fprintf(stderr, "top: no %s with records%s\n", window_kind_name(request->window),
                request->at_ms == INT64_MIN ? " yet" : " at that time, or it is collected already");
        return GO_ON;
    }
    for (uint32_t index = 0; index < request->rollup->dim_count; index++)
        leaderboard.titles[index] = column_name(column_of(request->rollup->dims[index]));
    enum verdict verdict = count_window(request, counters, stored->window, totals, why);
    last = live_counters_window(counters, request->window, stored->window.start_ms - 1);
    if (verdict == GO_ON && last != NULL) {
        verdict = count_window(request, counters, last->window, before, why);
        if (verdict == GO_ON)
            verdict = totals_sort(before, BY_MEASURE, why);
        leaderboard.before = before;
    }
    if (verdict == GO_ON && request->top > 0)
        verdict = totals_fold(totals, (size_t)request->top, BY_MEASURE, why);
    if (verdict == GO_ON)
        verdict = totals_sort(totals, BY_MEASURE, why);
    return verdict == GO_ON ? leaderboard_print(&leaderboard, totals, why) : verdict;
}

static enum verdict show(struct request *request, const struct config *config, struct reason *why)
{
    struct live_counters counters = {0};
    struct totals *totals = NULL, *before = NULL;
    enum verdict verdict = totals_open(&totals, why);

    if (verdict == GO_ON)
        verdict = totals_open(&before, why);
    if (verdict == GO_ON)
        verdict = live_counters_open(&counters, config, command_top.name, why);
    counters.takes = takes;
    counters.context = request;
    if (verdict == GO_ON)
        verdict = print_window(request, &counters, totals, before, why);
    live_counters_close(&counters);
    totals_close(before);
    totals_close(totals);
    return verdict;
}

/* A terminal is cleared and drawn from its upper left corner; anything else gets the tables one behind the other, with
 * their times. */
static void begin_drawing(const struct request *request)
{
    char now[32];

    if (request->format != FORMAT_TABLE)
        return;
    if (isatty(STDOUT_FILENO) == 1)
        fputs("\033[H\033[2J", stdout);
    time_format(clock_ms(CLOCK_REALTIME), now, sizeof(now));
    printf("%s, every %" PRId64 " s\n\n", now, request->every_s);
}

/* What may be over in a moment: a server that does not answer. */
static bool may_pass(enum verdict verdict, const struct reason *why)
{
    return verdict == TRY_LATER || (verdict != GO_ON && (reason_exit_status(why->id) == EX_UNAVAILABLE ||
                                                         reason_exit_status(why->id) == EX_TEMPFAIL));
}

static enum verdict follow(struct request *request, const struct config *config, struct reason *why)
{
    for (;;) {
        begin_drawing(request);
        enum verdict verdict = show(request, config, why);
        if (may_pass(verdict, why))
            fprintf(stderr, "top: %s: %s; trying again in %" PRId64 " s\n", reason_name(why->id), why->text,
                    request->every_s);
        else if (verdict != GO_ON)
            return verdict;
        if (request->format == FORMAT_TABLE)
            putchar('\n');
        verdict = output_flush(why);
        if (verdict != GO_ON)
            return verdict;
        sleep((unsigned)request->every_s);
    }
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct request request = {.at_ms = INT64_MIN, .limit = 20, .every_s = EVERY_SECONDS};
    enum verdict verdict = read_options(&request, call->config, call->options, why);

    if (verdict != GO_ON)
        return verdict;
    return request.is_followed ? follow(&request, call->config, why) : show(&request, call->config, why);
}
