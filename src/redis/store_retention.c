/* Retention: a call here is about all shards, and each shard has a function call of its own. */
#include "gentally/redis/store_retention.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/core/event.h"
#include "gentally/redis/store_windows.h"
#include "store_call.h"
#include "store_reply.h"
#include "store_shard.h"

static_assert(STORE_SHARDS == RETENTION_SHARDS, "the store has a place for the state of each shard");

void store_put_shard_key(struct store *store, uint32_t shard, const char *part)
{
    store_put_format(&store->command, "%s:{%s:retention:%" PRIu32 "}:%s", store->namespace_, store->topic, shard, part);
}

void store_put_counts_key(struct store *store, uint32_t shard, int64_t month)
{
    char part[32];

    snprintf(part, sizeof(part), "counts:%" PRId64, month);
    store_put_shard_key(store, shard, part);
}

enum verdict store_shard_begin(struct store *store, const char *function, bool is_read, uint32_t shard, size_t keys,
                               size_t arguments, size_t printed, struct reason *why)
{
    size_t named = store_link_is_cluster(store->link) ? 1 + keys : 1;
    enum verdict verdict =
        store_command_begin(&store->command, 3 + named + arguments, 32 + named * KEY_MAX + printed, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, is_read ? "FCALL_RO" : "FCALL");
    store_put_text(&store->command, function);
    store_put_number(&store->command, (int64_t)named);
    store_put_shard_key(store, shard, "state");
    return GO_ON;
}

static enum verdict begin(struct store *store, const char *function, bool is_read, uint32_t shard, size_t arguments,
                          struct reason *why)
{
    return store_shard_begin(store, function, is_read, shard, 0, arguments, 24 * arguments, why);
}

/* Begins to ask for a month's counts. */
static enum verdict begin_retained(struct store *store, uint32_t shard, uint32_t month, struct reason *why)
{
    enum verdict verdict = store_shard_begin(store, "gentally_2_retained", true, shard, 1, 1, 24, why);

    if (verdict != GO_ON)
        return verdict;
    if (store_link_is_cluster(store->link))
        store_put_counts_key(store, shard, month);
    store_put_number(&store->command, month);
    return GO_ON;
}

enum verdict store_shard_damaged(uint32_t shard, const char *what, const char *detail, struct reason *why)
{
    return reason_set(why, HALT, STORE_RETENTION_DAMAGED, 0, "retention, shard %" PRIu32 ": %s%.400s", shard, what,
                      detail);
}

static enum verdict missing(uint32_t shard, struct reason *why)
{
    return reason_set(why, HALT, STORE_RETENTION_MISSING, 0,
                      "retention has no state in Redis (shard %" PRIu32
                      "): run `gentally setup`, or configure retention = off",
                      shard);
}

/* What was written into a shard when retention stopped, or what broke a write. */
static enum verdict tainted(uint32_t shard, const char *taint, struct reason *why)
{
    size_t size = strlen(reason_name(RETENTION_FULL));

    if (strncmp(taint, reason_name(RETENTION_FULL), size) == 0 && strncmp(taint + size, ": ", 2) == 0)
        return reason_set(why, HALT, RETENTION_FULL, 0, "%.400s", taint + size + 2);
    return store_shard_damaged(shard, "a write failed half-way: ", taint, why);
}

/* What a function of a shard has answered. */
static enum verdict verdict_of(const redisReply *reply, uint32_t shard, struct reason *why)
{
    bool has_detail = reply->type == REDIS_REPLY_ARRAY && reply->elements > 1 && reply->element[1]->str != NULL;
    const char *detail = has_detail ? reply->element[1]->str : "";

    if (store_reply_is(reply, "OK"))
        return GO_ON;
    if (store_reply_is(reply, "DENIED"))
        return store_reply_denied(detail, why);
    if (store_reply_is(reply, "MISSING"))
        return missing(shard, why);
    if (store_reply_is(reply, "CHANGED")) /* A sealed month is not sealed: the store was rolled back. */
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0, "retention, shard %" PRIu32 ": %s is not sealed", shard,
                          detail);
    if (store_reply_is(reply, "TORN"))
        return store_shard_damaged(shard, "it lost part of its keys: ", detail, why);
    if (store_reply_is(reply, "TAINTED"))
        return tainted(shard, detail, why);
    if (store_reply_is(reply, "MOVED"))
        return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0,
                          "retention, shard %" PRIu32 ": another worker merged meanwhile", shard);
    if (store_reply_is(reply, "INCARNATION"))
        return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0, "retention, shard %" PRIu32 ": its state was made anew",
                          shard);
    return store_shard_damaged(shard, "unexpected reply ", detail, why);
}

