/* See counters.h. How many partitions there are is asked of the store: they were created 0, 1, 2, ... by `setup`. */
#include "live_counters.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/core/cell.h"
#include "gentally/redis/store.h"

static enum verdict count_partitions(struct live_counters *counters, struct reason *why)
{
    struct partition_state state;
    enum verdict verdict;

    for (;; counters->partition_count++) {
        verdict = store_state(counters->store, counters->partition_count, &state, why);
        if (verdict != GO_ON)
            break;
    }
    if (counters->partition_count > 0 && why->id == STORE_STATE_MISSING)
        return GO_ON;
    return verdict;
}

static enum verdict make_room(struct live_counters *counters, uint32_t more, struct reason *why)
{
    if (counters->window_room - counters->window_count >= more && counters->windows != NULL)
        return GO_ON;
    uint32_t room = counters->window_count + more + 256;
    struct stored_window *windows = realloc(counters->windows, room * sizeof *windows);
    if (windows == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %u windows", room);
    counters->windows = windows;
    counters->window_room = room;
    return GO_ON;
}

static enum verdict list_partition(struct live_counters *counters, int32_t partition, struct reason *why)
{
    uint32_t count = 0;
    enum verdict verdict = make_room(counters, 64, why);

    while (verdict == GO_ON) {
        uint32_t room = counters->window_room - counters->window_count;
        verdict =
            store_windows(counters->store, partition, counters->windows + counters->window_count, room, &count, why);
        if (verdict != GO_ON || count <= room)
            break;
        verdict = make_room(counters, count, why);
    }
    if (verdict == GO_ON)
        counters->window_count += count;
    return verdict;
}

static int latest_first(const void *left_window, const void *right_window)
{
    const struct stored_window *left = left_window, *right = right_window;

    return window_compare(right->window, left->window);
}

/* Partitions have the same windows: makes one of each. */
static void merge_windows(struct live_counters *counters)
{
    uint32_t into = 0;

    if (counters->window_count == 0)
        return;
    qsort(counters->windows, counters->window_count, sizeof *counters->windows, latest_first);
    for (uint32_t index = 1; index < counters->window_count; index++) {
        if (window_compare(counters->windows[into].window, counters->windows[index].window) == 0)
            counters->windows[into].records += counters->windows[index].records;
        else
            counters->windows[++into] = counters->windows[index];
    }
    counters->window_count = into + 1;
}

enum verdict live_counters_open(struct live_counters *counters, const struct config *config, struct reason *why)
{
    *counters = (struct live_counters){.config = config, .cell = malloc(sizeof *counters->cell)};
    if (counters->cell == NULL)
        return no_memory(why, "for a cell");
    log_open(&counters->logger, config->log_level, "live");
    enum verdict verdict = store_open(&counters->store, config, &counters->logger, why);
    if (verdict == GO_ON)
        verdict = count_partitions(counters, why);
    for (int32_t partition = 0; partition < counters->partition_count && verdict == GO_ON; partition++)
        verdict = list_partition(counters, partition, why);
    merge_windows(counters);
    return verdict;
}

void live_counters_close(struct live_counters *counters)
{
    if (counters->store != NULL)
        store_close(counters->store);
    free(counters->windows);
    free(counters->cell);
    *counters = (struct live_counters){0};
}

const struct stored_window *live_counters_window(const struct live_counters *counters, enum window_kind kind,
                                                 int64_t at_ms)
{
    for (uint32_t index = 0; index < counters->window_count; index++) {
        const struct stored_window *stored = &counters->windows[index];
        if (stored->window.kind != kind || stored->records == 0)
            continue;
        if (at_ms == INT64_MIN || stored->window.start_ms == window_of(kind, at_ms).start_ms)
            return stored;
    }
    return NULL;
}

struct reading {
    struct live_counters *counters;
    const char *rollup;
    size_t rollup_size;
    struct totals *totals;
    int64_t start_ms;
};

/* A row key begins with its rollup's name, which ends at '|' or at the end. */
static enum verdict take_cell(void *context, struct span key, struct span packed, struct reason *why)
{
    struct reading *reading = context;
    struct cell *cell = reading->counters->cell;

    if (key.size < reading->rollup_size || memcmp(key.bytes, reading->rollup, reading->rollup_size) != 0 ||
        (key.size > reading->rollup_size && key.bytes[reading->rollup_size] != '|'))
        return GO_ON;
    if (!cell_unpack(packed, cell))
        return reason_set(why, HALT, CELL_UNREADABLE, 0, "row %.*s: %zu bytes that are no cell", (int)key.size,
                          key.bytes, packed.size);
    if (cell->sums[M_REQUESTS] == 0) /* Nothing is left of it: all was retracted, or amended away. */
        return GO_ON;
    return totals_add(reading->totals, reading->start_ms, key, cell->sums, why);
}

enum verdict live_counters_add(struct live_counters *counters, struct window window, const struct rollup *rollup,
                               struct totals *totals, struct reason *why)
{
    struct reading reading = {counters, rollup->name, strlen(rollup->name), totals, window.start_ms};
    struct partition_state state;
    enum verdict verdict = GO_ON;
    int64_t records;

    for (int32_t partition = 0; partition < counters->partition_count && verdict == GO_ON; partition++)
        verdict = store_snapshot(counters->store, partition, window, take_cell, &reading, &records, &state, why);
    return verdict;
}
