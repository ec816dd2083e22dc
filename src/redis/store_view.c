/* The function tells the windows and what of them is in the journal; the entries follow, which do not change as long as
 * they are there, and are compacted as for the cells. */
#include "gentally/redis/store_view.h"

#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/core/compact.h"
#include "store_entries.h"
#include "store_reply.h"

#define LEAST 4 /* windows in the journal alone: fewer are read as quickly by themselves */

/* A window of the partition. */
struct view_window {
    struct window window;
    int64_t records;
    bool is_alone; /* in the journal: no cell has anything of it */
};

struct store_view {
    bool is_there;
    uint64_t connections; /* of the store, when the view was taken */
    struct partition_state state;
    struct view_window *windows; /* by window_compare() */
    uint32_t count;
    size_t room;
    /* What was read of entries, and of which. */
    struct compaction *compaction;
    struct store_entries entries;
    uint64_t entry_connections;
    int64_t first, last; /* none: last < first */
    char incarnation[33];
    size_t bytes;
};

enum verdict store_view_open(struct store_view **view, struct reason *why)
{
    struct store_view *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a view");
    opened->last = -1;
    enum verdict verdict = compaction_open(&opened->compaction, why);
    if (verdict != GO_ON) {
        store_view_close(opened);
        return verdict;
    }
    *view = opened;
    return GO_ON;
}

/* Drops what was read of entries, and falls silent. */
static void drop(struct store_view *view)
{
    view->is_there = false;
    store_entries_close(&view->entries);
    compaction_begin(view->compaction);
    view->first = 0;
    view->last = -1;
    view->bytes = 0;
}

void store_view_close(struct store_view *view)
{
    if (view == NULL)
        return;
    store_entries_close(&view->entries);
    compaction_close(view->compaction);
    free(view->windows);
    free(view);
}

/* ---- the windows ---- */

static int compare(const void *left_window, const void *right_window)
{
    const struct view_window *left = left_window, *right = right_window;

    return window_compare(left->window, right->window);
}

static struct view_window *find(const struct store_view *view, struct window window)
{
    const struct view_window key = {.window = window};

    return view->count == 0 ? NULL : bsearch(&key, view->windows, view->count, sizeof(key), compare);
}

/* Reads "<number> <records>"; whether it says that no record is in the cells. */
static bool is_alone(const redisReply *value)
{
    return value->type == REDIS_REPLY_STRING && value->len > 2 && memcmp(value->str + value->len - 2, " 0", 2) == 0;
}

static bool read_windows(struct store_view *view, const redisReply *windows, const redisReply *behind)
{
    struct window window;

    view->count = (uint32_t)(windows->elements / 2);
    for (uint32_t i = 0; i < view->count; i++) {
        struct view_window *at = &view->windows[i];
        *at = (struct view_window){.is_alone = false};
        if (!store_reply_window(windows->element[2 * (size_t)i], &at->window) ||
            !store_reply_number(windows->element[2 * (size_t)i + 1], &at->records))
            return false;
    }
    if (view->count > 0)
        qsort(view->windows, view->count, sizeof(*view->windows), compare);
    for (size_t i = 0; i + 1 < behind->elements; i += 2) {
        if (!store_reply_window(behind->element[i], &window))
            return false;
        struct view_window *at = find(view, window);
        if (at != NULL)
            at->is_alone = is_alone(behind->element[i + 1]);
    }
    return true;
}

/* Takes the answer; false: it is a silent view, or does not read. */
static bool take(struct store_view *view, int32_t partition, const redisReply *reply, struct reason *why,
                 enum verdict *verdict)
{
    redisReply **elements = reply->element;

    if (reply->elements != 4 || !store_reply_state(elements[1], partition, &view->state) ||
        elements[2]->type != REDIS_REPLY_ARRAY || elements[3]->type != REDIS_REPLY_ARRAY)
        return false;
    size_t count = elements[2]->elements / 2;
    struct view_window *windows = grow(view->windows, &view->room, count, sizeof(*windows));
    if (windows == NULL) {
        *verdict = no_memory(why, "for a view");
        return false;
    }
    view->windows = windows;
    return read_windows(view, elements[2], elements[3]);
}

