/*
 * `gentally summaries`: reads a rollup's topic to its end, keeps the latest version of each key, and prints it as JSON,
 * CSV or a table: whole rows, sums by window and name, or windows side by side.
 */
#include <inttypes.h>
#include <stdio.h>

#include "gentally/base/clock.h"
#include "gentally/cli/command.h"
#include "gentally/cli/output.h"
#include "gentally/commands/commands.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"
#include "summary_query.h"

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
    .options = summary_options,
    .option_count = SUMMARY_OPTIONS,
    .is_reader = true,
    .run = run,
};

/* Rows of which only later versions are there came later, or were told again and compacted: nobody can say which. */
static void tell_what_is_gone(const struct summary_query *query)
{
    size_t gone = 0;

    for (size_t index = 0; index < latest_seen(query->later); index++)
        gone += latest_find(query->latest, latest_at(query->later, index)->key) == NULL;
    if (gone > 0)
        fprintf(stderr,
                "summaries: of %zu rows there are only versions after revision %" PRId64
                ": they came then, or what they had before is compacted away\n",
                gone, query->as_of);
}

/* The ledger comes first: what is published meanwhile is then newer than what is said of it. */
static enum verdict read_topics(struct summary_query *query, const struct config *config, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    const struct told_wanted wanted = {query->window, query->from_ms, query->to_ms, query->is_final, query->as_of};
    enum verdict verdict = told_last_read(&query->told, config, &wanted, why);

    if (verdict == GO_ON && query->as_of >= 0)
        verdict = told_last_version(query->told, &query->version, why);
    topic_summaries(config, query->rollup->name, topic);
    if (verdict == GO_ON)
        verdict = our_schemas_read(config, NULL, OUR_SUMMARY, topic, summary_query_take, query, why);
    if (verdict == GO_ON && query->as_of >= 0)
        tell_what_is_gone(query);
    return verdict;
}

static enum verdict run(struct command_call *call, struct reason *why)
{
    struct summary_query query = {0};
    enum verdict verdict = summary_query_open(&query, call->config, call->options, stdout, why);

    if (verdict == GO_ON)
        verdict = read_topics(&query, call->config, why);
    if (verdict == GO_ON)
        verdict = summary_query_print(&query, why);
    if (verdict == GO_ON)
        verdict = output_flush(why);
    if (verdict == GO_ON && latest_count(query.latest) == 0)
        told_range_explain(query.ranges, query.window, query.rollup->name, command_summaries.name);
    else if (verdict == GO_ON && query.taken == 0)
        fprintf(stderr, "summaries: none of the %zu rows of these windows is such a row\n", latest_count(query.latest));
    else if (verdict == GO_ON)
        told_last_print(query.told, command_summaries.name, clock_ms(CLOCK_REALTIME));
    if (verdict == GO_ON && query.suppressed > 0)
        fprintf(stderr, "summaries: %" PRIu64 " suppressed rows are in none of these sums\n", query.suppressed);
    if (verdict == GO_ON && latest_spoilt(query.latest) > 0)
        verdict = reason_set(why, HALT, SUMMARY_UNREADABLE, 0, "%zu rows cannot be read, and are left out above",
                             latest_spoilt(query.latest));
    summary_query_close(&query);
    return verdict;
}
