/* Each note looks at the rows itself, and is written only where there is something to say. */
#include "document_notes.h"

#include <stdio.h>

#include "gentally/base/text.h"
#include "quantity.h"

static void note_empty(struct document *document, const struct dataset *dataset)
{
    char text[256];

    if (dataset->last_week_ms != NO_TIME)
        return;
    snprintf(text, sizeof(text), "There is nothing to show: topic %s.summaries.total has no week with traffic%s.",
             dataset->prefix, dataset->from_ms == INT64_MIN && dataset->to_ms == INT64_MAX ? "" : " in this range");
    document_text(document, span_of(text));
}

static void note_gaps(struct document *document, const struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_TOTAL, WINDOW_WEEK);
    int64_t next_ms = NO_TIME;
    char text[512];
    size_t size = 0, gaps = 0, early = 0;

    for (size_t index = 0; index < range.count; index++) {
        const struct summary_row *row = &range.rows[index];
        early += row->pane == PANE_EARLY;
        if (row->sums[M_REQUESTS] == 0)
            continue;
        for (; next_ms != NO_TIME && next_ms < row->start_ms; next_ms += 7 * DAY_MS) {
            char start[32];
            time_format(next_ms, start, sizeof(start));
            if (gaps++ < 20)
                size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%.10s",
                                         size == 0 ? "Weeks without traffic, left as gaps: " : ", ", start);
        }
        next_ms = row->start_ms + 7 * DAY_MS;
    }
    if (gaps > 0) {
        snprintf(text + size, sizeof(text) - size, gaps > 20 ? ", and %zu more." : ".", gaps - 20);
        document_text(document, span_of(text));
    }
    if (early > 0) {
        snprintf(text, sizeof(text), "Weeks that were still open when they were published, and will grow: %zu.", early);
        document_text(document, span_of(text));
    }
}

/* Notes how many tokens are of rows without a value in the column, or with an unknown one. */
static void note_unknown(struct document *document, const struct dataset *dataset, enum row_rollup rollup,
                         enum column column, const char *what)
{
    struct row_range range = dataset_rows(dataset, rollup, WINDOW_WEEK);
    int64_t all = 0, unknown = 0;
    char text[256], part[TEXT_GROUPED_SIZE], whole[TEXT_GROUPED_SIZE];

    for (size_t index = 0; index < range.count; index++) {
        uint32_t name = range.rows[index].columns[column];
        all += row_tokens(range.rows[index].sums);
        if (name == 0 || name == dataset->unknown)
            unknown += row_tokens(range.rows[index].sums);
    }
    if (unknown == 0)
        return;
    snprintf(text, sizeof(text), "%s: %s of %s tokens (%.2f %%), shown as `unknown`.", what,
             text_grouped(unknown, part), text_grouped(all, whole), 100 * quantity_share(unknown, all));
    document_text(document, span_of(text));
}

/* Notes of how many requests nobody knows the tokens, or the cost. */
static void note_not_known(struct document *document, const struct dataset *dataset)
{
    struct row_range range = dataset_rows(dataset, ROWS_TOTAL, WINDOW_WEEK);
    int64_t requests = 0, tokens = 0, cost = 0;
    char text[320], of[TEXT_GROUPED_SIZE], without_tokens[TEXT_GROUPED_SIZE], without_cost[TEXT_GROUPED_SIZE];

    for (size_t index = 0; index < range.count; index++) {
        requests += range.rows[index].sums[M_REQUESTS];
        tokens += range.rows[index].sums[M_TOKENS_UNKNOWN];
        cost += range.rows[index].sums[M_COST_UNKNOWN];
    }
    if (tokens == 0 && cost == 0)
        return;
    snprintf(text, sizeof(text),
             "Of %s requests nobody knows the tokens of %s and the cost of %s: in sums of them they are 0; averages, "
             "medians, prices and sample sizes leave them out.",
             text_grouped(requests, of), text_grouped(tokens, without_tokens), text_grouped(cost, without_cost));
    document_text(document, span_of(text));
}

static void note_suppressed(struct document *document, const struct dataset *dataset)
{
    size_t suppressed = 0;
    char text[160], part[TEXT_GROUPED_SIZE], whole[TEXT_GROUPED_SIZE];

    for (size_t index = 0; index < dataset->row_count; index++)
        suppressed += dataset->rows[index].is_suppressed;
    if (suppressed == 0)
        return;
    snprintf(text, sizeof(text), "%s of %s rows are of too few accounts to be published: figures leave them out.",
             text_grouped((int64_t)suppressed, part), text_grouped((int64_t)dataset->row_count, whole));
    document_text(document, span_of(text));
}

void document_notes_write(struct document *document, const struct dataset *dataset)
{
    document_key(document, "notes");
    document_raw(document, "[");
    note_empty(document, dataset);
    note_gaps(document, dataset);
    note_unknown(document, dataset, ROWS_MODEL, COLUMN_SOURCE, "Models whose source the catalog does not know");
    note_unknown(document, dataset, ROWS_GEOGRAPHY, COLUMN_CONTINENT, "Countries that are absent or not known");
    note_unknown(document, dataset, ROWS_LANGUAGE, COLUMN_LANGUAGE, "Languages that are absent");
    note_not_known(document, dataset);
    note_suppressed(document, dataset);
    if (dataset->has_versions)
        document_text(document, span_of("The weeks were made with more than one version of the tables."));
    if (dataset->last_week_ms != NO_TIME && dataset->last_month_ms == NO_TIME)
        document_text(document,
                      span_of("There is no retention: it needs a configured account key, and events with accounts."));
    for (const struct remark *remark = NULL;
         (remark = remarks_next(dataset->remarks, "", REMARK_NOTE, remark)) != NULL;)
        document_text(document, remark->text);
    document_raw(document, "]");
}
