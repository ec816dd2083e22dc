/* The shards hold different accounts of the same models and cohorts: all counts are collected and sorted, and those of
 * the same model and cohort added up. */
#include "gentally/publish/retention_rows.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"

struct retention_rows {
    struct arena arena; /* the models' names */
    struct retention_row *items;
    uint32_t count;
    size_t room;
};

enum verdict retention_rows_open(struct retention_rows **rows, struct reason *why)
{
    *rows = calloc(1, sizeof(**rows));
    if (*rows == NULL)
        return no_memory(why, "for a month of retention");
    arena_open(&(*rows)->arena, (size_t)1 << 18);
    return GO_ON;
}

void retention_rows_close(struct retention_rows *rows)
{
    if (rows == NULL)
        return;
    arena_close(&rows->arena);
    free(rows->items);
    free(rows);
}

static enum verdict add(void *context, uint32_t cohort, struct span model, int64_t accounts, struct reason *why)
{
    struct retention_rows *rows = context;

    if (rows->count == rows->room) {
        struct retention_row *items = grow(rows->items, &rows->room, (size_t)rows->count + 1, sizeof(*items));
        if (items == NULL)
            return no_memory(why, "for a month of retention");
        rows->items = items;
    }
    char *text = arena_take(&rows->arena, model.size + 1);
    if (text == NULL)
        return no_memory(why, "for a month of retention");
    memcpy(text, model.bytes, model.size);
    rows->items[rows->count++] = (struct retention_row){{text, model.size}, cohort, accounts};
    return GO_ON;
}

int retention_row_compare(const struct retention_row *left, const struct retention_row *right)
{
    int order = span_compare(left->model, right->model);

    return order != 0 ? order : (left->cohort > right->cohort) - (left->cohort < right->cohort);
}

static int compare(const void *left, const void *right)
{
    return retention_row_compare(left, right);
}

/* A month's revision is what its counts add up to: see store.lua. */
static enum verdict check(const struct retention_rows *rows, uint32_t month, int64_t revision, struct reason *why)
{
    int64_t sum = 0;
    bool is_good = true;

    for (uint32_t i = 0; i < rows->count; i++) {
        const struct retention_row *row = &rows->items[i];
        int64_t part = 0;
        is_good = is_good && row->cohort <= month && row->model.size <= EVENT_TEXT_MAX &&
                  !__builtin_mul_overflow(row->accounts, (int64_t)month - row->cohort + 1, &part) &&
                  !__builtin_add_overflow(sum, part, &sum);
    }
    if (is_good && sum == revision)
        return GO_ON;
    return reason_set(why, HALT, STORE_RETENTION_DAMAGED, 0,
                      "retention: the counts of month %" PRIu32 " do not read as we wrote them", month);
}

enum verdict retention_rows_read(struct retention_rows *rows, struct store *store, uint32_t month, int64_t *revision,
                                 struct reason *why)
{
    uint32_t kept = 0;

    arena_clear(&rows->arena);
    rows->count = 0;
    enum verdict verdict = store_retained(store, month, add, rows, revision, why);
    if (verdict != GO_ON)
        return verdict;
    if (rows->count > 0)
        qsort(rows->items, rows->count, sizeof(*rows->items), compare);
    for (uint32_t i = 0; i < rows->count; i++) {
        if (kept > 0 && compare(&rows->items[kept - 1], &rows->items[i]) == 0)
            rows->items[kept - 1].accounts += rows->items[i].accounts;
        else
            rows->items[kept++] = rows->items[i];
    }
    rows->count = kept;
    return check(rows, month, *revision, why);
}

uint32_t retention_rows_count(const struct retention_rows *rows)
{
    return rows->count;
}

const struct retention_row *retention_rows_at(const struct retention_rows *rows, uint32_t index)
{
    assert(index < rows->count);
    return &rows->items[index];
}