/* What Redis refuses for the keys of a shard is retention's own trouble: they are not as we made them. */
static enum verdict refused(enum verdict verdict, uint32_t shard, struct reason *why)
{
    struct reason refusal = *why;

    if (verdict != HALT || reason_stops(refusal.id) > STOPS_PARTITION)
        return verdict;
    return store_shard_damaged(shard, "", refusal.text, why);
}

enum verdict store_shard_receive(struct store *store, uint32_t shard, redisReply **reply, struct reason *why)
{
    return refused(store_link_receive(store->link, reply, why), shard, why);
}

enum verdict store_shard_ask(struct store *store, uint32_t shard, redisReply **reply, struct reason *why)
{
    return refused(store_call(store, reply, why), shard, why);
}

enum verdict store_shard_call(struct store *store, uint32_t shard, redisReply **reply, struct reason *why)
{
    enum verdict verdict = store_shard_ask(store, shard, reply, why);

    if (verdict == GO_ON)
        verdict = verdict_of(*reply, shard, why);
    if (verdict != GO_ON && *reply != NULL) {
        freeReplyObject(*reply);
        *reply = NULL;
    }
    return verdict;
}

enum verdict store_shard_written(struct store *store, uint32_t shard, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_shard_receive(store, shard, &reply, why);

    if (verdict == GO_ON)
        verdict = verdict_of(reply, shard, why);
    freeReplyObject(reply);
    return verdict;
}

/* ---- state ---- */

static enum verdict create(struct store *store, uint32_t shard, bool is_late, bool *created, struct reason *why)
{
    redisReply *reply = NULL;
    char incarnation[33];
    enum verdict verdict = store_shard_begin(store, "gentally_2_retention_create", false, shard, 1, 2, 0, why);

