/*
 * Sums by name. Rows are collected as they come and merged by sorting: a few hundred thousand of them at most, once per
 * command, so no table is needed.
 */
#include "gentally/inspect/totals.h"

#include <assert.h>
#include <stdlib.h>

#define REST_MARK (-1) /* as a share: this row shall be of the rest */

struct breakdown {
    size_t count, room;
    struct breakdown_row *rows; /* names are owned */
    uint32_t measure;
    bool is_sorted;
};

enum verdict breakdown_open(struct breakdown **breakdown, struct reason *why)
{
    *breakdown = calloc(1, sizeof **breakdown);
    if (*breakdown == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for sums");
    (*breakdown)->measure = MEASURE_TOKENS;
    return GO_ON;
}

void breakdown_measure(struct breakdown *breakdown, uint32_t measure)
{
    assert(measure <= MEASURE_TOKENS);
    assert(breakdown->count == 0);
    breakdown->measure = measure;
}

static void free_name(const struct breakdown_row *row)
{
    free((char *)(uintptr_t)row->name.bytes);
}

void breakdown_close(struct breakdown *breakdown)
{
    if (breakdown == NULL)
        return;
    for (size_t index = 0; index < breakdown->count; index++)
        free_name(&breakdown->rows[index]);
    free(breakdown->rows);
    free(breakdown);
}

static int compare_span(struct span left, struct span right)
{
    size_t size = left.size < right.size ? left.size : right.size;
    int order = size == 0 ? 0 : memcmp(left.bytes, right.bytes, size);

    return order != 0 ? order : (left.size > right.size) - (left.size < right.size);
}

static int compare_names(const void *left_row, const void *right_row)
{
    const struct breakdown_row *left = left_row, *right = right_row;

    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    return compare_span(left->name, right->name);
}

static void merge(struct breakdown *breakdown)
{
    size_t into = 0;

    if (breakdown->count == 0)
        return;
    qsort(breakdown->rows, breakdown->count, sizeof *breakdown->rows, compare_names);
    for (size_t index = 1; index < breakdown->count; index++) {
        struct breakdown_row *row = &breakdown->rows[index], *target = &breakdown->rows[into];
        if (compare_names(target, row) != 0) {
            breakdown->rows[++into] = *row;
            continue;
        }
        target->requests += row->requests;
        target->tokens += row->tokens;
        target->cost_nano_usd += row->cost_nano_usd;
        target->value += row->value;
        free_name(row);
    }
    breakdown->count = into + 1;
}

static enum verdict make_room(struct breakdown *breakdown, struct reason *why)
{
    if (breakdown->count < breakdown->room)
        return GO_ON;
    merge(breakdown);
    if (breakdown->count < breakdown->room / 2) /* merging was worth it */
        return GO_ON;
    size_t room = 2 * breakdown->room + 256;
    struct breakdown_row *rows = realloc(breakdown->rows, room * sizeof *rows);
    if (rows == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for %zu sums", room);
    breakdown->rows = rows;
    breakdown->room = room;
    return GO_ON;
}

enum verdict breakdown_add(struct breakdown *breakdown, int64_t start_ms, struct span name,
                           const int64_t sums[MEASURE_COUNT], struct reason *why)
{
    int64_t tokens = sums[M_TOKENS_PROMPT] + sums[M_TOKENS_COMPLETION];
    enum verdict verdict = make_room(breakdown, why);
    char *copy = malloc(name.size + 1);

    assert(!breakdown->is_sorted);
    if (verdict != GO_ON || copy == NULL) {
        free(copy);
        return verdict != GO_ON ? verdict : reason_set(why, HALT, "NO-MEMORY", 0, "no memory for a name");
    }
    if (name.size > 0)
        memcpy(copy, name.bytes, name.size);
    copy[name.size] = '\0';
    breakdown->rows[breakdown->count++] =
        (struct breakdown_row){.start_ms = start_ms,
                               .name = {copy, name.size},
                               .requests = sums[M_REQUESTS],
                               .tokens = tokens,
                               .value = breakdown->measure == MEASURE_TOKENS ? tokens : sums[breakdown->measure],
                               .cost_nano_usd = sums[M_COST_NANO_USD]};
    return GO_ON;
}

static int64_t value_of(const struct breakdown_row *row, enum breakdown_by by)
{
    switch (by) {
    case BY_TOKENS:
        return row->tokens;
    case BY_REQUESTS:
        return row->requests;
    case BY_COST:
        return row->cost_nano_usd;
    case BY_MEASURE:
        break;
    }
    return row->value;
}

static bool is_rest(const struct breakdown_row *row)
{
    return span_equal(row->name, span_of(BREAKDOWN_REST));
}

/* One name over all windows. */
struct whole {
    struct span name; /* borrowed */
    int64_t value;
};

static int compare_whole_names(const void *left, const void *right)
{
    return compare_span(((const struct whole *)left)->name, ((const struct whole *)right)->name);
}

static int compare_wholes(const void *left_whole, const void *right_whole)
{
    const struct whole *left = left_whole, *right = right_whole;

    if (left->value != right->value)
        return left->value > right->value ? -1 : 1;
    return compare_span(left->name, right->name);
}

/* Adds up neighbours of one name. Returns how many there are then. */
static size_t merge_wholes(struct whole wholes[], size_t count)
{
    size_t into = 0;

    for (size_t index = 1; index < count; index++) {
        if (span_equal(wholes[into].name, wholes[index].name))
            wholes[into].value += wholes[index].value;
        else
            wholes[++into] = wholes[index];
    }
    return count == 0 ? 0 : into + 1;
}

/* Gives the rows that are marked the name of the rest. */
static enum verdict name_rest(struct breakdown *breakdown, struct reason *why)
{
    static const struct span rest = {BREAKDOWN_REST, sizeof(BREAKDOWN_REST) - 1};

