/*
 * With the partition claimed, its journal is applied, so that cells hold all; what flushes noted of retention is merged
 * and dropped; then rows are renamed one by one. Whoever is killed in between leaves rows of either name, and the sum
 * of both is what it was.
 *
 * Over a cluster nothing is dropped here. Was the account noted again since it was waited for, its pairs stay, whole,
 * for the next run: in the shard alone they would be missed there, and merged again.
 */
#include "gentally/ingest/erasure.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "apply.h"
#include "erasure_entries.h"
#include "gentally/base/clock.h"
#include "gentally/base/grow.h"
#include "gentally/core/cell.h"
#include "gentally/ingest/pseudonym.h"
#include "gentally/publish/merger.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_erase.h"
#include "gentally/redis/store_windows.h"

#define ATTEMPTS 60 /* of a partition, before it is told what is in the way */
#define PAUSE_NS 250000000L

/* A row that was found, with room of its own. */
struct found_row {
    struct span key, packed; /* in one piece of memory, that of `key` */
};

struct erasing {
    const struct erasure_order *order;
    struct rollups rollups; /* that name accounts */
    char name[PSEUDONYM_TEXT_SIZE];
    struct applier *applier;
    struct merger *merger;         /* NULL: without retention, or where nothing that was just merged may be dropped */
    struct activities *activities; /* scratch: entries that may not be dropped; NULL: there are none */
    struct accumulator *accumulator;
    struct found_row *found;
    uint32_t found_count;
    size_t found_room;
    struct stored_window *windows;
    size_t window_room;
    struct erasure_counts *counts;
};

/* ---- rows ---- */

void erasure_rollups(const struct settings *settings, struct rollups *rollups)
{
    rollups->count = 0;
    for (uint32_t i = 0; i < settings->rollup_count; i++) {
        const struct rollup *rollup = &settings->rollups[i].rollup;
        bool has_account = false;
        for (uint32_t at = 0; at < rollup->dim_count; at++)
            has_account = has_account || rollup->dims[at] == DIM_ACCOUNT;
        if (has_account)
            rollups->items[rollups->count++] = *rollup;
    }
}

/* The key with another account, if the row is of the account; 0: it only looks so. */
static size_t new_key(const struct erasing *erasing, struct span key, const struct rollup **rollup, char *text)
{
    struct span values[ROLLUP_DIMS_MAX];
    char room[ROW_KEY_MAX];
    bool is_its = false;

    if (key.size > ROW_KEY_MAX || !row_key_read(key, &erasing->rollups, rollup, values, room))
        return 0;
    for (uint32_t i = 0; i < (*rollup)->dim_count; i++)
        if ((*rollup)->dims[i] == DIM_ACCOUNT && span_equal(values[i], span_of(erasing->name))) {
            values[i] = span_of(DIMENSION_ERASED);
            is_its = true;
        }
    return is_its ? row_key_write(*rollup, values, text) : 0;
}

static enum verdict keep_row(void *context, struct span key, struct span packed, struct reason *why)
{
    struct erasing *erasing = context;
    const struct rollup *rollup = NULL;
    char text[ROW_KEY_MAX];

    if (new_key(erasing, key, &rollup, text) == 0)
        return GO_ON;
    struct found_row *rows =
        grow(erasing->found, &erasing->found_room, (size_t)erasing->found_count + 1, sizeof(*rows));
    char *bytes = rows == NULL ? NULL : malloc(key.size + packed.size + 1);
    if (rows != NULL)
        erasing->found = rows;
    if (bytes == NULL)
        return no_memory(why, "for rows of an account");
    memcpy(bytes, key.bytes, key.size);
    memcpy(bytes + key.size, packed.bytes, packed.size);
    rows[erasing->found_count++] = (struct found_row){{bytes, key.size}, {bytes + key.size, packed.size}};
    return GO_ON;
}

static void free_rows(struct erasing *erasing)
{
    for (uint32_t i = 0; i < erasing->found_count; i++)
        free((void *)(uintptr_t)erasing->found[i].key.bytes);
    erasing->found_count = 0;
}