    if (verdict != GO_ON)
        return verdict;
    if (store_link_is_cluster(store->link))
        store_put_shard_key(store, shard, "pairs");
    store_random_token(incarnation);
    store_put_text(&store->command, incarnation);
    store_put_text(&store->command, is_late ? "1" : "0");
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    *created = store_reply_is(reply, "OK");
    if (!*created && !store_reply_is(reply, "EXISTS"))
        verdict = verdict_of(reply, shard, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_retention_create(struct store *store, bool is_late, uint32_t *created, struct reason *why)
{
    enum verdict verdict = GO_ON;

    *created = 0;
    for (uint32_t shard = 0; shard < RETENTION_SHARDS && verdict == GO_ON; shard++) {
        bool is_created = false;
        verdict = create(store, shard, is_late, &is_created, why);
        *created += is_created ? 1 : 0;
    }
    return verdict;
}

/* Our functions count in Lua's numbers, which are exact below 2^53. */
static bool read_number(const redisReply *reply, int64_t *number)
{
    return store_reply_number(reply, number) && *number >= 0 && *number < INT64_C(1) << 53;
}

/* Finds a field of a hash, as HGETALL has it; NULL if there is no such field. */
static const redisReply *find_field(const redisReply *hash, const char *name)
{
    for (size_t i = 0; i + 1 < hash->elements; i += 2)
        if (hash->element[i]->type == REDIS_REPLY_STRING && hash->element[i + 1]->type == REDIS_REPLY_STRING &&
            strcmp(hash->element[i]->str, name) == 0)
            return hash->element[i + 1];
    return NULL;
}

/* Copies a text that is shorter than `size`. */
static bool read_text(const redisReply *reply, char *text, size_t size)
{
    if (reply == NULL || reply->len >= size)
        return false;
    memcpy(text, reply->str, reply->len + 1);
    return true;
}

static bool read_size(const redisReply *reply, int64_t least, int64_t most, uint32_t *size)
{
    int64_t number = 0;

    if (reply == NULL || !read_number(reply, &number) || number < least || number > most)
        return false;
    *size = (uint32_t)number;
    return true;
}

/* Checks a shard's state and keeps what every call needs. `*is_anew`: the state is another than was read before. */
static enum verdict read_state(struct store *store, uint32_t shard, const redisReply *reply, bool *is_anew,
                               struct reason *why)
{
    struct store_shard *kept = &store->shards[shard], fresh = {.is_late = false};

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
        return missing(shard, why);
    const redisReply *taint = find_field(reply, "taint"), *late = find_field(reply, "late");
    const redisReply *pairs = find_field(reply, "pairs");
    if (taint != NULL)
        return tainted(shard, taint->str, why);
    if (!read_text(find_field(reply, "inc"), fresh.incarnation, sizeof(fresh.incarnation)) ||
        !read_text(find_field(reply, "ver"), fresh.version, sizeof(fresh.version)) ||
        !read_size(find_field(reply, "buckets"), 1, BUCKETS_MAX, &fresh.buckets) ||
        !read_size(find_field(reply, "models"), 0, INT32_MAX, &fresh.models) ||
        !read_size(find_field(reply, "floor"), 0, MONTHS_MAX - 1, &fresh.floor) || pairs == NULL ||
        !read_number(pairs, &fresh.pairs))
        return store_shard_damaged(shard, "its state does not read as we wrote it", "", why);
    fresh.is_late = late != NULL && strcmp(late->str, "1") == 0;
    *is_anew = *is_anew || (kept->incarnation[0] != '\0' && strcmp(kept->incarnation, fresh.incarnation) != 0);
    *kept = fresh;
    return GO_ON;
}

/* A state that is missing may have left its pairs behind: a function sees both at one moment. */
static enum verdict look_for_pairs(struct store *store, uint32_t shard, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = begin_retained(store, shard, 0, why);

    if (verdict != GO_ON)
        return verdict;
    verdict = store_shard_call(store, shard, &reply, why);
    freeReplyObject(reply);
    if (verdict != GO_ON)
        return verdict;
    return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0, "retention, shard %" PRIu32 ": its state was made anew",
                      shard);
}

enum verdict store_shard_read(struct store *store, uint32_t shard, struct reason *why)
{
    redisReply *reply = NULL;
    bool is_anew = false;
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGETALL");
    store_put_shard_key(store, shard, "state");
    verdict = store_shard_ask(store, shard, &reply, why);
    if (verdict == GO_ON)
        verdict = read_state(store, shard, reply, &is_anew, why);
    freeReplyObject(reply);
    if (is_anew) { /* The new state lacks what the old one has: over another connection all is read and merged again. */
        store_link_drop(store->link);
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0,
                          "retention, shard %" PRIu32 ": its state was made anew; all is merged again", shard);
    }
    bool is_missing = verdict == HALT && why->id == STORE_RETENTION_MISSING;
    return is_missing ? look_for_pairs(store, shard, why) : verdict;
}

/* "rev:<month>" fields, added to `months`. */
static enum verdict add_revisions(uint32_t shard, const redisReply *state, int64_t months[], struct reason *why)
{
    for (size_t i = 0; i + 1 < state->elements; i += 2) {
        int64_t revision = 0;
        if (state->element[i]->type != REDIS_REPLY_STRING || strncmp(state->element[i]->str, "rev:", 4) != 0)
            continue;
        char *end = NULL;
        long month = strtol(state->element[i]->str + 4, &end, 10);
        if (*end != '\0' || month < 0 || month >= MONTHS_MAX || !read_number(state->element[i + 1], &revision))
            return store_shard_damaged(shard, "its revisions do not read as we wrote them", "", why);
        months[month] += revision;
    }
    return GO_ON;
}

static enum verdict send_states(struct store *store, struct reason *why)
{
    enum verdict verdict = store_link_up(store->link, why);

    for (uint32_t shard = 0; shard < RETENTION_SHARDS && verdict == GO_ON; shard++) {
        verdict = store_command_begin(&store->command, 2, KEY_MAX, why);
        if (verdict != GO_ON)
            break;
        store_put_text(&store->command, "HGETALL");
        store_put_shard_key(store, shard, "state");
        verdict = store_send(store, why);
    }
    if (verdict != GO_ON)
        store_link_drop(store->link); /* Or queued commands would be answered to the next question. */
    return verdict;
}

static enum verdict look(struct store *store, int64_t months[], uint32_t *floor, struct reason *why)
{
    struct reason other;
    bool is_anew = false;
    enum verdict worst = send_states(store, why);

