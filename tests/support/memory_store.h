/*
 * A store of one partition in memory, behind store_load() and store_flush(), for tests of what stands above it. Its
 * bytes live as long as `bytes_of_store`, so a copy of the struct is a backup, and going back to it is what a failover
 * does that forgets the last writes.
 */
#ifndef GENTALLY_MEMORY_STORE_H
#define GENTALLY_MEMORY_STORE_H

#include <assert.h>

#include "gentally/base/arena.h"
#include "gentally/redis/store_flush.h"
#include "gentally/redis/store_ids.h"
#include "suite.h"

#define CELLS_MAX 20000
#define BUCKETS_ROOM 32
#define BUCKET_IDS_MAX 1024

struct fake_cell {
    struct window window;
    struct span key, value;
};

struct fake_window {
    struct window window;
    int64_t records;
};

struct fake_bucket {
    struct id_bucket bucket;
    uint32_t count;
    struct id_pair pairs[BUCKET_IDS_MAX];
};

/* Bytes are in an arena that lives as long as a round, so a copy of this is a backup. */
struct fake_store {
    struct partition_state state;
    uint32_t cell_count, window_count, bucket_count;
    struct fake_cell cells[CELLS_MAX];
    struct fake_window windows[CELLS_MAX];
    struct fake_bucket buckets[BUCKETS_ROOM];
};

static struct fake_store now, backup;
static struct arena bytes_of_store;

static struct span kept(struct span bytes)
{
    char *copy = arena_take(&bytes_of_store, bytes.size + 1);

    assert(copy != NULL);
    if (bytes.size > 0)
        memcpy(copy, bytes.bytes, bytes.size);
    return (struct span){copy, bytes.size};
}

static bool is_window(struct window left, struct window right)
{
    return left.kind == right.kind && left.start_ms == right.start_ms;
}

static struct fake_window *window_in_store(struct window window)
{
    for (uint32_t i = 0; i < now.window_count; i++)
        if (is_window(now.windows[i].window, window))
            return &now.windows[i];
    now.windows[now.window_count] = (struct fake_window){window, 0};
    return &now.windows[now.window_count++];
}

static struct fake_cell *cell_in_store(struct window window, struct span key)
{
    for (uint32_t i = 0; i < now.cell_count; i++)
        if (is_window(now.cells[i].window, window) && span_equal(now.cells[i].key, key))
            return &now.cells[i];
    return NULL;
}

enum verdict store_load(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    (void)store;
    (void)why;
    assert(count == 1);
    assert(changes[0]->state->next == now.state.next);
    for (uint32_t i = 0; i < changes[0]->window_count; i++) {
        struct change_window *window = &changes[0]->windows[i];
        window->records_stored = window_in_store(window->window)->records;
        for (uint32_t j = window->cell_first; j < window->cell_first + window->cell_count; j++) {
            const struct fake_cell *cell = cell_in_store(window->window, changes[0]->cells[j].key);
            changes[0]->cells[j].stored = cell == NULL ? span_of(NULL) : cell->value;
        }
    }
    return GO_ON;
}

static void flush_window(const struct change *change, const struct change_window *window)
{
    window_in_store(window->window)->records = window->records_stored + window->records_added;
    for (uint32_t i = window->cell_first; i < window->cell_first + window->cell_count; i++) {
        struct fake_cell *cell = cell_in_store(window->window, change->cells[i].key);
        if (change->cells[i].value.bytes == NULL)
            continue;
        if (cell == NULL) {
            assert(now.cell_count < CELLS_MAX);
            cell = &now.cells[now.cell_count++];
            *cell = (struct fake_cell){window->window, kept(change->cells[i].key), {NULL, 0}};
        }
        cell->value = kept(change->cells[i].value);
    }
}

static uint32_t bucket_in_store(struct id_bucket bucket)
{
    uint32_t i = 0;

    while (i < now.bucket_count &&
           (now.buckets[i].bucket.start_ms != bucket.start_ms || now.buckets[i].bucket.width_ms != bucket.width_ms))
        i++;
    return i;
}

static struct id_pair *pair_in_store(struct fake_bucket *bucket, struct span id)
{
    for (uint32_t i = 0; i < bucket->count; i++)
        if (span_equal(bucket->pairs[i].id, id))
            return &bucket->pairs[i];
    return NULL;
}

static void flush_section(const struct id_change *ids, const struct id_section *section)
{
    uint32_t at = bucket_in_store(section->bucket);

    if (section->count == 0) {
        assert(at < now.bucket_count);
        now.buckets[at] = now.buckets[--now.bucket_count];
        return;
    }
    if (at == now.bucket_count) {
        assert(at < BUCKETS_ROOM);
        now.buckets[now.bucket_count++] = (struct fake_bucket){.bucket = section->bucket};
    }
    struct fake_bucket *bucket = &now.buckets[at];
    for (uint32_t i = section->first; i < section->first + section->count; i++) {
        struct id_pair *pair = pair_in_store(bucket, ids->pairs[i].id);
        if (pair == NULL) {
            assert(bucket->count < BUCKET_IDS_MAX);
            pair = &bucket->pairs[bucket->count++];
        }
        *pair = (struct id_pair){kept(ids->pairs[i].id), kept(ids->pairs[i].value)};
    }
}

enum verdict store_flush(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    const struct change *change = changes[0];

    (void)store;
    (void)why;
    assert(count == 1);
    for (uint32_t i = 0; i < change->window_count; i++)
        flush_window(change, &change->windows[i]);
    for (uint32_t i = 0; change->ids != NULL && i < change->ids->section_count; i++)
        flush_section(change->ids, &change->ids->sections[i]);
    now.state.next = change->next;
    now.state.watermark_ms = change->watermark_ms;
    memcpy(now.state.outcomes, change->outcomes, sizeof(change->outcomes));
    changes[0]->verdict = GO_ON;
    return GO_ON;
}

/* The state as a claim would read it. */
static struct partition_state claimed(void)
{
    struct partition_state state = now.state;

    state.id_bucket_count = now.bucket_count;
    for (uint32_t i = 0; i < now.bucket_count; i++)
        state.id_buckets[i] = now.buckets[i].bucket;
    return state;
}

static void answer(struct id_lookup *lookup)
{
    struct reason why;

    for (uint32_t i = 0; i < lookup->bucket_count; i++)
        for (uint32_t j = 0; j < lookup->id_count; j++) {
            uint32_t at = bucket_in_store(lookup->buckets[i]);
            CU_ASSERT_TRUE_FATAL(at < now.bucket_count);
            const struct id_pair *pair = pair_in_store(&now.buckets[at], lookup->ids[j]);
            if (pair != NULL)
                CU_ASSERT_EQUAL_FATAL(lookup->each(lookup->context, i, j, pair->value, &why), GO_ON);
        }
}

#endif
