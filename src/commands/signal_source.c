/* What the rules of signals look at, out of a summary. */
#include "signal_source.h"

#include "gentally/core/catalog.h"

/* The model's family. Old summaries have no family: there the slug without its variant stands in. */
static struct span model_of(const struct summary *summary)
{
    if (summary->columns[COLUMN_FAMILY].size > 0)
        return summary->columns[COLUMN_FAMILY];
    struct span slug = summary->columns[COLUMN_MODEL];
    const char *colon = slug.size == 0 ? NULL : memchr(slug.bytes, ':', slug.size);

    return (struct span){slug.bytes, colon == NULL ? slug.size : (size_t)(colon - slug.bytes)};
}

void signal_source_read(enum signal_rollup rollup, const struct summary_read *read, struct signal_row *row)
{
    const struct summary *summary = &read->summary;
    const int64_t *sums = read->cell.sums;
    struct span age = summary->columns[COLUMN_AGE];

    *row = (struct signal_row){
        .rollup = rollup,
        .start_ms = summary->window.start_ms,
        .is_closed = summary->pane != PANE_EARLY,
        .is_known = !span_equal(summary->columns[COLUMN_SOURCE], span_of(model_source_name(SOURCE_UNKNOWN))),
        .is_hidden = summary->suppressed,
        .generation = summary->generation,
        .revision = summary->revision,
        .requests = sums[M_REQUESTS],
        .accounts = read->accounts,
        .tables_version = summary->tables_version,
    };
    if (rollup == SIGNAL_FROM_MODEL) {
        row->subject = model_of(summary);
        row->tokens = sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]);
    } else if (rollup == SIGNAL_FROM_CATEGORY) {
        row->subject = summary->columns[COLUMN_CATEGORY];
        row->tokens = sums[M_SPLIT_TOKENS];
        row->tokens_squared = sums[M_TOKENS_SQUARED];
    } else {
        row->subject = summary->columns[COLUMN_MODEL];
        row->cohort = summary->columns[COLUMN_COHORT];
        for (size_t index = 0; index < age.size; index++)
            row->age = 10 * row->age + (age.bytes[index] - '0');
    }
}
