/*
 * Records of the latest version of each key are decoded, texts become numbers, and rows are sorted so that those of one
 * rollup and window lie together, week by week.
 */
#include "dataset.h"

#include <stdlib.h>

#include "gentally/base/grow.h"

uint32_t dataset_name(struct dataset *dataset, const char *text)
{
    return names_put(&dataset->names, span_of(text));
}

/* Cohorts are shown from their first month on, wherever the range begins: retention is a share of that month. */
static bool is_asked_for(const struct dataset *dataset, enum row_rollup rollup, struct window window)
{
    if (rollup == ROWS_RETENTION)
        return window.kind == WINDOW_MONTH && window.start_ms < dataset->to_ms;
    return window.start_ms >= dataset->from_ms && window.start_ms < dataset->to_ms;
}

static struct summary_row *add(struct dataset *dataset)
{
    struct summary_row *rows = grow(dataset->rows, &dataset->row_room, dataset->row_count + 1, sizeof(*rows));

    if (rows == NULL)
        return NULL;
    dataset->rows = rows;
    return &dataset->rows[dataset->row_count++];
}

static int64_t told_of(const struct dataset *dataset, enum measure measure, int64_t sum)
{
    int64_t product;

    if (measure == M_TOKENS_SQUARED || measure == M_TOKENS_PROMPT_SQUARED)
        return sum;
    return __builtin_mul_overflow(sum, dataset->times, &product) ? SUM_TOLD_MAX : product;
}

static bool take(struct dataset *dataset, const struct summary_read *read)
{
    const struct summary *summary = &read->summary;
    enum row_rollup rollup;

    if (!row_rollup_find(summary->rollup, &rollup) || !is_asked_for(dataset, rollup, summary->window))
        return true;
    struct summary_row *row = add(dataset);
    if (row == NULL)
        return false;
    *row = (struct summary_row){.rollup = rollup,
                                .window = summary->window.kind,
                                .start_ms = summary->window.start_ms,
                                .accounts = read->accounts,
                                .generation = summary->generation,
                                .revision = summary->revision,
                                .pane = summary->pane,
                                .is_suppressed = summary->suppressed,
                                .tables_version = names_put(&dataset->names, summary->tables_version)};
    for (int column = 0; column < COLUMN_COUNT; column++)
        row->columns[column] = names_put(&dataset->names, summary->columns[column]);
    if (summary->columns[COLUMN_MODEL].size > 0)
        row->base = names_put(&dataset->names, slug_base(summary->columns[COLUMN_MODEL]));
    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        row->sums[measure] = told_of(dataset, (enum measure)measure, read->cell.sums[measure]);
    return true;
}

/* Names are ranked as texts: their numbers follow the order in which records came, and rows must not. */
static int compare_names(const void *left_id, const void *right_id, void *context)
{
    const struct names *names = context;

    return span_compare(names_text(names, *(const uint32_t *)left_id), names_text(names, *(const uint32_t *)right_id));
}

/* The rank of each name by its number; 0 = absent. NULL: no memory. */
static uint32_t *rank_names(struct names *names)
{
    uint32_t *ids = calloc(names->count + 1, sizeof(*ids)), *ranks = calloc(names->count + 1, sizeof(*ranks));

    if (ids == NULL || ranks == NULL) {
        free(ids);
        free(ranks);
        return NULL;
    }
    for (uint32_t index = 0; index < names->count; index++)
        ids[index] = index + 1;
    if (names->count > 0)
        qsort_r(ids, names->count, sizeof(*ids), compare_names, names);
    for (uint32_t index = 0; index < names->count; index++)
        ranks[ids[index]] = index + 1;
    free(ids);
    return ranks;
}

static int compare(const void *left_row, const void *right_row, void *context)
{
    const struct summary_row *left = left_row, *right = right_row;
    const uint32_t *ranks = context;

    if (left->rollup != right->rollup)
        return left->rollup < right->rollup ? -1 : 1;
    if (left->window != right->window)
        return left->window < right->window ? -1 : 1;
    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    for (int column = 0; column < COLUMN_COUNT; column++) {
        uint32_t left_rank = ranks[left->columns[column]], right_rank = ranks[right->columns[column]];
        if (left_rank != right_rank)
            return left_rank < right_rank ? -1 : 1;
    }
    return 0;
}

static bool sort_rows(struct dataset *dataset)
{
    uint32_t *ranks = rank_names(&dataset->names);

    if (ranks == NULL)
        return false;
    if (dataset->row_count > 0)
        qsort_r(dataset->rows, dataset->row_count, sizeof(*dataset->rows), compare, ranks);
    free(ranks);
    for (size_t index = 0; index < dataset->row_count; index++) {
        const struct summary_row *row = &dataset->rows[index];
        size_t *first = &dataset->firsts[row->rollup][row->window], *end = &dataset->ends[row->rollup][row->window];
        if (*end == 0)
            *first = index;
        *end = index + 1;
    }
    return true;
}

