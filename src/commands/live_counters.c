/* Counters straight from the store, which is asked how many partitions there are: `setup` created them 0, 1, 2, ... */
#include "live_counters.h"

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

static int latest_first(const void *left_window, const void *right_window)
{
    const struct stored_window *left = left_window, *right = right_window;

    return window_compare(right->window, left->window);
}

/* Partitions have the same windows: keeps each once, with the records of all partitions. */
static void merge_windows(struct live_counters *counters)
{
    uint32_t into = 0;

    if (counters->list.count == 0)
        return;
    qsort(counters->list.windows, counters->list.count, sizeof(*counters->list.windows), latest_first);
    for (uint32_t index = 1; index < counters->list.count; index++) {
        if (window_compare(counters->list.windows[into].window, counters->list.windows[index].window) == 0)
            counters->list.windows[into].records += counters->list.windows[index].records;
        else
            counters->list.windows[++into] = counters->list.windows[index];
    }
    counters->list.count = into + 1;
}

enum verdict live_counters_open(struct live_counters *counters, const struct config *config, const char *program,
                                struct reason *why)
{
    *counters = (struct live_counters){.config = config, .cell = malloc(sizeof(*counters->cell))};
    if (counters->cell == NULL)
        return no_memory(why, "for a cell");
    log_open_as(&counters->logger, config->log_level, config->log_format, program);
    enum verdict verdict = store_open(&counters->store, config, &counters->logger, why);
    if (verdict == GO_ON)
        verdict = count_partitions(counters, why);
    for (int32_t partition = 0; partition < counters->partition_count && verdict == GO_ON; partition++)
        verdict = window_list_read(&counters->list, counters->store, partition, true, why);
    merge_windows(counters);
    return verdict;
}

void live_counters_close(struct live_counters *counters)
{
    if (counters->store != NULL)
        store_close(counters->store);
    free(counters->list.windows);
    free(counters->cell);
    log_close(&counters->logger);
    *counters = (struct live_counters){0};
}

const struct stored_window *live_counters_window(const struct live_counters *counters, enum window_kind kind,
                                                 int64_t at_ms)
{
    for (uint32_t index = 0; index < counters->list.count; index++) {
        const struct stored_window *stored = &counters->list.windows[index];
        if (stored->window.kind != kind || stored->records == 0)
            continue;
        if (at_ms == INT64_MIN || stored->window.start_ms == window_of(kind, at_ms).start_ms)
            return stored;
    }
    return NULL;
}

struct counters_reading {
    struct live_counters *counters;
    const char *rollup;
    size_t rollup_size;
    struct totals *totals;
    int64_t start_ms;
};

/* A row key begins with its rollup's name, which ends at '|' or at the end. */
static enum verdict take_cell(void *context, struct span key, struct span packed, struct reason *why)
{
    struct counters_reading *reading = context;
    struct cell *cell = reading->counters->cell;

    if (key.size < reading->rollup_size || memcmp(key.bytes, reading->rollup, reading->rollup_size) != 0 ||
        (key.size > reading->rollup_size && key.bytes[reading->rollup_size] != '|'))
        return GO_ON;
    if (!cell_unpack(packed, cell))
        return reason_set(why, HALT, CELL_UNREADABLE, 0, "row %.*s: %zu bytes that are no cell", (int)key.size,
                          key.bytes, packed.size);
    if (reading->counters->takes != NULL && !reading->counters->takes(reading->counters->context, key))
        return GO_ON;
    if (cell->sums[M_REQUESTS] == 0) /* All requests of the row were retracted, or amended away. */
        return GO_ON;
    return totals_add(reading->totals, reading->start_ms, key, cell, why);
}

enum verdict live_counters_add(struct live_counters *counters, struct window window, const struct rollup *rollup,
                               struct totals *totals, struct reason *why)
{
    struct counters_reading reading = {counters, rollup->name, strlen(rollup->name), totals, window.start_ms};
    struct partition_state state;
    enum verdict verdict = GO_ON;
    int64_t records;

    for (int32_t partition = 0; partition < counters->partition_count && verdict == GO_ON; partition++)
        verdict = store_snapshot(counters->store, partition, window, take_cell, &reading, &records, &state, why);
    return verdict;
}
