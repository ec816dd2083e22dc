/* HMGET: a few entries a call, so that Redis is never held for long. */
#include "store_entries.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/grow.h"
#include "store_reply.h"

#define CALL_ENTRIES 8 /* of some 100 kB each, of 1 MB at most */

void store_entries_close(struct store_entries *entries)
{
    for (size_t i = 0; i < entries->reply_count; i++)
        freeReplyObject(entries->replies[i]);
    free(entries->replies);
    free(entries->items);
    *entries = (struct store_entries){0};
}

static enum verdict ask(struct store *store, int32_t partition, int64_t first, int64_t count, redisReply **reply,
                        struct reason *why)
{
    enum verdict verdict = store_command_begin(&store->command, 2 + (size_t)count, KEY_MAX + 32 * (size_t)count, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HMGET");
    store_put_key(store, partition, "journal");
    for (int64_t i = 0; i < count; i++)
        store_put_number(&store->command, first + i);
    return store_call(store, reply, why);
}

static enum verdict keep(struct store_entries *entries, int32_t partition, redisReply *reply, int64_t count,
                         struct reason *why)
{
    redisReply **replies = grow(entries->replies, &entries->reply_room, entries->reply_count + 1, sizeof(*replies));
    if (replies == NULL) {
        freeReplyObject(reply);
        return no_memory(why, "for a journal");
    }
    entries->replies = replies;
    replies[entries->reply_count++] = reply;
    struct span *items = grow(entries->items, &entries->item_room, entries->count + (size_t)count, sizeof(*items));
    if (items == NULL)
        return no_memory(why, "for a journal");
    entries->items = items;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != (size_t)count)
        return store_reply_damaged(partition, "the journal", why);
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *entry = reply->element[i];
        if (entry->type == REDIS_REPLY_NIL)
            return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                              "partition %" PRId32 ": the journal was applied while it was read", partition);
        if (entry->type != REDIS_REPLY_STRING)
            return store_reply_damaged(partition, "the journal", why);
        items[entries->count++] = (struct span){entry->str, entry->len};
    }
    return GO_ON;
}

enum verdict store_entries_read(struct store_entries *entries, struct store *store, int32_t partition, int64_t first,
                                int64_t last, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int64_t at = first; at <= last && verdict == GO_ON; at += CALL_ENTRIES) {
        int64_t count = last - at + 1 < CALL_ENTRIES ? last - at + 1 : CALL_ENTRIES;
        redisReply *reply = NULL;
        verdict = ask(store, partition, at, count, &reply, why);
        if (verdict == GO_ON)
            verdict = keep(entries, partition, reply, count, why);
    }
    return verdict;
}
