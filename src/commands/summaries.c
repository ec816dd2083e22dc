/*
 * `gentally summaries`: reads a rollup's topic to its end, keeps the latest version of each key, and prints it as JSON,
 * CSV or a table: whole rows, sums by window and name, or windows side by side.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/cli/options.h"
#include "gentally/cli/output.h"
#include "gentally/codec/record_read.h"
#include "gentally/codec/summary_json.h"
#include "gentally/commands/commands.h"
#include "gentally/core/event.h"
#include "gentally/inspect/latest.h"
#include "gentally/inspect/summary_text.h"
#include "gentally/inspect/totals.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "leaderboard.h"
#include "pivot_text.h"
#include "row_filter.h"
#include "table.h"
#include "told_last.h"
#include "told_range.h"

enum option {
    ROLLUP,
    WINDOW,
    FROM,
    TO,
    FORMAT,
    WHERE,
    BY = WHERE + ROW_FILTER_TERMS,
    MEASURE,
    TOP,
    SIDE,
    SPARKLINE,
    LIMIT,
    FINAL,
    AS_OF
};

#define COLUMNS_BY_MAX 2

static const struct command_option option_table[] = {
    [ROLLUP] = {"rollup", "R", "which rollup: total, model, provider, ..., retention (required)", NULL},
    [WINDOW] = {"window", "W", "which windows: hour, day, week or month (required)", NULL},
    [FROM] = {"from", "TIME", "only windows that start then or later", NULL},
    [TO] = {"to", "TIME", "only windows that start before", NULL},
    [FORMAT] = {"format", "F", "table, json or csv (default table)", NULL},
    ROW_FILTER_OPTION(WHERE),
    [BY] = {"by", "COLUMN[,COLUMN]", "sum over one or two columns: source, author, category, continent, ...", NULL},
    [MEASURE] = {"measure", "M", "count tokens (default), requests, cost, share, usd_per_mtok, latency_ms_p50, ...",
                 NULL},
    [TOP] = {"top", "N", "the N largest over the whole range; all others summed", NULL},
    [SIDE] = {"side-by-side", NULL, "windows as columns, the newest to the right", NULL},
    [SPARKLINE] = {"sparkline", NULL, "side by side, with the trend also where output is no terminal", NULL},
    [LIMIT] = {"limit", "N", "only the first N of each window", NULL},
    [AS_OF] = {"as-of", "REVISION", "one window as it was at that revision of its ledger record", NULL},
    [FINAL] = {"final", NULL, "leave out early panes: only what was emitted after its window closed", NULL},
};

static enum verdict run(struct command_call *call, struct reason *why);

const struct command command_summaries = {
    .name = "summaries",
    .purpose = "show the summaries of a rollup, as a table, CSV or JSON",
    .arguments = "--rollup R --window W [options]",
    .summary = "prints the summaries of a rollup, newest version of each row",
    .text =
        "Reads the topic <namespace>.summaries.<rollup> from its beginning to its end and prints the rows of\n"
        "the windows asked for, ordered by window, then largest tokens first. Nothing is changed.\n"
        "\n"
        "--where keeps rows by their columns: two values of one column are either, two columns are both; an empty\n"
        "value is that of rows without one. Shares are then of the rows that are kept.\n"
        "\n"
        "--by sums the rows over columns and adds each one's share of the window's tokens, or of another\n"
        "--measure. Mind that one event counts in each of its categories and tags. --top N keeps the N largest\n"
        "over the whole range asked for; all others are summed as `(other)`.\n"
        "\n"
        "--measure: a sum by its name in the schema; or, made of sums and never of each other, usd_per_mtok (dollars\n"
        "for a million tokens, without bring-your-own-key), mean_prompt, mean_completion, mean_tokens,\n"
        "cache_hit_share (of the prompts), tool_share and failed_share (of the requests), and latency_ms_p50, _p90,\n"
        "_p99, as well as of first_token_ms, tokens_per_second, tokens_prompt and tokens_total. With these, order and\n"
        "shares are those of tokens.\n"
        "\n"
        "--side-by-side: a line for each name, a column for each window, the newest to the right; a table cuts\n"
        "numbers to three digits and sums what has no room as `earlier`. `--measure share` shows shares of\n"
        "tokens. A terminal that speaks UTF-8 gets the trend too; each line has its own scale.\n"
        "\n"
        "--as-of: the rows that a window had when it was told at that revision, as long as ledger and topic have\n"
        "not been compacted since; it says of how many rows there is nothing left but what came later.\n"
        "\n"
        "json: one object a line, with the fields of schemas/summary.avsc, times in milliseconds.\n"
        "csv: a header, then all fields but the histograms, times as ISO 8601; texts so that no spreadsheet\n"
        "runs them (= becomes '=, control characters %XX: schemas/README.md).\n"
        "table: what a person wants to see. `early` in it marks a window that was still open.\n"
        "Standard error tells of which moment the rows are: event time, offsets, and how far behind the log's end\n"
        "that was when they were told.\n"
        "\n"
        "Example: tokens by source and week; the top models of a week; how the five largest authors fared; what\n"
        "Anthropic's models are used for; what a million tokens cost:\n"
        "  gentally summaries --rollup model --window week --by source\n"
        "  gentally summaries --rollup model --window week --from 2025-11-17 --to 2025-11-24 --limit 10\n"
        "  gentally summaries --rollup model --window week --by author --top 5 --side-by-side --measure share\n"
        "  gentally summaries --rollup category --window week --where author=anthropic --by category\n"
        "  gentally summaries --rollup model --window month --by author,family --measure usd_per_mtok",
    .options = option_table,
    .option_count = LENGTH_OF(option_table),
    .is_reader = true,
    .run = run,
};

/* Retention is no configured rollup: its rows count accounts, and have no tokens. */
static const struct rollup retention = {.name = ROLLUP_RETENTION, .dim_count = 1, .dims = {DIM_MODEL}};