/* Adds a row to the one of all that were erased. */
static enum verdict rename_row(struct erasing *erasing, const struct partition_state *state, struct window window,
                               const struct found_row *row, struct reason *why)
{
    struct store *store = erasing->order->store;
    const struct rollup *rollup = NULL;
    uint8_t there[CELL_PACKED_MAX], cell[CELL_PACKED_MAX];
    char text[ROW_KEY_MAX];
    size_t there_size = 0;
    struct span key = {text, new_key(erasing, row->key, &rollup, text)};
    enum verdict verdict = store_row_read(store, state->partition, window, key, there, &there_size, why);

    if (verdict != GO_ON)
        return verdict;
    struct span stored = there_size == 0 ? span_of(NULL) : (struct span){(const char *)there, there_size};
    accumulator_clear(erasing->accumulator);
    if (!accumulator_add(erasing->accumulator, row->packed) ||
        (there_size > 0 && !accumulator_add(erasing->accumulator, stored)))
        return reason_set(why, HALT, STORE_DAMAGED, 0, "partition %" PRId32 ": a cell does not read as we wrote it",
                          state->partition);
    size_t size = accumulator_pack(erasing->accumulator, cell);
    const struct row_renaming renaming = {rollup->name, row->key, key, stored, {(const char *)cell, size}};
    verdict = store_row_rename(store, state, window, &renaming, why);
    erasing->counts->rows += verdict == GO_ON;
    return verdict;
}

static enum verdict erase_window(struct erasing *erasing, const struct partition_state *state, struct window window,
                                 struct reason *why)
{
    const struct erasure_order *order = erasing->order;
    enum verdict verdict =
        store_rows_find(order->store, state->partition, window, erasing->name, keep_row, erasing, why);

    if (order->is_dry)
        erasing->counts->rows += erasing->found_count;
    for (uint32_t i = 0; i < erasing->found_count && verdict == GO_ON && !order->is_dry; i++) {
        bool is_again = false; /* HSCAN may give a row twice. */
        for (uint32_t before = 0; before < i && !is_again; before++)
            is_again = span_equal(erasing->found[before].key, erasing->found[i].key);
        if (!is_again)
            verdict = rename_row(erasing, state, window, &erasing->found[i], why);
    }
    free_rows(erasing);
    return verdict;
}

static enum verdict erase_rows(struct erasing *erasing, const struct partition_state *state, struct reason *why)
{
    struct store *store = erasing->order->store;
    uint32_t count = 0;

    if (erasing->rollups.count == 0)
        return GO_ON;
    for (bool is_all = false; !is_all;) {
        enum verdict verdict =
            store_windows(store, state->partition, erasing->windows, (uint32_t)erasing->window_room, &count, why);
        if (verdict != GO_ON)
            return verdict;
        is_all = count <= erasing->window_room;
        struct stored_window *windows =
            is_all ? erasing->windows : grow(erasing->windows, &erasing->window_room, count, sizeof(*windows));
        if (!is_all && windows == NULL)
            return no_memory(why, "for windows");
        erasing->windows = windows;
    }
    for (uint32_t i = 0; i < count; i++) {
        enum verdict verdict = erase_window(erasing, state, erasing->windows[i].window, why);
        if (verdict != GO_ON)
            return verdict;
    }
    return GO_ON;
}

/* ---- a partition ---- */

/* What its flushes noted of retention becomes a part of the shards, where the account can be found; or it is looked for
 * among what they noted. */
static enum verdict merge_pairs(struct erasing *erasing, const struct partition_state *state, struct reason *why)
{
    if (erasing->activities != NULL)
        return erasure_entries(erasing->order->store, state->partition, erasing->order->account, erasing->activities,
                               &erasing->counts->noted, why);
    if (erasing->merger == NULL || erasing->order->is_dry)
        return GO_ON;
    for (;;) {
        merger_begin(erasing->merger);
        enum verdict verdict = merger_gather(erasing->merger, state->partition, why);
        if (verdict == GO_ON)
            verdict = merger_finish(erasing->merger, why);
        if (verdict == GO_ON)
            verdict = merger_drop(erasing->merger, state, clock_ms(CLOCK_MONOTONIC), why);
        if (verdict != GO_ON || merger_has_all(erasing->merger, state->partition))
            return verdict;
    }
}

