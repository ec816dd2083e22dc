/* The function says which entries there are; they themselves are read by plain commands, since Redis copies every reply
 * of a function out of Lua. */
#include "gentally/redis/store_pairs.h"

#include <inttypes.h>

#include "store_call.h"
#include "store_reply.h"

#define CALL_ENTRIES 16 /* of some ten kB each, of 1 MB at most */

static enum verdict ask(struct store *store, int32_t partition, struct pairs_read *read, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_partition_begin(store, partition, "gentally_2_pairs_there", true, 1, 0, 0, why);

    if (verdict != GO_ON)
        return verdict;
    verdict = store_function_call(store, partition, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    bool is_good =
        reply->elements == 4 && reply->element[1]->type == REDIS_REPLY_STRING &&
        reply->element[1]->len < sizeof(read->incarnation) && store_reply_number(reply->element[2], &read->first) &&
        store_reply_number(reply->element[3], &read->last) && read->first >= 1 && read->last >= read->first - 1;
    if (is_good)
        memcpy(read->incarnation, reply->element[1]->str, reply->element[1]->len + 1);
    freeReplyObject(reply);
    return is_good ? GO_ON : store_reply_damaged(partition, "what there is of pairs", why);
}

static enum verdict take(int32_t partition, const redisReply *entry, struct activities *activities, struct reason *why)
{
    if (entry->type == REDIS_REPLY_NIL)
        return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                          "partition %" PRId32 ": pairs were merged while they were read", partition);
    if (entry->type != REDIS_REPLY_STRING)
        return store_reply_damaged(partition, "an entry of pairs", why);
    enum verdict verdict = activities_add(activities, (struct span){entry->str, entry->len}, why);
    return verdict == HALT && why->id == STORE_DAMAGED ? store_reply_damaged(partition, "an entry of pairs", why)
                                                       : verdict;
}

/* Reads the entries `first` to `last`, which are few. */
static enum verdict read_some(struct store *store, int32_t partition, int64_t first, int64_t last,
                              struct activities *activities, struct reason *why)
{
    redisReply *reply = NULL;
    size_t count = (size_t)(last - first + 1);
    enum verdict verdict = store_command_begin(&store->command, 2 + count, KEY_MAX + 24 * count, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HMGET");
    store_put_key(store, partition, "pairs");
    for (int64_t number = first; number <= last; number++)
        store_put_number(&store->command, number);
    verdict = store_call(store, &reply, why);
    if (verdict == GO_ON && (reply->type != REDIS_REPLY_ARRAY || reply->elements != count))
        verdict = store_reply_damaged(partition, "the pairs", why);
    for (size_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = take(partition, reply->element[i], activities, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_pairs_read(struct store *store, int32_t partition, int64_t after, uint32_t room,
                              struct activities *activities, struct pairs_read *read, struct reason *why)
{
    enum verdict verdict = ask(store, partition, read, why);

    if (verdict != GO_ON)
        return verdict;
    read->upto = after < read->first - 1 ? read->first - 1 : after;
    while (verdict == GO_ON && read->upto < read->last) {
        int64_t last = read->upto + CALL_ENTRIES < read->last ? read->upto + CALL_ENTRIES : read->last;
        verdict = read_some(store, partition, read->upto + 1, last, activities, why);
        if (verdict == GO_ON)
            read->upto = last;
        if (activities_count(activities) >= room)
            break;
    }
    return verdict;
}

enum verdict store_pairs_drop(struct store *store, const struct partition_state *state, int64_t upto,
                              uint64_t connections, struct reason *why)
{
    enum verdict verdict =
        store_partition_begin(store, state->partition, "gentally_2_pairs_drop", false, 1, 3, 32, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, state->incarnation);
    store_put_text(&store->command, state->token);
    store_put_number(&store->command, upto);
    if (connections != store_link_count(store->link))
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis was connected to anew");
    redisReply *reply = NULL;
    verdict = store_send(store, why); /* and not again over another connection */
    if (verdict == GO_ON)
        verdict = store_function_receive(store, state->partition, &reply, why);
    freeReplyObject(reply);
    return verdict;
}