/* What was asked for, and what is read. */
struct request {
    const struct rollup *rollup;
    enum window_kind window;
    int64_t from_ms, to_ms; /* of window_start, half-open */
    bool is_final;
    int64_t as_of;               /* -1: now */
    struct told_version version; /* of that */
    struct latest *later;        /* rows that came after it */
    uint32_t format;             /* enum leaderboard_format */
    struct row_filter filter;
    enum column by[ROLLUP_DIMS_MAX]; /* what a name is made of: what was asked for, else the rollup's dimensions */
    uint32_t by_count;
    bool is_whole; /* rows as they are, no sums */
    bool is_side_by_side, is_share, has_sparkline;
    struct choice choice;
    int64_t top; /* 0: all */
    int64_t limit;
    struct told_range ranges[WINDOW_KINDS]; /* of all rows of the topic */
    uint64_t taken;                         /* rows of the windows that were asked for, and by the filter */
    uint64_t suppressed;                    /* rows left out of the sums */
    struct summary_read *read;              /* the summary at hand */
    struct latest *latest;
    struct told_last *told;
    struct totals *totals; /* unless `is_whole` */
    struct table *table;
    char *text; /* SUMMARY_JSON_MAX and a newline; no row of CSV is longer */
};

static bool is_wanted(const struct request *request, struct window window)
{
    if (request->as_of >= 0 && window_compare(window, request->version.window) != 0)
        return false;
    return window.kind == request->window && window.start_ms >= request->from_ms && window.start_ms < request->to_ms;
}

static enum verdict take_record(void *context, const struct record *record, struct reason *why)
{
    struct request *request = context;
    struct summary_read *read = request->read;
    const struct summary *summary = &read->summary;
    struct window window;
    struct reason other;
    enum verdict verdict = summary_record_read(record, read, &window, why);

