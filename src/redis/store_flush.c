/*
 * Load and flush. What is read at an offset and what is written back at the same offset are two round trips over all
 * partitions at once; the function's compare on `next` makes them one step.
 */
#include "gentally/redis/store_flush.h"

#include <errno.h>
#include <inttypes.h>

#include "gentally/base/grow.h"
#include "gentally/redis/store_ids.h"
#include "store_call.h"
#include "store_reply.h"

void store_set_barrier(struct store *store, store_barrier *barrier, void *context)
{
    store->barrier = barrier;
    store->barrier_context = context;
}

/* Keys of a change: meta, windows, one per touched window. */
static void put_change_keys(struct store *store, const struct change *change)
{
    int32_t partition = change->state->partition;

    store_put_key(store, partition, "meta");
    store_put_key(store, partition, "windows");
    for (uint32_t i = 0; i < change->window_count; i++)
        store_put_window_key(store, partition, change->windows[i].window);
}

/* One plain HMGET: Redis copies every argument and reply of a function into Lua and back, three times the reading. */
static enum verdict send_window(struct store *store, const struct change *change, const struct change_window *window,
                                struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict = store_command_begin(command, 2 + (size_t)window->cell_count, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(command, "HMGET");
    store_put_window_key(store, change->state->partition, window->window);
    for (uint32_t i = 0; i < window->cell_count; i++)
        store_put(command, change->cells[window->cell_first + i].key);
    return store_send(store, why);
}

/* The function's check and the reading after it are not one step, and need not be: whoever writes in between moves
 * `next` or the token, and then the flush is fenced. */
static enum verdict send_load(struct store *store, const struct change *change, struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict =
        store_function_begin(store, "gentally_1_load", true, 2 + change->window_count,
                             3 + 2 * (size_t)change->window_count, 96 + 32 * (size_t)change->window_count, why);
    if (verdict != GO_ON)
        return verdict;
    put_change_keys(store, change);
    store_put_text(command, change->state->incarnation);
    store_put_text(command, change->state->token);
    store_put_number(command, change->state->next);
    for (uint32_t i = 0; i < change->window_count; i++) {
        store_put_text(command, window_kind_name(change->windows[i].window.kind));
        store_put_number(command, change->windows[i].window.start_ms);
    }
    verdict = store_send(store, why);
    for (uint32_t i = 0; i < change->window_count && verdict == GO_ON; i++)
        verdict = send_window(store, change, &change->windows[i], why);
    return verdict;
}

/* Hands out the values of one window. */
static bool read_window(const redisReply *records, const redisReply *values, struct change *change,
                        struct change_window *window)
{
    if (!store_reply_number(records, &window->records_stored) || values->type != REDIS_REPLY_ARRAY ||
        values->elements != window->cell_count)
        return false;
    for (uint32_t i = 0; i < window->cell_count; i++) {
        const redisReply *value = values->element[i];
        change->cells[window->cell_first + i].stored =
            value->type == REDIS_REPLY_STRING ? (struct span){value->str, value->len} : span_of(NULL);
    }
    return true;
}

/* replies[0] is the function's: its verdict and the windows' records; then come the windows' values. */
static enum verdict read_load(redisReply *const replies[], struct change *change)
{
    int32_t partition = change->state->partition;
    enum verdict verdict = store_reply_verdict(replies[0], partition, change->state->next, &change->why);

    if (verdict != GO_ON)
        return verdict;
    if (replies[0]->elements != 1 + (size_t)change->window_count)
        return store_reply_damaged(partition, "the list of windows", &change->why);
    for (uint32_t i = 0; i < change->window_count; i++)
        if (!read_window(replies[0]->element[1 + i], replies[1 + i], change, &change->windows[i]))
            return store_reply_damaged(partition, "a window", &change->why);
    return GO_ON;
}

static enum verdict reserve_replies(struct store *store, uint32_t count, struct reason *why)
{
    store_forget_replies(store);
    if (count <= store->reply_room)
        return GO_ON;
    redisReply **replies = grow(store->replies, &store->reply_room, count, sizeof(*replies));
    if (replies == NULL)
        return reason_set(why, HALT, NO_MEMORY, errno, "no memory for %" PRIu32 " replies", count);
    store->replies = replies;
    return GO_ON;
}

/* Sends the commands of each change, then takes the replies in order: one round trip for all partitions. */
typedef enum verdict change_sender(struct store *store, const struct change *change, struct reason *why);

static enum verdict send_all(struct store *store, struct change *changes[], uint32_t count, change_sender *send,
                             struct reason *why)
{
    enum verdict verdict = store_link_up(store->link, why);

    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = send(store, changes[i], why);
    if (verdict != GO_ON)
        store_link_drop(store->link); /* Or queued commands would be answered to the next question. */
    return verdict;
}

/* Takes the replies to one change's commands. What Redis refuses for this partition's keys alone is the change's own
 * verdict; its replies are then missing. */
static enum verdict receive(struct store *store, struct change *change, uint32_t count, struct reason *why)
{
    enum verdict worst = GO_ON;
    struct reason other;

    change->verdict = GO_ON;
    for (uint32_t i = 0; i < count; i++) {
        redisReply *reply = NULL;
        enum verdict verdict = store_link_receive(store->link, &reply, &other);
        store->replies[store->reply_count++] = reply;
        if (verdict == HALT && reason_stops(other.id) <= STOPS_PARTITION) {
            change->verdict = store_reply_refused(change->state->partition, &other, &change->why);
            continue;
        }
        if (verdict != GO_ON && (worst == GO_ON || (verdict == HALT && worst != HALT))) {
            worst = verdict;
            *why = other;
        }
    }
    return worst;
}

static uint32_t replies_of(const struct change *change, change_sender *send)
{
    return send == send_load ? 1 + change->window_count : 1;
}

static enum verdict exchange(struct store *store, struct change *changes[], uint32_t count, change_sender *send,
                             struct reason *why)
{
    enum verdict worst = GO_ON;
    struct reason other;
    uint32_t reply_count = 0;

    for (uint32_t i = 0; i < count; i++)
        reply_count += replies_of(changes[i], send);
    enum verdict verdict = reserve_replies(store, reply_count, why);
    if (verdict == GO_ON)
        verdict = send_all(store, changes, count, send, why);
    if (verdict != GO_ON)
        return verdict;
    for (uint32_t i = 0; i < count; i++) {
        verdict = receive(store, changes[i], replies_of(changes[i], send), &other);
        /* Go on reading: a refusal of one leaves the others' replies. The first is the one to tell: what follows it may
         * only say that the connection was dropped for it. */
        if (verdict != GO_ON && (worst == GO_ON || (verdict == HALT && worst != HALT))) {
            worst = verdict;
            *why = other;
        }
    }
    return worst;
}

enum verdict store_load(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    enum verdict verdict = TRY_LATER;
    uint32_t at = 0;

    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++) /* Reading may always be repeated. */
        verdict = exchange(store, changes, count, send_load, why);
    if (verdict != GO_ON)
        return verdict;
    for (uint32_t i = 0; i < count; i++) {
        if (changes[i]->verdict == GO_ON)
            changes[i]->verdict = read_load(store->replies + at, changes[i]);
        at += 1 + changes[i]->window_count;
    }
    return GO_ON;
}

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
        store_put_text(command, "");
        store_put_text(command, "");
        store_put_number(command, 2 * (int64_t)section->count);
        for (uint32_t j = 0; j < section->count; j++) {
            store_put(command, change->ids->pairs[section->first + j].id);
            store_put(command, change->ids->pairs[section->first + j].value);
        }
    }
}

