/* Rows in an array, found through an open-addressing table; cells stay packed, since most are met once and read once.
 */
#include "combine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/hash.h"

struct merged_row {
    struct span key, packed; /* in the arena */
    uint64_t hash;
};

struct merge {
    struct arena arena;
    struct merged_row *rows;
    uint32_t count, room;
    uint32_t *table; /* row index + 1; 0 = free; twice `room`, a power of two */
    bool is_sorted;  /* then the table no longer leads to the rows */
    struct cell cell;
    struct board board; /* empty between rows */
};

static enum verdict no_memory(struct reason *why)
{
    return reason_set(why, HALT, "NO-MEMORY", errno, "no memory to merge a window");
}

enum verdict merge_open(struct merge **merge, struct reason *why)
{
    struct merge *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why);
    arena_open(&opened->arena, (size_t)1 << 20);
    *merge = opened;
    return GO_ON;
}

void merge_close(struct merge *merge)
{
    if (merge == NULL)
        return;
    arena_close(&merge->arena);
    free(merge->rows);
    free(merge->table);
    free(merge);
}

static uint32_t *find(const struct merge *merge, struct span key, uint64_t hash)
{
    uint32_t mask = 2 * merge->room - 1;
    uint32_t at = (uint32_t)hash & mask;

    for (; merge->table[at] != 0; at = (at + 1) & mask) {
        const struct merged_row *row = &merge->rows[merge->table[at] - 1];
        if (row->hash == hash && span_equal(row->key, key))
            break;
    }
    return &merge->table[at];
}

static enum verdict grow(struct merge *merge, struct reason *why)
{
    uint32_t room = merge->room == 0 ? 1024 : 2 * merge->room;
    struct merged_row *rows = realloc(merge->rows, room * sizeof(*rows));

    if (rows == NULL)
        return no_memory(why);
    merge->rows = rows;
    uint32_t *table = calloc(2 * (size_t)room, sizeof(*table));
    if (table == NULL)
        return no_memory(why);
    free(merge->table);
    merge->table = table;
    merge->room = room;
    for (uint32_t i = 0; i < merge->count; i++)
        *find(merge, merge->rows[i].key, merge->rows[i].hash) = i + 1;
    return GO_ON;
}

static bool copy(struct merge *merge, struct span bytes, struct span *copied)
{
    char *taken = arena_take(&merge->arena, bytes.size);

    if (taken == NULL)
        return false;
    memcpy(taken, bytes.bytes, bytes.size);
    *copied = (struct span){taken, bytes.size};
    return true;
}

/* Adds to a row that is there already. */
static enum verdict add_to(struct merge *merge, struct merged_row *row, struct span packed, struct reason *why)
{
    uint8_t *bytes = arena_take(&merge->arena, CELL_PACKED_MAX);

    if (bytes == NULL)
        return no_memory(why);
    enum board_fault fault = board_add(&merge->board, row->packed);
    assert(fault == BOARD_SOUND); /* Checked when it came in. */
    fault = board_add(&merge->board, packed);
    if (fault != BOARD_SOUND)
        board_clear(&merge->board);
    if (fault == BOARD_DAMAGED)
        return reason_set(why, HALT, "STORE-DAMAGED", 0, "a cell does not read as we wrote it");
    if (fault == BOARD_OVERFLOW)
        return reason_set(why, HALT, "CHECKPOINT-OVERFLOW", 0, "a sum passed 2^63, or a count 2^32");
    size_t size = board_pack(&merge->board, bytes);
    arena_trim(&merge->arena, bytes, CELL_PACKED_MAX, size);
    row->packed = (struct span){(const char *)bytes, size};
    return GO_ON;
}

enum verdict merge_add(struct merge *merge, struct span key, struct span packed, struct reason *why)
{
    struct merged_row row = {.hash = hash_text(key)};

    assert(!merge->is_sorted);
    if (merge->count == merge->room) {
        enum verdict verdict = grow(merge, why);
        if (verdict != GO_ON)
            return verdict;
    }
    uint32_t *slot = find(merge, key, row.hash);
    if (*slot != 0)
        return add_to(merge, &merge->rows[*slot - 1], packed, why);
    if (!cell_unpack(packed, &merge->cell))
        return reason_set(why, HALT, "STORE-DAMAGED", 0, "a cell does not read as we wrote it");
    if (!copy(merge, key, &row.key) || !copy(merge, packed, &row.packed))
        return no_memory(why);
    merge->rows[merge->count++] = row;
    *slot = merge->count;
    return GO_ON;
}

static int compare_rows(const void *left_row, const void *right_row)
{
    const struct merged_row *left = left_row, *right = right_row;
    size_t shorter = left->key.size < right->key.size ? left->key.size : right->key.size;
    int order = memcmp(left->key.bytes, right->key.bytes, shorter);

    return order != 0 ? order : (left->key.size > right->key.size) - (left->key.size < right->key.size);
}

void merge_sort(struct merge *merge)
{
    if (merge->count > 0)
        qsort(merge->rows, merge->count, sizeof(*merge->rows), compare_rows);
    merge->is_sorted = true;
}

uint32_t merge_count(const struct merge *merge)
{
    return merge->count;
}

void merge_at(struct merge *merge, uint32_t index, struct span *key, const struct cell **cell)
{
    assert(index < merge->count);
    bool is_known = cell_unpack(merge->rows[index].packed, &merge->cell);
    assert(is_known);
    *key = merge->rows[index].key;
    *cell = &merge->cell;
}

void merge_clear(struct merge *merge)
{
    arena_clear(&merge->arena);
    merge->count = 0;
    merge->is_sorted = false;
    if (merge->room > 0)
        memset(merge->table, 0, 2 * (size_t)merge->room * sizeof(*merge->table));
}
