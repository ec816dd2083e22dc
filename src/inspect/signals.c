/*
 * The rows that rules look at, and the signals that rules make of them. A row is kept as one block of bytes, the struct
 * and then its texts, in a `latest` for each rollup, which knows the latest version of a key.
 */
#include "gentally/inspect/signals.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/inspect/latest.h"
#include "signal_rules.h"

struct signals {
    struct signal_rules rules;
    struct latest *rows[SIGNAL_ROLLUPS];
    struct found found;
    struct subject_weeks weeks[2]; /* models, categories: what the signals were found in */
    struct signal_row *closed;     /* scratch; the cohorts' rows stay until the next evaluation */
    size_t closed_room;
    struct cohort_rows cohorts;
    char *packed; /* a row being put */
    size_t packed_room;
};

struct signal_rules signal_rules_default(void)
{
    return (struct signal_rules){
        .unknown_share = 1000,
        .unknown_requests = 100,
        .jump_share = 50000,
        .cohort_accounts = 30,
        .launch_months = 2,
        .foundational_percent = 150,
        .boomerang_rise = 30000,
    };
}

static void close_weeks(struct subject_weeks *weeks)
{
    free(weeks->items);
    free(weeks->weeks);
    *weeks = (struct subject_weeks){0};
}

void signals_close(struct signals *signals)
{
    if (signals == NULL)
        return;
    for (int rollup = 0; rollup < SIGNAL_ROLLUPS; rollup++)
        latest_close(signals->rows[rollup]);
    for (size_t index = 0; index < LENGTH_OF(signals->weeks); index++)
        close_weeks(&signals->weeks[index]);
    free(signals->found.items);
    free(signals->closed);
    free(signals->packed);
    free(signals);
}

static enum verdict out_of_memory(size_t size, struct reason *why)
{
    return reason_set(why, HALT, NO_MEMORY, 0, "signals need %zu bytes", size);
}

enum verdict signals_open(struct signals **out, const struct signal_rules *rules, struct reason *why)
{
    struct signals *signals = calloc(1, sizeof(*signals));
    enum verdict verdict = GO_ON;

    *out = signals;
    if (signals == NULL)
        return out_of_memory(sizeof(*signals), why);
    signals->rules = *rules;
    signals->found.rules = &signals->rules;
    signal_rules_write(&signals->found);
    for (int rollup = 0; rollup < SIGNAL_ROLLUPS && verdict == GO_ON; rollup++)
        verdict = latest_open(&signals->rows[rollup], why);
    if (verdict != GO_ON) {
        signals_close(signals);
        *out = NULL;
    }
    return verdict;
}

/* ---- rows in and out of bytes ---- */

static size_t pack_text(char *packed, size_t at, struct span text)
{
    if (text.size > 0)
        memcpy(packed + at, text.bytes, text.size);
    return at + text.size;
}

enum verdict signals_put(struct signals *signals, struct span key, const struct signal_row *row, struct reason *why)
{
    size_t size = sizeof(*row) + row->subject.size + row->cohort.size + row->tables_version.size;

    assert(row->rollup < SIGNAL_ROLLUPS);
    char *packed = grow(signals->packed, &signals->packed_room, size, 1);
    if (packed == NULL)
        return out_of_memory(size, why);
    signals->packed = packed;
    memcpy(signals->packed, row, sizeof(*row));
    size_t at = pack_text(signals->packed, sizeof(*row), row->subject);
    at = pack_text(signals->packed, at, row->cohort);
    at = pack_text(signals->packed, at, row->tables_version);
    assert(at == size);
    const struct latest_row kept = {
        .key = key,
        .value = {signals->packed, size},
        .generation = row->generation,
        .revision = row->revision,
        .pane = row->is_closed ? PANE_ON_TIME : PANE_EARLY,
        .start_ms = row->start_ms,
    };
    return latest_put(signals->rows[row->rollup], &kept, why);
}

void signals_drop(struct signals *signals, struct span key)
{
    for (int rollup = 0; rollup < SIGNAL_ROLLUPS; rollup++)
        latest_drop(signals->rows[rollup], key);
}

static struct span unpack_text(const char **at, size_t size)
{
    struct span text = {size == 0 ? NULL : *at, size};

    *at += size;
    return text;
}

/* Spans borrow from `packed`. */
static void unpack(struct span packed, struct signal_row *row)
{
    const char *at = packed.bytes + sizeof(*row);

    assert(packed.size >= sizeof(*row));
    memcpy(row, packed.bytes, sizeof(*row));
    row->subject = unpack_text(&at, row->subject.size);
    row->cohort = unpack_text(&at, row->cohort.size);
    row->tables_version = unpack_text(&at, row->tables_version.size);
}

/* ---- what the rules look at ---- */

