/* The lease of closing: one function call, whose compare and clock are Redis's. */
#include "gentally/redis/store_lease.h"

#include <assert.h>

#include "store_call.h"
#include "store_reply.h"

void store_lease_token(char holder[LEASE_TOKEN_SIZE])
{
    store_random_token(holder);
}

static bool read_lease(const redisReply *reply, struct lease *lease)
{
    return reply->elements == 4 && store_reply_number(reply->element[1], &lease->taken_ms) &&
           store_reply_number(reply->element[2], &lease->looks) && store_reply_number(reply->element[3], &lease->seen);
}

static enum verdict call_lease(struct store *store, const char *holder, int64_t ms, int64_t seen, bool is_seized,
                               struct lease *lease, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_function_begin(store, "gentally_2_lease", false, 1, 4, 64, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_format(&store->command, "%s:{closer}:lease", store->namespace_);
    store_put_text(&store->command, holder);
    store_put_number(&store->command, ms);
    store_put_number(&store->command, seen);
    store_put_text(&store->command, is_seized ? "1" : "0");
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    if (!store_reply_is(reply, "HELD"))
        verdict = store_reply_verdict(reply, 0, 0, why);
    if (verdict == GO_ON && !read_lease(reply, lease))
        verdict = reason_set(why, HALT, STORE_DAMAGED, 0, "the lease of closing does not read as we wrote it");
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_lease(struct store *store, const char *holder, int64_t ms, int64_t seen, struct lease *lease,
                         struct reason *why)
{
    assert(ms > 0);
    return call_lease(store, holder, ms, seen, false, lease, why);
}

enum verdict store_lease_seize(struct store *store, const char *holder, int64_t ms, struct reason *why)
{
    struct lease lease;

    assert(ms > 0);
    return call_lease(store, holder, ms, 0, true, &lease, why);
}

enum verdict store_lease_return(struct store *store, const char *holder, struct reason *why)
{
    struct lease lease;

    return call_lease(store, holder, 0, 0, false, &lease, why);
}
