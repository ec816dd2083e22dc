/* Flush: all changes are sent, the first of them maybe ahead, then their replies are taken in order. */
#include "gentally/redis/store_flush.h"

#include <assert.h>

#include "gentally/redis/store_ids.h"
#include "store_call.h"
#include "store_reply.h"

#define PUSH_BYTES ((size_t)1 << 16) /* below, a write of its own costs more than Redis gains by it */

static void put_id_keys(struct store *store, const struct change *change)
{
    for (uint32_t i = 0; change->ids != NULL && i < change->ids->section_count; i++)
        store_put_bucket_key(store, change->state->partition, change->ids->sections[i].bucket);
}

static void put_ids(struct store *store, const struct change *change)
{
    struct store_command *command = &store->command;

    for (uint32_t i = 0; change->ids != NULL && i < change->ids->section_count; i++) {
        const struct id_section *section = &change->ids->sections[i];
        store_put_text(command, "ids");
        store_put_bucket_name(store, section->bucket);
        store_put_number(command, 2 * (int64_t)section->count);
        for (uint32_t j = 0; j < section->count; j++) {
            store_put(command, change->ids->pairs[section->first + j].id);
            store_put(command, change->ids->pairs[section->first + j].value);
        }
    }
}

static void put_window(struct store *store, const struct entry_window *window)
{
    store_put_text(&store->command, window_kind_name(window->window.kind));
    store_put_number(&store->command, window->window.start_ms);
    store_put_number(&store->command, window->records);
}

static enum verdict send_flush(struct store *store, const struct change *change, struct reason *why)
{
    struct store_command *command = &store->command;
    char anchor[ANCHOR_TEXT_SIZE];
    int32_t partition = change->state->partition;
    size_t buckets = change->ids == NULL ? 0 : change->ids->section_count;
    size_t pairs = change->ids == NULL ? 0 : change->ids->pair_count, sections = change->window_count + buckets;
    enum verdict verdict = store_partition_begin(store, partition, "gentally_2_flush", false, 2 + sections,
                                                 10 + OUTCOME_COUNT + change->entry_count + 3 * sections + 2 * pairs,
                                                 384 + 128 * sections, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, partition, "windows");
    for (uint32_t i = 0; i < change->window_count; i++)
        store_put_window_key(store, partition, change->windows[i].window);
    put_id_keys(store, change);
    store_put_text(command, change->state->incarnation);
    store_put_text(command, change->state->token);
    store_put_number(command, change->state->next);
    store_put_number(command, change->next);
    store_put_text(command, change->nonce);
    store_put_time(command, change->watermark_ms);
    store_put_text(command, change->is_idle ? "1" : "0");
    anchor_write(&change->anchor, anchor);
    store_put_text(command, anchor);
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        store_put_number(command, change->outcomes[i]);
    store_put(command, change->pairs);
    store_put_number(command, change->entry_count);
    for (uint32_t i = 0; i < change->entry_count; i++)
        store_put(command, change->entries[i]);
    for (uint32_t i = 0; i < change->window_count; i++)
        put_window(store, &change->windows[i]);
    put_ids(store, change);
    return store_send(store, why);
}

static void draw_nonce(struct change *change)
{
    if (change->nonce[0] == '\0')
        store_random_token(change->nonce);
}

static size_t size_of(const struct change *change)
{
    size_t size = change->pairs.size;

    for (uint32_t i = 0; i < change->entry_count; i++)
        size += change->entries[i].size;
    return size;
}

static enum verdict send_ahead(struct store *store, const struct change *change, struct reason *why)
{
    struct store_ahead *ahead = &store->ahead;
    enum verdict verdict = ahead->count == 0 ? store_link_up(store->link, why) : GO_ON;

    if (verdict == GO_ON)
        verdict = send_flush(store, change, why);
    if (verdict != GO_ON)
        return verdict;
    ahead->count++;
    ahead->unpushed += size_of(change);
    if (ahead->unpushed >= PUSH_BYTES) {
        store_link_push(store->link);
        ahead->unpushed = 0;
    }
    return GO_ON;
}

void store_flush_ahead(struct store *store, struct change *change)
{
    struct reason other; /* store_flush() meets it, too, if it lasts. */

    if (store->ahead.is_given_up)
        return;
    draw_nonce(change);
    if (send_ahead(store, change, &other) == GO_ON)
        return;
    store_link_drop(store->link);
    store->ahead = (struct store_ahead){.is_given_up = true};
}

void store_flush_abandon(struct store *store)
{
    if (store->ahead.count > 0)
        store_link_drop(store->link);
    store->ahead = (struct store_ahead){0};
}

/* Sends those that were not sent ahead. */
static enum verdict send_all(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    uint32_t first = store->ahead.count;
    enum verdict verdict = first == 0 ? store_link_up(store->link, why) : GO_ON;

    store->ahead = (struct store_ahead){0};
    for (uint32_t i = first; i < count && verdict == GO_ON; i++)
        verdict = send_flush(store, changes[i], why);
    if (verdict != GO_ON)
        store_link_drop(store->link); /* Or queued commands would be answered to the next question. */
    return verdict;
}

/* Takes the reply to one change. What Redis refuses for this partition's keys alone is the change's own verdict; a
 * right that is missing is missing for all partitions. */
static enum verdict receive(struct store *store, struct change *change, struct reason *why)
{
    redisReply *reply = NULL;
    struct reason other;
    enum verdict verdict = store_link_receive(store->link, &reply, &other);

    if (verdict == GO_ON)
        change->verdict = store_reply_verdict(reply, change->state->partition, change->state->next, &change->why);
    freeReplyObject(reply);
    if (verdict == HALT && reason_stops(other.id) <= STOPS_PARTITION) {
        change->verdict = store_reply_refused(change->state->partition, &other, &change->why);
        return GO_ON;
    }
    if (verdict != GO_ON) {
        *why = other;
        return verdict;
    }
    if (change->verdict != HALT || change->why.id != STORE_DENIED)
        return GO_ON;
    *why = change->why;
    return HALT;
}

static enum verdict exchange(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    enum verdict worst = send_all(store, changes, count, why);
    struct reason other;

    if (worst != GO_ON)
        return worst;
    for (uint32_t i = 0; i < count; i++) {
        enum verdict verdict = receive(store, changes[i], &other);
        /* Go on reading: a refusal of one leaves the others' replies. The first is the one to tell: what follows it may
         * only say that the connection was dropped for it. */
        if (verdict != GO_ON && (worst == GO_ON || (verdict == HALT && worst != HALT))) {
            worst = verdict;
            *why = other;
        }
    }
    return worst;
}

enum verdict store_flush(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    enum verdict verdict = TRY_LATER;

    assert(store->ahead.count <= count);
    for (uint32_t i = 0; i < count; i++)
        draw_nonce(changes[i]);
    /* Whatever was written before the answer was lost is found again by its nonce. */
    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++)
        verdict = exchange(store, changes, count, why);
    return verdict;
}
