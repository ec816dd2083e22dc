/*
 * Summaries as figures read them. What is kept of each key are the record's bytes; for a document they are decoded
 * once, texts become numbers, and rows are sorted so that those of one rollup and window lie together, week by week.
 */
#include <assert.h>
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/codec/avro_read.h"

static const char *const rollup_names[ROWS_KINDS] = {
    [ROWS_TOTAL] = "total",       [ROWS_MODEL] = "model",
    [ROWS_PROVIDER] = "provider", [ROWS_CATEGORY] = "category",
    [ROWS_TAG] = "tag",           [ROWS_GEOGRAPHY] = "geography",
    [ROWS_LANGUAGE] = "language", [ROWS_RETENTION] = "retention",
};

const char *figure_rollup_name(enum figure_rollup rollup)
{
    assert(rollup < ROWS_KINDS);
    return rollup_names[rollup];
}

bool figure_rollup_find(struct span name, enum figure_rollup *rollup)
{
    for (int index = 0; index < ROWS_KINDS; index++) {
        if (span_equal(name, span_of(rollup_names[index]))) {
            *rollup = (enum figure_rollup)index;
            return true;
        }
    }
    return false;
}

uint32_t figure_name(struct figure_data *data, const char *text)
{
    return names_put(&data->names, span_of(text));
}

uint32_t figure_family(const struct figure_row *row)
{
    uint32_t family = row->columns[COLUMN_FAMILY];

    return family != 0 ? family : row->base;
}

/* Cohorts are shown from their first month on, wherever the range begins: a curve without its beginning is none. */
static bool is_asked_for(const struct figures_options *options, enum figure_rollup rollup, struct window window)
{
    if (rollup == ROWS_RETENTION)
        return window.kind == WINDOW_MONTH && window.start_ms < options->to_ms;
    return window.start_ms >= options->from_ms && window.start_ms < options->to_ms;
}

static struct figure_row *add(struct figure_data *data)
{
    if (data->row_count == data->row_room) {
        size_t room = data->row_room == 0 ? 4096 : 2 * data->row_room;
        struct figure_row *rows = realloc(data->rows, room * sizeof(*rows));
        if (rows == NULL)
            return NULL;
        data->rows = rows;
        data->row_room = room;
    }
    return &data->rows[data->row_count++];
}

static bool take(struct figure_data *data, const struct summary_read *read)
{
    const struct summary *summary = &read->summary;
    enum figure_rollup rollup;

    if (!figure_rollup_find(summary->rollup, &rollup) || !is_asked_for(data->options, rollup, summary->window))
        return true;
    struct figure_row *row = add(data);
    if (row == NULL)
        return false;
    *row = (struct figure_row){.rollup = rollup,
                               .window = summary->window.kind,
                               .start_ms = summary->window.start_ms,
                               .accounts = read->accounts,
                               .generation = summary->generation,
                               .revision = summary->revision,
                               .pane = summary->pane,
                               .is_suppressed = summary->suppressed,
                               .tables_version = names_put(&data->names, summary->tables_version)};
    for (int column = 0; column < COLUMN_COUNT; column++)
        row->columns[column] = names_put(&data->names, summary->columns[column]);
    if (summary->columns[COLUMN_MODEL].size > 0)
        row->base = names_put(&data->names, slug_base(summary->columns[COLUMN_MODEL]));
    memcpy(row->sums, read->cell.sums, sizeof(row->sums));
    return true;
}

/* Numbers of names follow the order in which records came; rows must not. So names are ranked as texts. */
static int compare_names(const void *left_id, const void *right_id, void *context)
{
    const struct figure_names *names = context;

    return figure_compare_spans(names_text(names, *(const uint32_t *)left_id),
                                names_text(names, *(const uint32_t *)right_id));
}

/* The rank of each name by its number; 0 = absent. NULL: no memory. */
static uint32_t *rank_names(struct figure_names *names)
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
    const struct figure_row *left = left_row, *right = right_row;
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

static bool sort(struct figure_data *data)
{
    uint32_t *ranks = rank_names(&data->names);

    if (ranks == NULL)
        return false;
    if (data->row_count > 0)
        qsort_r(data->rows, data->row_count, sizeof(*data->rows), compare, ranks);
    free(ranks);
    for (size_t index = 0; index < data->row_count; index++) {
        const struct figure_row *row = &data->rows[index];
        size_t *first = &data->firsts[row->rollup][row->window], *end = &data->ends[row->rollup][row->window];
        if (*end == 0)
            *first = index;
        *end = index + 1;
    }
    return true;
}

