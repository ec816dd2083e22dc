/* The parts of a call that all calls share. A key names the namespace and, in braces, topic and partition: by the part
 * in braces Redis keeps all keys of a partition together. */
#include "store_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "store_reply.h"

void store_draw(uint8_t bytes[16])
{
    if (getrandom(bytes, 16, 0) != 16)
        abort(); /* 16 bytes are never cut short (getrandom(2)); without randomness there is no safe token */
}

void store_random_token(char text[33])
{
    uint8_t bytes[16];

    store_draw(bytes);
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

void store_put_key(struct store *store, int32_t partition, const char *part)
{
    store_put_format(&store->command, "%s:{%s:%" PRId32 "}:%s", store->namespace_, store->topic, partition, part);
}

void store_put_window_key(struct store *store, int32_t partition, struct window window)
{
    store_put_format(&store->command, "%s:{%s:%" PRId32 "}:%s:%" PRId64, store->namespace_, store->topic, partition,
                     window_kind_name(window.kind), window.start_ms);
}

void store_put_window_name(struct store *store, struct window window)
{
    store_put_format(&store->command, "%s:%" PRId64, window_kind_name(window.kind), window.start_ms);
}

void store_put_bucket_key(struct store *store, int32_t partition, struct id_bucket bucket)
{
    store_put_format(&store->command, "%s:{%s:%" PRId32 "}:ids:%" PRId64 ":%" PRId64, store->namespace_, store->topic,
                     partition, bucket.width_ms, bucket.start_ms);
}

void store_put_bucket_name(struct store *store, struct id_bucket bucket)
{
    store_put_format(&store->command, "%" PRId64 ":%" PRId64, bucket.width_ms, bucket.start_ms);
}

enum verdict store_send(struct store *store, struct reason *why)
{
    return store_link_send(store->link, (int)store->command.count, store->command.arguments, store->command.sizes, why);
}

enum verdict store_call(struct store *store, redisReply **reply, struct reason *why)
{
    return store_link_call(store->link, (int)store->command.count, store->command.arguments, store->command.sizes,
                           reply, why);
}

enum verdict store_function_begin(struct store *store, const char *name, bool is_read, size_t keys, size_t arguments,
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

enum verdict store_partition_begin(struct store *store, int32_t partition, const char *name, bool is_read, size_t keys,
                                   size_t arguments, size_t numbers, struct reason *why)
{
    static const char *const beside_meta[] = {"deciders", "journal", "behind", "pairs"};
    size_t named = store_link_is_cluster(store->link) ? LENGTH_OF(beside_meta) : 0;
    enum verdict verdict = store_function_begin(store, name, is_read, keys + named, arguments, numbers, why);

    if (verdict != GO_ON)
        return verdict;
    for (size_t i = 0; i < named; i++)
        store_put_key(store, partition, beside_meta[i]);
    store_put_key(store, partition, "meta");
    return GO_ON;
}

enum verdict store_at_each_primary(struct store *store, store_primary_step *step, void *context, struct reason *why)
{
    if (!store_link_is_cluster(store->link))
        return step(store, 0, context, why);
    for (int attempt = 0; attempt < 3; attempt++) {
        enum verdict verdict = store_link_up(store->link, why);
        uint64_t count = store_link_count(store->link);
        for (uint32_t i = 0; verdict == GO_ON && i < store_link_primaries(store->link); i++) {
            store_link_aim(store->link, i);
            verdict = step(store, i, context, why);
        }
        if (verdict != GO_ON || count == store_link_count(store->link))
            return verdict;
    }
    return reason_set(why, TRY_LATER, STORE_BUSY, 0, "the cluster's primaries change again and again");
}

/* What Redis answered to a function: `verdict` and `refusal` are those of the call. */
static enum verdict judge(int32_t partition, enum verdict verdict, const struct reason *refusal, redisReply **reply,
                          struct reason *why)
{
    if (verdict == GO_ON)
        verdict = store_reply_verdict(*reply, partition, -1, why);
    else if (verdict == HALT && reason_stops(refusal->id) <= STOPS_PARTITION)
        verdict = store_reply_refused(partition, refusal, why);
    else if (why != NULL)
        *why = *refusal;
    if (verdict != GO_ON && *reply != NULL) {
        freeReplyObject(*reply);
        *reply = NULL;
    }
    return verdict;
}

enum verdict store_function_call(struct store *store, int32_t partition, redisReply **reply, struct reason *why)
{
    struct reason refusal;
    enum verdict verdict = store_call(store, reply, &refusal);

    return judge(partition, verdict, &refusal, reply, why);
}

enum verdict store_function_receive(struct store *store, int32_t partition, redisReply **reply, struct reason *why)
{
    struct reason refusal;
    enum verdict verdict = store_link_receive(store->link, reply, &refusal);

    return judge(partition, verdict, &refusal, reply, why);
}

enum verdict store_function_do(struct store *store, int32_t partition, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_function_call(store, partition, &reply, why);

    freeReplyObject(reply);
    return verdict;
}
