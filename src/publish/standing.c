/*
 * A set of keys a window: an array that is put in order when it is asked, the last of equal keys winning, over an arena
 * with their texts. Telling fills a set of its own, which takes the window's place when its transaction has committed.
 */
#include "standing.h"

#include <stdlib.h>

#include "gentally/base/arena.h"
#include "gentally/base/grow.h"

struct standing_key {
    const char *text;
    uint32_t size;
    uint32_t order : 31; /* in which they came */
    uint32_t is_there : 1;
};

struct key_set {
    struct window window;
    struct arena arena; /* the texts */
    struct standing_key *keys;
    size_t count, room;
    bool is_in_order; /* sorted, each key once, all of them there */
};

/* Sets of several windows. */
struct key_sets {
    struct key_set *items;
    size_t count, room;
};

struct standing {
    struct key_sets windows; /* what stands */
    struct key_sets pending; /* what stands instead if the transaction commits */
    struct key_set telling;
    bool is_telling;
    size_t standing_at, told_at; /* how far standing_next_gone() has come */
    struct span gone;            /* the key that it gave last; absent: none yet */
};

static void set_open(struct key_set *set, struct window window)
{
    *set = (struct key_set){.window = window, .is_in_order = true};
    arena_open(&set->arena, (size_t)1 << 14);
}

static void set_close(struct key_set *set)
{
    arena_close(&set->arena);
    free(set->keys);
}

/* Takes another set over, in place of what was there. */
static void set_replace(struct key_set *set, const struct key_set *by)
{
    struct key_set before = *set;

    *set = *by;
    set_close(&before);
}

static enum verdict set_add(struct key_set *set, struct span key, bool is_there, struct reason *why)
{
    struct standing_key *keys = grow(set->keys, &set->room, set->count + 1, sizeof(*keys));

    if (keys == NULL)
        return no_memory(why, "for the rows that stand in a topic");
    set->keys = keys;
    char *text = arena_take(&set->arena, key.size + 1);
    if (text == NULL)
        return no_memory(why, "for the rows that stand in a topic");
    memcpy(text, key.bytes, key.size);
    keys[set->count] = (struct standing_key){text, (uint32_t)key.size, (uint32_t)set->count & INT32_MAX, is_there};
    set->count++;
    set->is_in_order = false;
    return GO_ON;
}

static struct span text_of(const struct standing_key *key)
{
    return (struct span){key->text, key->size};
}

