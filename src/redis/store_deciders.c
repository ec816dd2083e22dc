/* Reads deciders: a hash from offset to token, in no order. */
#include "gentally/redis/store_deciders.h"

#include <stdlib.h>

#include "store_call.h"
#include "store_reply.h"

static int by_offset(const void *left_decider, const void *right_decider)
{
    const struct decider *left = left_decider, *right = right_decider;

    return (left->first > right->first) - (left->first < right->first);
}

static bool read_decider(const redisReply *first, const redisReply *token, struct decider *decider)
{
    if (token->type != REDIS_REPLY_STRING || token->len >= sizeof(decider->token))
        return false;
    memcpy(decider->token, token->str, token->len + 1);
    return store_reply_number(first, &decider->first);
}

/* {"OK", inc, next, {first, token, ...}} */
static bool read_deciders(const redisReply *reply, struct deciders *deciders)
{
    if (reply->elements != 4 || reply->element[1]->type != REDIS_REPLY_STRING ||
        reply->element[1]->len >= sizeof(deciders->incarnation) ||
        !store_reply_number(reply->element[2], &deciders->next) || reply->element[3]->type != REDIS_REPLY_ARRAY)
        return false;
    memcpy(deciders->incarnation, reply->element[1]->str, reply->element[1]->len + 1);
    for (size_t i = 0; i + 1 < reply->element[3]->elements; i += 2) {
        redisReply *const *pair = reply->element[3]->element + i;
        if (!read_decider(pair[0], pair[1], &deciders->items[deciders->count++]))
            return false;
    }
    qsort(deciders->items, deciders->count, sizeof(*deciders->items), by_offset);
    return true;
}

enum verdict store_deciders(struct store *store, int32_t partition, struct deciders *deciders, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_partition_begin(store, partition, "gentally_2_deciders", true, 1, 0, 0, why);

    *deciders = (struct deciders){0};
    if (verdict != GO_ON)
        return verdict;
    verdict = store_function_call(store, partition, &reply, why);
    if (verdict == HALT && why->id == STORE_STATE_MISSING)
        return GO_ON;
    if (verdict != GO_ON)
        return verdict;
    size_t room =
        reply->elements == 4 && reply->element[3]->type == REDIS_REPLY_ARRAY ? reply->element[3]->elements : 0;
    deciders->items = calloc(room / 2 + 1, sizeof(*deciders->items));
    if (deciders->items == NULL)
        verdict = no_memory(why, "for who decided what");
    else if (!read_deciders(reply, deciders))
        verdict = store_reply_damaged(partition, "who decided what", why);
    freeReplyObject(reply);
    if (verdict != GO_ON) {
        free(deciders->items);
        *deciders = (struct deciders){0};
    }
    return verdict;
}
