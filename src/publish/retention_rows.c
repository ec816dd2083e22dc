/* The shards hold different accounts of the same models and cohorts: collected, sorted, and equal ones added up. */
#include "gentally/publish/retention_rows.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/redis/store_retention.h"

struct retention_rows {
    struct arena arena; /* the models' names */
    struct retention_row *rows;
    uint32_t count, room;
};

enum verdict retention_rows_open(struct retention_rows **retained, struct reason *why)
{
    *retained = calloc(1, sizeof(**retained));
    if (*retained == NULL)
        return no_memory(why, "for a month of retention");
    arena_open(&(*retained)->arena, (size_t)1 << 18);
    return GO_ON;
}

void retention_rows_close(struct retention_rows *retained)
{
    if (retained == NULL)
        return;
    arena_close(&retained->arena);
    free(retained->rows);
    free(retained);
}

static enum verdict add(void *context, uint32_t cohort, struct span model, int64_t accounts, struct reason *why)
{
    struct retention_rows *retained = context;

    if (retained->count == retained->room) {
        uint32_t room = retained->room == 0 ? 1024 : 2 * retained->room;
        struct retention_row *rows = realloc(retained->rows, room * sizeof(*rows));
        if (rows == NULL)
            return no_memory(why, "for a month of retention");
        retained->rows = rows;
        retained->room = room;
    }
    char *text = arena_take(&retained->arena, model.size + 1);
    if (text == NULL)
        return no_memory(why, "for a month of retention");
    memcpy(text, model.bytes, model.size);
    retained->rows[retained->count++] = (struct retention_row){{text, model.size}, cohort, accounts};
    return GO_ON;
}

int retention_row_compare(const struct retention_row *left, const struct retention_row *right)
{
    size_t size = left->model.size < right->model.size ? left->model.size : right->model.size;
    int order = memcmp(left->model.bytes, right->model.bytes, size);

    if (order == 0)
        order = (left->model.size > right->model.size) - (left->model.size < right->model.size);
    return order != 0 ? order : (left->cohort > right->cohort) - (left->cohort < right->cohort);
}

static int compare(const void *left, const void *right)
{
    return retention_row_compare(left, right);
}

/* The revision is what the counts add up to: see store.lua. */
static enum verdict check(const struct retention_rows *retained, uint32_t month, int64_t revision, struct reason *why)
{
    int64_t sum = 0;
    bool is_good = true;

    for (uint32_t i = 0; i < retained->count; i++) {
        const struct retention_row *row = &retained->rows[i];
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

enum verdict retention_rows_read(struct retention_rows *retained, struct store *store, uint32_t month,
                                 int64_t *revision, struct reason *why)
{
    uint32_t kept = 0;

    arena_clear(&retained->arena);
    retained->count = 0;
    enum verdict verdict = store_retained(store, month, add, retained, revision, why);
    if (verdict != GO_ON)
        return verdict;
    if (retained->count > 0)
        qsort(retained->rows, retained->count, sizeof(*retained->rows), compare);
    for (uint32_t i = 0; i < retained->count; i++) {
        if (kept > 0 && compare(&retained->rows[kept - 1], &retained->rows[i]) == 0)
            retained->rows[kept - 1].accounts += retained->rows[i].accounts;
        else
            retained->rows[kept++] = retained->rows[i];
    }
    retained->count = kept;
    return check(retained, month, *revision, why);
}

uint32_t retention_rows_count(const struct retention_rows *retained)
{
    return retained->count;
}

const struct retention_row *retention_rows_at(const struct retention_rows *retained, uint32_t index)
{
    assert(index < retained->count);
    return &retained->rows[index];
}
