/* Opening a store, and the state of a partition: created, claimed, read. */
#include "gentally/redis/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/bundled.h"
#include "gentally/config/config.h"
#include "gentally/core/event.h"
#include "gentally/core/incarnation.h"
#include "gentally/core/tail.h"
#include "store_call.h"
#include "store_reply.h"

#define PORTIONS 16
#define PROBES_MAX 1000000u /* keys to find one of a primary's: of one with a single slot, 16384 on average */

enum verdict store_open(struct store **store, const struct config *config, struct logger *logger, struct reason *why)
{
    struct store *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for the store");
    opened->namespace_ = config->namespace_;
    opened->topic = config->topic;
    opened->portion = config->flush_rows_max / PORTIONS;
    opened->shard_pairs_max = config->retention_pairs_max / STORE_SHARDS;
    enum verdict verdict = store_link_open(&opened->link, config, logger, why);
    if (verdict == GO_ON)
        verdict = store_link_up(opened->link, why);
    if (verdict != GO_ON) {
        store_close(opened);
        return verdict;
    }
    *store = opened;
    return GO_ON;
}

enum verdict store_check_config(const struct config *config, struct logger *logger, struct reason *why)
{
    struct store_link *link = NULL;
    enum verdict verdict = store_link_open(&link, config, logger, why);

    store_link_close(link);
    return verdict;
}

bool store_is_connected(const struct store *store)
{
    return store_link_is_up(store->link);
}

uint64_t store_connections(const struct store *store)
{
    return store_link_count(store->link);
}

bool store_is_cluster(const struct store *store)
{
    return store_link_is_cluster(store->link);
}

int64_t store_forgotten_ms(void)
{
    return INT64_C(15) * 60 * 1000;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (uint32_t i = 0; i < store->cell_count; i++)
        freeReplyObject(store->cells[i]);
    tail_close(store->tail);
    store_command_free(&store->command);
    store_link_close(store->link);
    free(store);
}

/* Asks for a section of INFO, which the caller frees. */
static enum verdict ask_info(struct store *store, const char *section, redisReply **reply, struct reason *why)
{
    enum verdict verdict = store_command_begin(&store->command, 2, 0, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "INFO");
    store_put_text(&store->command, section);
    return store_call(store, reply, why);
}

/* The number behind `name`, which begins with a newline and ends with a colon; 0 if it is not there. */
static int64_t info_number(const redisReply *info, const char *name)
{
    const char *at = info->type == REDIS_REPLY_STRING ? strstr(info->str, name) : NULL;

    return at == NULL ? 0 : strtoll(at + strlen(name), NULL, 10);
}

/* The text behind `name`, cut to what has room. */
static void info_text(const redisReply *info, const char *name, char *text, size_t size)
{
    const char *at = info->type == REDIS_REPLY_STRING ? strstr(info->str, name) : NULL;
    size_t length = at == NULL ? 0 : strcspn(at + strlen(name), "\r\n");

    snprintf(text, size, "%.*s", (int)length, at == NULL ? "" : at + strlen(name));
}

/* INFO, by which every connection is looked at, tells the time too. */
enum verdict store_clock(struct store *store, int64_t *ms, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = ask_info(store, "server", &reply, why);

    if (verdict != GO_ON)
        return verdict;
    *ms = info_number(reply, "\nserver_time_usec:") / 1000;
    freeReplyObject(reply);
    if (*ms > 0 && *ms <= EVENT_MS_MAX)
        return GO_ON;
    return reason_set(why, HALT, STORE_ERROR, 0, "INFO server tells no server_time_usec of before the year 10000");
}

static bool is_fuller(const struct store_memory *left, const struct store_memory *right)
{
    double of_left = left->limit > 0 ? (double)left->used / (double)left->limit : 0;
    double of_right = right->limit > 0 ? (double)right->used / (double)right->limit : 0;

    return of_left > of_right || (of_left >= of_right && left->used > right->used);
}

/* Looks at one server, and keeps what it says if it is the fullest of them. */
static enum verdict look_at_memory(struct store *store, uint32_t primary, void *context, struct reason *why)
{
    struct store_memory *memory = context, other;
    redisReply *reply = NULL;
    enum verdict verdict = ask_info(store, "memory", &reply, why);

    if (verdict != GO_ON)
        return verdict;
    other.used = info_number(reply, "\nused_memory:");
    other.limit = info_number(reply, "\nmaxmemory:");
    info_text(reply, "\nmaxmemory_policy:", other.policy, sizeof(other.policy));
    freeReplyObject(reply);
    if (primary == 0 || is_fuller(&other, memory))
        *memory = other;
    return GO_ON;
}

enum verdict store_memory(struct store *store, struct store_memory *memory, struct reason *why)
{
    return store_at_each_primary(store, look_at_memory, memory, why);
}

