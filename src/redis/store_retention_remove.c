/* Deleting retention's shards, those of a replay. */
#include <assert.h>
#include <stdio.h>

#include "gentally/redis/store_retention.h"
#include "gentally/redis/store_windows.h"
#include "store_call.h"
#include "store_shard.h"

#define UNLINK_MAX 500u

static enum verdict plain(struct store *store, const char *name, uint32_t shard, const char *part, redisReply **reply,
                          struct reason *why)
{
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, name);
    store_put_shard_key(store, shard, part);
    verdict = store_call(store, reply, why);
    if (verdict == GO_ON && (*reply)->type != REDIS_REPLY_ARRAY && (*reply)->type != REDIS_REPLY_INTEGER)
        verdict = store_shard_damaged(shard, "unexpected reply to ", name, why);
    return verdict;
}

/* Unlinks the counts of the months whose revisions the state names. */
static enum verdict unlink_counts(struct store *store, uint32_t shard, const redisReply *state, struct reason *why)
{
    static const char revision[] = "rev:";
    enum verdict verdict = GO_ON;

    for (size_t first = 0; first < state->elements && verdict == GO_ON; first += 2 * (size_t)UNLINK_MAX) {
        size_t end =
            first + 2 * (size_t)UNLINK_MAX < state->elements ? first + 2 * (size_t)UNLINK_MAX : state->elements;
        redisReply *reply = NULL;
        verdict = store_command_begin(&store->command, 1 + UNLINK_MAX, UNLINK_MAX * (size_t)KEY_MAX, why);
        if (verdict != GO_ON)
            return verdict;
        store_put_text(&store->command, "UNLINK");
        for (size_t i = first; i < end; i += 2) {
            char name[64];
            const char *field = state->element[i]->str;
            if (field == NULL || strncmp(field, revision, strlen(revision)) != 0)
                continue;
            snprintf(name, sizeof(name), "counts:%.32s", field + strlen(revision));
            store_put_shard_key(store, shard, name);
        }
        if (store->command.count > 1)
            verdict = store_call(store, &reply, why);
        freeReplyObject(reply);
    }
    return verdict;
}

/* Deletes all keys of a shard; the state, which names the others, goes last. */
static enum verdict remove_shard(struct store *store, uint32_t shard, struct reason *why)
{
    static const char *const parts[] = {"pairs", "models", "state"};
    redisReply *state = NULL;
    enum verdict verdict = plain(store, "HGETALL", shard, "state", &state, why);

    if (verdict == GO_ON)
        verdict = unlink_counts(store, shard, state, why);
    freeReplyObject(state);
    for (size_t i = 0; i < LENGTH_OF(parts) && verdict == GO_ON; i++) {
        redisReply *reply = NULL;
        verdict = plain(store, "UNLINK", shard, parts[i], &reply, why);
        freeReplyObject(reply);
    }
    return verdict;
}

enum verdict store_retention_remove(struct store *store, struct reason *why)
{
    enum verdict verdict = GO_ON;

    assert(strstr(store->namespace_, STORE_REPLAY) != NULL); /* Nobody's counts but a replay's. */
    for (uint32_t shard = 0; shard < RETENTION_SHARDS && verdict == GO_ON; shard++)
        verdict = remove_shard(store, shard, why);
    return verdict;
}
