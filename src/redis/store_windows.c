/* Windows listed, sealed, collected, and removed with a replay's namespace. */
#include "gentally/redis/store_windows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store_call.h"
#include "store_reply.h"

enum verdict store_windows_begin(struct store *store, int32_t partition, struct reason *why)
{
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGETALL");
    store_put_key(store, partition, "windows");
    return GO_ON;
}

enum verdict store_windows_take(int32_t partition, redisReply *reply, struct stored_window *windows, uint32_t room,
                                uint32_t *count, struct reason *why)
{
    enum verdict verdict = GO_ON;

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

enum verdict store_windows(struct store *store, int32_t partition, struct stored_window windows[], uint32_t room,
                           uint32_t *count, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_windows_begin(store, partition, why);

    if (verdict == GO_ON)
        verdict = store_call(store, &reply, why);
    return verdict == GO_ON ? store_windows_take(partition, reply, windows, room, count, why) : verdict;
}

enum verdict store_window_cells(struct store *store, int32_t partition, struct window window, int64_t *cells,
                                struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HLEN");
    store_put_window_key(store, partition, window);
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    *cells = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    freeReplyObject(reply);
    return GO_ON;
}

enum verdict store_seal(struct store *store, const struct partition_state *seen, enum window_kind kind,
                        int64_t floor_ms, const struct stored_window known[], uint32_t count, struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict =
        store_function_begin(store, "gentally_2_seal", false, 2, 4 + 2 * (size_t)count, 128 + 64 * (size_t)count, why);
    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, seen->partition, "meta");
    store_put_key(store, seen->partition, "windows");
    store_put_text(command, window_kind_name(kind));
    store_put_number(command, floor_ms);
    store_put_text(command, seen->incarnation);
    store_put_number(command, seen->next);
    for (uint32_t i = 0; i < count; i++) {
        assert(known[i].window.kind == kind);
        store_put_window_name(store, known[i].window);
        store_put_number(command, known[i].records);
    }
    return store_function_do(store, seen->partition, why);
}

enum verdict store_collect(struct store *store, int32_t partition, const struct stored_window windows[], uint32_t count,
                           struct reason *why)
{
    assert(count > 0);
    assert(count <= STORE_COLLECT_MAX);
    enum verdict verdict = store_partition_begin(store, partition, "gentally_2_collect", false, 2 + count,
                                                 1 + (size_t)count, 64 + 32 * (size_t)count, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, partition, "windows");
    for (uint32_t i = 0; i < count; i++)
        store_put_window_key(store, partition, windows[i].window);
    store_put_text(&store->command, window_kind_name(windows[0].window.kind));
    for (uint32_t i = 0; i < count; i++) {
        assert(windows[i].window.kind == windows[0].window.kind);
        store_put_number(&store->command, windows[i].window.start_ms);
    }
    return store_function_do(store, partition, why);
}

/* The windows of a list, in commands of a bounded size; with the last, when the list is empty, what lists them. */
static enum verdict unlink_windows(struct store *store, int32_t partition, const struct stored_window windows[],
                                   uint32_t count, struct reason *why)
{
    redisReply *reply = NULL;
    size_t keys = count > 0 ? count : 6;
    enum verdict verdict = store_command_begin(&store->command, 1 + keys, keys * KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "UNLINK");
    for (uint32_t i = 0; i < count; i++)
        store_put_window_key(store, partition, windows[i].window);
    if (count == 0) {
        store_put_key(store, partition, "deciders");
        store_put_key(store, partition, "journal");
        store_put_key(store, partition, "behind");
        store_put_key(store, partition, "pairs");
        store_put_key(store, partition, "windows");
        store_put_key(store, partition, "meta");
    }
    verdict = store_call(store, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

static enum verdict unlink_buckets(struct store *store, int32_t partition, struct reason *why)
{
    redisReply *reply = NULL;
    struct partition_state state = {.partition = partition};
    enum verdict verdict = store_read_id_buckets(store, &state, why);

    if (verdict != GO_ON || state.id_bucket_count == 0)
        return verdict;
    verdict =
        store_command_begin(&store->command, 1 + state.id_bucket_count, state.id_bucket_count * (KEY_MAX + 1), why);
    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "UNLINK");
    for (uint32_t i = 0; i < state.id_bucket_count; i++)
        store_put_bucket_key(store, partition, state.id_buckets[i]);
    verdict = store_call(store, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_remove(struct store *store, int32_t partition, const struct stored_window windows[], uint32_t count,
                          struct reason *why)
{
    assert(strstr(store->namespace_, STORE_REPLAY) != NULL); /* Nobody's counts but a replay's. */
    enum verdict verdict = unlink_buckets(store, partition, why);
    for (uint32_t first = 0; first < count && verdict == GO_ON; first += STORE_COLLECT_MAX)
        verdict = unlink_windows(store, partition, windows + first,
                                 count - first < STORE_COLLECT_MAX ? count - first : STORE_COLLECT_MAX, why);
    return verdict == GO_ON ? unlink_windows(store, partition, NULL, 0, why) : verdict;
}
