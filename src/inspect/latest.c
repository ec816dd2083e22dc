/* Latest rows by key: an open-addressing table of indexes into an array of rows, at most half full. */
#include "gentally/inspect/latest.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/base/hash.h"

struct latest {
    size_t count, room;
    struct latest_row *rows; /* keys and values are owned */
    size_t slot_count;       /* a power of two */
    uint32_t *slots;         /* row index + 1; 0 = free */
    bool is_sorted;
    size_t spoilt_count;
};

static void free_span(struct span *span)
{
    free((char *)(uintptr_t)span->bytes);
    *span = (struct span){NULL, 0};
}

/* Copies a span. The copy of no bytes is not NULL: an empty value is not a dropped one. */
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

enum verdict latest_open(struct latest **latest, struct reason *why)
{
    *latest = calloc(1, sizeof(**latest));
    return *latest != NULL ? GO_ON : no_memory(why, "for summaries");
}

void latest_close(struct latest *latest)
{
    if (latest == NULL)
        return;
    for (size_t index = 0; index < latest->count; index++) {
        free_span(&latest->rows[index].key);
        free_span(&latest->rows[index].value);
    }
    free(latest->rows);
    free(latest->slots);
    free(latest);
}

/* The slot of `key`, or the free one where it would go. */
static size_t slot_of(const struct latest *latest, struct span key)
{
    size_t slot = (size_t)hash_text(key) & (latest->slot_count - 1);

    while (latest->slots[slot] != 0 && !span_equal(latest->rows[latest->slots[slot] - 1].key, key))
        slot = (slot + 1) & (latest->slot_count - 1);
    return slot;
}

/* Makes room for one more row, in a table of at least twice as many slots. */
static bool make_room(struct latest *latest)
{
    struct latest_row *rows = grow(latest->rows, &latest->room, latest->count + 1, sizeof(*rows));
    size_t slot_count = latest->slot_count == 0 ? 1 : latest->slot_count;

    if (rows == NULL || latest->room > UINT32_MAX / 2)
        return false;
    latest->rows = rows;
    while (slot_count < 2 * latest->room)
        slot_count *= 2;
    if (slot_count == latest->slot_count)
        return true;
    uint32_t *slots = calloc(slot_count, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(latest->slots);
    latest->slots = slots;
    latest->slot_count = slot_count;
    for (size_t index = 0; index < latest->count; index++)
        latest->slots[slot_of(latest, latest->rows[index].key)] = (uint32_t)index + 1;
    return true;
}

static bool is_newer(const struct latest_row *row, const struct latest_row *than)
{
    return than->value.bytes == NULL || summary_version_compare(row->generation, row->revision, row->pane,
                                                                than->generation, than->revision, than->pane) >= 0;
}

static enum verdict add(struct latest *latest, size_t slot, const struct latest_row *row, struct reason *why)
{
    struct latest_row *added = &latest->rows[latest->count];

    *added = *row;
    added->key = added->value = (struct span){NULL, 0};
    if (!copy_span(&added->key, row->key) || (!row->is_spoilt && !copy_span(&added->value, row->value))) {
        free_span(&added->key);
        return no_memory(why, "for a summary");
    }
    latest->slots[slot] = (uint32_t)++latest->count;
    return GO_ON;
}

static void make_good(struct latest *latest, struct latest_row *row)
{
    latest->spoilt_count -= row->is_spoilt ? 1 : 0;
    row->is_spoilt = false;
}

enum verdict latest_put(struct latest *latest, const struct latest_row *row, struct reason *why)
{
    assert(!latest->is_sorted);
    if (!make_room(latest))
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu summaries; ask for fewer with --from and --to",
                          latest->count + 1);
    size_t slot = slot_of(latest, row->key);
    if (latest->slots[slot] == 0)
        return add(latest, slot, row, why);
    struct latest_row *known = &latest->rows[latest->slots[slot] - 1];
    struct span key = known->key, value;
    if (!is_newer(row, known))
        return GO_ON;
    if (!copy_span(&value, row->value))
        return no_memory(why, "for a summary");
    make_good(latest, known);
    free_span(&known->value);
    *known = *row;
    known->key = key;
    known->value = value;
    return GO_ON;
}

void latest_drop(struct latest *latest, struct span key)
{
    assert(!latest->is_sorted);
    if (latest->count == 0)
        return;
    size_t slot = slot_of(latest, key);
    if (latest->slots[slot] == 0)
        return;
    make_good(latest, &latest->rows[latest->slots[slot] - 1]);
    free_span(&latest->rows[latest->slots[slot] - 1].value);
}

enum verdict latest_spoil(struct latest *latest, struct span key, struct reason *why)
{
    const struct latest_row spoilt = {.key = key, .is_spoilt = true};
    enum verdict verdict = GO_ON;

    latest_drop(latest, key);
    if (!make_room(latest))
        return no_memory(why, "for a summary");
    size_t slot = slot_of(latest, key);
    if (latest->slots[slot] == 0)
        verdict = add(latest, slot, &spoilt, why);
    else
        latest->rows[latest->slots[slot] - 1].is_spoilt = true;
    latest->spoilt_count += verdict == GO_ON ? 1 : 0;
    return verdict;
}

size_t latest_spoilt(const struct latest *latest)
{
    return latest->spoilt_count;
}

size_t latest_seen(const struct latest *latest)
{
    assert(!latest->is_sorted);
    return latest->count;
}

const struct latest_row *latest_at(const struct latest *latest, size_t index)
{
    assert(!latest->is_sorted);
    assert(index < latest->count);
    return &latest->rows[index];
}

const struct latest_row *latest_find(const struct latest *latest, struct span key)
{
    assert(!latest->is_sorted);
    if (latest->count == 0)
        return NULL;
    size_t slot = slot_of(latest, key);
    if (latest->slots[slot] == 0 || latest->rows[latest->slots[slot] - 1].value.bytes == NULL)
        return NULL;
    return &latest->rows[latest->slots[slot] - 1];
}

static int compare_rows(const void *left_row, const void *right_row)
{
    const struct latest_row *left = left_row, *right = right_row;

    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    if (left->tokens != right->tokens)
        return left->tokens > right->tokens ? -1 : 1;
    return span_compare(left->key, right->key);
}

void latest_sort(struct latest *latest)
{
    size_t kept = 0;

    assert(!latest->is_sorted);
    latest->is_sorted = true;
    for (size_t index = 0; index < latest->count; index++) {
        if (latest->rows[index].value.bytes == NULL)
            free_span(&latest->rows[index].key);
        else
            latest->rows[kept++] = latest->rows[index];
    }
    latest->count = kept;
    if (kept > 0)
        qsort(latest->rows, kept, sizeof(*latest->rows), compare_rows);
}

size_t latest_count(const struct latest *latest)
{
    assert(latest->is_sorted);
    return latest->count;
}

const struct latest_row *latest_row(const struct latest *latest, size_t index)
{
    assert(latest->is_sorted);
    assert(index < latest->count);
    return &latest->rows[index];
}