    if (worst != GO_ON)
        return worst;
    *floor = MONTHS_MAX;
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        redisReply *reply = NULL;
        enum verdict verdict = store_shard_receive(store, shard, &reply, &other);
        if (verdict == GO_ON)
            verdict = read_state(store, shard, reply, &is_anew, &other);
        if (verdict == GO_ON && months != NULL)
            verdict = add_revisions(shard, reply, months, &other);
        freeReplyObject(reply);
        if (verdict == GO_ON && store->shards[shard].floor < *floor)
            *floor = store->shards[shard].floor;
        /* A damage tells more than a state that is missing. */
        bool is_worse = verdict == HALT && (worst != HALT || why->id == STORE_RETENTION_MISSING);
        if (verdict != GO_ON && (worst == GO_ON || is_worse)) {
            worst = verdict;
            *why = other;
        }
    }
    if (is_anew) /* The new state lacks what the old one has: over another connection all is merged again. */
        store_link_drop(store->link);
    return worst;
}

enum verdict store_retention_open(struct store *store, struct reason *why)
{
    uint32_t floor = 0;
    enum verdict verdict = TRY_LATER;

    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++)
        verdict = look(store, NULL, &floor, why);
    return verdict;
}

enum verdict store_retention_revisions(struct store *store, int64_t months[], uint32_t *floor, struct reason *why)
{
    enum verdict verdict = TRY_LATER;

    for (int attempt = 0; attempt < 2 && verdict == TRY_LATER; attempt++) {
        memset(months, 0, MONTHS_MAX * sizeof(*months));
        verdict = look(store, months, floor, why);
    }
    return verdict;
}

bool store_retention_is_late(const struct store *store)
{
    bool is_late = false;

    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        is_late = is_late || store->shards[shard].is_late;
    return is_late;
}

struct retention_fill store_retention_fill(const struct store *store)
{
    uint32_t fullest = 0;

    for (uint32_t shard = 1; shard < RETENTION_SHARDS; shard++)
        if (store->shards[shard].pairs > store->shards[fullest].pairs)
            fullest = shard;
    return (struct retention_fill){fullest, store->shards[fullest].pairs, store->shard_pairs_max};
}

/* ---- stopping ---- */

static enum verdict send_stop(struct store *store, uint32_t shard, const struct reason *because, struct reason *why)
{
    enum verdict verdict = begin(store, "gentally_2_retention_stop", false, shard, 1 + STORE_TEXT_SIZE / 24, why);

    if (verdict != GO_ON)
        return verdict;
    if (because->id == RETENTION_FULL)
        store_put_format(&store->command, "%s: %.*s", reason_name(because->id), STORE_TEXT_SIZE - 32, because->text);
    else
        store_put_format(&store->command, "%.*s", STORE_TEXT_SIZE - 1, because->text);
    return store_send(store, why);
}

enum verdict store_retention_stop(struct store *store, const struct reason *because, struct reason *why)
{
    struct reason other;
    bool is_told = false;
    enum verdict worst = store_link_up(store->link, why);

    for (uint32_t shard = 0; shard < RETENTION_SHARDS && worst == GO_ON; shard++)
        worst = send_stop(store, shard, because, why);
    if (worst != GO_ON) {
        store_link_drop(store->link); /* Or queued commands would be answered to the next question. */
        return worst;
    }
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        redisReply *reply = NULL;
        enum verdict verdict = store_shard_receive(store, shard, &reply, &other);
        if (verdict == GO_ON)
            verdict = verdict_of(reply, shard, &other);
        freeReplyObject(reply);
        bool is_over = verdict == HALT && reason_stops(other.id) == STOPS_RETENTION; /* It tells it by itself. */
        is_told = is_told || verdict == GO_ON || is_over;
        if (is_over || (verdict == HALT && other.id == STORE_RETENTION_MISSING))
            continue;
        if (verdict != GO_ON && (worst == GO_ON || (verdict == HALT && worst != HALT))) {
            worst = verdict;
            *why = other;
        }
    }
    if (worst != GO_ON || is_told)
        return worst;
    return reason_set(why, TRY_LATER, STORE_RETENTION_MISSING, 0,
                      "retention has no state in Redis, in no shard: restore Redis, or run `gentally setup`");
}

