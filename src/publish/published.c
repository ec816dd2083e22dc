/* The windows stand in a sorted array. They are published nearly in order, so published_put() nearly always appends. */
#include "published.h"

#include <errno.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/base/hash.h"

struct published {
    struct published_window *entries; /* by window_compare() */
    size_t count, room;
};

enum verdict published_open(struct published **published, struct reason *why)
{
    *published = calloc(1, sizeof(**published));
    return *published != NULL ? GO_ON : no_memory(why, "for the ledger's book");
}

void published_close(struct published *published)
{
    if (published == NULL)
        return;
    for (size_t i = 0; i < published->count; i++)
        free(published->entries[i].parts);
    free(published->entries);
    free(published);
}

/* Index of the first entry that is not before `window`. */
static size_t lower_bound(const struct published *published, struct window window)
{
    size_t first = 0, end = published->count;

    if (end > 0 && window_compare(published->entries[end - 1].window, window) < 0)
        return end;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (window_compare(published->entries[middle].window, window) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static bool is_at(const struct published *published, size_t index, struct window window)
{
    return index < published->count && window_compare(published->entries[index].window, window) == 0;
}

const struct published_window *published_find(const struct published *published, struct window window)
{
    size_t index = lower_bound(published, window);

    return is_at(published, index, window) ? &published->entries[index] : NULL;
}

static bool is_newer(const struct published_window *left, const struct published_window *right)
{
    int order = summary_version_compare(left->generation, left->revision, left->pane, right->generation,
                                        right->revision, right->pane);

    return order > 0 || (order == 0 && left->retention > right->retention);
}

/* Takes an entry over, with parts of its own. */
static enum verdict keep(struct published_window *kept, const struct published_window *entry, struct reason *why)
{
    struct published_part *parts = malloc((entry->partitions + 1) * sizeof(*parts));

    if (parts == NULL)
        return no_memory(why, "for the partitions of a window");
    if (entry->partitions > 0)
        memcpy(parts, entry->parts, entry->partitions * sizeof(*parts));
    free(kept->parts);
    *kept = *entry;
    kept->parts = parts;
    return GO_ON;
}

/* Inserts an entry that is not there yet. */
static enum verdict insert(struct published *published, size_t index, const struct published_window *entry,
                           struct reason *why)
{
    if (published->count == published->room) {
        struct published_window *entries =
            grow(published->entries, &published->room, published->count + 1, sizeof(*entries));
        if (entries == NULL)
            return reason_set(why, HALT, NO_MEMORY, errno, "no memory for %zu windows", published->count + 1);
        published->entries = entries;
    }
    struct published_window kept = {.parts = NULL};
    enum verdict verdict = keep(&kept, entry, why);
    if (verdict != GO_ON)
        return verdict;
    memmove(&published->entries[index + 1], &published->entries[index],
            (published->count - index) * sizeof(*published->entries));
    published->entries[index] = kept;
    published->count++;
    return GO_ON;
}

enum verdict published_put(struct published *published, const struct published_window *entry, struct reason *why)
{
    size_t index = lower_bound(published, entry->window);

    if (!is_at(published, index, entry->window))
        return insert(published, index, entry, why);
    struct published_window *known = &published->entries[index];
    bool is_under_way = known->is_under_way || entry->is_under_way;
    bool is_taken = known->is_held || known->is_withdrawn || is_under_way || is_newer(entry, known);
    return is_taken ? keep(known, entry, why) : GO_ON;
}

enum verdict published_hold(struct published *published, struct window window, struct reason *why)
{
    const struct published_window unknown = {.window = window, .is_held = true};
    size_t index = lower_bound(published, window);

    if (!is_at(published, index, window))
        return insert(published, index, &unknown, why);
    published->entries[index].is_held = true;
    return GO_ON;
}

enum verdict published_withdraw(struct published *published, struct window window, struct reason *why)
{
    size_t index = lower_bound(published, window);
    struct published_window withdrawn = {.window = window, .is_withdrawn = true};

    if (!is_at(published, index, window))
        return insert(published, index, &withdrawn, why);
    withdrawn.generation = published->entries[index].generation;
    return keep(&published->entries[index], &withdrawn, why);
}

int64_t published_generation(const struct published *published)
{
    int64_t highest = 0;

    for (size_t i = 0; i < published->count; i++)
        if (published->entries[i].generation > highest)
            highest = published->entries[i].generation;
    return highest;
}

size_t published_held(const struct published *published)
{
    size_t count = 0;

    for (size_t i = 0; i < published->count; i++)
        count += published->entries[i].is_held ? 1 : 0;
    return count;
}

size_t published_count(const struct published *published)
{
    return published->count;
}

uint32_t published_incarnation(const char *incarnation)
{
    uint64_t hash = hash_fnv1a(span_of(incarnation));

    return (uint32_t)(hash ^ hash >> 32) | 1;
}

struct published_part published_part_of(const struct ledger_partition *part)
{
    return (struct published_part){
        .next = part->next,
        .incarnation = ledger_partition_is_known(part) ? published_incarnation(part->incarnation) : 0,
        .has_records = part->records > 0,
    };
}

static bool is_ahead(const struct published_part *then, const struct published_part *now)
{
    if (now->incarnation == 0)
        return then->has_records;
    return now->incarnation == then->incarnation && now->next < then->next;
}

bool published_is_ahead(const struct published_window *entry, const struct published_part now[], uint32_t count)
{
    for (uint32_t i = 0; i < entry->partitions && i < count; i++)
        if (is_ahead(&entry->parts[i], &now[i]))
            return true;
    return false;
}

static bool is_rebuilt(const struct published_part *then, const struct published_part *now)
{
    return then->has_records && now->incarnation != 0 && now->incarnation != then->incarnation;
}

bool published_is_rebuilt(const struct published_window *entry, const struct published_part now[], uint32_t count)
{
    for (uint32_t i = 0; i < entry->partitions && i < count; i++)
        if (is_rebuilt(&entry->parts[i], &now[i]))
            return true;
    return false;
}

bool published_is_regaining(const struct published_window *entry, const struct published_part now[], uint32_t count)
{
    for (uint32_t i = 0; i < entry->partitions && i < count; i++)
        if (is_rebuilt(&entry->parts[i], &now[i]) && now[i].next < entry->parts[i].next)
            return true;
    return false;
}