static int compare(const void *left_key, const void *right_key)
{
    const struct standing_key *left = left_key, *right = right_key;
    int order = span_compare(text_of(left), text_of(right));

    return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

static void put_in_order(struct key_set *set)
{
    size_t kept = 0;

    if (set->is_in_order)
        return;
    if (set->count > 0)
        qsort(set->keys, set->count, sizeof(*set->keys), compare);
    for (size_t i = 0; i < set->count; i++) {
        bool is_last = i + 1 == set->count || !span_equal(text_of(&set->keys[i]), text_of(&set->keys[i + 1]));
        if (!is_last || !set->keys[i].is_there)
            continue;
        set->keys[kept] = set->keys[i];
        set->keys[kept].order = (uint32_t)kept & INT32_MAX;
        kept++;
    }
    set->count = kept;
    set->is_in_order = true;
}

static struct key_set *find(const struct key_sets *sets, struct window window)
{
    for (size_t i = 0; i < sets->count; i++)
        if (window_compare(sets->items[i].window, window) == 0)
            return &sets->items[i];
    return NULL;
}

/* Appends a set without keys; NULL: no memory. */
static struct key_set *append(struct key_sets *sets, struct window window)
{
    struct key_set *items = grow(sets->items, &sets->room, sets->count + 1, sizeof(*items));

    if (items == NULL)
        return NULL;
    sets->items = items;
    set_open(&items[sets->count], window);
    return &items[sets->count++];
}

static enum verdict find_or_append(struct key_sets *sets, struct window window, struct key_set **set,
                                   struct reason *why)
{
    *set = find(sets, window);
    if (*set == NULL)
        *set = append(sets, window);
    return *set != NULL ? GO_ON : no_memory(why, "for the rows that stand in a topic");
}

static void close_all(struct key_sets *sets)
{
    for (size_t i = 0; i < sets->count; i++)
        set_close(&sets->items[i]);
    sets->count = 0;
}

enum verdict standing_open(struct standing **standing, struct reason *why)
{
    *standing = calloc(1, sizeof(**standing));
    return *standing != NULL ? GO_ON : no_memory(why, "for the rows that stand in a topic");
}

static void forget_telling(struct standing *standing)
{
    if (standing->is_telling)
        set_close(&standing->telling);
    standing->is_telling = false;
}

void standing_close(struct standing *standing)
{
    if (standing == NULL)
        return;
    forget_telling(standing);
    close_all(&standing->windows);
    close_all(&standing->pending);
    free(standing->windows.items);
    free(standing->pending.items);
    free(standing);
}

enum verdict standing_note(struct standing *standing, struct window window, struct span key, bool is_there,
                           struct reason *why)
{
    struct key_set *set = NULL;
    enum verdict verdict = find_or_append(&standing->windows, window, &set, why);

    return verdict == GO_ON ? set_add(set, key, is_there, why) : verdict;
}

enum verdict standing_begin(struct standing *standing, struct window window, struct reason *why)
{
    struct key_set *set = NULL;
    enum verdict verdict = find_or_append(&standing->windows, window, &set, why);

    if (verdict != GO_ON)
        return verdict;
    forget_telling(standing);
    put_in_order(set);
    set_open(&standing->telling, window);
    standing->is_telling = true;
    standing->standing_at = standing->told_at = 0;
    standing->gone = span_of(NULL);
    return GO_ON;
}

enum verdict standing_tell(struct standing *standing, struct span key, struct reason *why)
{
    return set_add(&standing->telling, key, true, why);
}

bool standing_next_gone(struct standing *standing, struct span *key)
{
    struct key_set *told = &standing->telling;
    const struct key_set *set = find(&standing->windows, told->window);

    put_in_order(told);
    for (; standing->standing_at < set->count; standing->standing_at++) {
        *key = text_of(&set->keys[standing->standing_at]);
        if (standing->gone.bytes != NULL && span_compare(*key, standing->gone) <= 0)
            continue; /* in a transaction that has committed */
        while (standing->told_at < told->count && span_compare(text_of(&told->keys[standing->told_at]), *key) < 0)
            standing->told_at++;
        if (standing->told_at < told->count && span_equal(text_of(&told->keys[standing->told_at]), *key))
            continue;
        standing->gone = *key;
        return true;
    }
    return false;
}

enum verdict standing_end(struct standing *standing, struct reason *why)
{
    struct key_set *set = NULL;
    enum verdict verdict = find_or_append(&standing->pending, standing->telling.window, &set, why);

    if (verdict != GO_ON)
        return verdict;
    put_in_order(&standing->telling);
    set_replace(set, &standing->telling);
    standing->is_telling = false;
    return GO_ON;
}

/* Rows of a window that is half told stand beside those that stood before. */
static enum verdict add_told(struct standing *standing, struct reason *why)
{
    struct key_set *set = find(&standing->windows, standing->telling.window);
    enum verdict verdict = GO_ON;

    for (size_t i = 0; i < standing->telling.count && verdict == GO_ON; i++)
        verdict = set_add(set, text_of(&standing->telling.keys[i]), true, why);
    put_in_order(set);
    standing->standing_at = standing->told_at = 0;
    return verdict;
}

enum verdict standing_commit(struct standing *standing, struct reason *why)
{
    for (size_t i = 0; i < standing->pending.count; i++) {
        const struct key_set *told = &standing->pending.items[i];
        set_replace(find(&standing->windows, told->window), told);
    }
    standing->pending.count = 0;
    return standing->is_telling ? add_told(standing, why) : GO_ON;
}

void standing_abort(struct standing *standing)
{
    forget_telling(standing);
    close_all(&standing->pending);
}

size_t standing_count(const struct standing *standing)
{
    size_t count = 0;

    for (size_t i = 0; i < standing->windows.count; i++) {
        put_in_order(&standing->windows.items[i]);
        count += standing->windows.items[i].count;
    }
    return count;
}
