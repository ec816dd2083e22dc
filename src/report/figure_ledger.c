/*
 * The ledger's state, for people: is every record that was read accounted for, and do the summaries at hand fit what
 * was published? The full proof is `gentally verify`; this looks at the weeks and months of the document.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/codec/avro_read.h"

/* Where a partition's history stands at its highest offset. */
struct reach {
    bool is_known;
    int64_t generation, next;
    int64_t outcomes[OUTCOME_COUNT];
};

struct accounting {
    const struct figure_data *data;
    size_t windows, shown, open, misfits;
    char first[160]; /* the earliest misfit, in words */
    int64_t first_ms;
    struct reach *reaches; /* by partition */
};

static void misfit(struct accounting *accounting, struct window window, const char *what)
{
    char start[32];

    time_format(window.start_ms, start, sizeof(start));
    if (accounting->misfits++ > 0 && accounting->first_ms <= window.start_ms)
        return;
    accounting->first_ms = window.start_ms;
    snprintf(accounting->first, sizeof(accounting->first), "%s of %.10s: %s", window_kind_name(window.kind), start,
             what);
}

static const struct figure_row *total_of(const struct figure_data *data, struct window window)
{
    struct figure_rows rows = figure_rows_of(data, ROWS_TOTAL, window.kind);

    for (size_t index = 0; index < rows.count; index++)
        if (rows.rows[index].start_ms == window.start_ms)
            return &rows.rows[index];
    return NULL;
}

/* Holds one rollup's rows of a window to the total. A newer version than the total's is a window that was published
 * while it was read: it proves nothing. */
static void check_rows(struct accounting *accounting, enum figure_rollup rollup, const struct figure_row *total)
{
    struct figure_rows rows = figure_rows_of(accounting->data, rollup, total->window);
    struct window window = {total->window, total->start_ms};
    int64_t requests = 0;
    bool is_older = false, is_suppressed = total->is_suppressed;

    for (size_t index = 0; index < rows.count; index++) {
        const struct figure_row *row = &rows.rows[index];
        if (row->start_ms != total->start_ms)
            continue;
        int order = summary_version_compare(row->generation, row->revision, PANE_EARLY, total->generation,
                                            total->revision, PANE_EARLY);
        if (order > 0)
            return;
        is_older |= order < 0;
        is_suppressed |= row->is_suppressed;
        requests += row->sums[M_REQUESTS];
    }
    if (rows.count == 0 || is_suppressed)
        return;
    if (is_older || requests != total->sums[M_REQUESTS]) {
        char what[96];
        snprintf(what, sizeof(what), "%s has %" PRId64 " requests, the total %" PRId64, figure_rollup_name(rollup),
                 requests, total->sums[M_REQUESTS]);
        misfit(accounting, window, what);
    }
}

static void check_window(struct accounting *accounting, const struct ledger *ledger)
{
    static const enum figure_rollup whole[] = {ROWS_MODEL, ROWS_PROVIDER, ROWS_GEOGRAPHY, ROWS_LANGUAGE};
    const struct figures_options *options = accounting->data->options;
    struct window window = ledger->window;

    if ((window.kind != WINDOW_WEEK && window.kind != WINDOW_MONTH) || window.start_ms < options->from_ms ||
        window.start_ms >= options->to_ms)
        return;
    accounting->shown++;
    accounting->open += ledger->pane == PANE_EARLY;
    if (ledger->summaries == 0)
        return; /* all of it was taken back */
    const struct figure_row *total = total_of(accounting->data, window);
    if (total == NULL) {
        misfit(accounting, window, "its total is not there");
        return;
    }
    if (summary_version_compare(total->generation, total->revision, PANE_EARLY, ledger->generation, ledger->revision,
                                PANE_EARLY) < 0)
        misfit(accounting, window, "its total is older than the ledger");
    for (size_t at = 0; at < LENGTH_OF(whole); at++)
        check_rows(accounting, whole[at], total);
}