static int compare_numbers(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

/* By subject, cohort, window; versions break ties, so that the latest of a group comes last, whoever came first. */
static int compare_rows(const void *left_row, const void *right_row)
{
    const struct signal_row *left = left_row, *right = right_row;
    int order = span_compare(left->subject, right->subject);

    if (order == 0)
        order = span_compare(left->cohort, right->cohort);
    if (order == 0)
        order = compare_numbers(left->start_ms, right->start_ms);
    if (order == 0)
        order = summary_version_compare(left->generation, left->revision, PANE_ON_TIME, right->generation,
                                        right->revision, PANE_ON_TIME);
    return order != 0 ? order : span_compare(left->tables_version, right->tables_version);
}

/* The closed rows of a rollup, in order. They stand in `signals->closed` until the next call. */
static enum verdict list_closed(struct signals *signals, enum signal_rollup rollup, size_t *count, struct reason *why)
{
    const struct latest *rows = signals->rows[rollup];
    size_t wanted = latest_seen(rows) + 1;
    struct signal_row *closed = grow(signals->closed, &signals->closed_room, wanted, sizeof(*closed));

    if (closed == NULL)
        return out_of_memory(wanted * sizeof(*closed), why);
    signals->closed = closed;
    *count = 0;
    for (size_t index = 0; index < latest_seen(rows); index++) {
        const struct latest_row *row = latest_at(rows, index);
        if (row->value.bytes == NULL || row->pane == PANE_EARLY)
            continue;
        unpack(row->value, &closed[*count]);
        if (closed[*count].subject.size > 0)
            ++*count;
    }
    if (*count > 0)
        qsort(closed, *count, sizeof(*closed), compare_rows);
    return GO_ON;
}

static int compare_weeks(const void *left_week, const void *right_week)
{
    const struct week *left = left_week, *right = right_week;

    return compare_numbers(left->start_ms, right->start_ms);
}

static void keep_latest(int64_t *generation, int64_t *revision, const struct subject_week *than)
{
    if (summary_version_compare(than->generation, than->revision, PANE_ON_TIME, *generation, *revision, PANE_ON_TIME) <=
        0)
        return;
    *generation = than->generation;
    *revision = than->revision;
}

/* Adds up the weeks of all subjects; there is room for one each. */
static void add_up_weeks(struct subject_weeks *all)
{
    size_t into = 0;

    for (size_t index = 0; index < all->count; index++) {
        const struct subject_week *item = &all->items[index];
        bool is_counted = !span_equal(item->subject, span_of("other")); /* As part of a week, also what has no row. */
        all->weeks[index] = (struct week){item->start_ms, is_counted ? item->tokens : 0,
                                          is_counted ? item->tokens_squared : 0, item->generation, item->revision};
    }
    if (all->count == 0)
        return;
    qsort(all->weeks, all->count, sizeof(*all->weeks), compare_weeks);
    for (size_t index = 1; index < all->count; index++) {
        struct week *week = &all->weeks[index], *target = &all->weeks[into];
        const struct subject_week version = {.generation = week->generation, .revision = week->revision};
        if (target->start_ms != week->start_ms) {
            all->weeks[++into] = *week;
            continue;
        }
        target->tokens = sum_told(target->tokens, week->tokens);
        target->tokens_squared += week->tokens_squared;
        keep_latest(&target->generation, &target->revision, &version);
    }
    all->week_count = into + 1;
}

/* Of sums that are told as "at least" nobody knows the effective size: without end it is a sample of nothing. */
static double squares_of(const struct signal_row *row)
{
    bool is_known = row->tokens < SUM_TOLD_MAX && row->tokens_squared < SUM_TOLD_MAX;

    return is_known ? (double)row->tokens_squared : (double)INFINITY;
}

/* Adds a row to its subject and week. Rows of one subject and week follow each other, the latest version last. */
static void add_row(struct subject_week *item, const struct signal_row *row)
{
    bool is_first = item->subject.bytes == NULL;
    int64_t accounts = row->accounts;

    item->subject = row->subject;
    item->start_ms = row->start_ms;
    item->is_known = row->is_known || (!is_first && item->is_known);
    item->is_hidden = row->is_hidden || item->is_hidden;
    item->requests += row->requests;
    item->tokens = sum_told(item->tokens, row->tokens);
    item->tokens_squared += squares_of(row);
    item->generation = row->generation;
    item->revision = row->revision;
    item->tables_version = row->tables_version;
    if (is_first || accounts < 0 || item->accounts_low < 0) {
        bool is_known = accounts >= 0 && (is_first || item->accounts_low >= 0);
        item->accounts_low = item->accounts_high = is_known ? accounts : -1;
        return;
    }
    item->accounts_low = accounts > item->accounts_low ? accounts : item->accounts_low;
    item->accounts_high += accounts;
}

static enum verdict fold(struct signals *signals, enum signal_rollup rollup, struct subject_weeks *all,
                         struct reason *why)
{
    size_t count = 0;
    enum verdict verdict = list_closed(signals, rollup, &count, why);

    close_weeks(all);
    if (verdict != GO_ON)
        return verdict;
    all->items = calloc(count + 1, sizeof(*all->items));
    all->weeks = calloc(count + 1, sizeof(*all->weeks));
    if (all->items == NULL || all->weeks == NULL)
        return out_of_memory(count * (sizeof(*all->items) + sizeof(*all->weeks)), why);
    for (size_t index = 0; index < count; index++) {
        const struct signal_row *row = &signals->closed[index];
        const struct subject_week *last = all->count == 0 ? NULL : &all->items[all->count - 1];
        if (last == NULL || last->start_ms != row->start_ms || !span_equal(last->subject, row->subject))
            all->count++;
        add_row(&all->items[all->count - 1], row);
    }
    add_up_weeks(all);
    return GO_ON;
}

static enum verdict list_cohorts(struct signals *signals, struct reason *why)
{
    struct cohort_rows *cohorts = &signals->cohorts;
    enum verdict verdict = list_closed(signals, SIGNAL_FROM_RETENTION, &cohorts->count, why);

    cohorts->items = signals->closed;
    cohorts->latest_month = INT64_MIN;
    for (size_t index = 0; verdict == GO_ON && index < cohorts->count; index++) {
        int64_t month = signal_month(cohorts->items[index].start_ms);
        cohorts->latest_month = month > cohorts->latest_month ? month : cohorts->latest_month;
    }
    return verdict;
}

/* ---- found ---- */

static int compare_found(const void *left_signal, const void *right_signal)
{
    const struct signal *left = left_signal, *right = right_signal;
    int order = (int)left->kind - (int)right->kind;

    if (order == 0)
        order = span_compare(left->subject, right->subject);
    if (order == 0)
        order = span_compare(left->cohort, right->cohort);
    return order != 0 ? order : compare_numbers(left->window.start_ms, right->window.start_ms);
}

enum verdict signals_evaluate(struct signals *signals, struct reason *why)
{
    struct found *found = &signals->found;

    found->count = 0;
    enum verdict verdict = fold(signals, SIGNAL_FROM_MODEL, &signals->weeks[SIGNAL_FROM_MODEL], why);
    if (verdict == GO_ON)
        verdict = fold(signals, SIGNAL_FROM_CATEGORY, &signals->weeks[SIGNAL_FROM_CATEGORY], why);
    if (verdict == GO_ON)
        verdict = list_cohorts(signals, why);
    if (verdict != GO_ON)
        return verdict;
    signal_rules_of_models(found, &signals->weeks[SIGNAL_FROM_MODEL]);
    signal_rules_of_categories(found, &signals->weeks[SIGNAL_FROM_CATEGORY]);
    signal_rules_of_cohorts(found, &signals->cohorts);
    if (found->is_broken)
        return out_of_memory(found->room * sizeof(*found->items), why);
    /* Of its window: a row that did not change may be of an older version than what it is compared with. */
    for (size_t index = 0; index < found->count; index++) {
        struct signal *sign = &found->items[index];
        (void)signals_version(signals, sign->kind, sign->window.start_ms, &sign->generation, &sign->revision);
    }
    if (found->count > 0)
        qsort(found->items, found->count, sizeof(*found->items), compare_found);
    return GO_ON;
}

size_t signals_count(const struct signals *signals)
{
    return signals->found.count;
}

const struct signal *signals_at(const struct signals *signals, size_t index)
{
    assert(index < signals->found.count);
    return &signals->found.items[index];
}

static bool version_of_month(const struct cohort_rows *cohorts, int64_t start_ms, struct subject_week *latest)
{
    bool is_there = false;

    for (size_t index = 0; index < cohorts->count; index++) {
        const struct signal_row *row = &cohorts->items[index];
        const struct subject_week version = {.generation = row->generation, .revision = row->revision};
        if (row->start_ms != start_ms)
            continue;
        if (!is_there)
            *latest = version;
        keep_latest(&latest->generation, &latest->revision, &version);
        is_there = true;
    }
    return is_there;
}

bool signals_version(const struct signals *signals, enum signal_kind kind, int64_t start_ms, int64_t *generation,
                     int64_t *revision)
{
    const struct subject_weeks *weeks =
        &signals->weeks[kind == SIGNAL_CATEGORY_JUMP ? SIGNAL_FROM_CATEGORY : SIGNAL_FROM_MODEL];
    struct subject_week latest = {0};
    bool is_there = false;

    if (kind == SIGNAL_FOUNDATIONAL_COHORT || kind == SIGNAL_BOOMERANG)
        is_there = version_of_month(&signals->cohorts, start_ms, &latest);
    for (size_t index = 0; !is_there && kind <= SIGNAL_CATEGORY_JUMP && index < weeks->week_count; index++) {
        is_there = weeks->weeks[index].start_ms == start_ms;
        latest.generation = weeks->weeks[index].generation;
        latest.revision = weeks->weeks[index].revision;
    }
    *generation = latest.generation;
    *revision = latest.revision;
    return is_there;
}
