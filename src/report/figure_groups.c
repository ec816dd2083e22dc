/* Sums by (x, series): an open-addressing table of indexes into an array of groups, at most half full. */
#include <stdlib.h>

#include "figure_parts.h"
#include "gentally/base/hash.h"

static size_t slot_of(const struct figure_groups *groups, int64_t x, uint32_t series)
{
    size_t mask = 2 * groups->room - 1;
    size_t slot = (size_t)hash_fold((uint64_t)x ^ UINT64_C(0x243f6a8885a308d3), series ^ UINT64_C(0x13198a2e03707345));

    for (slot &= mask; groups->slots[slot] != 0; slot = (slot + 1) & mask) {
        const struct figure_group *group = &groups->items[groups->slots[slot] - 1];
        if (group->x == x && group->series == series)
            break;
    }
    return slot;
}

static bool make_room(struct figure_groups *groups)
{
    if (groups->count < groups->room)
        return true;
    size_t room = groups->room == 0 ? 256 : 2 * groups->room;
    struct figure_group *items = realloc(groups->items, room * sizeof(*items));
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
        const struct figure_group *group = &groups->items[index];
        groups->slots[slot_of(groups, group->x, group->series)] = (uint32_t)index + 1;
    }
    return true;
}

void groups_add(struct figure_groups *groups, int64_t x, uint32_t series, const struct figure_row *row,
                const int64_t sums[MEASURE_COUNT])
{
    if (!make_room(groups)) {
        groups->has_failed = true;
        return;
    }
    size_t slot = slot_of(groups, x, series);
    if (groups->slots[slot] == 0) {
        groups->items[groups->count++] = (struct figure_group){.x = x, .series = series, .latest = row};
        groups->slots[slot] = (uint32_t)groups->count;
    }
    struct figure_group *group = &groups->items[groups->slots[slot] - 1];
    group->rows++;
    if (row != NULL && row->start_ms >= group->latest->start_ms)
        group->latest = row;
    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        group->sums[measure] += sums[measure];
}

const struct figure_group *groups_find(const struct figure_groups *groups, int64_t x, uint32_t series)
{
    if (groups->room == 0)
        return NULL;
    uint32_t slot = groups->slots[slot_of(groups, x, series)];
    return slot == 0 ? NULL : &groups->items[slot - 1];
}

static int compare(const void *left_group, const void *right_group)
{
    const struct figure_group *left = left_group, *right = right_group;

    if (left->x != right->x)
        return left->x < right->x ? -1 : 1;
    return (left->series > right->series) - (left->series < right->series);
}

void groups_sort(struct figure_groups *groups)
{
    free(groups->slots);
    groups->slots = NULL;
    groups->room = 0;
    if (groups->count > 0)
        qsort(groups->items, groups->count, sizeof(*groups->items), compare);
}

void groups_close(struct figure_groups *groups)
{
    free(groups->items);
    free(groups->slots);
    *groups = (struct figure_groups){0};
}