    if (verdict == SET_ASIDE && why->id == SUMMARY_UNREADABLE && is_wanted(request, window) &&
        latest_spoil(request->latest, record->key, &other) != GO_ON)
        return reason_set(why, HALT, NO_MEMORY, 0, "%s", other.text);
    if (verdict != GO_ON)
        return verdict;
    bool is_past = request->as_of >= 0;
    if (record->value.bytes == NULL) {
        if (!is_past || record->timestamp_ms <= request->version.told_ms)
            latest_drop(request->latest, record->key);
        return GO_ON;
    }
    told_range_add(&request->ranges[window.kind], window.start_ms);
    if (!is_wanted(request, window) || (request->is_final && summary->pane == PANE_EARLY))
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
        is_past && summary_version_compare(row.generation, row.revision, PANE_LATE, request->version.generation,
                                           request->version.revision, PANE_LATE) > 0;
    return latest_put(is_later ? request->later : request->latest, &row, why);
}

/* Rows of which only later versions are there came later, or were told again and compacted: nobody can say which. */
static void tell_what_is_gone(const struct request *request)
{
    size_t gone = 0;

    for (size_t index = 0; index < latest_seen(request->later); index++)
        gone += latest_find(request->latest, latest_at(request->later, index)->key) == NULL;
    if (gone > 0)
        fprintf(stderr,
                "summaries: of %zu rows there are only versions after revision %" PRId64
                ": they came then, or what they had before is compacted away\n",
                gone, request->as_of);
}

/* The ledger comes first: what is published meanwhile is then newer than what is said of it. */
static enum verdict read_topics(struct request *request, const struct config *config, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    const struct told_wanted wanted = {request->window, request->from_ms, request->to_ms, request->is_final,
                                       request->as_of};
    enum verdict verdict = told_last_read(&request->told, config, &wanted, why);

    if (verdict == GO_ON && request->as_of >= 0)
        verdict = told_last_version(request->told, &request->version, why);
    topic_summaries(config, request->rollup->name, topic);
    if (verdict == GO_ON)
        verdict = our_schemas_read(config, NULL, OUR_SUMMARY, topic, take_record, request, why);
    if (verdict == GO_ON && request->as_of >= 0)
        tell_what_is_gone(request);
    if (verdict == GO_ON)
        latest_sort(request->latest);
    return verdict;
}

/* Gives each kept summary to `print`, decoded again: the bytes are a tenth of what a decoded one takes. */
static enum verdict each_row(struct request *request, enum verdict (*print)(struct request *, struct reason *),
                             struct reason *why)
{
    enum verdict verdict = GO_ON;
    int64_t printed = 0, start_ms = INT64_MIN;

    for (size_t index = 0; index < latest_count(request->latest) && verdict == GO_ON; index++) {
        const struct latest_row *row = latest_row(request->latest, index);
        printed = row->start_ms == start_ms ? printed : 0;
        start_ms = row->start_ms;
        if (request->is_whole && printed >= request->limit)
            continue;
        verdict = decode_summary(row->value, request->read, why);
        if (verdict != GO_ON || !row_filter_takes(&request->filter, request->read->summary.columns))
            continue;
        printed++;
        request->taken++;
        verdict = print(request, why);
    }
    return verdict;
}

static enum verdict print_json(struct request *request, struct reason *why)
{
    size_t size = summary_json_write(&request->read->summary, request->read->accounts, request->text);

    request->text[size++] = '\n';
    return output_write((struct span){request->text, size}, why);
}

static enum verdict print_csv(struct request *request, struct reason *why)
{
    size_t size = summary_csv_write(&request->read->summary, request->read->accounts, request->text);

    return output_write((struct span){request->text, size}, why);
}

static enum verdict retention_to_table(struct request *request, struct reason *why)
{
    const struct summary *summary = &request->read->summary;
    char start[LEADERBOARD_START_SIZE];

