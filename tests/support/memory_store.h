/*
 * A store of one partition in memory, behind store_flush() and store_journal.h, for tests of what stands above it. Its
 * bytes live as long as `bytes_of_store`, so a copy of the struct is a backup, and going back to it is what a failover
 * does that forgets the last writes.
 */
#ifndef GENTALLY_MEMORY_STORE_H
#define GENTALLY_MEMORY_STORE_H

#include <assert.h>

#include "apply.h"
#include "gentally/base/arena.h"
#include "gentally/redis/store_flush.h"
#include "gentally/redis/store_ids.h"
#include "gentally/redis/store_journal.h"
#include "suite.h"

#define CELLS_MAX 20000
#define BUCKETS_ROOM 32
#define BUCKET_IDS_MAX 1024
#define ENTRIES_ROOM 1024

struct fake_cell {
    struct window window;
    struct span key, value;
};

struct fake_window {
    struct window window;
    int64_t records;
    bool is_behind; /* the cells lack entries after `number` */
    int64_t number, held;
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
    uint32_t entry_count; /* all that were ever written; the first has number 1 */
    struct span entries[ENTRIES_ROOM];
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
    now.windows[now.window_count] = (struct fake_window){.window = window};
    return &now.windows[now.window_count++];
}

static struct fake_cell *cell_in_store(struct window window, struct span key)
{
    for (uint32_t i = 0; i < now.cell_count; i++)
        if (is_window(now.cells[i].window, window) && span_equal(now.cells[i].key, key))
            return &now.cells[i];
    return NULL;
}

static void flush_window(const struct entry_window *window)
{
    struct fake_window *stored = window_in_store(window->window);

    if (!stored->is_behind) {
        stored->is_behind = true;
        stored->number = now.entry_count;
        stored->held = stored->records;
    }
    stored->records += window->records;
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
    assert(change->state->next == now.state.next);
    for (uint32_t i = 0; i < change->window_count; i++)
        flush_window(&change->windows[i]);
    assert(now.entry_count + change->entry_count <= ENTRIES_ROOM);
    for (uint32_t i = 0; i < change->entry_count; i++)
        now.entries[now.entry_count++] = kept(change->entries[i]);
    for (uint32_t i = 0; change->ids != NULL && i < change->ids->section_count; i++)
        flush_section(change->ids, &change->ids->sections[i]);
    now.state.next = change->next;
    now.state.watermark_ms = change->watermark_ms;
    memcpy(now.state.outcomes, change->outcomes, sizeof(change->outcomes));
    changes[0]->verdict = GO_ON;
    return GO_ON;
}

/* One change at a time is never sent ahead. */
void store_flush_ahead(struct store *store, struct change *change)
{
    (void)store;
    (void)change;
    abort();
}

void store_flush_abandon(struct store *store)
{
    (void)store;
}

enum verdict store_journal_read(struct store *store, const struct partition_state *state, struct journal *journal,
                                struct reason *why)
{
    static struct window_behind behind[CELLS_MAX];

    (void)store;
    (void)state;
    (void)why;
    *journal = (struct journal){.first = 1, .last = now.entry_count, .behind = behind, .entries = now.entries};
    for (uint32_t i = 0; i < now.window_count; i++)
        if (now.windows[i].is_behind)
            behind[journal->behind_count++] =
                (struct window_behind){now.windows[i].window, now.windows[i].number, now.windows[i].held};
    return GO_ON;
}

void store_journal_close(struct journal *journal)
{
    (void)journal;
}

enum verdict store_journal_load(struct store *store, int32_t partition, const struct window_step steps[],
                                uint32_t count, struct reason *why)
{
    (void)store;
    (void)partition;
    (void)why;
    for (uint32_t step = 0; step < count; step++)
        for (uint32_t i = 0; i < tail_count(steps[step].tail); i++) {
            struct tail_cell *read = tail_cell(steps[step].tail, i);
            const struct fake_cell *cell = cell_in_store(steps[step].behind->window, read->key);
            read->stored = cell == NULL ? span_of(NULL) : cell->value;
        }
    return GO_ON;
}

static void apply_step(const struct window_behind *behind, int64_t number, struct tail *tail)
{
    struct fake_window *window = window_in_store(behind->window);

    assert(window->is_behind && window->number == behind->number && window->held == behind->records);
    for (uint32_t i = 0; i < tail_count(tail); i++) {
        const struct tail_cell *new = tail_cell(tail, i);
        struct fake_cell *cell = cell_in_store(behind->window, new->key);
        if (new->value.bytes == NULL)
            continue;
        if (cell == NULL) {
            assert(now.cell_count < CELLS_MAX);
            cell = &now.cells[now.cell_count++];
            *cell = (struct fake_cell){behind->window, kept(new->key), {NULL, 0}};
        }
        cell->value = kept(new->value);
    }
    window->number = number;
    window->held += tail_records(tail);
    window->is_behind = number < now.entry_count;
    assert(window->is_behind || window->held == window->records);
}

enum verdict store_journal_apply(struct store *store, const struct partition_state *state,
                                 const struct journal *journal, const struct window_step steps[], uint32_t count,
                                 int64_t number, struct reason *why)
{
    (void)store;
    (void)state;
    (void)journal;
    (void)why;
    for (uint32_t i = 0; i < count; i++)
        apply_step(steps[i].behind, number, steps[i].tail);
    return GO_ON;
}

/* Brings the cells after. */
static void apply_all(const struct config *config, struct logger *logger)
{
    struct applier *applier = NULL;
    bool is_done = false;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(applier_open(&applier, config, NULL, logger, &why), GO_ON);
    while (!is_done)
        CU_ASSERT_EQUAL_FATAL(applier_run(applier, &now.state, APPLY_RUN_US, &is_done, &why), GO_ON);
    applier_close(applier);
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
