/* `gentally top`: what the counters in Redis say right now, largest first. */
#include <stdio.h>

#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/commands/commands.h"
#include "gentally/core/summary.h"
#include "leaderboard.h"
#include "live_counters.h"

enum option { ROLLUP, WINDOW, AT, BY, LIMIT, TOP, FORMAT };

static const struct command_option option_table[] = {
    [ROLLUP] = {"rollup", "R", "which rollup: total, model, provider, ... (required)", NULL},
    [WINDOW] = {"window", "W", "which kind of window: hour, day, week or month (required)", NULL},
    [AT] = {"at", "TIME", "the window that holds this time (default: the newest)", NULL},
    [BY] = {"by", "MEASURE", "count tokens (default), requests, cost, or any measure by name", NULL},
    [LIMIT] = {"limit", "N", "how many rows (default 20)", NULL},
    [TOP] = {"top", "N", "the N largest, and all others summed", NULL},
    [FORMAT] = {"format", "F", "table, json or csv (default table)", NULL},
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
        "window before, in points, if that is still kept. For what was emitted, see `gentally summaries`.\n"
        "\n"
        "Example:\n"
        "  gentally top --rollup model --window hour --top 10 --by cost",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .run = run,
};

struct request {
    const struct rollup *rollup;
    const struct rollups *rollups;
    enum window_kind window;
    int64_t at_ms, limit, top;
    uint32_t by, format;
    const char *measures[LEADERBOARD_MEASURES];
    char text[ROW_KEY_MAX]; /* the fields of the row at hand */
};

static enum verdict read_options(struct request *request, const struct config *config,
                                 const struct command_option options[], struct reason *why)
{
    enum verdict verdict = option_rollup(&options[ROLLUP], &config->rollups, &request->rollup, why);

    request->rollups = &config->rollups;
    leaderboard_measures(request->measures);
    if (verdict == GO_ON)
        verdict = option_window(&options[WINDOW], &request->window, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[AT], &request->at_ms, why);
    if (verdict == GO_ON)
        verdict = option_choice(&options[BY], request->measures, LEADERBOARD_MEASURES, &request->by, why);
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

static enum verdict count_window(struct request *request, struct live_counters *counters, struct window window,
                                 struct totals *totals, struct reason *why)
{
    totals_measure(totals, leaderboard_measure(request->by));
    return live_counters_add(counters, window, request->rollup, totals, why);
}

static enum verdict print_window(struct request *request, struct live_counters *counters, struct totals *totals,
                                 struct totals *before, struct reason *why)
{
    const struct stored_window *stored = live_counters_window(counters, request->window, request->at_ms), *last;
    struct leaderboard leaderboard = {
        .window = window_kind_name(request->window),
        .title_count = request->rollup->dim_count,
        .measure = request->measures[request->by],
        .is_money = strstr(request->measures[request->by], "cost") != NULL,
        .format = request->format,
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
            totals_sort(before, BY_MEASURE);
        leaderboard.before = before;
    }
    if (verdict == GO_ON && request->top > 0)
        verdict = totals_fold(totals, (size_t)request->top, BY_MEASURE, why);
    if (verdict != GO_ON)
        return verdict;
    totals_sort(totals, BY_MEASURE);
    return leaderboard_print(&leaderboard, totals, why);
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct request request = {.at_ms = INT64_MIN, .limit = 20};
    struct live_counters counters = {0};
    struct totals *totals = NULL, *before = NULL;
    enum verdict verdict = read_options(&request, call->config, call->options, why);

    if (verdict == GO_ON)
        verdict = totals_open(&totals, why);
    if (verdict == GO_ON)
        verdict = totals_open(&before, why);
    if (verdict == GO_ON)
        verdict = live_counters_open(&counters, call->config, why);
    if (verdict == GO_ON)
        verdict = print_window(&request, &counters, totals, before, why);
    live_counters_close(&counters);
    totals_close(before);
    totals_close(totals);
    return verdict;
}
