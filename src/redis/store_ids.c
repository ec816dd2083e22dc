/*
 * What the store knows of ids. A bucket is a hash; its name stands in meta, so that a new owner finds the buckets of an
 * old configuration too, and drops them when their time is over. Like a window it has a count of its own: one that is
 * gone would make every record look new.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store_private.h"
#include "store_reply.h"

static void put_bucket_key(struct store *store, int32_t partition, struct id_bucket bucket)
{
    store_put_format(&store->command, "%s:{%s:%" PRId32 "}:ids:%" PRId64 ":%" PRId64, store->namespace_, store->topic,
                     partition, bucket.width_ms, bucket.start_ms);
}

static void put_bucket_name(struct store *store, struct id_bucket bucket)
{
    store_put_format(&store->command, "%" PRId64 ":%" PRId64, bucket.width_ms, bucket.start_ms);
}

void store_put_id_keys(struct store *store, const struct change *change)
{
    for (uint32_t i = 0; change->ids != NULL && i < change->ids->section_count; i++)
        put_bucket_key(store, change->state->partition, change->ids->sections[i].bucket);
}

void store_put_ids(struct store *store, const struct change *change)
{
    struct store_command *command = &store->command;

    for (uint32_t i = 0; change->ids != NULL && i < change->ids->section_count; i++) {
        const struct id_section *section = &change->ids->sections[i];
        store_put_text(command, "ids");
        put_bucket_name(store, section->bucket);
        store_put_text(command, "");
        store_put_text(command, "");
        store_put_number(command, 2 * (int64_t)section->count);
        for (uint32_t j = 0; j < section->count; j++) {
            store_put(command, change->ids->pairs[section->first + j].id);
            store_put(command, change->ids->pairs[section->first + j].value);
        }
    }
}

/* "ids:<width_ms>:<start_ms>" of meta; false if the field is another one. */
static bool read_bucket(const redisReply *field, struct id_bucket *bucket)
{
    char *end = NULL;

    if (field->type != REDIS_REPLY_STRING || strncmp(field->str, "ids:", 4) != 0)
        return false;
    errno = 0;
    bucket->width_ms = strtoll(field->str + 4, &end, 10);
    if (errno != 0 || *end != ':' || bucket->width_ms <= 0)
        return false;
    bucket->start_ms = strtoll(end + 1, &end, 10);
    return errno == 0 && *end == '\0';
}

enum verdict store_read_id_buckets(struct store *store, struct partition_state *state, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGETALL"); /* a right the worker has anyway */
    store_put_format(&store->command, "%s:{%s:%" PRId32 "}:meta", store->namespace_, store->topic, state->partition);
    verdict = store_link_call(store->link, (int)store->command.count, store->command.arguments, store->command.sizes,
                              &reply, why);
    if (verdict != GO_ON)
        return verdict;
    state->id_bucket_count = 0;
    for (size_t i = 0; i < reply->elements && state->id_bucket_count < ID_BUCKETS_MAX; i += 2)
        if (read_bucket(reply->element[i], &state->id_buckets[state->id_bucket_count]))
            state->id_bucket_count++;
    freeReplyObject(reply);
    return GO_ON;
}

/* ---- asking ---- */

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
    store_put_text(command, "gentally_1_recall");
    store_put_number(command, 1 + (int64_t)buckets);
    store_put_format(command, "%s:{%s:%" PRId32 "}:meta", store->namespace_, store->topic, state->partition);
    for (size_t i = 0; i < buckets; i++)
        put_bucket_key(store, state->partition, lookup->buckets[i]);
    store_put_text(command, state->incarnation);
    store_put_text(command, state->token);
    store_put_number(command, state->next);
    for (size_t i = 0; i < buckets; i++)
        put_bucket_name(store, lookup->buckets[i]);
    return store_link_send(store->link, (int)command->count, command->arguments, command->sizes, why);
}

static enum verdict send_bucket(struct store *store, const struct id_lookup *lookup, struct id_bucket bucket,
                                struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict = store_command_begin(command, 3 + (size_t)lookup->id_count, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(command, "HMGET");
    put_bucket_key(store, lookup->state->partition, bucket);
    store_put_text(command, "__n");
    for (uint32_t i = 0; i < lookup->id_count; i++)
        store_put(command, lookup->ids[i]);
    return store_link_send(store->link, (int)command->count, command->arguments, command->sizes, why);
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
    if (reply->element[0]->type != REDIS_REPLY_STRING) /* It was whole a moment ago. */
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
        if (verdict != GO_ON && worst != HALT) {
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
    if (worst != GO_ON)
        return worst;
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
