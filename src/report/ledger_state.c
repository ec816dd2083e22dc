/* The ledger's records are walked once: partitions at their highest offsets, windows beside their rows. */
#include "ledger_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A partition's totals by the ledger record with its highest offset. */
struct partition_end {
    bool is_known;
    int64_t generation, next;
    int64_t outcomes[OUTCOME_COUNT];
};

struct ledger_check {
    const struct dataset *dataset;
    size_t record_count, window_count, open, mismatches;
    char first[160]; /* the earliest mismatch, in words */
    int64_t first_ms;
    struct partition_end *ends; /* by partition; owned */
};

static void mismatch(struct ledger_check *check, struct window window, const char *what)
{
    char start[32];

    time_format(window.start_ms, start, sizeof(start));
    if (check->mismatches++ > 0 && check->first_ms <= window.start_ms)
        return;
    check->first_ms = window.start_ms;
    snprintf(check->first, sizeof(check->first), "%s of %.10s: %s", window_kind_name(window.kind), start, what);
}

static const struct summary_row *total_of(const struct dataset *dataset, struct window window)
{
    struct row_range range = dataset_rows(dataset, ROWS_TOTAL, window.kind);

    for (size_t index = 0; index < range.count; index++)
        if (range.rows[index].start_ms == window.start_ms)
            return &range.rows[index];
    return NULL;
}

/* Whether all rows of the window were told after this one: by the ledger's record, which is on time, by one before it
 * that was, or by the first of its generation. */
static bool is_superseded(const struct summary_row *row, const struct ledger *ledger)
{
    bool is_older = summary_version_compare(row->generation, row->revision, row->pane, ledger->generation,
                                            ledger->revision, ledger->pane) < 0;

    return is_older && (row->generation < ledger->generation || ledger->pane == PANE_ON_TIME ||
                        (row->pane == PANE_EARLY && ledger->pane == PANE_LATE));
}

/* Compares one rollup's rows of a window with the total. Rows of a newer version than the total's prove nothing: the
 * window was published again while it was read. Older ones did not change since. */
static void check_rows(struct ledger_check *check, enum row_rollup rollup, const struct summary_row *total,
                       const struct ledger *ledger)
{
    struct row_range range = dataset_rows(check->dataset, rollup, total->window);
    struct window window = {total->window, total->start_ms};
    int64_t requests = 0;
    bool is_suppressed = total->is_suppressed, is_left = false;
    char what[96];

    for (size_t index = 0; index < range.count; index++) {
        const struct summary_row *row = &range.rows[index];
        if (row->start_ms != total->start_ms)
            continue;
        int order = summary_version_compare(row->generation, row->revision, PANE_EARLY, total->generation,
                                            total->revision, PANE_EARLY);
        if (order > 0)
            return;
        is_left |= is_superseded(row, ledger);
        is_suppressed |= row->is_suppressed;
        requests += row->sums[M_REQUESTS];
    }
    if (is_left) {
        snprintf(what, sizeof(what), "%s has a row from before all were told", row_rollup_name(rollup));
        mismatch(check, window, what);
    }
    if (range.count == 0 || is_suppressed || is_left)
        return;
    if (requests != total->sums[M_REQUESTS]) {
        snprintf(what, sizeof(what), "%s has %" PRId64 " requests, the total %" PRId64, row_rollup_name(rollup),
                 requests, total->sums[M_REQUESTS]);
        mismatch(check, window, what);
    }
}

static void check_window(struct ledger_check *check, const struct ledger *ledger)
{
    static const enum row_rollup whole[] = {ROWS_MODEL, ROWS_PROVIDER, ROWS_GEOGRAPHY, ROWS_LANGUAGE};
    const struct dataset *dataset = check->dataset;
    struct window window = ledger->window;

    if ((window.kind != WINDOW_WEEK && window.kind != WINDOW_MONTH) || window.start_ms < dataset->from_ms ||
        window.start_ms >= dataset->to_ms)
        return;
    check->window_count++;
    check->open += ledger->pane == PANE_EARLY || ledger_is_under_way(ledger);
    if (ledger->summaries == 0 || ledger_is_under_way(ledger))
        return; /* a window whose records were all taken back, or whose rows are still to come */
    const struct summary_row *total = total_of(dataset, window);
    if (total == NULL) {
        mismatch(check, window, "its total is not there");
        return;
    }
    if (is_superseded(total, ledger))
        mismatch(check, window, "its total is older than the ledger");
    for (size_t at = 0; at < LENGTH_OF(whole); at++)
        check_rows(check, whole[at], total, ledger);
}