static enum verdict send_flush(struct store *store, const struct change *change, struct reason *why)
{
    struct store_command *command = &store->command;
    char anchor[ANCHOR_TEXT_SIZE];
    uint32_t sections = change->window_count + (change->ids == NULL ? 0 : change->ids->section_count);
    uint32_t pairs = change->cell_count + (change->ids == NULL ? 0 : change->ids->pair_count);
    enum verdict verdict = store_function_begin(store, "gentally_1_flush", false, 2 + sections,
                                                8 + OUTCOME_COUNT + 5 * (size_t)sections + 2 * (size_t)pairs,
                                                384 + 128 * (size_t)sections, why);
    if (verdict != GO_ON)
        return verdict;
    put_change_keys(store, change);
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
    for (uint32_t i = 0; i < change->window_count; i++) {
        const struct change_window *window = &change->windows[i];
        store_put_text(command, window_kind_name(window->window.kind));
        store_put_number(command, window->window.start_ms);
        store_put_number(command, window->records_stored);
        store_put_number(command, window->records_stored + window->records_added);
        store_put_number(command, 2 * (int64_t)window->cell_count);
        for (uint32_t j = 0; j < window->cell_count; j++) {
            store_put(command, change->cells[window->cell_first + j].key);
            store_put(command, change->cells[window->cell_first + j].value);
        }
    }
    put_ids(store, change);
    return store_send(store, why);
}

/* A right that is missing is missing for all partitions: no partition's own trouble. */
static enum verdict read_flush(const redisReply *reply, struct change *change, struct reason *why)
{
    if (change->verdict == GO_ON)
        change->verdict = store_reply_verdict(reply, change->state->partition, change->state->next, &change->why);
    if (change->verdict != HALT || change->why.id != STORE_DENIED)
        return GO_ON;
    *why = change->why;
    return HALT;
}

enum verdict store_flush(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    enum verdict verdict = TRY_LATER;

    for (uint32_t i = 0; i < count; i++)
        if (changes[i]->nonce[0] == '\0')
            store_random_token(changes[i]->nonce);
    /* Whatever was applied before the answer was lost is found again by its nonce. What a barrier put is in the same
     * connection's past: exchange() does not make another. */
    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++) {
        verdict = store_link_up(store->link, why);
        if (verdict == GO_ON && store->barrier != NULL)
            verdict = store->barrier(store->barrier_context, store, why);
        if (verdict == GO_ON)
            verdict = exchange(store, changes, count, send_flush, why);
    }
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = read_flush(store->replies[i], changes[i], why);
    store_forget_replies(store);
    return verdict;
}
