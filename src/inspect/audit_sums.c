/* Rollups that count each event once must add up to the total, measure by measure, and no row has more than its whole.
 */
#include "audit_sums.h"

#include <stdio.h>

#include "audit_tell.h"
#include "gentally/base/hash.h"

/* ---- one row ---- */

static bool has_labels(const struct rollup *rollup)
{
    for (uint32_t i = 0; i < rollup->dim_count; i++)
        if (rollup->dims[i] == DIM_CATEGORY || rollup->dims[i] == DIM_TAG)
            return true;
    return false;
}

/* True for the row of what has no row of its own. By labels it holds an event as often as the event has such labels,
 * and so may exceed the total. */
static bool is_of_others(const struct rollup *rollup, const struct summary *summary)
{
    return has_labels(rollup) &&
           (dimension_is_other(summary->columns[COLUMN_CATEGORY]) || dimension_is_other(summary->columns[COLUMN_TAG]));
}

void audit_sums_of(const struct summary *summary, const struct rollup *rollup, struct row_amounts *row)
{
    const struct cell *cell = summary->cell;
    struct amounts *amounts = &row->amounts;

    *row = (struct row_amounts){.is_suppressed = summary->suppressed, .is_of_others = is_of_others(rollup, summary)};
    memcpy(amounts->sums, cell->sums, sizeof(amounts->sums));
    for (uint32_t i = 0; i < cell->slot_count; i++) {
        uint32_t histogram = cell->slots[i].id / HISTOGRAM_BUCKETS;
        if (histogram >= HISTOGRAM_COUNT)
            continue;
        amounts->values[histogram] += cell->slots[i].value;
        /* An odd number with mixed bits for each bucket: equal histograms have equal prints, in whatever order. */
        uint64_t mixed = hash_fold(cell->slots[i].id + 1, UINT64_C(0x9e3779b97f4a7c15)) | 1;
        amounts->prints[histogram] += mixed * cell->slots[i].value;
    }
}

/* Tells measures that count a part of another measure and exceed it. */
static void check_parts(struct audit *audit, const struct audit_place *place, const int64_t sums[MEASURE_COUNT])
{
    static const struct {
        enum measure part, whole;
    } pairs[] = {
        {M_TOKENS_REASONING, M_TOKENS_COMPLETION},
        {M_TOKENS_CACHED, M_TOKENS_PROMPT},
        {M_BILLED_COST_NANO_USD, M_COST_NANO_USD},
        {M_TOOL_REQUESTS, M_REQUESTS},
        {M_TOOLS_OFFERED, M_REQUESTS},
        {M_STREAMED, M_REQUESTS},
        {M_CANCELLED, M_REQUESTS},
        {M_FAILED, M_REQUESTS},
        {M_CLASSIFIED, M_REQUESTS},
        {M_MAPPED, M_CLASSIFIED},
        {M_FREE_REQUESTS, M_REQUESTS},
        {M_MAPPED_TOKENS, M_CLASSIFIED_TOKENS},
        {M_SPLIT_TOKENS, M_CLASSIFIED_TOKENS},
        {M_ONE_LABEL, M_CLASSIFIED},
        {M_TWO_LABELS, M_CLASSIFIED},
        {M_MORE_LABELS, M_CLASSIFIED},
        {M_TOKENS_PROMPT_SQUARED, M_TOKENS_SQUARED},
        {M_TOKENS_CACHE_WRITE, M_TOKENS_PROMPT},
        {M_GATEWAY_CACHE_HITS, M_REQUESTS},
        {M_TOKENS_UNKNOWN, M_REQUESTS},
        {M_COST_UNKNOWN, M_REQUESTS},
    };
    static const enum measure of_tokens[] = {M_BILLED_TOKENS, M_FREE_TOKENS, M_TOOL_TOKENS, M_CLASSIFIED_TOKENS,
                                             M_TOOLS_OFFERED_TOKENS};
    int64_t tokens = sum_told(sums[M_TOKENS_PROMPT], sums[M_TOKENS_COMPLETION]);
    char word[64];

    for (size_t i = 0; i < LENGTH_OF(pairs); i++) {
        if (sums[pairs[i].part] <= sums[pairs[i].whole])
            continue;
        snprintf(word, sizeof(word), "at most %s, ", measure_name(pairs[i].whole));
        audit_tell_number(audit, AUDIT_MEASURES, place, measure_name(pairs[i].part), word, sums[pairs[i].whole],
                          sums[pairs[i].part]);
    }
    for (size_t i = 0; i < LENGTH_OF(of_tokens); i++)
        if (sums[of_tokens[i]] > tokens)
            audit_tell_number(audit, AUDIT_MEASURES, place, measure_name(of_tokens[i]), "at most all tokens, ", tokens,
                              sums[of_tokens[i]]);
}

/* Checks what holds of every event, and so of every row as long as nothing was amended. */
static void check_row(struct audit *audit, const struct audit_place *place, const struct amounts *row)
{
    check_parts(audit, place, row->sums);
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        int64_t values = (int64_t)row->values[histogram];
        bool is_whole = histogram == H_TOKENS_PROMPT || histogram == H_TOKENS_TOTAL;
        int64_t requests = row->sums[M_REQUESTS] - (is_whole ? row->sums[M_TOKENS_UNKNOWN] : 0);
        if (is_whole ? values != requests : values > requests)
            audit_tell_number(audit, AUDIT_MEASURES, place, histogram_name(histogram),
                              is_whole ? "as many values as requests with known tokens, "
                                       : "at most as many values as requests, ",
                              requests, values);
    }
}

