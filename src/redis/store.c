/*
 * The store's verbs, each one call of a function in schemas/store.lua. What is read at an offset and what is written
 * back at the same offset are two round trips over all partitions at once; the function's compare on `next` makes them
 * one step.
 */
#include "gentally/redis/store.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "gentally/base/bundled.h"
#include "gentally/config/config.h"
#include "store_command.h"
#include "store_link.h"
#include "store_private.h"
#include "store_reply.h"

void store_random_token(char text[33])
{
    uint8_t bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        abort(); /* 16 bytes are never cut short (getrandom(2)); without randomness there is no safe token */
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- commands ---- */

static void put_key(struct store *store, int32_t partition, const char *part)
{
    store_put_format(&store->command, "%s:{%s:%" PRId32 "}:%s", store->namespace_, store->topic, partition, part);
}

static void put_window_key(struct store *store, int32_t partition, struct window window)
{
    store_put_format(&store->command, "%s:{%s:%" PRId32 "}:%s:%" PRId64, store->namespace_, store->topic, partition,
                     window_kind_name(window.kind), window.start_ms);
}

static void put_window_name(struct store *store, struct window window)
{
    store_put_format(&store->command, "%s:%" PRId64, window_kind_name(window.kind), window.start_ms);
}

static enum verdict call(struct store *store, redisReply **reply, struct reason *why)
{
    return store_link_call(store->link, (int)store->command.count, store->command.arguments, store->command.sizes,
                           reply, why);
}

/* ---- opening ---- */

enum verdict store_open(struct store **store, const struct config *config, struct logger *logger, struct reason *why)
{
    struct store *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for the store");
    opened->logger = logger;
    opened->namespace_ = config->namespace_;
    opened->topic = config->topic;
    enum verdict verdict = store_link_open(&opened->link, config, logger, why);
    if (verdict == GO_ON)
        verdict = store_link_up(opened->link, why);
    if (verdict != GO_ON) {
        store_close(opened);
        return verdict;
    }
    *store = opened;
    return GO_ON;
}

uint64_t store_connections(const struct store *store)
{
    return store_link_count(store->link);
}

void store_set_barrier(struct store *store, store_barrier *barrier, void *context)
{
    store->barrier = barrier;
    store->barrier_context = context;
}

static void forget_replies(struct store *store)
{
    for (uint32_t i = 0; i < store->reply_count; i++)
        freeReplyObject(store->replies[i]);
    store->reply_count = 0;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    forget_replies(store);
    free(store->replies);
    store_command_free(&store->command);
    store_link_close(store->link);
    free(store);
}

enum verdict store_install(struct store *store, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 4, 0, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "FUNCTION");
    store_put_text(&store->command, "LOAD");
    store_put_text(&store->command, "REPLACE");
    store_put(&store->command, bundled_store_lua);
    verdict = call(store, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

/* Begins "FCALL function keys ...": the caller puts the keys and arguments. */
static enum verdict function_begin(struct store *store, const char *name, bool is_read, size_t keys, size_t arguments,
                                   size_t numbers, struct reason *why)
{
    enum verdict verdict =
        store_command_begin(&store->command, 3 + keys + arguments, 32 + (keys + 1) * KEY_MAX + numbers, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, is_read ? "FCALL_RO" : "FCALL");
    store_put_text(&store->command, name);
    store_put_number(&store->command, (int64_t)keys);
    return GO_ON;
}

/* Calls what was begun and keeps the reply only if its verdict is GO_ON. */
static enum verdict function_call(struct store *store, int32_t partition, redisReply **reply, struct reason *why)
{
    enum verdict verdict = call(store, reply, why);

    if (verdict == GO_ON)
        verdict = store_reply_verdict(*reply, partition, 0, why);
    if (verdict != GO_ON && *reply != NULL) {
        freeReplyObject(*reply);
        *reply = NULL;
    }
    return verdict;
}

enum verdict store_check(struct store *store, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = function_begin(store, "gentally_1_probe", true, 1, 0, 0, why);

    if (verdict != GO_ON)
        return verdict;
    put_key(store, 0, "meta");
    verdict = function_call(store, 0, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_create(struct store *store, int32_t partition, int64_t first, const int64_t floors_ms[WINDOW_KINDS],
                          bool *created, struct reason *why)
{
    redisReply *reply = NULL;
    char incarnation[33];
    enum verdict verdict = function_begin(store, "gentally_1_create", false, 1, 2 + WINDOW_KINDS, 160, why);

    if (verdict != GO_ON)
        return verdict;
    store_random_token(incarnation);
    put_key(store, partition, "meta");
    store_put_text(&store->command, incarnation);
    store_put_number(&store->command, first);
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        store_put_time(&store->command, floors_ms[kind]);
    verdict = call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    *created = store_reply_is(reply, "OK");
    if (!*created && !store_reply_is(reply, "EXISTS"))
        verdict = store_reply_verdict(reply, partition, 0, why);
    freeReplyObject(reply);
    return verdict;
}

/* Shared by claim and state: both reply OK and the state's fields. */
static enum verdict receive_standing(struct store *store, int32_t partition, struct partition_state *state,
                                     struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = function_call(store, partition, &reply, why);

    if (verdict != GO_ON)
        return verdict;
    if (reply->elements != 2 || !store_reply_standing(reply->element[1], partition, state))
        verdict = store_reply_damaged(partition, "the state", why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_claim(struct store *store, int32_t partition, struct partition_state *state, struct reason *why)
{
    char token[33];
    enum verdict verdict = function_begin(store, "gentally_1_claim", false, 1, 1, 0, why);

    if (verdict != GO_ON)
        return verdict;
    store_random_token(token);
    put_key(store, partition, "meta");
    store_put_text(&store->command, token);
    verdict = receive_standing(store, partition, state, why);
    return verdict == GO_ON ? store_read_id_buckets(store, state, why) : verdict;
}

enum verdict store_state(struct store *store, int32_t partition, struct partition_state *state, struct reason *why)
{
    enum verdict verdict = function_begin(store, "gentally_1_look", true, 1, 0, 0, why);

    if (verdict != GO_ON)
        return verdict;
    put_key(store, partition, "meta");
    return receive_standing(store, partition, state, why);
}

/* ---- load and flush ---- */

/* Keys of a change: meta, windows, one per touched window. */
static void put_change_keys(struct store *store, const struct change *change)
{
    int32_t partition = change->state->partition;

    put_key(store, partition, "meta");
    put_key(store, partition, "windows");
    for (uint32_t i = 0; i < change->window_count; i++)
        put_window_key(store, partition, change->windows[i].window);
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
    put_window_key(store, change->state->partition, window->window);
    for (uint32_t i = 0; i < window->cell_count; i++)
        store_put(command, change->cells[window->cell_first + i].key);
    return store_link_send(store->link, (int)command->count, command->arguments, command->sizes, why);
}

/* What a function checks and what is read after it are not one step, and need not be: whoever writes in between moves
 * `next` or the token, and then the flush is fenced. */
static enum verdict send_load(struct store *store, const struct change *change, struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict =
        function_begin(store, "gentally_1_load", true, 2 + change->window_count, 3 + 2 * (size_t)change->window_count,
                       96 + 32 * (size_t)change->window_count, why);
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
    verdict = store_link_send(store->link, (int)command->count, command->arguments, command->sizes, why);
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
    forget_replies(store);
    if (count <= store->reply_room)
        return GO_ON;
    redisReply **replies = realloc(store->replies, count * sizeof(*replies));
    if (replies == NULL)
        return reason_set(why, HALT, NO_MEMORY, errno, "no memory for %" PRIu32 " replies", count);
    store->replies = replies;
    store->reply_room = count;
    return GO_ON;
}

/* Sends the commands of each change, then takes the replies in order: one round trip for all partitions. */
typedef enum verdict change_sender(struct store *store, const struct change *change, struct reason *why);

static enum verdict exchange(struct store *store, struct change *changes[], uint32_t count, uint32_t reply_count,
                             change_sender *send, struct reason *why)
{
    enum verdict worst = GO_ON;
    struct reason other;
    enum verdict verdict = reserve_replies(store, reply_count, why);

    if (verdict == GO_ON)
        verdict = store_link_up(store->link, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = send(store, changes[i], why);
    if (verdict != GO_ON) {
        store_link_drop(store->link); /* What is queued already would be answered to the next question. */
        return verdict;
    }
    for (uint32_t i = 0; i < reply_count; i++) {
        redisReply *reply = NULL;
        verdict = store_link_receive(store->link, &reply, &other);
        /* Go on reading: a refusal of one leaves the others' replies. The first is the one to tell: what follows it may
         * only say that the connection was dropped for it. */
        if (verdict != GO_ON && (worst == GO_ON || (verdict == HALT && worst != HALT))) {
            worst = verdict;
            *why = other;
        }
        store->replies[store->reply_count++] = reply;
    }
    return worst;
}

enum verdict store_load(struct store *store, struct change *changes[], uint32_t count, struct reason *why)
{
    enum verdict verdict = TRY_LATER;
    uint32_t reply_count = count, at = 0;

    for (uint32_t i = 0; i < count; i++)
        reply_count += changes[i]->window_count;
    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++) /* Reading may always be repeated. */
        verdict = exchange(store, changes, count, reply_count, send_load, why);
    if (verdict != GO_ON)
        return verdict;
    for (uint32_t i = 0; i < count; i++) {
        changes[i]->verdict = read_load(store->replies + at, changes[i]);
        at += 1 + changes[i]->window_count;
    }
    return GO_ON;
}

static enum verdict send_flush(struct store *store, const struct change *change, struct reason *why)
{
    struct store_command *command = &store->command;
    char anchor[ANCHOR_TEXT_SIZE];
    uint32_t sections = change->window_count + (change->ids == NULL ? 0 : change->ids->section_count);
    uint32_t pairs = change->cell_count + (change->ids == NULL ? 0 : change->ids->pair_count);
    enum verdict verdict =
        function_begin(store, "gentally_1_flush", false, 2 + sections, 13 + 5 * (size_t)sections + 2 * (size_t)pairs,
                       384 + 128 * (size_t)sections, why);
    if (verdict != GO_ON)
        return verdict;
    put_change_keys(store, change);
    store_put_id_keys(store, change);
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
    store_put_ids(store, change);
    return store_link_send(store->link, (int)command->count, command->arguments, command->sizes, why);
}

/* A right that lacks, lacks for all partitions: it is no partition's own trouble. */
static enum verdict read_flush(const redisReply *reply, struct change *change, struct reason *why)
{
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
            verdict = exchange(store, changes, count, count, send_flush, why);
    }
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = read_flush(store->replies[i], changes[i], why);
    forget_replies(store);
    return verdict;
}

/* ---- reading back ---- */

enum verdict store_windows(struct store *store, int32_t partition, struct stored_window windows[], uint32_t room,
                           uint32_t *count, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGETALL");
    put_key(store, partition, "windows");
    verdict = call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0) /* "no windows" would be believed */
        verdict = store_reply_damaged(partition, "the list of windows", why);
    *count = (uint32_t)(reply->elements / 2);
    for (uint32_t i = 0; i < *count && i < room && verdict == GO_ON; i++)
        if (!store_reply_window(reply->element[2 * i], &windows[i].window) ||
            !store_reply_number(reply->element[2 * i + 1], &windows[i].records))
            verdict = store_reply_damaged(partition, "the list of windows", why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_snapshot(struct store *store, int32_t partition, struct window window, store_cell_reader *each,
                            void *context, int64_t *records, struct partition_state *state, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = function_begin(store, "gentally_1_snapshot", true, 3, 1, 64, why);

    if (verdict != GO_ON)
        return verdict;
    put_key(store, partition, "meta");
    put_key(store, partition, "windows");
    put_window_key(store, partition, window);
    put_window_name(store, window);
    verdict = function_call(store, partition, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    if (reply->elements != 4 || !store_reply_standing(reply->element[1], partition, state) ||
        !store_reply_number(reply->element[2], records))
        verdict = store_reply_damaged(partition, "a snapshot", why);
    else
        verdict = store_reply_cells(reply->element[3], partition, each, context, why);
    freeReplyObject(reply);
    return verdict;
}

/* Both reply with a status only. */
static enum verdict function_do(struct store *store, int32_t partition, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = function_call(store, partition, &reply, why);

    freeReplyObject(reply);
    return verdict;
}

enum verdict store_seal(struct store *store, const struct partition_state *seen, enum window_kind kind,
                        int64_t floor_ms, const struct stored_window known[], uint32_t count, struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict =
        function_begin(store, "gentally_1_seal", false, 2, 4 + 2 * (size_t)count, 128 + 64 * (size_t)count, why);
    if (verdict != GO_ON)
        return verdict;
    put_key(store, seen->partition, "meta");
    put_key(store, seen->partition, "windows");
    store_put_text(command, window_kind_name(kind));
    store_put_number(command, floor_ms);
    store_put_text(command, seen->incarnation);
    store_put_number(command, seen->next);
    for (uint32_t i = 0; i < count; i++) {
        assert(known[i].window.kind == kind);
        put_window_name(store, known[i].window);
        store_put_number(command, known[i].records);
    }
    return function_do(store, seen->partition, why);
}

enum verdict store_collect(struct store *store, int32_t partition, const struct stored_window windows[], uint32_t count,
                           struct reason *why)
{
    assert(count > 0);
    assert(count <= STORE_COLLECT_MAX);
    enum verdict verdict =
        function_begin(store, "gentally_1_collect", false, 2 + count, 1 + (size_t)count, 64 + 32 * (size_t)count, why);

    if (verdict != GO_ON)
        return verdict;
    put_key(store, partition, "meta");
    put_key(store, partition, "windows");
    for (uint32_t i = 0; i < count; i++)
        put_window_key(store, partition, windows[i].window);
    store_put_text(&store->command, window_kind_name(windows[0].window.kind));
    for (uint32_t i = 0; i < count; i++) {
        assert(windows[i].window.kind == windows[0].window.kind);
        store_put_number(&store->command, windows[i].window.start_ms);
    }
    return function_do(store, partition, why);
}

/* The windows of a list, in commands of a bounded size; with the last, when the list is empty, what lists them. */
static enum verdict unlink_windows(struct store *store, int32_t partition, const struct stored_window windows[],
                                   uint32_t count, struct reason *why)
{
    redisReply *reply = NULL;
    size_t keys = count > 0 ? count : 2;
    enum verdict verdict = store_command_begin(&store->command, 1 + keys, keys * KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "UNLINK");
    for (uint32_t i = 0; i < count; i++)
        put_window_key(store, partition, windows[i].window);
    if (count == 0) {
        put_key(store, partition, "windows");
        put_key(store, partition, "meta");
    }
    verdict = call(store, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_remove(struct store *store, int32_t partition, const struct stored_window windows[], uint32_t count,
                          struct reason *why)
{
    enum verdict verdict = GO_ON;

    assert(strstr(store->namespace_, STORE_REPLAY) != NULL); /* Nobody's counts but a replay's. */
    for (uint32_t first = 0; first < count && verdict == GO_ON; first += STORE_COLLECT_MAX)
        verdict = unlink_windows(store, partition, windows + first,
                                 count - first < STORE_COLLECT_MAX ? count - first : STORE_COLLECT_MAX, why);
    return verdict == GO_ON ? unlink_windows(store, partition, NULL, 0, why) : verdict;
}