    (void)why;
    leaderboard_start(window_kind_name(request->window), summary->window.start_ms, start);
    table_text(request->table, span_of(start));
    table_text(request->table, summary->columns[COLUMN_MODEL]);
    table_text(request->table, summary->columns[COLUMN_COHORT]);
    table_text(request->table, summary->columns[COLUMN_AGE]);
    table_integer(request->table, request->read->accounts);
    table_text(request->table, span_of(pane_name(summary->pane)));
    return GO_ON;
}

static enum verdict print_retention(struct request *request, struct reason *why)
{
    const struct table_column columns[] = {{leaderboard_window_title(window_kind_name(request->window)), false},
                                           {column_name(COLUMN_MODEL), false},
                                           {"cohort", false},
                                           {"age", true},
                                           {"accounts", true},
                                           {"pane", false}};
    enum verdict verdict = table_open(&request->table, columns, LENGTH_OF(columns), why);

    if (verdict == GO_ON)
        verdict = each_row(request, retention_to_table, why);
    return verdict == GO_ON ? table_print(request->table, stdout, why) : verdict;
}

static enum verdict row_to_table(struct request *request, struct reason *why)
{
    const struct summary *summary = &request->read->summary;
    const int64_t *sums = request->read->cell.sums;
    char start[LEADERBOARD_START_SIZE];

    (void)why;
    leaderboard_start(window_kind_name(request->window), summary->window.start_ms, start);
    table_text(request->table, span_of(start));
    for (uint32_t index = 0; index < request->rollup->dim_count; index++) {
        enum column column = column_of(request->rollup->dims[index]);
        table_text(request->table, column < COLUMN_COUNT ? summary->columns[column] : (struct span){NULL, 0});
    }
    if (summary->suppressed) {
        for (int column = 0; column < 3; column++)
            table_text(request->table, span_of("suppressed"));
    } else {
        table_integer(request->table, sums[M_REQUESTS]);
        table_integer(request->table, sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]));
        table_nano_usd(request->table, sums[M_COST_NANO_USD]);
    }
    table_text(request->table, span_of(pane_name(summary->pane)));
    return GO_ON;
}

static enum verdict print_table(struct request *request, struct reason *why)
{
    struct table_column columns[1 + ROLLUP_DIMS_MAX + 4] = {
        {leaderboard_window_title(window_kind_name(request->window)), false}};
    uint32_t count = 1;

    for (uint32_t index = 0; index < request->rollup->dim_count; index++)
        columns[count++] = (struct table_column){column_name(column_of(request->rollup->dims[index])), false};
    columns[count++] = (struct table_column){"requests", true};
    columns[count++] = (struct table_column){"tokens", true};
    columns[count++] = (struct table_column){"cost USD", true};
    columns[count++] = (struct table_column){"pane", false};
    enum verdict verdict = table_open(&request->table, columns, count, why);
    if (verdict == GO_ON)
        verdict = each_row(request, row_to_table, why);
    if (verdict == GO_ON)
        verdict = table_print(request->table, stdout, why);
    return verdict;
}

/* The values of all columns of a name in one text, parted by what no text holds (base/text.h). */
#define PART '\0'

static struct span name_of(struct request *request, const struct summary *summary)
{
    size_t size = 0;

    for (uint32_t index = 0; index < request->by_count; index++) {
        struct span value = summary->columns[request->by[index]];
        if (index > 0)
            request->text[size++] = PART;
        if (value.size > 0)
            memcpy(request->text + size, value.bytes, value.size);
        size += value.size;
    }
    return (struct span){request->text, size};
}

static void split(void *context, struct span name, struct span fields[])
{
    const struct request *request = context;

    for (uint32_t index = 0; index < request->by_count; index++) {
        const char *part = name.size == 0 ? NULL : memchr(name.bytes, PART, name.size);
        size_t size = part == NULL ? name.size : (size_t)(part - name.bytes);
        fields[index] = (struct span){name.bytes, size};
        name = part == NULL ? (struct span){NULL, 0} : (struct span){part + 1, name.size - size - 1};
    }
}

