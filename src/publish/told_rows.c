/*
 * A part is a sorted array of pairs of hashes, found by binary search; the parts are a sorted array, too. A part is
 * told into a scratch array, which takes the place of the old one at its end.
 */
#include "told_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

#include "gentally/base/grow.h"
#include "gentally/base/siphash.h"

#define CONTENT_GONE 0u

struct told_row {
    uint64_t key, content; /* hashes */
};

struct told_entry {
    struct window window;
    enum told_part part;
    bool is_pending;       /* its transaction is open */
    uint64_t told_at;      /* rises with each part that is told */
    struct told_row *rows; /* by key */
    size_t count;
};

struct told_rows {
    struct siphash_key key;
    struct told_entry *entries; /* by window, then part */
    size_t count, room;
    size_t row_count, rows_max;
    uint64_t told_at;

    /* The part that is being told. */
    struct told_entry fresh; /* without rows: they are in the scratch */
    struct told_row *rows;   /* the scratch, which grows to the largest part */
    size_t rows_count, rows_room;
    bool is_too_large;               /* for the memory */
    const struct told_entry *before; /* NULL: it is not remembered */
};

enum verdict told_rows_open(struct told_rows **told, size_t rows_max, struct reason *why)
{
    *told = calloc(1, sizeof(**told));
    if (*told == NULL)
        return no_memory(why, "for the rows that were told");
    (*told)->rows_max = rows_max;
    if (getrandom(&(*told)->key, sizeof((*told)->key), 0) != (ssize_t)sizeof((*told)->key))
        abort(); /* 16 bytes are never cut short (getrandom(2)). */
    return GO_ON;
}

void told_rows_close(struct told_rows *told)
{
    if (told == NULL)
        return;
    for (size_t i = 0; i < told->count; i++)
        free(told->entries[i].rows);
    free(told->entries);
    free(told->rows);
    free(told);
}

static int compare_entries(const struct told_entry *left, const struct told_entry *right)
{
    int order = window_compare(left->window, right->window);

    return order != 0 ? order : (left->part > right->part) - (left->part < right->part);
}

