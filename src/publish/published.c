/* A sorted array: windows are published nearly in order, so that putting one is nearly always an append. */
#include "published.h"

#include <errno.h>
#include <stdlib.h>

#include "gentally/base/hash.h"

struct book {
    struct book_entry *entries; /* by window_compare() */
    size_t count, room;
};

enum verdict book_open(struct book **book, struct reason *why)
{
    *book = calloc(1, sizeof(**book));
    return *book != NULL ? GO_ON : reason_set(why, HALT, "NO-MEMORY", errno, "no memory for the ledger's book");
}

void book_close(struct book *book)
{
    if (book == NULL)
        return;
    free(book->entries);
    free(book);
}

/* Index of the first entry that is not before `window`. */
static size_t lower_bound(const struct book *book, struct window window)
{
    size_t first = 0, end = book->count;

    if (end > 0 && window_compare(book->entries[end - 1].window, window) < 0)
        return end;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (window_compare(book->entries[middle].window, window) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static bool is_at(const struct book *book, size_t index, struct window window)
{
    return index < book->count && window_compare(book->entries[index].window, window) == 0;
}

const struct book_entry *book_find(const struct book *book, struct window window)
{
    size_t index = lower_bound(book, window);

    return is_at(book, index, window) ? &book->entries[index] : NULL;
}

static bool is_newer(const struct book_entry *left, const struct book_entry *right)
{
    int order = summary_version_compare(left->generation, left->revision, left->pane, right->generation,
                                        right->revision, right->pane);

    return order > 0 || (order == 0 && left->retention > right->retention);
}

enum verdict book_put(struct book *book, const struct book_entry *entry, struct reason *why)
{
    size_t index = lower_bound(book, entry->window);

    if (is_at(book, index, entry->window)) {
        if (is_newer(entry, &book->entries[index]))
            book->entries[index] = *entry;
        return GO_ON;
    }
    if (book->count == book->room) {
        size_t room = book->room == 0 ? 1024 : 2 * book->room;
        struct book_entry *entries = realloc(book->entries, room * sizeof(*entries));
        if (entries == NULL)
            return reason_set(why, HALT, "NO-MEMORY", errno, "no memory for %zu windows", room);
        book->entries = entries;
        book->room = room;
    }
    memmove(&book->entries[index + 1], &book->entries[index], (book->count - index) * sizeof(*book->entries));
    book->entries[index] = *entry;
    book->count++;
    return GO_ON;
}

size_t book_count(const struct book *book)
{
    return book->count;
}

uint64_t book_states(uint64_t sum, int32_t partition, const char *incarnation)
{
    return sum ^ hash_fold(hash_fnv1a(span_of(incarnation)) ^ (uint64_t)partition, UINT64_C(0x9e3779b97f4a7c15));
}