static enum verdict row_to_totals(struct request *request, struct reason *why)
{
    const struct summary *summary = &request->read->summary;

    request->suppressed += summary->suppressed;
    if (summary->suppressed) /* The row belongs to its group, and nobody knows with how much. */
        return GO_ON;
    return totals_add(request->totals, summary->window.start_ms, name_of(request, summary), &request->read->cell, why);
}

static enum verdict print_sums(struct request *request, struct reason *why)
{
    struct leaderboard leaderboard = {
        .window = window_kind_name(request->window),
        .choice = &request->choice,
        .format = request->format,
        .limit = request->limit,
        .split = split,
        .context = request,
    };

    for (uint32_t index = 0; index < request->by_count; index++)
        leaderboard.titles[leaderboard.title_count++] = column_name(request->by[index]);
    totals_choose(request->totals, &request->choice);
    enum verdict verdict = each_row(request, row_to_totals, why);
    if (verdict == GO_ON && request->top > 0)
        verdict = totals_fold(request->totals, (size_t)request->top, BY_MEASURE, why);
    if (verdict == GO_ON)
        verdict = totals_sort(request->totals, BY_MEASURE, why);
    if (verdict != GO_ON)
        return verdict;
    if (!request->is_side_by_side)
        return leaderboard_print(&leaderboard, request->totals, why);
    const struct pivot_text print = {.leaderboard = &leaderboard,
                                     .is_share = request->is_share,
                                     .has_sparkline = request->has_sparkline,
                                     .width = pivot_text_width()};
    return pivot_text_print(&print, request->totals, why);
}

static enum verdict print_rows(struct request *request, struct reason *why)
{
    if (request->format == FORMAT_TABLE)
        return request->rollup == &retention ? print_retention(request, why) : print_table(request, why);
    if (request->format == FORMAT_JSON)
        return each_row(request, print_json, why);
    size_t size = summary_csv_header_write(request->text);
    enum verdict verdict = output_write((struct span){request->text, size}, why);
    return verdict == GO_ON ? each_row(request, print_csv, why) : verdict;
}

/* Reads the options that ask for sums instead of rows. */
static enum verdict read_sums(struct request *request, const struct command_option options[], struct reason *why)
{
    uint32_t columns = summary_columns(request->rollup);
    const char *rollup = request->rollup->name;

    request->choice = choice_at(0);
    enum verdict verdict = row_filter_read(&request->filter, &options[WHERE], columns, rollup, why);
    if (verdict == GO_ON)
        verdict = row_columns_read(&options[BY], columns, rollup, request->by, COLUMNS_BY_MAX, &request->by_count, why);
    if (verdict == GO_ON)
        verdict = leaderboard_choose(&options[MEASURE], "share", &request->choice, &request->is_share, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[TOP], 1, INT64_MAX, &request->top, why);
    for (; options[BY].value == NULL && request->by_count < request->rollup->dim_count; request->by_count++)
        request->by[request->by_count] = column_of(request->rollup->dims[request->by_count]);
    request->is_side_by_side = options[SIDE].value != NULL || options[SPARKLINE].value != NULL;
    request->has_sparkline = options[SPARKLINE].value != NULL || isatty(STDOUT_FILENO) == 1;
    request->is_whole =
        options[BY].value == NULL && options[MEASURE].value == NULL && request->top == 0 && !request->is_side_by_side;
    if (verdict == GO_ON && request->is_side_by_side && request->choice.kind != CHOICE_SUM)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0,
                             "--measure %s has no sum over windows: leave --side-by-side out", request->choice.name);
    if (request->has_sparkline && !pivot_text_is_utf8()) {
        request->has_sparkline = false;
        if (options[SPARKLINE].value != NULL)
            fprintf(stderr, "summaries: no sparklines, the locale is not UTF-8\n");
    }
    return verdict;
}

