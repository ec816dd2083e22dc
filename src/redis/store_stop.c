/* Partitions that stopped, and those that were given up. */
#include "gentally/redis/store_stop.h"

#include <assert.h>
#include <inttypes.h>

#include "store_call.h"
#include "store_reply.h"

enum verdict store_stop(struct store *store, const struct partition_state *state, enum reason_id id, const char *text,
                        struct reason *why)
{
    struct store_command *command = &store->command;
    enum verdict verdict = store_function_begin(store, "gentally_2_stop", false, 1, 4, STORE_TEXT_SIZE, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, state->partition, "meta");
    store_put_text(command, state->incarnation);
    store_put_text(command, state->token);
    store_put_text(command, reason_name(id));
    store_put_format(command, "%.*s", STORE_TEXT_SIZE - 1, text);
    return store_function_do(store, state->partition, why);
}

enum verdict store_give_up(struct store *store, int32_t partition, const char *text, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_function_begin(store, "gentally_2_give_up", false, 1, 1, STORE_TEXT_SIZE, why);

    assert(text == NULL || text[0] != '\0');
    if (verdict != GO_ON)
        return verdict;
    store_put_key(store, partition, "meta");
    store_put_format(&store->command, "%.*s", STORE_TEXT_SIZE - 1, text == NULL ? "" : text);
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    if (store_reply_is(reply, "COUNTING"))
        verdict = reason_set(why, HALT, GIVE_UP_COUNTING, 0,
                             "partition %" PRId32 " has not stopped: nothing of it is to be given up", partition);
    else
        verdict = store_reply_verdict(reply, partition, 0, why);
    freeReplyObject(reply);
    return verdict;
}
