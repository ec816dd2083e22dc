/* The settings are read as one hash, and written by a function that first compares the version. */
#include "gentally/redis/store_settings.h"

#include <stdlib.h>

#include "gentally/config/settings_text.h"
#include "gentally/redis/store.h"
#include "store_call.h"
#include "store_reply.h"

static enum verdict damaged(const char *name, struct reason *why)
{
    return reason_set(why, HALT, STORE_DAMAGED, 0, "the settings' field %.64s does not read as we wrote it", name);
}

static void put_record_key(struct store *store)
{
    store_put_format(&store->command, "%s:{settings}:record", store->namespace_);
}

enum verdict store_settings_read(struct store *store, struct settings *settings, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    *settings = (struct settings){.version = ""};
    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGETALL");
    put_record_key(store);
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0)
        verdict = damaged("(all)", why);
    for (size_t i = 0; verdict == GO_ON && i < reply->elements; i += 2) {
        const redisReply *name = reply->element[i], *value = reply->element[i + 1];
        if (name->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING ||
            !settings_read(settings, (struct span){name->str, name->len}, (struct span){value->str, value->len}))
            verdict = damaged(name->type == REDIS_REPLY_STRING ? name->str : "(all)", why);
    }
    if (verdict == GO_ON && reply->elements > 0 && settings->version[0] == '\0')
        verdict = damaged("version", why);
    freeReplyObject(reply);
    return verdict;
}

/* An answer that was lost is asked for again, and then the record is the new one already. */
static enum verdict read_answer(const redisReply *reply, const char *version, struct reason *why)
{
    if (!store_reply_is(reply, "CHANGED"))
        return store_reply_verdict(reply, 0, 0, why);
    if (reply->elements == 2 && reply->element[1]->type == REDIS_REPLY_STRING &&
        strcmp(reply->element[1]->str, version) == 0)
        return GO_ON;
    return reason_set(why, HALT, SETTINGS_CHANGED, 0, "somebody else changed the settings just now: run setup again");
}

enum verdict store_settings_write(struct store *store, struct settings *settings, struct reason *why)
{
    redisReply *reply = NULL;
    struct settings_field fields[SETTINGS_FIELDS_MAX];
    char before[sizeof(settings->version)];

    memcpy(before, settings->version, sizeof(before));
    store_random_token(settings->version);
    uint32_t count = settings_write(settings, fields);
    enum verdict verdict = store_function_begin(store, "gentally_2_settle", false, 1, 1 + 2 * (size_t)count, 64, why);
    if (verdict == GO_ON) {
        put_record_key(store);
        store_put_text(&store->command, before);
        for (uint32_t i = 0; i < count; i++) {
            store_put_text(&store->command, fields[i].name);
            store_put_text(&store->command, fields[i].value);
        }
        verdict = store_call(store, &reply, why);
    }
    if (verdict == GO_ON)
        verdict = read_answer(reply, settings->version, why);
    if (verdict != GO_ON)
        memcpy(settings->version, before, sizeof(before));
    freeReplyObject(reply);
    return verdict;
}

static enum verdict ask_adapters(struct store *store, const char *name, const char *digest, redisReply **reply,
                                 struct reason *why)
{
    enum verdict verdict = store_command_begin(&store->command, digest == NULL ? 3 : 4, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, name);
    store_put_format(&store->command, "%s:{settings}:adapters", store->namespace_);
    store_put_text(&store->command, "account_key");
    if (digest != NULL)
        store_put_text(&store->command, digest);
    return store_call(store, reply, why);
}

enum verdict store_settings_hold_key(struct store *store, const char *digest, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict =
        ask_adapters(store, "HSETNX", digest, &reply, why); /* sent twice, it does what it did once */

    freeReplyObject(reply);
    reply = NULL;
    if (verdict == GO_ON)
        verdict = ask_adapters(store, "HGET", NULL, &reply, why);
    if (verdict == HALT && why->id == STORE_DENIED) /* what a worker's user has does not include it */
        verdict = reason_set(why, HALT, STORE_DENIED, 0, "%.420s; for adapters also +hsetnx", why->text);
    if (verdict == GO_ON && (reply->type != REDIS_REPLY_STRING || reply->len == 0))
        verdict = damaged("account_key", why);
    else if (verdict == GO_ON && strcmp(reply->str, digest) != 0)
        verdict = reason_set(why, HALT, SETTINGS_REFUSED, 0,
                             "account_key: records of other platforms came into namespace %.100s under another one, so "
                             "the same account would count as two; set it back, or begin anew with another namespace "
                             "and input topic (runbooks/rebuild.md)",
                             store->namespace_);
    freeReplyObject(reply);
    return verdict;
}
