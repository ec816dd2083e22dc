/* Two sets of cells, sorted by key and walked together. */
#include "gentally/inspect/compare.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"

struct packed_row {
    struct span key, packed;
};

struct cells {
    struct arena arena;
    struct packed_row *rows;
    size_t count, room;
};

enum verdict cells_open(struct cells **cells, struct reason *why)
{
    *cells = calloc(1, sizeof(**cells));
    if (*cells == NULL)
        return no_memory(why, "to compare cells");
    arena_open(&(*cells)->arena, (size_t)1 << 18);
    return GO_ON;
}

void cells_close(struct cells *cells)
{
    if (cells == NULL)
        return;
    arena_close(&cells->arena);
    free(cells->rows);
    free(cells);
}

void cells_clear(struct cells *cells)
{
    arena_clear(&cells->arena);
    cells->count = 0;
}

static bool copy(struct cells *cells, struct span from, struct span *into)
{
    char *bytes = arena_take(&cells->arena, from.size + 1);

    if (bytes == NULL)
        return false;
    if (from.size > 0)
        memcpy(bytes, from.bytes, from.size);
    *into = (struct span){bytes, from.size};
    return true;
}

enum verdict cells_put(struct cells *cells, struct span key, struct span packed, struct reason *why)
{
    struct packed_row *rows = grow(cells->rows, &cells->room, cells->count + 1, sizeof(*rows));

    if (rows == NULL)
        return no_memory(why, "to compare cells");
    cells->rows = rows;
    struct packed_row *row = &cells->rows[cells->count];
    if (!copy(cells, key, &row->key) || !copy(cells, packed, &row->packed))
        return no_memory(why, "to compare cells");
    cells->count++;
    return GO_ON;
}

static int by_key(const void *left_row, const void *right_row)
{
    const struct packed_row *left = left_row, *right = right_row;

    return span_compare(left->key, right->key);
}

static void sort(struct cells *cells)
{
    if (cells->count > 0)
        qsort(cells->rows, cells->count, sizeof(*cells->rows), by_key);
}

static bool is_of(struct span key, const struct rollups *rollups)
{
    const char *bar = memchr(key.bytes, '|', key.size);

    if (bar != NULL)
        key.size = (size_t)(bar - key.bytes);
    return rollups_find(rollups, key) != NULL;
}

/* The values of a cell from slot `first` up to `end`. */
static int64_t values_of(const struct cell *cell, uint32_t first, uint32_t end)
{
    int64_t values = 0;

    for (uint32_t i = 0; i < cell->slot_count; i++)
        if (cell->slots[i].id >= first && cell->slots[i].id < end)
            values += (int64_t)cell->slots[i].value;
    return values;
}

/* Slots are sorted, so the first that differs tells which distribution it belongs to. False if none does. */
static bool find_slot(const struct cell *left, const struct cell *right, struct difference *difference)
{
    uint32_t i = 0;

    while (i < left->slot_count && i < right->slot_count && left->slots[i].id == right->slots[i].id &&
           left->slots[i].value == right->slots[i].value)
        i++;
    if (i == left->slot_count && i == right->slot_count)
        return false;
    uint32_t id = i < left->slot_count ? left->slots[i].id : right->slots[i].id;
    if (i < left->slot_count && i < right->slot_count && right->slots[i].id < id)
        id = right->slots[i].id;
    uint32_t first = id < ACCOUNT_SLOT ? id / HISTOGRAM_BUCKETS * HISTOGRAM_BUCKETS : ACCOUNT_SLOT;
    uint32_t end = id < ACCOUNT_SLOT ? first + HISTOGRAM_BUCKETS : SLOT_COUNT;
    difference->field =
        id < ACCOUNT_SLOT ? histogram_name((enum histogram)(id / HISTOGRAM_BUCKETS)) : "account registers";
    difference->left = values_of(left, first, end);
    difference->right = values_of(right, first, end);
    return true;
}

/* Compares what two cells tell; and their bytes, for what is too large to be told. */
static bool find_difference(const struct packed_row *left, const struct packed_row *right, struct cell scratch[2],
                            struct difference *difference)
{
    *difference = (struct difference){.key = left->key};
    if (left->packed.size == right->packed.size &&
        memcmp(left->packed.bytes, right->packed.bytes, left->packed.size) == 0)
        return false;
    bool is_left = cell_unpack(left->packed, &scratch[0]), is_right = cell_unpack(right->packed, &scratch[1]);
    if (!is_left || !is_right) {
        difference->field = "cell";
        difference->left = is_left;
        difference->right = is_right;
        return true;
    }
    for (enum measure measure = 0; measure < MEASURE_COUNT; measure++) {
        if (scratch[0].sums[measure] == scratch[1].sums[measure])
            continue;
        difference->field = measure_name(measure);
        difference->left = scratch[0].sums[measure];
        difference->right = scratch[1].sums[measure];
        return true;
    }
    if (find_slot(&scratch[0], &scratch[1], difference))
        return true;
    difference->field = "sums beyond 2^63 - 1"; /* Cells have one spelling, and these are two. */
    difference->left = difference->right = SUM_TOLD_MAX;
    return true;
}

enum verdict cells_compare(struct cells *left, struct cells *right, const struct rollups *rollups,
                           difference_teller *tell, void *context, struct comparison *comparison, struct reason *why)
{
    struct cell *scratch = calloc(2, sizeof(*scratch));
    size_t at = 0, other = 0;

    if (scratch == NULL)
        return no_memory(why, "to compare cells");
    sort(left);
    sort(right);
    while (at < left->count || other < right->count) {
        int order = at == left->count       ? 1
                    : other == right->count ? -1
                                            : span_compare(left->rows[at].key, right->rows[other].key);
        const struct packed_row *row = order <= 0 ? &left->rows[at] : &right->rows[other];
        struct difference difference = {row->key, "row", order <= 0, order >= 0};
        bool is_different = order != 0 || find_difference(&left->rows[at], &right->rows[other], scratch, &difference);
        at += order <= 0;
        other += order >= 0;
        if (!is_of(row->key, rollups)) {
            comparison->foreign++;
            continue;
        }
        comparison->cells++;
        comparison->differing += is_different;
        if (is_different)
            tell(context, &difference);
    }
    free(scratch);
    return GO_ON;
}