static enum verdict erase_claimed(struct erasing *erasing, int32_t partition, int64_t *offset, struct reason *why)
{
    struct store *store = erasing->order->store;
    struct partition_state state;
    enum verdict verdict = erasing->order->is_dry ? store_state(store, partition, &state, why)
                                                  : store_claim(store, partition, &state, why);

    *offset = -1;
    if (verdict == HALT && why->id == STORE_STATE_MISSING)
        return GO_ON;
    for (bool is_done = erasing->order->is_dry; verdict == GO_ON && !is_done;)
        verdict = applier_run(erasing->applier, &state, APPLY_RUN_US, &is_done, why);
    if (verdict == GO_ON)
        verdict = merge_pairs(erasing, &state, why);
    if (verdict == GO_ON)
        verdict = erase_rows(erasing, &state, why);
    *offset = state.next;
    return verdict;
}

/* A worker that claimed just before it heard of the erasure is waited for. */
static enum verdict erase_partition(struct erasing *erasing, int32_t partition, int64_t *offset, struct reason *why)
{
    static const struct timespec pause = {0, PAUSE_NS};
    const uint64_t noted = erasing->counts->noted;
    enum verdict verdict = TRY_LATER;

    for (int i = 0; i < ATTEMPTS && (verdict == TRY_LATER || verdict == REWIND); i++) {
        if (i > 0)
            nanosleep(&pause, NULL);
        erasing->counts->noted = noted;
        verdict = erase_claimed(erasing, partition, offset, why);
    }
    return verdict == REWIND ? TRY_LATER : verdict;
}

/* ---- all ---- */

static enum verdict erase_pairs(struct erasing *erasing, struct reason *why)
{
    const struct erasure_order *order = erasing->order;
    uint8_t account[ACCOUNT_SIZE];
    uint32_t pairs = 0;

    if (order->settings->retention == RETENTION_NEVER || (erasing->counts->noted > 0 && !order->is_dry))
        return GO_ON;
    erasure_account(order->account, account);
    enum verdict verdict = store_retention_erase(order->store, account, order->is_dry, &pairs, why);
    erasing->counts->pairs += pairs;
    return verdict;
}

static enum verdict open_parts(struct erasing *erasing, struct reason *why)
{
    const struct erasure_order *order = erasing->order;
    enum verdict verdict = applier_open(&erasing->applier, order->config, order->store, order->logger, why);

    erasing->accumulator = calloc(1, sizeof(*erasing->accumulator));
    if (verdict == GO_ON && erasing->accumulator == NULL)
        verdict = no_memory(why, "to add up rows");
    if (verdict != GO_ON || order->settings->retention != RETENTION_ON)
        return verdict;
    return store_is_cluster(order->store) ? activities_open(&erasing->activities, why)
                                          : merger_open(&erasing->merger, order->store, false, why);
}

enum verdict erasure_run(const struct erasure_order *order, int64_t offsets[], struct erasure_counts *counts,
                         struct reason *why)
{
    struct erasing erasing = {.order = order, .counts = counts};

    *counts = (struct erasure_counts){0};
    pseudonym_write(order->account, erasing.name);
    erasure_rollups(order->settings, &erasing.rollups);
    enum verdict verdict = open_parts(&erasing, why);
    for (int32_t i = 0; i < order->settings->partitions && verdict == GO_ON; i++)
        verdict = erase_partition(&erasing, i, &offsets[i], why);
    if (verdict == GO_ON)
        verdict = erase_pairs(&erasing, why);
    applier_close(erasing.applier);
    merger_close(erasing.merger);
    activities_close(erasing.activities);
    free(erasing.accumulator);
    free(erasing.found);
    free(erasing.windows);
    return verdict;
}