    for (size_t index = 0; index < breakdown->count; index++) {
        struct breakdown_row *row = &breakdown->rows[index];
        if (row->share != REST_MARK)
            continue;
        char *name = malloc(rest.size + 1);
        if (name == NULL)
            return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for a name");
        memcpy(name, rest.bytes, rest.size + 1);
        free_name(row);
        row->name = (struct span){name, rest.size};
        row->share = 0;
    }
    return GO_ON;
}

enum verdict breakdown_fold(struct breakdown *breakdown, size_t top, enum breakdown_by by, struct reason *why)
{
    struct whole *wholes = calloc(breakdown->count + 1, sizeof(*wholes));

    assert(!breakdown->is_sorted);
    if (wholes == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for %zu names", breakdown->count);
    for (size_t index = 0; index < breakdown->count; index++)
        wholes[index] = (struct whole){breakdown->rows[index].name, value_of(&breakdown->rows[index], by)};
    qsort(wholes, breakdown->count, sizeof(*wholes), compare_whole_names);
    size_t count = merge_wholes(wholes, breakdown->count);
    qsort(wholes, count, sizeof(*wholes), compare_wholes);
    top = top < count ? top : count;
    qsort(wholes, top, sizeof(*wholes), compare_whole_names);
    for (size_t index = 0; index < breakdown->count; index++) {
        struct breakdown_row *row = &breakdown->rows[index];
        const struct whole wanted = {row->name, 0};
        if (top > 0 && bsearch(&wanted, wholes, top, sizeof(*wholes), compare_whole_names) != NULL)
            continue;
        row->share = REST_MARK; /* names are borrowed by `wholes` until the last was looked up */
    }
    free(wholes);
    return name_rest(breakdown, why);
}

static int compare_values(const void *left_row, const void *right_row, void *context)
{
    const struct breakdown_row *left = left_row, *right = right_row;
    enum breakdown_by by = *(const enum breakdown_by *)context;
    int64_t left_value = value_of(left, by), right_value = value_of(right, by);

    if (left->start_ms == right->start_ms && is_rest(left) != is_rest(right))
        return is_rest(left) ? 1 : -1;
    if (left->start_ms == right->start_ms && left_value != right_value)
        return left_value > right_value ? -1 : 1;
    return compare_names(left, right);
}

void breakdown_sort(struct breakdown *breakdown, enum breakdown_by by)
{
    size_t first = 0;

    assert(!breakdown->is_sorted);
    breakdown->is_sorted = true;
    merge(breakdown);
    if (breakdown->count > 0)
        qsort_r(breakdown->rows, breakdown->count, sizeof *breakdown->rows, compare_values, &by);
    while (first < breakdown->count) {
        size_t end = first;
        double total = 0;
        for (; end < breakdown->count && breakdown->rows[end].start_ms == breakdown->rows[first].start_ms; end++)
            total += (double)value_of(&breakdown->rows[end], by);
        for (; first < end; first++) {
            struct breakdown_row *row = &breakdown->rows[first];
            row->share = total > 0 ? (int)(10000.0 * (double)value_of(row, by) / total + 0.5) : 0;
        }
    }
}

size_t breakdown_count(const struct breakdown *breakdown)
{
    assert(breakdown->is_sorted);
    return breakdown->count;
}

const struct breakdown_row *breakdown_row(const struct breakdown *breakdown, size_t index)
{
    assert(breakdown->is_sorted);
    assert(index < breakdown->count);
    return &breakdown->rows[index];
}

const struct breakdown_row *breakdown_find(const struct breakdown *breakdown, int64_t start_ms, struct span name)
{
    for (size_t index = 0; index < breakdown_count(breakdown); index++) {
        const struct breakdown_row *row = &breakdown->rows[index];
        if (row->start_ms == start_ms && span_equal(row->name, name))
            return row;
    }
    return NULL;
}