/* Asks for the windows; `*is_told` if there are so many of them. What goes wrong is told to whoever reads one. */
static enum verdict ask(struct store_view *view, struct store *store, int32_t partition, bool *is_told,
                        struct reason *why)
{
    redisReply *reply = NULL;
    struct reason other;
    enum verdict verdict = store_partition_begin(store, partition, "gentally_2_view", true, 2, 1, 32, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, partition, "windows");
    store_put_number(&store->command, LEAST);
    if (store_function_call(store, partition, &reply, &other) == GO_ON)
        *is_told = take(view, partition, reply, why, &verdict);
    freeReplyObject(reply);
    return verdict;
}

/* ---- the entries ---- */

static bool is_read(const struct store_view *view)
{
    return view->last >= view->first && view->entry_connections == view->connections &&
           view->first == view->state.journal_first && view->last == view->state.journal_last &&
           strcmp(view->incarnation, view->state.incarnation) == 0;
}

/* Reads the entries, one at a time so that no more than `bytes` are kept; false: they are more, or cannot be read. */
static bool read_entries(struct store_view *view, struct store *store, int32_t partition, size_t bytes)
{
    struct reason other;

    for (int64_t at = view->first; at <= view->last; at++) {
        if (store_entries_read(&view->entries, store, partition, at, at, &other) != GO_ON)
            return false;
        view->bytes += view->entries.items[view->entries.count - 1].size;
        if (view->bytes > bytes)
            return false;
    }
    return view->connections == store_link_count(store->link);
}

/* Compacts the entries; `*is_made` false: they are of two limits, or do not read. */
static enum verdict compact(struct store_view *view, bool *is_made, struct reason *why)
{
    bool is_added = true;
    enum verdict verdict = GO_ON;

    compaction_begin(view->compaction);
    for (size_t i = 0; i < view->entries.count && verdict == GO_ON && is_added; i++)
        verdict = compaction_add(view->compaction, view->entries.items[i], UINT64_MAX, &is_added, why);
    if (verdict == GO_ON && is_added)
        verdict = compaction_finish(view->compaction, why);
    *is_made = verdict == GO_ON && is_added;
    return verdict == HALT && why->id == STORE_DAMAGED ? GO_ON : verdict;
}

static enum verdict take_entries(struct store_view *view, struct store *store, int32_t partition, size_t bytes,
                                 bool *is_made, struct reason *why)
{
    drop(view);
    view->entry_connections = view->connections;
    view->first = view->state.journal_first;
    view->last = view->state.journal_last;
    memcpy(view->incarnation, view->state.incarnation, sizeof(view->incarnation));
    *is_made = false;
    return read_entries(view, store, partition, bytes) ? compact(view, is_made, why) : GO_ON;
}

/* ---- the view ---- */

enum verdict store_view_take(struct store_view *view, struct store *store, int32_t partition, size_t *bytes,
                             struct reason *why)
{
    struct reason other;
    bool is_good = false;

    view->is_there = false;
    if (store_link_up(store->link, &other) != GO_ON)
        return GO_ON;
    view->connections = store_link_count(store->link);
    enum verdict verdict = ask(view, store, partition, &is_good, why);
    if (verdict == GO_ON && is_good && !is_read(view))
        verdict = take_entries(view, store, partition, *bytes, &is_good, why);
    if (verdict != GO_ON || !is_good || view->bytes > *bytes) {
        drop(view);
        return verdict;
    }
    *bytes -= view->bytes;
    view->is_there = true;
    return GO_ON;
}

const struct partition_state *store_view_state(const struct store_view *view, const struct store *store)
{
    return view->is_there && view->connections == store_link_count(store->link) ? &view->state : NULL;
}

enum verdict store_view_fill(const struct store_view *view, struct tail *tail, int64_t *records, bool *is_known,
                             struct reason *why)
{
    const struct view_window *window = find(view, tail_window(tail));

    *records = window == NULL ? 0 : window->records;
    *is_known = window == NULL || window->is_alone;
    if (window == NULL || !window->is_alone)
        return GO_ON;
    enum verdict verdict = compaction_fill(view->compaction, tail, why);
    *is_known = tail_records(tail) == window->records; /* Else whoever asks for it is told what is wrong. */
    return verdict;
}
