/* The one bucket that an account can be in is read, written without it, and looked at again where somebody merged
 * meanwhile. */
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/core/bucket.h"
#include "gentally/redis/store_erase.h"
#include "store_reply.h"
#include "store_shard.h"

#define ATTEMPTS 16

struct erasing {
    struct store *store;
    uint32_t shard, name; /* of the bucket */
    struct bucket_bytes bucket;
    uint32_t pairs;
    const uint8_t *account;
};

/* Reads the bucket, if it is of the version that the state had. */
static enum verdict read_bucket(struct erasing *erasing, struct reason *why)
{
    struct store *store = erasing->store;
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 4, KEY_MAX + 24, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HMGET");
    store_put_shard_key(store, erasing->shard, "pairs");
    store_put_text(&store->command, "__v");
    store_put_number(&store->command, erasing->name);
    verdict = store_shard_ask(store, erasing->shard, &reply, why);
    if (verdict == GO_ON && (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2))
        verdict = store_shard_damaged(erasing->shard, "its buckets do not read as we wrote them", "", why);
    const char *version = store->shards[erasing->shard].version;
    bool has_bucket = verdict == GO_ON && reply->element[1]->type == REDIS_REPLY_STRING;
    erasing->pairs = 0;
    if (has_bucket && (reply->element[0]->type != REDIS_REPLY_STRING || strcmp(reply->element[0]->str, version) != 0))
        verdict = reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                             "retention, shard %" PRIu32 ": another worker merged meanwhile", erasing->shard);
    if (verdict == GO_ON && has_bucket)
        verdict = bucket_erase((struct span){reply->element[1]->str, reply->element[1]->len}, erasing->account,
                               &erasing->bucket, &erasing->pairs, why);
    freeReplyObject(reply);
    return verdict;
}

static enum verdict write_bucket(struct erasing *erasing, struct reason *why)
{
    struct store *store = erasing->store;
    struct store_shard *shard = &store->shards[erasing->shard];
    char incarnation[33], version[33];
    redisReply *reply = NULL;
    enum verdict verdict =
        store_shard_begin(store, "gentally_2_retention_erase", false, erasing->shard, 1, 7, 24 * 7, why);

    if (verdict != GO_ON)
        return verdict;
    if (store_link_is_cluster(store->link))
        store_put_shard_key(store, erasing->shard, "pairs");
    store_random_token(incarnation);
    store_random_token(version);
    store_put_text(&store->command, shard->incarnation);
    store_put_text(&store->command, shard->version);
    store_put_text(&store->command, incarnation);
    store_put_text(&store->command, version);
    store_put_number(&store->command, shard->pairs - erasing->pairs);
    store_put_number(&store->command, erasing->name);
    store_put(&store->command, (struct span){(const char *)erasing->bucket.bytes, erasing->bucket.size});
    verdict = store_shard_call(store, erasing->shard, &reply, why);
    freeReplyObject(reply);
    if (verdict != GO_ON)
        return verdict;
    memcpy(shard->incarnation, incarnation, sizeof(incarnation));
    memcpy(shard->version, version, sizeof(version));
    shard->pairs -= erasing->pairs;
    return GO_ON;
}

enum verdict store_retention_erase(struct store *store, const uint8_t account[ACCOUNT_SIZE], bool is_dry,
                                   uint32_t *pairs, struct reason *why)
{
    struct erasing erasing = {.store = store, .shard = retention_shard(account), .account = account};
    enum verdict verdict = TRY_LATER;

    for (int attempt = 0; attempt < ATTEMPTS && verdict == TRY_LATER; attempt++) {
        verdict = store_shard_read(store, erasing.shard, why);
        erasing.name = bucket_of(account, verdict == GO_ON ? store->shards[erasing.shard].buckets : 1);
        if (verdict == GO_ON)
            verdict = read_bucket(&erasing, why);
        *pairs = erasing.pairs;
        if (verdict == GO_ON && erasing.pairs > 0 && !is_dry)
            verdict = write_bucket(&erasing, why);
        if (verdict == TRY_LATER && why->id != STORE_WINDOW_GREW)
            break;
    }
    bucket_bytes_free(&erasing.bucket);
    return verdict;
}
