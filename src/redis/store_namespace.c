/* SCAN returns every key that is there all the while, some of them twice: to delete a key twice is harmless, and the
 * count is what UNLINK says, or the number of keys seen. Each primary of a cluster has a SCAN of its own. */
#include "gentally/redis/store_namespace.h"

#include <inttypes.h>
#include <stdlib.h>

#include "store_call.h"
#include "store_reply.h"

#define PORTION "1000"

static enum verdict scan(struct store *store, const char *cursor, redisReply **reply, struct reason *why)
{
    enum verdict verdict = store_command_begin(&store->command, 6, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "SCAN");
    store_put_text(&store->command, cursor);
    store_put_text(&store->command, "MATCH"); /* Nothing in a namespace's name means anything to a pattern. */
    store_put_format(&store->command, "%s:{*", store->namespace_);
    store_put_text(&store->command, "COUNT");
    store_put_text(&store->command, PORTION);
    verdict = store_call(store, reply, why);
    if (verdict != GO_ON)
        return verdict;
    bool is_good = (*reply)->type == REDIS_REPLY_ARRAY && (*reply)->elements == 2 &&
                   (*reply)->element[0]->type == REDIS_REPLY_STRING && (*reply)->element[1]->type == REDIS_REPLY_ARRAY;
    return is_good ? GO_ON : store_reply_damaged(0, "a list of keys", why);
}

static bool is_settings(const struct store *store, const redisReply *key)
{
    char settings[KEY_MAX];
    int size = snprintf(settings, sizeof(settings), "%s:{settings}:record", store->namespace_);

    return key->len == (size_t)size && memcmp(key->str, settings, key->len) == 0;
}

/* Deletes keys in one command, but for the settings. */
static enum verdict unlink_some(struct store *store, redisReply *const keys[], size_t key_count, uint64_t *count,
                                struct reason *why)
{
    redisReply *reply = NULL;
    size_t some = 0;
    enum verdict verdict = store_command_begin(&store->command, 1 + key_count, 0, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "UNLINK");
    for (size_t i = 0; i < key_count; i++) {
        if (is_settings(store, keys[i]))
            continue;
        store_put(&store->command, (struct span){keys[i]->str, keys[i]->len});
        some++;
    }
    if (some == 0)
        return GO_ON;
    verdict = store_call(store, &reply, why);
    if (verdict == GO_ON && reply->type == REDIS_REPLY_INTEGER)
        *count += (uint64_t)reply->integer;
    freeReplyObject(reply);
    return verdict;
}

/* Deletes the keys of a portion. Those of a command are of one slot, so in a cluster each has a command of its own. */
static enum verdict unlink_keys(struct store *store, const redisReply *keys, uint64_t *count, struct reason *why)
{
    size_t at_once = store_link_is_cluster(store->link) ? 1 : keys->elements;
    enum verdict verdict = GO_ON;

    for (size_t i = 0; i < keys->elements && verdict == GO_ON; i += at_once)
        verdict = unlink_some(store, keys->element + i, at_once, count, why);
    return verdict;
}

/* What is done to the keys of each server. */
struct scan_of_all {
    bool is_removal;
    uint64_t *count;
};

static enum verdict scan_one(struct store *store, uint32_t primary, void *context, struct reason *why)
{
    const struct scan_of_all *all = context;
    char cursor[32] = "0";
    enum verdict verdict;

    if (primary == 0 && !all->is_removal)
        *all->count = 0;
    do {
        redisReply *reply = NULL;
        store_link_aim(store->link, primary); /* keys that were deleted may have been anywhere else */
        verdict = scan(store, cursor, &reply, why);
        if (verdict == GO_ON) {
            const redisReply *keys = reply->element[1];
            snprintf(cursor, sizeof(cursor), "%s", reply->element[0]->str);
            for (size_t i = 0; i < keys->elements && !all->is_removal; i++)
                *all->count += is_settings(store, keys->element[i]) ? 0 : 1;
            if (all->is_removal)
                verdict = unlink_keys(store, keys, all->count, why);
        }
        freeReplyObject(reply);
    } while (verdict == GO_ON && strcmp(cursor, "0") != 0);
    return verdict;
}

enum verdict store_namespace_scan(struct store *store, bool is_removal, uint64_t *count, struct reason *why)
{
    struct scan_of_all all = {.is_removal = is_removal, .count = count};

    *count = 0;
    return store_at_each_primary(store, scan_one, &all, why);
}

enum verdict store_namespace_forget(struct store *store, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "UNLINK");
    store_put_format(&store->command, "%s:{settings}:record", store->namespace_);
    verdict = store_call(store, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

/* The lease's end, by Redis's clock; 0: there is none. */
static enum verdict read_lease(struct store *store, int64_t *until_ms, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 3, KEY_MAX, why);

    *until_ms = 0;
    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGET");
    store_put_format(&store->command, "%s:{closer}:lease", store->namespace_);
    store_put_text(&store->command, "until");
    verdict = store_call(store, &reply, why);
    if (verdict == GO_ON && reply->type != REDIS_REPLY_NIL && !store_reply_number(reply, until_ms))
        verdict = store_reply_damaged(0, "the lease of closing", why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_namespace_is_closed_by(struct store *store, bool *is_held, struct reason *why)
{
    redisReply *reply = NULL;
    int64_t until_ms = 0, seconds = 0;
    enum verdict verdict = read_lease(store, &until_ms, why);

    *is_held = false;
    if (verdict != GO_ON || until_ms == 0)
        return verdict;
    verdict = store_command_begin(&store->command, 1, 0, why);
    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "TIME");
    verdict = store_call(store, &reply, why);
    if (verdict == GO_ON &&
        (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !store_reply_number(reply->element[0], &seconds)))
        verdict = store_reply_damaged(0, "the time", why);
    freeReplyObject(reply);
    *is_held = verdict == GO_ON && until_ms > seconds * 1000;
    return verdict;
}