struct rollup_total *audit_sums_total(const struct audit *audit, const struct audited_window *audited)
{
    const struct rollups *rollups = audit->options.rollups;

    return &audited->totals[rollups_find(rollups, span_of("total")) - rollups->items];
}

/* Without amendments each record of a window is a request of its total. */
static void check_revision(struct audit *audit, const struct audit_place *place, int64_t requests, int64_t revision)
{
    bool is_exact = audit->options.is_strict || !audit->options.may_amend;

    if (requests > revision)
        audit_tell_number(audit, AUDIT_SUMS, place, "requests", "at most the revision, ", revision, requests);
    else if (requests < revision && is_exact)
        audit_tell_number(audit, AUDIT_SUMS, place, "requests", "the revision, ", revision, requests);
}

void audit_sums_add(struct audit *audit, const struct audit_place *place, struct audited_window *audited,
                    uint32_t rollup, const struct row_amounts *row)
{
    const struct amounts *amounts = &row->amounts;
    struct rollup_total *total = &audited->totals[rollup], *all = audit_sums_total(audit, audited);
    int64_t revision = audited->editions[audited->latest].version.revision;
    bool is_part = all != total && all->rows == 1 && all->suppressed == 0 && !row->is_of_others;

    total->rows++;
    total->suppressed += row->is_suppressed;
    if (row->is_suppressed)
        return;
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++) {
        int64_t sum = amounts->sums[measure], whole = all->amounts.sums[measure];
        if (sum < 0)
            audit_tell_number(audit, AUDIT_MEASURES, place, measure_name(measure), "at least ", 0, sum);
        else if (is_part && sum > whole)
            audit_tell_number(audit, AUDIT_SUMS, place, measure_name(measure), "at most the total's, ", whole, sum);
        total->amounts.sums[measure] = sum_told(total->amounts.sums[measure], sum);
    }
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        total->amounts.values[histogram] += amounts->values[histogram];
        total->amounts.prints[histogram] += amounts->prints[histogram];
    }
    if (all == total)
        check_revision(audit, place, amounts->sums[M_REQUESTS], revision);
    if (all->amounts.sums[M_REQUESTS] == revision)
        check_row(audit, place, amounts);
}

/* ---- one window ---- */

/* Tells a measure in which a rollup's rows do not add up to the total, or, if some are suppressed, exceed it. */
static bool compare_sums(struct audit *audit, const struct audit_place *place, const char *rollup, enum measure measure,
                         const struct rollup_total *sum, const struct rollup_total *all)
{
    int64_t have = sum->amounts.sums[measure], want = all->amounts.sums[measure];
    char field[96];

    if (have == want || (sum->suppressed > 0 && have < want))
        return true;
    snprintf(field, sizeof(field), "%s over rollup %s", measure_name(measure), rollup);
    audit_tell_number(audit, AUDIT_SUMS, place, field, sum->suppressed > 0 ? "at most the total's, " : "the total's, ",
                      want, have);
    return false;
}

static void compare_histograms(struct audit *audit, const struct audit_place *place, const char *rollup,
                               const struct rollup_total *sum, const struct rollup_total *all)
{
    char field[96];

    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        int64_t have = (int64_t)sum->amounts.values[histogram], want = (int64_t)all->amounts.values[histogram];
        if (sum->amounts.prints[histogram] == all->amounts.prints[histogram])
            continue;
        if (sum->suppressed > 0 && have < want)
            continue;
        snprintf(field, sizeof(field), "%s over rollup %.*s", histogram_name(histogram), ROLLUP_NAME_MAX, rollup);
        if (have == want)
            audit_tell(audit, AUDIT_SUMS, place, field, "the total's buckets", "as many values in other buckets");
        else
            audit_tell_number(audit, AUDIT_SUMS, place, field, "as many values as the total's, ", want, have);
        return;
    }
}

/* Tells the first measure in which a rollup's rows do not add up to the total. An event is in as many rows by labels as
 * it has labels, but its tokens are split among them; so by labels only the split tokens add up. */
static void compare_totals(struct audit *audit, const struct audit_place *place, const struct rollup *rollup,
                           const struct rollup_total *sum, const struct rollup_total *all)
{
    if (has_labels(rollup)) {
        (void)compare_sums(audit, place, rollup->name, M_SPLIT_TOKENS, sum, all);
        return;
    }
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++)
        if (!compare_sums(audit, place, rollup->name, measure, sum, all))
            return;
    compare_histograms(audit, place, rollup->name, sum, all);
}

void audit_sums_finish(struct audit *audit, const struct audit_place *place, const struct audited_window *audited)
{
    const struct rollups *rollups = audit->options.rollups;
    const struct rollup_total *all = audit_sums_total(audit, audited);

    for (uint32_t i = 0; i < rollups->count; i++) {
        const struct rollup_total *total = &audited->totals[i];
        /* No row at all: it was not configured then. If rows are lost, their number told it. */
        if (total != all && total->rows > 0 && !total->is_unsure)
            compare_totals(audit, place, &rollups->items[i], total, all);
    }
}
