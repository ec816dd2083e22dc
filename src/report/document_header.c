/* Sums over the weeks of the range, and who writes the rest. */
#include "document_header.h"

#include "gentally/inspect/as_of.h"
#include "groups.h"
#include "ledger_state.h"
#include "scalars.h"

static void sum_weeks(const struct dataset *dataset, int64_t sums[MEASURE_COUNT])
{
    struct row_range range = dataset_rows(dataset, ROWS_TOTAL, WINDOW_WEEK);

    for (size_t index = 0; index < range.count; index++)
        for (int measure = 0; measure < MEASURE_COUNT; measure++)
            sums[measure] = sum_told(sums[measure], range.rows[index].sums[measure]);
}

static void write_number(struct document *document, const char *name, int64_t value)
{
    document_key(document, name);
    document_integer(document, value);
}

static void write_range(struct document *document, const struct dataset *dataset)
{
    int64_t from_ms = dataset->first_week_ms, to_ms = NO_TIME;

    if (dataset->last_week_ms != NO_TIME)
        to_ms = window_end((struct window){WINDOW_WEEK, dataset->last_week_ms});
    else if (dataset->from_ms != INT64_MIN && dataset->to_ms != INT64_MAX)
        from_ms = dataset->from_ms, to_ms = dataset->to_ms;
    document_key(document, "range");
    document_raw(document, "{");
    document_key(document, "from");
    if (from_ms == NO_TIME)
        document_null(document);
    else
        document_date(document, from_ms);
    document_key(document, "to");
    if (to_ms == NO_TIME)
        document_null(document);
    else
        document_date(document, to_ms);
    document_raw(document, "}");
}

static int64_t count_models(struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_MODEL, WINDOW_WEEK);
    struct groups models = {.has_failed = dataset->has_failed};

    for (size_t index = 0; index < range.count; index++)
        if (range.rows[index].sums[M_REQUESTS] > 0)
            groups_add(&models, 0, range.rows[index].base, &range.rows[index], range.rows[index].sums);
    int64_t count = (int64_t)models.count;
    groups_close(&models);
    return count;
}

/* Accounts of the last week: estimates of several weeks do not add up. */
static void write_accounts(struct document *document, const struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_TOTAL, WINDOW_WEEK);
    int64_t accounts = -1;

    for (size_t index = 0; index < range.count; index++)
        if (range.rows[index].start_ms == dataset->last_week_ms)
            accounts = range.rows[index].accounts;
    document_key(document, "accounts");
    if (accounts < 0)
        document_null(document);
    else
        document_integer(document, accounts);
    document_key(document, "accounts_about");
    document_text(document, span_of(accounts < 0 ? "Accounts are not counted: no account key is configured."
                                                 : "Distinct accounts of the last week, an estimate within 2.3 %."));
}

static void write_or_null(struct document *document, const char *name, int64_t value, bool is_known)
{
    document_key(document, name);
    if (is_known)
        document_integer(document, value);
    else
        document_null(document);
}

static void write_offsets(struct document *document, const struct ledger *ledger)
{
    document_key(document, "partitions");
    document_raw(document, "[");
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        document_comma(document);
        document_raw(document, "{");
        write_number(document, "partition", part->partition);
        write_number(document, "next_offset", part->next);
        write_or_null(document, "end_offset", part->end, part->end >= 0);
        document_raw(document, "}");
    }
    document_raw(document, "]");
}

/* As of when: which window was told last, what its rows hold of the log, and how far behind that was. */
static void write_as_of(struct document *document, const struct latest_row *told, struct ledger_read *read)
{
    struct as_of as_of;

    document_key(document, "as_of");
    if (told == NULL || decode_ledger(told->value, read, NULL) != GO_ON) {
        document_null(document);
        return;
    }
    as_of_read(&as_of, &read->ledger, told->written_ms);
    document_raw(document, "{");
    document_key(document, "window");
    document_text(document, span_of(window_kind_name(as_of.window.kind)));
    document_key(document, "start");
    document_date(document, as_of.window.start_ms);
    document_key(document, "pane");
    document_text(document, span_of(pane_name(as_of.pane)));
    write_number(document, "told_ms", as_of.told_ms);
    write_or_null(document, "event_ms", as_of.event_ms, as_of.event_ms != NO_TIME);
    write_number(document, "records", as_of.records);
    write_or_null(document, "behind", as_of.behind, as_of.behind >= 0);
    write_offsets(document, &read->ledger);
    document_raw(document, "}");
}

void document_header_write(struct document *document, const char *title, struct dataset *dataset,
                           const struct latest *ledger, const struct latest_row *told, struct ledger_read *read)
{
    int64_t sums[MEASURE_COUNT] = {0};

    sum_weeks(dataset, sums);
    document_key(document, "header");
    document_raw(document, "{");
    document_key(document, "title");
    document_text(document, span_of(title));
    document_key(document, "edition");
    document_text(document, span_of(dataset->is_study ? "study" : "own"));
    write_number(document, "times", dataset->times);
    write_range(document, dataset);
    write_as_of(document, told, read);
    write_number(document, "requests", sums[M_REQUESTS]);
    write_number(document, "tokens", row_tokens(sums));
    write_number(document, "cost_nano_usd", sums[M_COST_NANO_USD]);
    write_number(document, "models", count_models(dataset));
    write_accounts(document, dataset);
    document_key(document, "coverage");
    document_raw(document, "{");
    write_number(document, "classified", sums[M_CLASSIFIED]);
    write_number(document, "mapped", sums[M_MAPPED]);
    write_number(document, "classified_tokens", sums[M_CLASSIFIED_TOKENS]);
    write_number(document, "mapped_tokens", sums[M_MAPPED_TOKENS]);
    write_number(document, "one_label", sums[M_ONE_LABEL]);
    write_number(document, "two_labels", sums[M_TWO_LABELS]);
    write_number(document, "more_labels", sums[M_MORE_LABELS]);
    document_key(document, "share");
    document_real(document, quantity_share(sums[M_CLASSIFIED], sums[M_REQUESTS]));
    document_key(document, "from");
    if (dataset->category_ms == NO_TIME)
        document_null(document);
    else
        document_date(document, dataset->category_ms);
    document_raw(document, "}");
    ledger_state_write(document, dataset, ledger, read);
    document_key(document, "tables_version");
    document_text(document, names_text(&dataset->names, dataset->tables_version));
    document_key(document, "newest_window_end_ms");
    if (dataset->last_week_ms == NO_TIME)
        document_null(document);
    else
        document_integer(document, window_end((struct window){WINDOW_WEEK, dataset->last_week_ms}));
    scalars_write(document, dataset);
    document_raw(document, "}");
}
