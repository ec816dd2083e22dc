/* Groups in an array; their indexes by key in an open-addressing table, at most half full. */
#include "groups.h"

#include <stdlib.h>

#include "gentally/base/hash.h"

static size_t slot_of(const struct groups *groups, int64_t x, uint32_t series)
{
    size_t mask = 2 * groups->room - 1;
    size_t slot = (size_t)hash_fold((uint64_t)x ^ UINT64_C(0x243f6a8885a308d3), series ^ UINT64_C(0x13198a2e03707345));

    for (slot &= mask; groups->slots[slot] != 0; slot = (slot + 1) & mask) {
        const struct group_sums *group = &groups->items[groups->slots[slot] - 1];
        if (group->x == x && group->series == series)
            break;
    }
    return slot;
}

static bool make_room(struct groups *groups)
{
    if (groups->count < groups->room)
        return true;
    size_t room = groups->room == 0 ? 256 : 2 * groups->room;
    struct group_sums *items = realloc(groups->items, room * sizeof(*items));
    if (items != NULL)
        groups->items = items;
    uint32_t *slots = calloc(2 * room, sizeof(*slots));
    if (items == NULL || slots == NULL || room > UINT32_MAX / 2) {
        free(slots);
        return false;
    }
    free(groups->slots);
    groups->slots = slots;
    groups->room = room;
    for (size_t index = 0; index < groups->count; index++) {
        const struct group_sums *group = &groups->items[index];
        groups->slots[slot_of(groups, group->x, group->series)] = (uint32_t)index + 1;
    }
    return true;
}

void groups_add(struct groups *groups, int64_t x, uint32_t series, const struct summary_row *row,
                const int64_t sums[MEASURE_COUNT])
{
    if (!make_room(groups)) {
        *groups->has_failed = true;
        return;
    }
    size_t slot = slot_of(groups, x, series);
    if (groups->slots[slot] == 0) {
        groups->items[groups->count++] = (struct group_sums){.x = x, .series = series, .latest = row};
        groups->slots[slot] = (uint32_t)groups->count;
    }
    struct group_sums *group = &groups->items[groups->slots[slot] - 1];
    group->rows++;
    if (row != NULL && row->start_ms >= group->latest->start_ms)
        group->latest = row;
    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        group->sums[measure] = sum_told(group->sums[measure], sums[measure]);
}

const struct group_sums *groups_find(const struct groups *groups, int64_t x, uint32_t series)
{
    if (groups->room == 0)
        return NULL;
    uint32_t slot = groups->slots[slot_of(groups, x, series)];
    return slot == 0 ? NULL : &groups->items[slot - 1];
}

static int compare(const void *left_group, const void *right_group)
{
    const struct group_sums *left = left_group, *right = right_group;

    if (left->x != right->x)
        return left->x < right->x ? -1 : 1;
    return (left->series > right->series) - (left->series < right->series);
}

void groups_sort(struct groups *groups)
{
    free(groups->slots);
    groups->slots = NULL;
    groups->room = 0;
    if (groups->count > 0)
        qsort(groups->items, groups->count, sizeof(*groups->items), compare);
}

/* A series with its total over all x. */
struct series_total {
    uint32_t series;
    int64_t total;
    struct span name;
};

static int compare_totals(const void *left_total, const void *right_total)
{
    const struct series_total *left = left_total, *right = right_total;

    if (left->total != right->total)
        return left->total > right->total ? -1 : 1;
    return span_compare(left->name, right->name);
}

uint32_t *groups_rank(const struct groups *groups, const struct names *names, enum quantity quantity, uint32_t *count)
{
    struct groups sums = {.has_failed = groups->has_failed};

    for (size_t index = 0; index < groups->count; index++)
        groups_add(&sums, 0, groups->items[index].series, NULL, groups->items[index].sums);
    struct series_total *totals = calloc(sums.count + 1, sizeof(*totals));
    uint32_t *ranked = calloc(sums.count + 1, sizeof(*ranked));
    *count = 0;
    if (totals == NULL || ranked == NULL || *groups->has_failed) {
        *groups->has_failed = true;
    } else {
        for (size_t index = 0; index < sums.count; index++)
            totals[index] =
                (struct series_total){sums.items[index].series, quantity_of(quantity, sums.items[index].sums),
                                      names_text(names, sums.items[index].series)};
        if (sums.count > 0)
            qsort(totals, sums.count, sizeof(*totals), compare_totals);
        for (; *count < sums.count; (*count)++)
            ranked[*count] = totals[*count].series;
    }
    free(totals);
    groups_close(&sums);
    return ranked;
}

void groups_close(struct groups *groups)
{
    free(groups->items);
    free(groups->slots);
    *groups = (struct groups){0};
}
