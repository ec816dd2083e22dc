/* The rows stand in an array and are found through an open-addressing table. Cells stay packed, since most are met once
 * and read once; those of one row are added up together, since to pack a sum costs more than to add to it. */
#include "combination.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"
#include "gentally/base/hash.h"

#define ROWS_FIRST 1024u /* a power of two */

/* A further cell of a row. */
struct part {
    struct span packed;
    struct part *next;
};

struct combination_row {
    struct span key, packed; /* in the arena */
    struct part *more;       /* not yet added up */
    uint64_t hash;
};

struct combination {
    struct arena arena;
    struct combination_row *rows;
    uint32_t count;
    size_t room;
    uint32_t *table;  /* row index + 1; 0 = free; twice `room`, a power of two */
    bool is_finished; /* then the table no longer leads to the rows */
    struct cell cell;
    struct accumulator accumulator; /* empty between rows */
};

enum verdict combination_open(struct combination **combination, struct reason *why)
{
    struct combination *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "to merge a window");
    arena_open(&opened->arena, (size_t)1 << 20);
    *combination = opened;
    return GO_ON;
}

void combination_close(struct combination *combination)
{
    if (combination == NULL)
        return;
    arena_close(&combination->arena);
    free(combination->rows);
    free(combination->table);
    free(combination);
}

static uint32_t *find(const struct combination *combination, struct span key, uint64_t hash)
{
    uint32_t mask = 2 * (uint32_t)combination->room - 1;
    uint32_t at = (uint32_t)hash & mask;

    for (; combination->table[at] != 0; at = (at + 1) & mask) {
        const struct combination_row *row = &combination->rows[combination->table[at] - 1];
        if (row->hash == hash && span_equal(row->key, key))
            break;
    }
    return &combination->table[at];
}

/* A larger table first, since rows without their table could not be found. */
static enum verdict make_room(struct combination *combination, struct reason *why)
{
    size_t room = combination->room == 0 ? ROWS_FIRST : 2 * combination->room;
    uint32_t *table = calloc(2 * room, sizeof(*table));
    struct combination_row *rows =
        table == NULL ? NULL : grow(combination->rows, &combination->room, room, sizeof(*rows));

    if (rows == NULL) {
        free(table);
        return no_memory(why, "to merge a window");
    }
    assert(combination->room == room);
    free(combination->table);
    combination->table = table;
    combination->rows = rows;
    for (uint32_t i = 0; i < combination->count; i++)
        *find(combination, rows[i].key, rows[i].hash) = i + 1;
    return GO_ON;
}

static enum verdict damaged(struct reason *why)
{
    return reason_set(why, HALT, STORE_DAMAGED, 0, "a cell does not read as we wrote it");
}

static bool copy(struct combination *combination, struct span bytes, struct span *copied)
{
    char *taken = arena_take(&combination->arena, bytes.size);

    if (taken == NULL)
        return false;
    memcpy(taken, bytes.bytes, bytes.size);
    *copied = (struct span){taken, bytes.size};
    return true;
}

/* Notes one more cell of a row that is there already. */
static enum verdict add_to(struct combination *combination, struct combination_row *row, struct span packed,
                           struct reason *why)
{
    struct part *part = arena_take(&combination->arena, sizeof(*part));

    if (part == NULL || !copy(combination, packed, &part->packed))
        return no_memory(why, "to merge a window");
    part->next = row->more;
    row->more = part;
    return GO_ON;
}

enum verdict combination_add(struct combination *combination, struct span key, struct span packed, struct reason *why)
{
    struct combination_row row = {.hash = hash_text(key)};

    assert(!combination->is_finished);
    if (combination->count == combination->room) {
        enum verdict verdict = make_room(combination, why);
        if (verdict != GO_ON)
            return verdict;
    }
    if (!cell_unpack(packed, &combination->cell))
        return damaged(why);
    uint32_t *slot = find(combination, key, row.hash);
    if (*slot != 0)
        return add_to(combination, &combination->rows[*slot - 1], packed, why);
    if (!copy(combination, key, &row.key) || !copy(combination, packed, &row.packed))
        return no_memory(why, "to merge a window");
    combination->rows[combination->count++] = row;
    *slot = combination->count;
    return GO_ON;
}

static int compare_rows(const void *left_row, const void *right_row)
{
    const struct combination_row *left = left_row, *right = right_row;

    return span_compare(left->key, right->key);
}

static enum verdict add_up(struct combination *combination, struct combination_row *row, struct reason *why)
{
    bool is_sound = accumulator_add(&combination->accumulator, row->packed);

    for (const struct part *part = row->more; part != NULL && is_sound; part = part->next)
        is_sound = accumulator_add(&combination->accumulator, part->packed);
    if (!is_sound) {
        accumulator_clear(&combination->accumulator);
        return damaged(why);
    }
    uint8_t *bytes = arena_take(&combination->arena, CELL_PACKED_MAX);
    if (bytes == NULL)
        return no_memory(why, "to merge a window");
    size_t size = accumulator_pack(&combination->accumulator, bytes);
    arena_trim(&combination->arena, bytes, CELL_PACKED_MAX, size);
    row->packed = (struct span){(const char *)bytes, size};
    row->more = NULL;
    return GO_ON;
}

enum verdict combination_finish(struct combination *combination, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < combination->count && verdict == GO_ON; i++)
        if (combination->rows[i].more != NULL)
            verdict = add_up(combination, &combination->rows[i], why);
    if (verdict != GO_ON)
        return verdict;
    if (combination->count > 0)
        qsort(combination->rows, combination->count, sizeof(*combination->rows), compare_rows);
    combination->is_finished = true;
    return GO_ON;
}

uint32_t combination_count(const struct combination *combination)
{
    return combination->count;
}

void combination_at(struct combination *combination, uint32_t index, struct span *key, const struct cell **cell)
{
    assert(index < combination->count);
    assert(combination->is_finished);
    bool is_known = cell_unpack(combination->rows[index].packed, &combination->cell);
    assert(is_known);
    *key = combination->rows[index].key;
    *cell = &combination->cell;
}

struct span combination_packed(const struct combination *combination, uint32_t index)
{
    assert(index < combination->count);
    assert(combination->is_finished);
    return combination->rows[index].packed;
}

void combination_clear(struct combination *combination)
{
    arena_clear(&combination->arena);
    combination->count = 0;
    combination->is_finished = false;
    if (combination->room > 0)
        memset(combination->table, 0, 2 * combination->room * sizeof(*combination->table));
}
