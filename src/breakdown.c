/*
 * Sums by name. Rows are collected as they come and merged by sorting: a few hundred thousand of them at most, once per
 * command, so no table is needed.
 */
#include "gentally/breakdown.h"

#include <assert.h>
#include <stdlib.h>

struct breakdown {
    size_t count, room;
    struct breakdown_row *rows; /* names are owned */
    bool is_sorted;
};

enum verdict breakdown_open(struct breakdown **breakdown, struct reason *why)
{
    *breakdown = calloc(1, sizeof **breakdown);
    return *breakdown != NULL ? GO_ON : reason_set(why, HALT, "NO-MEMORY", 0, "no memory for sums");
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

static int compare_names(const void *left_row, const void *right_row)
{
    const struct breakdown_row *left = left_row, *right = right_row;
    size_t size = left->name.size < right->name.size ? left->name.size : right->name.size;

    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    int order = memcmp(left->name.bytes, right->name.bytes, size);
    return order != 0 ? order : (left->name.size > right->name.size) - (left->name.size < right->name.size);
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
                               .tokens = sums[M_TOKENS_PROMPT] + sums[M_TOKENS_COMPLETION],
                               .cost_nano_usd = sums[M_COST_NANO_USD]};
    return GO_ON;
}

static int64_t value_of(const struct breakdown_row *row, enum breakdown_by by)
{
    return by == BY_TOKENS ? row->tokens : by == BY_REQUESTS ? row->requests : row->cost_nano_usd;
}

static int compare_values(const void *left_row, const void *right_row, void *context)
{
    const struct breakdown_row *left = left_row, *right = right_row;
    enum breakdown_by by = *(const enum breakdown_by *)context;
    int64_t left_value = value_of(left, by), right_value = value_of(right, by);

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
