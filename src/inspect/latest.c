/* Newest versions by key: an open-addressing table of indexes into an array of rows, at most half full. */
#include "gentally/inspect/latest.h"
#include "gentally/base/hash.h"

#include <assert.h>
#include <stdlib.h>

struct newest {
    size_t count, room;
    struct newest_row *rows; /* keys and values are owned */
    size_t slot_count;       /* a power of two */
    uint32_t *slots;         /* row index + 1; 0 = free */
    bool is_sorted;
};

static void free_span(struct span *span)
{
    free((char *)(uintptr_t)span->bytes);
    *span = (struct span){NULL, 0};
}

/* Never NULL for no bytes: an empty value is not a dropped one. */
static bool copy_span(struct span *target, struct span source)
{
    char *copy = malloc(source.size + 1);

    if (copy == NULL)
        return false;
    if (source.size > 0)
        memcpy(copy, source.bytes, source.size);
    *target = (struct span){copy, source.size};
    return true;
}

enum verdict newest_open(struct newest **newest, struct reason *why)
{
    *newest = calloc(1, sizeof **newest);
    return *newest != NULL ? GO_ON : reason_set(why, HALT, "NO-MEMORY", 0, "no memory for summaries");
}

void newest_close(struct newest *newest)
{
    if (newest == NULL)
        return;
    for (size_t index = 0; index < newest->count; index++) {
        free_span(&newest->rows[index].key);
        free_span(&newest->rows[index].value);
    }
    free(newest->rows);
    free(newest->slots);
    free(newest);
}

/* The slot of `key`, or the free one where it would go. */
static size_t slot_of(const struct newest *newest, struct span key)
{
    size_t slot = (size_t)hash_text(key) & (newest->slot_count - 1);

    while (newest->slots[slot] != 0 && !span_equal(newest->rows[newest->slots[slot] - 1].key, key))
        slot = (slot + 1) & (newest->slot_count - 1);
    return slot;
}

static enum verdict make_room(struct newest *newest, struct reason *why)
{
    if (newest->count < newest->room)
        return GO_ON;
    size_t room = newest->room == 0 ? 512 : 2 * newest->room;
    struct newest_row *rows = realloc(newest->rows, room * sizeof *rows);
    if (rows != NULL)
        newest->rows = rows;
    uint32_t *slots = calloc(2 * room, sizeof *slots);
    if (rows == NULL || slots == NULL || room > UINT32_MAX / 2) {
        free(slots);
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for %zu summaries; ask for fewer with --from and --to",
                          room);
    }
    free(newest->slots);
    newest->slots = slots;
    newest->slot_count = 2 * room;
    newest->room = room;
    for (size_t index = 0; index < newest->count; index++)
        newest->slots[slot_of(newest, newest->rows[index].key)] = (uint32_t)index + 1;
    return GO_ON;
}

static bool is_newer(const struct newest_row *row, const struct newest_row *than)
{
    return than->value.bytes == NULL || summary_version_compare(row->generation, row->revision, row->pane,
                                                                than->generation, than->revision, than->pane) >= 0;
}

static enum verdict add(struct newest *newest, size_t slot, const struct newest_row *row, struct reason *why)
{
    struct newest_row *added = &newest->rows[newest->count];

    *added = *row;
    added->key = added->value = (struct span){NULL, 0};
    if (!copy_span(&added->key, row->key) || !copy_span(&added->value, row->value)) {
        free_span(&added->key);
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for a summary");
    }
    newest->slots[slot] = (uint32_t)++newest->count;
    return GO_ON;
}

enum verdict newest_put(struct newest *newest, const struct newest_row *row, struct reason *why)
{
    enum verdict verdict = make_room(newest, why);

    assert(!newest->is_sorted);
    if (verdict != GO_ON)
        return verdict;
    size_t slot = slot_of(newest, row->key);
    if (newest->slots[slot] == 0)
        return add(newest, slot, row, why);
    struct newest_row *known = &newest->rows[newest->slots[slot] - 1];
    struct span key = known->key, value;
    if (!is_newer(row, known))
        return GO_ON;
    if (!copy_span(&value, row->value))
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for a summary");
    free_span(&known->value);
    *known = *row;
    known->key = key;
    known->value = value;
    return GO_ON;
}

void newest_drop(struct newest *newest, struct span key)
{
    assert(!newest->is_sorted);
    if (newest->count == 0)
        return;
    size_t slot = slot_of(newest, key);
    if (newest->slots[slot] != 0)
        free_span(&newest->rows[newest->slots[slot] - 1].value);
}

size_t newest_seen(const struct newest *newest)
{
    assert(!newest->is_sorted);
    return newest->count;
}

const struct newest_row *newest_at(const struct newest *newest, size_t index)
{
    assert(!newest->is_sorted);
    assert(index < newest->count);
    return &newest->rows[index];
}

const struct newest_row *newest_find(const struct newest *newest, struct span key)
{
    assert(!newest->is_sorted);
    if (newest->count == 0)
        return NULL;
    size_t slot = slot_of(newest, key);
    if (newest->slots[slot] == 0 || newest->rows[newest->slots[slot] - 1].value.bytes == NULL)
        return NULL;
    return &newest->rows[newest->slots[slot] - 1];
}

static int compare_rows(const void *left_row, const void *right_row)
{
    const struct newest_row *left = left_row, *right = right_row;
    size_t size = left->key.size < right->key.size ? left->key.size : right->key.size;

    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    if (left->tokens != right->tokens)
        return left->tokens > right->tokens ? -1 : 1;
    int order = memcmp(left->key.bytes, right->key.bytes, size);
    return order != 0 ? order : (left->key.size > right->key.size) - (left->key.size < right->key.size);
}

void newest_sort(struct newest *newest)
{
    size_t kept = 0;

    assert(!newest->is_sorted);
    newest->is_sorted = true;
    for (size_t index = 0; index < newest->count; index++) {
        if (newest->rows[index].value.bytes == NULL)
            free_span(&newest->rows[index].key);
        else
            newest->rows[kept++] = newest->rows[index];
    }
    newest->count = kept;
    if (kept > 0)
        qsort(newest->rows, kept, sizeof *newest->rows, compare_rows);
}

size_t newest_count(const struct newest *newest)
{
    assert(newest->is_sorted);
    return newest->count;
}

const struct newest_row *newest_row(const struct newest *newest, size_t index)
{
    assert(newest->is_sorted);
    assert(index < newest->count);
    return &newest->rows[index];
}