static void take_partitions(struct ledger_check *check, const struct ledger *ledger)
{
    for (uint32_t index = 0; index < ledger->partition_count; index++) {
        const struct ledger_partition *partition = &ledger->partitions[index];
        if (partition->partition < 0 || partition->partition >= PARTITIONS_MAX || !ledger_partition_is_known(partition))
            continue;
        struct partition_end *end = &check->ends[partition->partition];
        if (end->is_known && (ledger->generation < end->generation ||
                              (ledger->generation == end->generation && partition->next < end->next)))
            continue;
        *end = (struct partition_end){.is_known = true, .generation = ledger->generation, .next = partition->next};
        memcpy(end->outcomes, partition->outcomes, sizeof(end->outcomes));
    }
}

static void describe_whole(char *text, size_t room, const struct ledger_check *check, int64_t consumed,
                           const int64_t outcomes[OUTCOME_COUNT])
{
    int size = snprintf(text, room,
                        "All %" PRId64 " records that were read are accounted for: %" PRId64 " counted, %" PRId64
                        " duplicate, %" PRId64 " filtered, %" PRId64 " too late, %" PRId64 " dead-lettered, %" PRId64
                        " conflicting. ",
                        consumed, outcomes[OUTCOME_COUNTED], outcomes[OUTCOME_DUPLICATE], outcomes[OUTCOME_FILTERED],
                        outcomes[OUTCOME_TOO_LATE], outcomes[OUTCOME_DEAD_LETTERED], outcomes[OUTCOME_CONFLICTING]);

    if (check->open > 0)
        snprintf(text + size, room - (size_t)size, "Of %zu weeks and months, %zu are still open, and will grow.",
                 check->window_count, check->open);
    else
        snprintf(text + size, room - (size_t)size, "All %zu weeks and months are closed.", check->window_count);
}

static void write_sentence(struct document *document, const struct ledger_check *check, int64_t consumed,
                           const int64_t outcomes[OUTCOME_COUNT])
{
    char text[512];
    const char *prefix = check->dataset->prefix;

    if (check->record_count == 0)
        snprintf(text, sizeof(text), "No ledger: topic %s.ledger has no record of any window yet.", prefix);
    else if (check->mismatches > 0)
        snprintf(text, sizeof(text),
                 "A gap: %zu of the summaries do not fit the ledger, the first in the %s. Run `gentally verify`.",
                 check->mismatches, check->first);
    else
        describe_whole(text, sizeof(text), check, consumed, outcomes);
    document_key(document, "sentence");
    document_text(document, span_of(text));
}

static void write_state(struct document *document, const struct ledger_check *check)
{
    int64_t outcomes[OUTCOME_COUNT] = {0}, consumed = 0;
    const char *state = check->record_count == 0 ? "absent"
                        : check->mismatches > 0  ? "gap"
                        : check->open > 0        ? "open"
                                                 : "whole";

    for (int partition = 0; partition < PARTITIONS_MAX; partition++) {
        for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
            outcomes[outcome] += check->ends[partition].outcomes[outcome];
            consumed += check->ends[partition].outcomes[outcome];
        }
    }
    document_key(document, "ledger");
    document_raw(document, "{");
    document_key(document, "state");
    document_text(document, span_of(state));
    document_key(document, "windows");
    document_integer(document, (int64_t)check->window_count);
    document_key(document, "open");
    document_integer(document, (int64_t)check->open);
    document_key(document, "consumed");
    document_integer(document, consumed);
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        document_key(document, outcome_name(outcome));
        document_integer(document, outcomes[outcome]);
    }
    write_sentence(document, check, consumed, outcomes);
    document_raw(document, "}");
}

void ledger_state_write(struct document *document, const struct dataset *dataset, const struct latest *ledger,
                        struct ledger_read *read)
{
    struct ledger_check check = {.dataset = dataset, .ends = calloc(PARTITIONS_MAX, sizeof(struct partition_end))};

    if (check.ends == NULL) {
        *document->has_failed = true;
        return;
    }
    for (size_t index = 0; index < latest_seen(ledger); index++) {
        const struct latest_row *kept = latest_at(ledger, index);
        if (kept->value.bytes == NULL || decode_ledger(kept->value, read, NULL) != GO_ON)
            continue; /* dropped; a record that was taken can be read */
        check.record_count++;
        take_partitions(&check, &read->ledger);
        check_window(&check, &read->ledger);
    }
    write_state(document, &check);
    free(check.ends);
}
