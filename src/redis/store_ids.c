/*
 * Asking the store for ids. A bucket is a hash; its name stands in meta, so that a new owner finds the buckets of an
 * old configuration too, and drops them when their time is over. Like a window a bucket has a count of its own: a
 * bucket that is gone would make every record look new.
 */
#include "gentally/redis/store_ids.h"

#include <inttypes.h>
#include <stdlib.h>

#include "store_call.h"
#include "store_reply.h"

static enum verdict send_fence(struct store *store, const struct id_lookup *lookup, struct reason *why)
{
    struct store_command *command = &store->command;
    const struct partition_state *state = lookup->state;
    size_t buckets = lookup->bucket_count;
    enum verdict verdict =
        store_command_begin(command, 7 + 2 * buckets, (1 + buckets) * KEY_MAX + 64 + 64 * buckets, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(command, "FCALL_RO");
    store_put_text(command, "gentally_2_recall");
    store_put_number(command, 1 + (int64_t)buckets);
    store_put_key(store, state->partition, "meta");
    for (size_t i = 0; i < buckets; i++)
        store_put_bucket_key(store, state->partition, lookup->buckets[i]);
    store_put_text(command, state->incarnation);
    store_put_text(command, state->token);
    store_put_number(command, state->next);
    for (size_t i = 0; i < buckets; i++)
        store_put_bucket_name(store, lookup->buckets[i]);
    return store_send(store, why);
}

static enum verdict send_bucket(struct store *store, const struct id_lookup *lookup, struct id_bucket bucket,
                                struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict = store_command_begin(command, 3 + (size_t)lookup->id_count, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(command, "HMGET");
    store_put_bucket_key(store, lookup->state->partition, bucket);
    store_put_text(command, "__n");
    for (uint32_t i = 0; i < lookup->id_count; i++)
        store_put(command, lookup->ids[i]);
    return store_send(store, why);
}

static enum verdict send(struct store *store, const struct id_lookup *lookup, struct reason *why)
{
    enum verdict verdict = send_fence(store, lookup, why);

    for (uint32_t i = 0; i < lookup->bucket_count && verdict == GO_ON; i++)
        verdict = send_bucket(store, lookup, lookup->buckets[i], why);
    return verdict;
}

static enum verdict read_ids(const redisReply *reply, struct id_lookup *lookup, uint32_t bucket)
{
    enum verdict verdict = GO_ON;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 + (size_t)lookup->id_count)
        return store_reply_damaged(lookup->state->partition, "a bucket of ids", &lookup->why);
    if (reply->element[0]->type != REDIS_REPLY_STRING) /* The bucket was whole a moment ago. */
        return reason_set(&lookup->why, REWIND, STORE_FENCED, 0,
                          "partition %" PRId32 ": a bucket of ids went while it was read", lookup->state->partition);
    for (uint32_t i = 0; i < lookup->id_count && verdict == GO_ON; i++) {
        const redisReply *value = reply->element[1 + i];
        if (value->type == REDIS_REPLY_STRING)
            verdict = lookup->each(lookup->context, bucket, i, (struct span){value->str, value->len}, &lookup->why);
    }
    return verdict;
}

/* Takes the replies in order; goes on after a refusal, whose fellows still come. */
static enum verdict receive(struct store *store, struct id_lookup *lookup, struct reason *why)
{
    enum verdict worst = GO_ON;

    for (uint32_t i = 0; i <= lookup->bucket_count; i++) {
        redisReply *reply = NULL;
        struct reason other;
        enum verdict verdict = store_link_receive(store->link, &reply, &other);
        bool is_its_own = verdict == HALT && reason_stops(other.id) <= STOPS_PARTITION;
        if (is_its_own)
            lookup->verdict = store_reply_refused(lookup->state->partition, &other, &lookup->why);
        else if (verdict != GO_ON && worst != HALT) {
            worst = verdict;
            *why = other;
        }
        if (verdict == GO_ON && i == 0)
            lookup->verdict = store_reply_verdict(reply, lookup->state->partition, lookup->state->next, &lookup->why);
        else if (verdict == GO_ON && lookup->verdict == GO_ON)
            lookup->verdict = read_ids(reply, lookup, i - 1);
        freeReplyObject(reply);
    }
    return worst;
}

static enum verdict exchange(struct store *store, struct id_lookup *lookups[], uint32_t count, struct reason *why)
{
    struct reason other;
    enum verdict worst = store_link_up(store->link, why);

    for (uint32_t i = 0; i < count && worst == GO_ON; i++)
        worst = send(store, lookups[i], why);
    if (worst != GO_ON) {
        store_link_drop(store->link); /* Or queued commands would be answered to the next question. */
        return worst;
    }
    for (uint32_t i = 0; i < count; i++) {
        enum verdict verdict = receive(store, lookups[i], &other);
        if (verdict != GO_ON && worst != HALT) {
            worst = verdict;
            *why = other;
        }
    }
    return worst;
}

enum verdict store_look_up_ids(struct store *store, struct id_lookup *lookups[], uint32_t count, struct reason *why)
{
    enum verdict verdict = TRY_LATER;

    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++) /* Reading may always be repeated. */
        verdict = exchange(store, lookups, count, why);
    return verdict;
}