struct figure_rows figure_rows_of(const struct figure_data *data, enum figure_rollup rollup, enum window_kind window)
{
    size_t first = data->firsts[rollup][window], end = data->ends[rollup][window];

    return (struct figure_rows){end > first ? data->rows + first : NULL, end - first};
}

/* What the weeks as a whole say: where they begin and end, and where classification begins. */
static void survey(struct figure_data *data)
{
    struct figure_rows weeks = figure_rows_of(data, ROWS_TOTAL, WINDOW_WEEK);
    struct figure_rows months = figure_rows_of(data, ROWS_RETENTION, WINDOW_MONTH);

    data->first_week_ms = data->last_week_ms = data->category_ms = data->last_month_ms = FIGURE_NO_TIME;
    for (size_t index = 0; index < weeks.count; index++) {
        const struct figure_row *row = &weeks.rows[index];
        if (row->sums[M_REQUESTS] == 0)
            continue;
        if (data->first_week_ms == FIGURE_NO_TIME)
            data->first_week_ms = row->start_ms;
        data->last_week_ms = row->start_ms;
        if (data->category_ms == FIGURE_NO_TIME && row->sums[M_CLASSIFIED] > 0)
            data->category_ms = row->start_ms;
        data->has_versions |= data->tables_version != 0 && data->tables_version != row->tables_version;
        data->tables_version = row->tables_version;
    }
    if (months.count > 0)
        data->last_month_ms = months.rows[months.count - 1].start_ms;
}

/* The distributions of the last week: the one thing that is not in the rows. */
static void take_histograms(struct figure_data *data, const struct summary_read *read)
{
    for (uint32_t index = 0; index < read->cell.slot_count; index++) {
        const struct slot *slot = &read->cell.slots[index];
        if (slot->id < ACCOUNT_SLOT)
            data->histograms[slot->id / HISTOGRAM_BUCKETS][slot->id % HISTOGRAM_BUCKETS] += slot->value;
    }
}

static enum verdict read_histograms(struct figure_data *data, const struct latest *latest, struct summary_read *read,
                                    struct reason *why)
{
    for (size_t index = 0; index < latest_seen(latest); index++) {
        const struct latest_row *kept = latest_at(latest, index);
        if (kept->value.bytes == NULL || kept->start_ms != data->last_week_ms || kept->key.size < 11 ||
            memcmp(kept->key.bytes, "total|week|", 11) != 0)
            continue;
        enum verdict verdict = decode_summary(kept->value, read, why);
        if (verdict != GO_ON)
            return verdict;
        take_histograms(data, read);
    }
    return GO_ON;
}

static void name_all(struct figure_data *data)
{
    static const char *const drawn[CATEGORIES_DRAWN] = {"programming", "roleplay",  "technology", "science",
                                                        "translation", "finance",   "academia",   "health",
                                                        "legal",       "marketing", "trivia"};

    data->unknown = figure_name(data, "unknown");
    data->other = figure_name(data, "other");
    data->open_cn = figure_name(data, "open_cn");
    data->open_row = figure_name(data, "open_row");
    data->closed = figure_name(data, "closed");
    data->yes = figure_name(data, "yes");
    data->no = figure_name(data, "no");
    data->closed_shown = figure_name(data, "Closed");
    data->open_cn_shown = figure_name(data, "Chinese OSS");
    data->open_row_shown = figure_name(data, "RoW OSS");
    data->yes_shown = figure_name(data, "Reasoning");
    data->no_shown = figure_name(data, "Non-reasoning");
    for (int at = 0; at < CATEGORIES_DRAWN; at++)
        data->drawn[at] = figure_name(data, drawn[at]);
}

enum verdict figure_data_open(struct figure_data *data, const struct figures_options *options,
                              const struct latest *latest, struct summary_read *read, struct reason *why)
{
    enum verdict verdict = GO_ON;

    *data = (struct figure_data){.options = options};
    name_all(data);
    for (size_t index = 0; index < latest_seen(latest) && verdict == GO_ON; index++) {
        const struct latest_row *kept = latest_at(latest, index);
        if (kept->value.bytes == NULL)
            continue;
        verdict = decode_summary(kept->value, read, why);
        if (verdict == GO_ON && !take(data, read))
            verdict = reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu summaries", data->row_count);
    }
    if (verdict == GO_ON && !sort(data))
        verdict = reason_set(why, HALT, NO_MEMORY, 0, "no memory to sort %zu summaries", data->row_count);
    if (verdict == GO_ON) {
        survey(data);
        verdict = read_histograms(data, latest, read, why);
    }
    return verdict;
}

void figure_data_close(struct figure_data *data)
{
    names_close(&data->names);
    free(data->rows);
    *data = (struct figure_data){0};
}
