/* One flush: plan what it changes, and write, each partition while the next is planned. */
#include "checkpoint.h"

#include <assert.h>
#include <stdlib.h>

#include "flush_plan.h"
#include "gentally/base/grow.h"
#include "gentally/config/config.h"

struct checkpoint {
    struct store *store;
    struct flush_tools tools;
    size_t change_room, sent_room;
    struct change *changes;
    struct change **sent; /* the same, as the store takes them */
    bool is_sent;         /* the last flush may have happened: only the identical one may follow */
};

enum verdict checkpoint_open(struct checkpoint **checkpoint, const struct config *config, struct store *store,
                             const struct symbols *symbols, struct retention *retention, struct reason *why)
{
    struct checkpoint *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for checkpoints");
    opened->store = store;
    flush_tools_open(&opened->tools, config, symbols, retention);
    *checkpoint = opened;
    return GO_ON;
}

void checkpoint_begin_rollups(struct checkpoint *checkpoint, const int64_t since_ms[])
{
    struct flush_tools *tools = &checkpoint->tools;

    memcpy(tools->since_ms, since_ms, tools->config->rollups.count * sizeof(*since_ms));
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    flush_tools_close(&checkpoint->tools);
    free(checkpoint->changes);
    free(checkpoint->sent);
    free(checkpoint);
}

static enum verdict reserve(struct checkpoint *checkpoint, uint32_t count, struct reason *why)
{
    if (count == 0)
        return GO_ON;
    struct change *changes = grow(checkpoint->changes, &checkpoint->change_room, count, sizeof(*changes));
    if (changes != NULL)
        checkpoint->changes = changes;
    struct change **sent = grow(checkpoint->sent, &checkpoint->sent_room, count, sizeof(struct change *));
    if (sent != NULL)
        checkpoint->sent = sent;
    return changes == NULL || sent == NULL ? no_memory(why, "for a checkpoint") : GO_ON;
}

/* Tells each flush how its change fared. */
static void answer(const struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct change *change = &checkpoint->changes[i];
        flushes[i].verdict = change->verdict;
        flushes[i].why = change->why;
        flushes[i].entries = change->entry_count;
        flushes[i].windows = change->window_count;
        flushes[i].entry_bytes = 0;
        for (uint32_t j = 0; j < change->entry_count; j++)
            flushes[i].entry_bytes += (int64_t)change->entries[j].size;
    }
}

enum verdict checkpoint_run(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                            struct reason *why)
{
    assert(!checkpoint->is_sent);
    arena_clear(&checkpoint->tools.arena);
    enum verdict verdict = reserve(checkpoint, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        checkpoint->sent[i] = &checkpoint->changes[i];
        verdict = flush_plan_make(&checkpoint->tools, &flushes[i], &checkpoint->changes[i], why);
        /* The store works on this one while the next is planned; behind the last there is none. */
        if (verdict == GO_ON && i + 1 < count)
            store_flush_ahead(checkpoint->store, &checkpoint->changes[i]);
    }
    if (verdict == GO_ON)
        return checkpoint_again(checkpoint, flushes, count, why);
    store_flush_abandon(checkpoint->store);
    return verdict;
}

enum verdict checkpoint_again(struct checkpoint *checkpoint, struct partition_flush flushes[], uint32_t count,
                              struct reason *why)
{
    checkpoint->is_sent = true;
    enum verdict verdict = store_flush(checkpoint->store, checkpoint->sent, count, why);
    if (verdict == GO_ON) {
        checkpoint->is_sent = false;
        answer(checkpoint, flushes, count);
        /* The changes of a worker that catches up are large, and what comes next, merging, needs as much. */
        arena_shrink(&checkpoint->tools.arena);
        arena_shrink(&checkpoint->tools.scratch);
    }
    return verdict;
}

void checkpoint_forget(struct checkpoint *checkpoint)
{
    checkpoint->is_sent = false;
}