/* ---- reading back ---- */

static bool read_count(const redisReply *field, const redisReply *value, uint32_t *cohort, struct span *model,
                       int64_t *accounts)
{
    char *end = NULL;

    if (field->type != REDIS_REPLY_STRING || !read_number(value, accounts))
        return false;
    unsigned long month = strtoul(field->str, &end, 10);
    *cohort = (uint32_t)month;
    *model = (struct span){end + 1, field->len - (size_t)(end - field->str) - 1};
    return end != field->str && *end == '|' && month < MONTHS_MAX;
}

static enum verdict read_counts(const redisReply *counts, uint32_t shard, store_count_reader *each, void *context,
                                struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (counts->type != REDIS_REPLY_ARRAY || counts->elements % 2 != 0)
        return store_shard_damaged(shard, "its counts do not read as we wrote them", "", why);
    for (size_t i = 0; i < counts->elements && verdict == GO_ON; i += 2) {
        const redisReply *field = counts->element[i];
        struct span model;
        uint32_t cohort;
        int64_t accounts;
        if (field->type == REDIS_REPLY_STRING && strcmp(field->str, "__n") == 0)
            continue;
        if (!read_count(field, counts->element[i + 1], &cohort, &model, &accounts))
            return store_shard_damaged(shard, "its counts do not read as we wrote them", "", why);
        verdict = each(context, cohort, model, accounts, why);
    }
    return verdict;
}

enum verdict store_retained(struct store *store, uint32_t month, store_count_reader *each, void *context,
                            int64_t *revision, struct reason *why)
{
    enum verdict verdict = GO_ON;

    *revision = 0;
    for (uint32_t shard = 0; shard < RETENTION_SHARDS && verdict == GO_ON; shard++) {
        redisReply *reply = NULL;
        int64_t part = 0;
        verdict = begin_retained(store, shard, month, why);
        if (verdict != GO_ON)
            return verdict;
        verdict = store_shard_call(store, shard, &reply, why);
        if (verdict != GO_ON)
            return verdict;
        if (reply->elements != 3 || !read_number(reply->element[1], &part))
            verdict = store_shard_damaged(shard, "a month does not read as we wrote it", "", why);
        else
            verdict = read_counts(reply->element[2], shard, each, context, why);
        *revision += part;
        freeReplyObject(reply);
    }
    return verdict;
}

/* ---- ending ---- */

enum verdict store_retention_seal(struct store *store, uint32_t floor, uint64_t connections, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t shard = 0; shard < RETENTION_SHARDS && verdict == GO_ON; shard++) {
        redisReply *reply = NULL;
        if (store_link_count(store->link) != connections)
            return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0,
                              "connected anew: partitions are sealed once more before retention is");
        verdict = begin(store, "gentally_2_retention_seal", false, shard, 1, why);
        if (verdict != GO_ON)
            return verdict;
        store_put_number(&store->command, floor);
        verdict = store_send(store, why);
        if (verdict == GO_ON)
            verdict = store_shard_receive(store, shard, &reply, why);
        if (verdict == GO_ON)
            verdict = verdict_of(reply, shard, why);
        freeReplyObject(reply);
    }
    return verdict;
}

enum verdict store_retention_collect(struct store *store, const int64_t months[], uint32_t floor, struct reason *why)
{
    uint32_t count = 0;
    enum verdict verdict = GO_ON;

    assert(floor < MONTHS_MAX);
    for (uint32_t month = 0; month < floor; month++)
        count += months[month] > 0 ? 1 : 0;
    for (uint32_t shard = 0; shard < RETENTION_SHARDS && count > 0 && verdict == GO_ON; shard++) {
        redisReply *reply = NULL;
        verdict = store_shard_begin(store, "gentally_2_retention_collect", false, shard, count, count,
                                    24 * (size_t)count, why);
        if (verdict != GO_ON)
            return verdict;
        for (uint32_t month = 0; month < floor && store_link_is_cluster(store->link); month++)
            if (months[month] > 0)
                store_put_counts_key(store, shard, month);
        for (uint32_t month = 0; month < floor; month++)
            if (months[month] > 0)
                store_put_number(&store->command, month);
        verdict = store_shard_call(store, shard, &reply, why);
        freeReplyObject(reply);
    }
    return verdict;
}
