/* See live.h. How many partitions there are is asked of the store: they were created 0, 1, 2, ... by `setup`. */
#include "live_counters.h"

#include "gentally/core/cell.h"

#include <assert.h>
#include <stdlib.h>

static enum verdict count_partitions(struct live *live, struct reason *why)
{
    struct standing standing;
    enum verdict verdict;

    for (;; live->partition_count++) {
        verdict = store_standing(live->store, live->partition_count, &standing, why);
        if (verdict != GO_ON)
            break;
    }
    if (live->partition_count > 0 && strcmp(why->id, "STORE-STATE-MISSING") == 0)
        return GO_ON;
    return verdict;
}

static enum verdict make_room(struct live *live, uint32_t more, struct reason *why)
{
    if (live->window_room - live->window_count >= more && live->windows != NULL)
        return GO_ON;
    uint32_t room = live->window_count + more + 256;
    struct stored_window *windows = realloc(live->windows, room * sizeof *windows);
    if (windows == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for %u windows", room);
    live->windows = windows;
    live->window_room = room;
    return GO_ON;
}

static enum verdict list_partition(struct live *live, int32_t partition, struct reason *why)
{
    uint32_t count = 0;
    enum verdict verdict = make_room(live, 64, why);

    while (verdict == GO_ON) {
        uint32_t room = live->window_room - live->window_count;
        verdict = store_windows(live->store, partition, live->windows + live->window_count, room, &count, why);
        if (verdict != GO_ON || count <= room)
            break;
        verdict = make_room(live, count, why);
    }
    if (verdict == GO_ON)
        live->window_count += count;
    return verdict;
}

static int newest_first(const void *left_window, const void *right_window)
{
    const struct stored_window *left = left_window, *right = right_window;

    return window_compare(right->window, left->window);
}

/* Partitions have the same windows: makes one of each. */
static void merge_windows(struct live *live)
{
    uint32_t into = 0;

    if (live->window_count == 0)
        return;
    qsort(live->windows, live->window_count, sizeof *live->windows, newest_first);
    for (uint32_t index = 1; index < live->window_count; index++) {
        if (window_compare(live->windows[into].window, live->windows[index].window) == 0)
            live->windows[into].records += live->windows[index].records;
        else
            live->windows[++into] = live->windows[index];
    }
    live->window_count = into + 1;
}

enum verdict live_open(struct live *live, const struct config *config, struct reason *why)
{
    *live = (struct live){.config = config, .cell = malloc(sizeof *live->cell)};
    if (live->cell == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for a cell");
    log_open(&live->logger, config->log_level, "live");
    enum verdict verdict = store_open(&live->store, config, &live->logger, why);
    if (verdict == GO_ON)
        verdict = count_partitions(live, why);
    for (int32_t partition = 0; partition < live->partition_count && verdict == GO_ON; partition++)
        verdict = list_partition(live, partition, why);
    merge_windows(live);
    return verdict;
}

void live_close(struct live *live)
{
    if (live->store != NULL)
        store_close(live->store);
    free(live->windows);
    free(live->cell);
    *live = (struct live){0};
}

const struct stored_window *live_window(const struct live *live, enum window_kind kind, int64_t at_ms)
{
    for (uint32_t index = 0; index < live->window_count; index++) {
        const struct stored_window *stored = &live->windows[index];
        if (stored->window.kind != kind || stored->records == 0)
            continue;
        if (at_ms == INT64_MIN || stored->window.start_ms == window_of(kind, at_ms).start_ms)
            return stored;
    }
    return NULL;
}

struct reading {
    struct live *live;
    const char *rollup;
    size_t rollup_size;
    struct breakdown *breakdown;
    int64_t start_ms;
};

/* A row key begins with its rollup's name, which ends at '|' or at the end. */
static enum verdict take_cell(void *context, struct span key, struct span packed, struct reason *why)
{
    struct reading *reading = context;
    struct cell *cell = reading->live->cell;

    if (key.size < reading->rollup_size || memcmp(key.bytes, reading->rollup, reading->rollup_size) != 0 ||
        (key.size > reading->rollup_size && key.bytes[reading->rollup_size] != '|'))
        return GO_ON;
    if (!cell_unpack(packed, cell))
        return reason_set(why, HALT, "CELL-UNREADABLE", 0, "row %.*s: %zu bytes that are no cell", (int)key.size,
                          key.bytes, packed.size);
    if (cell->sums[M_REQUESTS] == 0) /* Nothing is left of it: all was retracted, or amended away. */
        return GO_ON;
    return breakdown_add(reading->breakdown, reading->start_ms, key, cell->sums, why);
}

enum verdict live_add(struct live *live, struct window window, const struct rollup *rollup, struct breakdown *breakdown,
                      struct reason *why)
{
    struct reading reading = {live, rollup->name, strlen(rollup->name), breakdown, window.start_ms};
    struct standing standing;
    enum verdict verdict = GO_ON;
    int64_t records;

    for (int32_t partition = 0; partition < live->partition_count && verdict == GO_ON; partition++)
        verdict = store_snapshot(live->store, partition, window, take_cell, &reading, &records, &standing, why);
    return verdict;
}