static enum verdict install(struct store *store, uint32_t primary, void *context, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 4, 0, why);

    (void)primary;
    (void)context;
    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "FUNCTION");
    store_put_text(&store->command, "LOAD");
    store_put_text(&store->command, "REPLACE");
    store_put(&store->command, bundled_store_lua);
    verdict = store_call(store, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_install(struct store *store, struct reason *why)
{
    return store_at_each_primary(store, install, NULL, why);
}

/* Prints a key of ours that this primary has, which it need not hold: what it may do is asked about. */
static void find_key(const struct store *store, uint32_t primary, char key[KEY_MAX])
{
    uint32_t number = 0;

    snprintf(key, KEY_MAX, "%s:{%s:0}:meta", store->namespace_, store->topic);
    while (store_link_primary_of(store->link, span_of(key)) != primary && number < PROBES_MAX)
        snprintf(key, KEY_MAX, "%s:{probe:%" PRIu32 "}:meta", store->namespace_, number++);
}

static enum verdict check(struct store *store, uint32_t primary, void *context, struct reason *why)
{
    redisReply *reply = NULL;
    char key[KEY_MAX];
    enum verdict verdict = store_function_begin(store, "gentally_2_probe", true, 1, 0, 0, why);

    (void)context;
    if (verdict != GO_ON)
        return verdict;
    find_key(store, primary, key);
    store_put_text(&store->command, key);
    verdict = store_function_call(store, 0, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_check(struct store *store, struct reason *why)
{
    return store_at_each_primary(store, check, NULL, why);
}

enum verdict store_create(struct store *store, int32_t partition, int64_t first, const int64_t floors_ms[WINDOW_KINDS],
                          bool *created, struct reason *why)
{
    redisReply *reply = NULL;
    char incarnation[INCARNATION_SIZE];
    uint8_t random[16];
    int64_t now_ms = 0;
    enum verdict verdict = store_clock(store, &now_ms, why);

    if (verdict == GO_ON)
        verdict = store_partition_begin(store, partition, "gentally_2_create", false, 2, 2 + WINDOW_KINDS, 160, why);
    if (verdict != GO_ON)
        return verdict;
    store_draw(random);
    incarnation_write(now_ms, random, incarnation);
    store_put_key(store, partition, "windows");
    store_put_text(&store->command, incarnation);
    store_put_number(&store->command, first);
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        store_put_time(&store->command, floors_ms[kind]);
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    *created = store_reply_is(reply, "OK");
    if (store_reply_is(reply, "TORN"))
        verdict = reason_set(why, HALT, STORE_TORN, 0,
                             "partition %" PRId32
                             " lost its state, and not its windows: counted again, its records "
                             "would be added to them; delete what is left first, the keys %s:{%s:%" PRId32 "}:*",
                             partition, store->namespace_, store->topic, partition);
    else if (!*created && !store_reply_is(reply, "EXISTS"))
        verdict = store_reply_verdict(reply, partition, 0, why);
    freeReplyObject(reply);
    return verdict;
}

enum verdict store_state_take(int32_t partition, redisReply *reply, struct partition_state *state, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (reply->elements != 2 || !store_reply_state(reply->element[1], partition, state))
        verdict = store_reply_damaged(partition, "the state", why);
    freeReplyObject(reply);
    return verdict;
}

static enum verdict receive_state(struct store *store, int32_t partition, struct partition_state *state,
                                  struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_function_call(store, partition, &reply, why);

    return verdict == GO_ON ? store_state_take(partition, reply, state, why) : verdict;
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

static bool has_field(const redisReply *hash, const char *name, const char *value)
{
    for (size_t i = 0; i + 1 < hash->elements; i += 2) {
        const redisReply *field = hash->element[i], *found = hash->element[i + 1];
        if (field->type == REDIS_REPLY_STRING && strcmp(field->str, name) == 0)
            return found->type == REDIS_REPLY_STRING && strcmp(found->str, value) == 0;
    }
    return false;
}

enum verdict store_read_id_buckets(struct store *store, struct partition_state *state, struct reason *why)
{
    redisReply *reply = NULL;
    enum verdict verdict = store_command_begin(&store->command, 2, KEY_MAX, why);

    if (verdict != GO_ON)
        return verdict;
    store_put_text(&store->command, "HGETALL"); /* a right the worker has anyway */
    store_put_key(store, state->partition, "meta");
    verdict = store_call(store, &reply, why);
    if (verdict != GO_ON)
        return verdict;
    bool is_the_same = state->token[0] == '\0' || has_field(reply, "tok", state->token);
    state->id_bucket_count = 0;
    for (size_t i = 0; i < reply->elements && state->id_bucket_count < ID_BUCKETS_MAX; i += 2)
        if (read_bucket(reply->element[i], &state->id_buckets[state->id_bucket_count]))
            state->id_bucket_count++;
    freeReplyObject(reply);
    if (!is_the_same)
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                          "partition %" PRId32
                          ": Redis lost the claim, or another owner came, before the ids' buckets "
                          "were read; it is claimed again",
                          state->partition);
    return GO_ON;
}

enum verdict store_claim(struct store *store, int32_t partition, struct partition_state *state, struct reason *why)
{
    char token[33];
    enum verdict verdict = store_function_begin(store, "gentally_2_claim", false, 1, 1, 0, why);

    if (verdict != GO_ON)
        return verdict;
    store_random_token(token);
    store_put_key(store, partition, "meta");
    store_put_text(&store->command, token);
    verdict = receive_state(store, partition, state, why);
    return verdict == GO_ON ? store_read_id_buckets(store, state, why) : verdict;
}

enum verdict store_state_begin(struct store *store, int32_t partition, struct reason *why)
{
    enum verdict verdict = store_function_begin(store, "gentally_2_look", true, 1, 0, 0, why);

    if (verdict == GO_ON)
        store_put_key(store, partition, "meta");
    return verdict;
}

enum verdict store_state(struct store *store, int32_t partition, struct partition_state *state, struct reason *why)
{
    enum verdict verdict = store_state_begin(store, partition, why);

    return verdict == GO_ON ? receive_state(store, partition, state, why) : verdict;
}