static enum verdict read_options(struct request *request, const struct config *config,
                                 const struct command_option options[], struct reason *why)
{
    bool is_retention = options[ROLLUP].value != NULL && strcmp(options[ROLLUP].value, ROLLUP_RETENTION) == 0;
    enum verdict verdict = GO_ON;
    if (is_retention && options[BY].value != NULL)
        return reason_set(why, HALT, CONFIG_VALUE, 0, "--by sums tokens: rollup retention has accounts only");
    if (is_retention)
        request->rollup = &retention;
    else
        verdict = option_rollup(&options[ROLLUP], &config->rollups, &request->rollup, why);
    if (verdict == GO_ON)
        verdict = option_window(&options[WINDOW], &request->window, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[FROM], &request->from_ms, why);
    if (verdict == GO_ON)
        verdict = option_time(&options[TO], &request->to_ms, why);
    if (verdict == GO_ON)
        verdict = option_choice(&options[FORMAT], leaderboard_formats, LEADERBOARD_FORMATS, &request->format, why);
    if (verdict == GO_ON)
        verdict = read_sums(request, options, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[LIMIT], 1, INT64_MAX, &request->limit, why);
    if (verdict == GO_ON)
        verdict = option_integer(&options[AS_OF], 0, INT64_MAX, &request->as_of, why);
    if (verdict == GO_ON && is_retention && request->as_of >= 0)
        verdict = reason_set(why, HALT, CONFIG_VALUE, 0, "--as-of: rows of retention have revisions of their own");
    request->is_final = options[FINAL].value != NULL;
    return verdict;
}

static enum verdict open_parts(struct request *request, struct reason *why)
{
    request->read = calloc(1, sizeof(*request->read));
    request->text = malloc(SUMMARY_JSON_MAX + 1);
    if (request->read == NULL || request->text == NULL)
        return no_memory(why, "to read summaries");
    enum verdict verdict = latest_open(&request->latest, why);
    if (verdict == GO_ON)
        verdict = latest_open(&request->later, why);
    if (verdict == GO_ON)
        verdict = totals_open(&request->totals, why);
    return verdict;
}

static void close_parts(struct request *request)
{
    table_close(request->table);
    totals_close(request->totals);
    latest_close(request->latest);
    latest_close(request->later);
    told_last_close(request->told);
    free(request->read);
    free(request->text);
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct request request = {.from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = INT64_MAX, .as_of = -1};
    enum verdict verdict = read_options(&request, call->config, call->options, why);

    if (verdict == GO_ON)
        verdict = open_parts(&request, why);
    if (verdict == GO_ON)
        verdict = read_topics(&request, call->config, why);
    if (verdict == GO_ON)
        verdict = request.is_whole ? print_rows(&request, why) : print_sums(&request, why);
    if (verdict == GO_ON)
        verdict = output_flush(why);
    if (verdict == GO_ON && latest_count(request.latest) == 0)
        told_range_explain(request.ranges, request.window, request.rollup->name, command_summaries.name);
    else if (verdict == GO_ON && request.taken == 0)
        fprintf(stderr, "summaries: none of the %zu rows of these windows is such a row\n",
                latest_count(request.latest));
    else if (verdict == GO_ON)
        told_last_print(request.told, command_summaries.name, clock_ms(CLOCK_REALTIME));
    if (verdict == GO_ON && request.suppressed > 0)
        fprintf(stderr, "summaries: %" PRIu64 " suppressed rows are in none of these sums\n", request.suppressed);
    if (verdict == GO_ON && latest_spoilt(request.latest) > 0)
        verdict = reason_set(why, HALT, SUMMARY_UNREADABLE, 0, "%zu rows cannot be read, and are left out above",
                             latest_spoilt(request.latest));
    close_parts(&request);
    return verdict;
}