static void reach_out(struct accounting *accounting, const struct ledger *ledger)
{
    for (uint32_t index = 0; index < ledger->partition_count; index++) {
        const struct ledger_partition *partition = &ledger->partitions[index];
        if (partition->partition < 0 || partition->partition >= PARTITIONS_MAX)
            continue;
        struct reach *reach = &accounting->reaches[partition->partition];
        if (reach->is_known && (ledger->generation < reach->generation ||
                                (ledger->generation == reach->generation && partition->next < reach->next)))
            continue;
        *reach = (struct reach){.is_known = true, .generation = ledger->generation, .next = partition->next};
        memcpy(reach->outcomes, partition->outcomes, sizeof(reach->outcomes));
    }
}

static void say_whole(char *text, size_t room, const struct accounting *accounting, int64_t consumed,
                      const int64_t outcomes[OUTCOME_COUNT])
{
    int size = snprintf(text, room,
                        "All %" PRId64 " records that were read are accounted for: %" PRId64 " counted, %" PRId64
                        " duplicate, %" PRId64 " filtered, %" PRId64 " too late, %" PRId64 " dead-lettered. ",
                        consumed, outcomes[OUTCOME_COUNTED], outcomes[OUTCOME_DUPLICATE], outcomes[OUTCOME_FILTERED],
                        outcomes[OUTCOME_TOO_LATE], outcomes[OUTCOME_DEAD_LETTERED]);

    if (accounting->open > 0)
        snprintf(text + size, room - (size_t)size, "Of %zu weeks and months, %zu are still open, and will grow.",
                 accounting->shown, accounting->open);
    else
        snprintf(text + size, room - (size_t)size, "All %zu weeks and months are closed.", accounting->shown);
}

static void write_sentence(struct figure_writer *writer, const struct accounting *accounting, int64_t consumed,
                           const int64_t outcomes[OUTCOME_COUNT])
{
    char text[512];
    const char *prefix = accounting->data->options->prefix;

    if (accounting->windows == 0)
        snprintf(text, sizeof(text), "No ledger: topic %s.ledger has no record of any window yet.", prefix);
    else if (accounting->misfits > 0)
        snprintf(text, sizeof(text),
                 "A gap: %zu of the summaries do not fit the ledger, the first in the %s. Run `gentally verify`.",
                 accounting->misfits, accounting->first);
    else
        say_whole(text, sizeof(text), accounting, consumed, outcomes);
    write_key(writer, "sentence");
    write_text(writer, span_of(text));
}

static void write_accounting(struct figure_writer *writer, const struct accounting *accounting)
{
    int64_t outcomes[OUTCOME_COUNT] = {0}, consumed = 0;
    const char *state = accounting->windows == 0  ? "absent"
                        : accounting->misfits > 0 ? "gap"
                        : accounting->open > 0    ? "open"
                                                  : "whole";

    for (int partition = 0; partition < PARTITIONS_MAX; partition++) {
        for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
            outcomes[outcome] += accounting->reaches[partition].outcomes[outcome];
            consumed += accounting->reaches[partition].outcomes[outcome];
        }
    }
    write_key(writer, "ledger");
    write_raw(writer, "{");
    write_key(writer, "state");
    write_text(writer, span_of(state));
    write_key(writer, "windows");
    write_integer(writer, (int64_t)accounting->shown);
    write_key(writer, "open");
    write_integer(writer, (int64_t)accounting->open);
    write_key(writer, "consumed");
    write_integer(writer, consumed);
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        write_key(writer, outcome_name(outcome));
        write_integer(writer, outcomes[outcome]);
    }
    write_sentence(writer, accounting, consumed, outcomes);
    write_raw(writer, "}");
}

void write_ledger(struct figure_writer *writer, const struct figure_data *data, const struct latest *ledger,
                  struct ledger_read *read)
{
    struct accounting accounting = {.data = data, .reaches = calloc(PARTITIONS_MAX, sizeof(struct reach))};

    if (accounting.reaches == NULL) {
        writer->has_failed = true;
        return;
    }
    for (size_t index = 0; index < latest_seen(ledger); index++) {
        const struct latest_row *kept = latest_at(ledger, index);
        if (kept->value.bytes == NULL || decode_ledger(kept->value, read, NULL) != GO_ON)
            continue; /* it was read when it was taken */
        accounting.windows++;
        reach_out(&accounting, &read->ledger);
        check_window(&accounting, &read->ledger);
    }
    write_accounting(writer, &accounting);
    free(accounting.reaches);
}