/* Index of the first entry that is not before `entry`. */
static size_t lower_bound(const struct told_rows *told, const struct told_entry *entry)
{
    size_t first = 0, end = told->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (compare_entries(&told->entries[middle], entry) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static bool is_at(const struct told_rows *told, size_t index, const struct told_entry *entry)
{
    return index < told->count && compare_entries(&told->entries[index], entry) == 0;
}

static void forget(struct told_rows *told, size_t index)
{
    told->row_count -= told->entries[index].count;
    free(told->entries[index].rows);
    told->entries[index].rows = NULL; /* where it is the last one, nothing takes its place */
    memmove(&told->entries[index], &told->entries[index + 1], (told->count - index - 1) * sizeof(*told->entries));
    told->count--;
}

void told_rows_keep(struct told_rows *told, const struct stored_window stored[], uint32_t count)
{
    uint32_t at = 0;

    for (size_t i = 0; i < told->count;) {
        while (at < count && window_compare(stored[at].window, told->entries[i].window) < 0)
            at++;
        if (at < count && window_compare(stored[at].window, told->entries[i].window) == 0)
            i++;
        else
            forget(told, i);
    }
}

void told_rows_begin(struct told_rows *told, struct window window, enum told_part part)
{
    told->fresh = (struct told_entry){.window = window, .part = part, .is_pending = true};
    size_t index = lower_bound(told, &told->fresh);
    told->before = is_at(told, index, &told->fresh) ? &told->entries[index] : NULL;
    told->rows_count = 0;
    told->is_too_large = false;
}

/* The first half of the hash; both halves are as good. */
static uint64_t hash_of(const struct siphash_key *key, struct span text)
{
    uint8_t hash[16];
    uint64_t half;

    siphash128(key, text, hash);
    memcpy(&half, hash, sizeof(half));
    return half;
}

static const struct told_row *find(const struct told_entry *entry, uint64_t key)
{
    size_t first = 0, end = entry->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (entry->rows[middle].key < key)
            first = middle + 1;
        else
            end = middle;
    }
    return first < entry->count && entry->rows[first].key == key ? &entry->rows[first] : NULL;
}

/* Appends to the scratch; a part that does not fit is not remembered. */
static void append(struct told_rows *told, struct told_row row)
{
    struct told_row *rows = NULL;

    if (told->is_too_large)
        return;
    if (told->rows_count < told->rows_max)
        rows = grow(told->rows, &told->rows_room, told->rows_count + 1, sizeof(*rows));
    told->is_too_large = rows == NULL;
    if (rows == NULL)
        return;
    told->rows = rows;
    told->rows[told->rows_count++] = row;
}

enum told told_rows_note(struct told_rows *told, struct span key, struct span content)
{
    struct told_row row = {hash_of(&told->key, key), CONTENT_GONE};

    if (content.bytes != NULL) {
        /* Under a key of the row's own: two rows whose keys have one hash are not taken for each other. */
        struct siphash_key own = {{told->key.words[0] ^ row.key, told->key.words[1]}};
        row.content = hash_of(&own, content) | 1; /* never that of a row that is gone */
    }
    append(told, row);
    if (told->before == NULL)
        return TOLD_UNKNOWN;
    const struct told_row *before = find(told->before, row.key);
    if (before == NULL)
        return TOLD_NEVER;
    return before->content == row.content ? TOLD_AS_IS : TOLD_OTHERWISE;
}

static int compare_rows(const void *left_row, const void *right_row)
{
    const struct told_row *left = left_row, *right = right_row;

    return (left->key > right->key) - (left->key < right->key);
}

/* Forgets parts, those first that were told longest ago, until there is room for `count` rows more. */
static void make_room(struct told_rows *told, size_t count)
{
    while (told->row_count > told->rows_max - count) {
        size_t oldest = 0;
        for (size_t i = 1; i < told->count; i++)
            if (told->entries[i].told_at < told->entries[oldest].told_at)
                oldest = i;
        forget(told, oldest);
    }
}

/* Copies the scratch into an entry. False: no memory. */
static bool keep_fresh(struct told_rows *told)
{
    make_room(told, told->rows_count);
    if (told->count == told->room) {
        struct told_entry *entries = grow(told->entries, &told->room, told->count + 1, sizeof(*entries));
        if (entries == NULL)
            return false;
        told->entries = entries;
    }
    struct told_row *rows = malloc((told->rows_count + 1) * sizeof(*rows));
    if (rows == NULL)
        return false;
    if (told->rows_count > 0)
        memcpy(rows, told->rows, told->rows_count * sizeof(*rows));
    qsort(rows, told->rows_count, sizeof(*rows), compare_rows);
    size_t index = lower_bound(told, &told->fresh);
    memmove(&told->entries[index + 1], &told->entries[index], (told->count - index) * sizeof(*told->entries));
    told->entries[index] = told->fresh;
    told->entries[index].told_at = ++told->told_at;
    told->entries[index].rows = rows;
    told->entries[index].count = told->rows_count;
    told->row_count += told->rows_count;
    told->count++;
    return true;
}

void told_rows_end(struct told_rows *told)
{
    size_t index = lower_bound(told, &told->fresh);

    told->before = NULL;
    if (is_at(told, index, &told->fresh))
        forget(told, index);
    if (!told->is_too_large)
        (void)!keep_fresh(told); /* Without memory for it the window is told whole. */
}

void told_rows_commit(struct told_rows *told)
{
    for (size_t i = 0; i < told->count; i++)
        told->entries[i].is_pending = false;
}

void told_rows_doubt(struct told_rows *told, struct window window)
{
    for (size_t i = 0; i < told->count; i++)
        if (window_compare(told->entries[i].window, window) == 0)
            told->entries[i].is_pending = true;
}

void told_rows_abort(struct told_rows *told)
{
    for (size_t i = told->count; i > 0; i--)
        if (told->entries[i - 1].is_pending)
            forget(told, i - 1);
}

size_t told_rows_count(const struct told_rows *told)
{
    return told->row_count;
}