struct row_range dataset_rows(const struct dataset *dataset, enum row_rollup rollup, enum window_kind window)
{
    size_t first = dataset->firsts[rollup][window], end = dataset->ends[rollup][window];

    return (struct row_range){end > first ? dataset->rows + first : NULL, end - first};
}

/* Notes where the weeks with traffic begin and end, and where classification begins. */
static void survey(struct dataset *dataset)
{
    struct row_range weeks = dataset_rows(dataset, ROWS_TOTAL, WINDOW_WEEK);
    struct row_range months = dataset_rows(dataset, ROWS_RETENTION, WINDOW_MONTH);

    dataset->first_week_ms = dataset->last_week_ms = dataset->category_ms = dataset->last_month_ms = NO_TIME;
    for (size_t index = 0; index < weeks.count; index++) {
        const struct summary_row *row = &weeks.rows[index];
        if (row->sums[M_REQUESTS] == 0)
            continue;
        if (dataset->first_week_ms == NO_TIME)
            dataset->first_week_ms = row->start_ms;
        dataset->last_week_ms = row->start_ms;
        if (dataset->category_ms == NO_TIME && row->sums[M_CLASSIFIED] > 0)
            dataset->category_ms = row->start_ms;
        dataset->has_versions |= dataset->tables_version != 0 && dataset->tables_version != row->tables_version;
        dataset->tables_version = row->tables_version;
    }
    if (months.count > 0)
        dataset->last_month_ms = months.rows[months.count - 1].start_ms;
}

/* Adds up the last week's distributions, which rows do not hold. */
static void take_histograms(struct dataset *dataset, const struct summary_read *read)
{
    for (uint32_t index = 0; index < read->cell.slot_count; index++) {
        const struct slot *slot = &read->cell.slots[index];
        if (slot->id < ACCOUNT_SLOT)
            dataset->histograms[slot->id / HISTOGRAM_BUCKETS][slot->id % HISTOGRAM_BUCKETS] += slot->value;
    }
}

static enum verdict read_histograms(struct dataset *dataset, const struct latest *latest, struct summary_read *read,
                                    struct reason *why)
{
    for (size_t index = 0; index < latest_seen(latest); index++) {
        const struct latest_row *kept = latest_at(latest, index);
        if (kept->value.bytes == NULL || kept->start_ms != dataset->last_week_ms || kept->key.size < 11 ||
            memcmp(kept->key.bytes, "total|week|", 11) != 0)
            continue;
        enum verdict verdict = decode_summary(kept->value, read, why);
        if (verdict != GO_ON)
            return verdict;
        take_histograms(dataset, read);
    }
    return GO_ON;
}

static void name_all(struct dataset *dataset)
{
    static const char *const drawn[CATEGORIES_DRAWN] = {"programming", "roleplay",  "technology", "science",
                                                        "translation", "finance",   "academia",   "health",
                                                        "legal",       "marketing", "trivia"};

    dataset->unknown = dataset_name(dataset, "unknown");
    dataset->other = dataset_name(dataset, "other");
    dataset->beyond = dataset_name(dataset, DIMENSION_OTHER);
    dataset->open_cn = dataset_name(dataset, "open_cn");
    dataset->open_row = dataset_name(dataset, "open_row");
    dataset->closed = dataset_name(dataset, "closed");
    dataset->always = dataset_name(dataset, "always");
    dataset->optional = dataset_name(dataset, "optional");
    dataset->no = dataset_name(dataset, "no");
    dataset->closed_shown = dataset_name(dataset, "Closed");
    dataset->open_cn_shown = dataset_name(dataset, "Chinese OSS");
    dataset->open_row_shown = dataset_name(dataset, "RoW OSS");
    dataset->reasoning_shown = dataset_name(dataset, "Reasoning");
    dataset->no_shown = dataset_name(dataset, "Non-reasoning");
    for (int at = 0; at < CATEGORIES_DRAWN; at++)
        dataset->drawn[at] = dataset_name(dataset, drawn[at]);
}

enum verdict dataset_read(struct dataset *dataset, const struct latest *latest, struct summary_read *read,
                          struct reason *why)
{
    enum verdict verdict = GO_ON;

    dataset->names.has_failed = dataset->has_failed;
    name_all(dataset);
    for (size_t index = 0; index < latest_seen(latest) && verdict == GO_ON; index++) {
        const struct latest_row *kept = latest_at(latest, index);
        if (kept->value.bytes == NULL)
            continue;
        verdict = decode_summary(kept->value, read, why);
        if (verdict == GO_ON && !take(dataset, read))
            verdict = reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu summaries", dataset->row_count);
    }
    if (verdict == GO_ON && !sort_rows(dataset))
        verdict = reason_set(why, HALT, NO_MEMORY, 0, "no memory to sort %zu summaries", dataset->row_count);
    if (verdict == GO_ON) {
        survey(dataset);
        verdict = read_histograms(dataset, latest, read, why);
    }
    return verdict;
}

void dataset_close(struct dataset *dataset)
{
    names_close(&dataset->names);
    free(dataset->rows);
    free(dataset->shown);
    *dataset = (struct dataset){0};
}
