/*
 * Retention in a real redis-server for tests in C: a store over it, and a naive model, the union of what was merged,
 * which everything that the store keeps is compared with: counts, revisions, and every bucket, read by a decoder of its
 * own.
 */
#ifndef GENTALLY_TEST_RETAINED_PAIRS_H
#define GENTALLY_TEST_RETAINED_PAIRS_H

#include <assert.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_defaults.h"
#include "gentally/base/hash.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "redis_server.h"
#include "suite.h"

#define ACCOUNTS 300 /* of most cases */
#define ACCOUNTS_MAX 40000
#define ACCOUNTS_EVEN 20000 /* those beyond are of one shard, which so has many buckets */
#define FULLEST 6u
#define MODELS 3
#define MONTHS 40 /* from JANUARY_2023 on */
#define JANUARY_2023 636u

static struct test_redis redis;
static struct config config;
static struct logger logger;
static struct store *store;
static redisContext *eyes; /* a connection beside the store's */

static const char *const models[MODELS] = {"openai/gpt-4o", "a|b/c%d", "x"};

/* Well mixed, as a pseudonym is (SplitMix64). */
static inline uint64_t mixed(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* ---- the naive model ---- */

static bool was_active[ACCOUNTS_MAX][MODELS][MONTHS];

/* What follows from it. */
static struct {
    int64_t accounts[MODELS][MONTHS][MONTHS]; /* by model, cohort, month */
    int64_t revisions[MONTHS];
    int64_t pairs[RETENTION_SHARDS];
} expected;

static inline struct activity activity_of(unsigned account, unsigned model, unsigned month)
{
    struct activity activity = {.month = (uint16_t)(JANUARY_2023 + month), .model = model};

    for (unsigned i = 0; i < ACCOUNT_SIZE; i++)
        activity.account[i] = (uint8_t)(mixed(2 * (uint64_t)account + i / 8) >> (56 - i % 8 * 8));
    if (account >= ACCOUNTS_EVEN)
        activity.account[0] = (uint8_t)((activity.account[0] & 0x1f) | FULLEST << 5);
    return activity;
}

static inline uint32_t shard_of(unsigned account)
{
    return retention_shard(activity_of(account, 0, 0).account);
}

/* The next account of a shard, from `account` on. */
static inline unsigned next_of(uint32_t shard, unsigned account)
{
    while (shard_of(account) != shard)
        account++;
    return account;
}

static inline void expect_pair(unsigned account, unsigned model)
{
    unsigned first = 0;

    while (first < MONTHS && !was_active[account][model][first])
        first++;
    if (first == MONTHS)
        return;
    expected.pairs[shard_of(account)]++;
    for (unsigned month = first; month < MONTHS; month++)
        if (was_active[account][model][month]) {
            expected.accounts[model][first][month]++;
            expected.revisions[month] += month - first + 1;
        }
}

static inline void expect_all(void)
{
    memset(&expected, 0, sizeof(expected));
    for (unsigned account = 0; account < ACCOUNTS_MAX; account++)
        for (unsigned model = 0; model < MODELS; model++)
            expect_pair(account, model);
}

/* ---- the store ---- */

/* As test_redis_cli(), of the server of this program. */
#define redis_cli(...) CU_ASSERT_FATAL(test_redis_cli(&redis, __VA_ARGS__))

static inline enum verdict add_entry(struct activities *set, const struct span names[], uint32_t name_count,
                                     const struct activity activities[], uint32_t count, struct reason *why)
{
    size_t room = ACTIVITIES_HEAD_MAX + (size_t)count * ACTIVITY_MAX;

    for (uint32_t i = 0; i < name_count; i++)
        room += names[i].size + 5;
    uint8_t *bytes = malloc(room);
    assert(bytes != NULL);
    size_t size = activities_write(bytes, names, name_count, activities, count);
    assert(size <= room);
    enum verdict verdict = activities_add(set, (struct span){(const char *)bytes, size}, why);
    free(bytes);
    return verdict;
}

/* The models of an entry begin with number `turn`: in each of them they have other indexes. */
static inline enum verdict add_turned(struct activities *set, unsigned turn, const struct activity activities[],
                                      uint32_t count, struct reason *why)
{
    struct span names[MODELS];
    struct activity *turned = calloc((size_t)count + 1, sizeof(*turned));

    assert(turned != NULL);
    for (unsigned i = 0; i < MODELS; i++)
        names[i] = span_of(models[(i + turn) % MODELS]);
    for (uint32_t i = 0; i < count; i++) {
        turned[i] = activities[i];
        turned[i].model = (activities[i].model + MODELS - turn) % MODELS;
    }
    enum verdict verdict = add_entry(set, names, MODELS, turned, count, why);
    free(turned);
    return verdict;
}

/* Merges activities, as the entries of two flushes. */
static inline enum verdict retain_into(struct store *into, const struct activity activities[], uint32_t count,
                                       struct reason *why)
{
    struct activities *set = NULL;
    enum verdict verdict = activities_open(&set, why);

    if (verdict == GO_ON)
        verdict = add_turned(set, 0, activities, count / 2, why);
    if (verdict == GO_ON)
        verdict = add_turned(set, 1, activities + count / 2, count - count / 2, why);
    if (verdict == GO_ON)
        verdict = store_retention_merge(into, set, why);
    activities_close(set);
    return verdict;
}

static inline enum verdict retain(const struct activity activities[], uint32_t count, struct reason *why)
{
    return retain_into(store, activities, count, why);
}

static struct {
    int64_t accounts[MODELS][MONTHS];
    uint32_t strange;
} found;

static inline enum verdict take_count(void *context, uint32_t cohort, struct span model, int64_t accounts,
                                      struct reason *why)
{
    (void)context;
    (void)why;
    for (unsigned m = 0; m < MODELS; m++)
        if (span_equal(model, span_of(models[m])) && cohort >= JANUARY_2023 && cohort < JANUARY_2023 + MONTHS) {
            found.accounts[m][cohort - JANUARY_2023] += accounts;
            return GO_ON;
        }
    found.strange++;
    return GO_ON;
}

/* ---- beside the store ---- */

/* Asks Redis by itself. The caller frees the reply, which is no error. */
static inline redisReply *ask(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    redisReply *reply = redisvCommand(eyes, format, values);
    va_end(values);
    CU_ASSERT_FATAL(reply != NULL && reply->type != REDIS_REPLY_ERROR);
    return reply;
}

static inline void tell(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    redisReply *reply = redisvCommand(eyes, format, values);
    va_end(values);
    CU_ASSERT_FATAL(reply != NULL && reply->type != REDIS_REPLY_ERROR);
    freeReplyObject(reply);
}

/* The key of a part of a shard; good until the next one. */
static inline const char *key_of(uint32_t shard, const char *part)
{
    static char key[600];

    snprintf(key, sizeof(key), "%s:{%s:retention:%" PRIu32 "}:%s", config.namespace_, config.topic, shard, part);
    return key;
}

static inline int64_t state_number(uint32_t shard, const char *field)
{
    redisReply *reply = ask("HGET %s %s", key_of(shard, "state"), field);

    CU_ASSERT_EQUAL_FATAL(reply->type, REDIS_REPLY_STRING);
    int64_t number = strtoll(reply->str, NULL, 10);
    freeReplyObject(reply);
    return number;
}

static inline uint64_t hash_of(const redisReply *reply)
{
    return hash_text((struct span){reply->str, reply->len});
}

/* Of all fields of all hashes, in whatever order Redis has them: stays the same where nothing was written. */
static inline uint64_t fingerprint(void)
{
    redisReply *keys = ask("KEYS *");
    uint64_t sum = keys->elements;

    for (size_t i = 0; i < keys->elements; i++) {
        uint64_t key = hash_of(keys->element[i]);
        redisReply *type = ask("TYPE %s", keys->element[i]->str);
        if (strcmp(type->str, "hash") == 0) {
            redisReply *all = ask("HGETALL %s", keys->element[i]->str);
            for (size_t j = 0; j + 1 < all->elements; j += 2)
                sum += mixed(key ^ mixed(hash_of(all->element[j]) ^ mixed(hash_of(all->element[j + 1]))));
            freeReplyObject(all);
        }
        freeReplyObject(type);
    }
    freeReplyObject(keys);
    return sum;
}

/* ---- the buckets ---- */

/* What the shards hold, read as bucket.h tells it: plainly, with nothing of the product's but its constants. */
static bool is_stored[ACCOUNTS_MAX][MODELS][MONTHS];
static uint32_t complaints;

/* All accounts there may be, in the order of their bytes. */
static struct account_index {
    uint8_t account[ACCOUNT_SIZE];
    unsigned index;
} in_order[ACCOUNTS_MAX];

static inline int compare_accounts(const void *left, const void *right)
{
    return memcmp(left, right, ACCOUNT_SIZE);
}

static inline void order_accounts(void)
{
    for (unsigned i = 0; i < ACCOUNTS_MAX; i++) {
        struct activity activity = activity_of(i, 0, 0);
        memcpy(in_order[i].account, activity.account, ACCOUNT_SIZE);
        in_order[i].index = i;
    }
    qsort(in_order, ACCOUNTS_MAX, sizeof(*in_order), compare_accounts);
}

/* A bucket that is read. */
struct scan {
    uint32_t shard;
    uint64_t buckets, name;
    const redisReply *models; /* of the shard: model, number, ... */
    const uint8_t *at, *end;
};

static inline void complain(const struct scan *scan, const char *what)
{
    if (complaints++ < 5)
        printf("shard %" PRIu32 " of %" PRIu64 " buckets, bucket %" PRIu64 ": %s\n", scan->shard, scan->buckets,
               scan->name, what);
}

static inline uint8_t scan_byte(struct scan *scan)
{
    if (scan->at < scan->end)
        return *scan->at++;
    complain(scan, "it is cut short");
    return 0;
}

static inline uint64_t scan_varint(struct scan *scan)
{
    uint64_t value = 0, weight = 1;

    for (int i = 0; i < 5; i++, weight *= 128) {
        uint8_t byte = scan_byte(scan);
        value += byte % 128 * weight;
        if (byte < 128)
            return value;
    }
    complain(scan, "a number does not end");
    return value;
}

/* The model that has a number in the shard; MODELS if there is none of ours. */
static inline unsigned model_numbered(const struct scan *scan, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    for (size_t i = 0; i + 1 < scan->models->elements; i += 2)
        for (unsigned model = 0; model < MODELS; model++)
            if (strcmp(scan->models->element[i + 1]->str, text) == 0 &&
                strcmp(scan->models->element[i]->str, models[model]) == 0)
                return model;
    return MODELS;
}

/* Begins with the shard's bits; then the bucket of `buckets` is named by the shortest one-and-bits that is not below
 * that number: of those that are shorter each was split. */
static inline bool belongs(const struct scan *scan, const uint8_t account[ACCOUNT_SIZE])
{
    uint64_t shard = 0, name = 1;
    unsigned bit = 0;

    for (; bit < 3; bit++)
        shard = 2 * shard + (account[0] >> (7 - bit) & 1);
    for (; name < scan->buckets; bit++)
        name = 2 * name + (account[bit / 8] >> (7 - bit % 8) & 1);
    return shard == scan->shard && name == scan->name;
}

static inline void scan_month(const struct scan *scan, const struct account_index *account, unsigned model,
                              uint64_t month)
{
    if (account == NULL || model == MODELS || month < JANUARY_2023 || month >= JANUARY_2023 + MONTHS)
        complain(scan, "an account, model or month that nobody merged");
    else if (is_stored[account->index][model][month - JANUARY_2023])
        complain(scan, "a month is there twice");
    else
        is_stored[account->index][model][month - JANUARY_2023] = true;
}

/* One model of an account; returns its number. */
static inline uint64_t scan_pair(struct scan *scan, const struct account_index *account)
{
    uint64_t number = scan_varint(scan), month = scan_varint(scan);
    unsigned model = model_numbered(scan, number);
    uint8_t byte = 128;

    if (scan->at < scan->end && *scan->at % 2 == 0)
        complain(scan, "the first month has no bit");
    for (; byte >= 128; month += 7) {
        byte = scan_byte(scan);
        for (unsigned bit = 0; bit < 7; bit++)
            if (byte >> bit & 1)
                scan_month(scan, account, model, month + bit);
    }
    if (byte == 0)
        complain(scan, "months end with a byte of none");
    return number;
}

static inline void scan_bucket(struct scan *scan)
{
    const uint8_t *last = NULL;

    if (scan->at == scan->end)
        complain(scan, "it is empty, and there");
    while (scan->at < scan->end) {
        const uint8_t *account = scan->at;
        if (scan->end - scan->at < (int)ACCOUNT_SIZE) {
            complain(scan, "an account is cut short");
            return;
        }
        if (!belongs(scan, account))
            complain(scan, "an account belongs elsewhere");
        if (last != NULL && memcmp(last, account, ACCOUNT_SIZE) >= 0)
            complain(scan, "accounts are not in their order");
        last = account;
        scan->at += ACCOUNT_SIZE;
        const struct account_index *known =
            bsearch(account, in_order, ACCOUNTS_MAX, sizeof(*in_order), compare_accounts);
        uint64_t pairs = scan_varint(scan), least = 0;
        if (pairs == 0)
            complain(scan, "an account without a model");
        for (; pairs > 0 && scan->at < scan->end; pairs--) {
            uint64_t number = scan_pair(scan, known);
            if (number < least)
                complain(scan, "models are not in their order");
            least = number + 1;
        }
        if (pairs > 0)
            complain(scan, "models are missing");
    }
}

/* Models have the numbers from 0 on, each once. */
static inline void scan_models(const struct scan *scan)
{
    uint64_t numbers = 0;

    for (size_t i = 0; i + 1 < scan->models->elements; i += 2)
        numbers |= UINT64_C(1) << (strtoull(scan->models->element[i + 1]->str, NULL, 10) & 63);
    if (numbers != (UINT64_C(1) << scan->models->elements / 2) - 1)
        complain(scan, "models do not have the first numbers");
    CU_ASSERT_EQUAL(state_number(scan->shard, "models"), scan->models->elements / 2);
}

static inline void scan_shard(uint32_t shard)
{
    redisReply *names = ask("HGETALL %s", key_of(shard, "models"));
    redisReply *all = ask("HGETALL %s", key_of(shard, "pairs"));
    redisReply *version = ask("HGET %s ver", key_of(shard, "state"));
    struct scan scan = {.shard = shard, .models = names, .buckets = (uint64_t)state_number(shard, "buckets")};
    const char *found_version = "";

    scan_models(&scan);
    for (size_t i = 0; i + 1 < all->elements; i += 2) {
        const redisReply *value = all->element[i + 1];
        if (strcmp(all->element[i]->str, "__v") == 0) {
            found_version = value->str;
            continue;
        }
        scan.name = strtoull(all->element[i]->str, NULL, 10);
        scan.at = (const uint8_t *)value->str;
        scan.end = scan.at + value->len;
        scan_bucket(&scan);
    }
    CU_ASSERT_STRING_EQUAL(found_version, version->str);
    freeReplyObject(names);
    freeReplyObject(all);
    freeReplyObject(version);
}

/* ---- comparing ---- */

/* How many pairs each shard says it has, and all that its buckets hold. */
static inline void compare_pairs(void)
{
    int64_t most = 0;

    expect_all();
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        CU_ASSERT_EQUAL(state_number(shard, "pairs"), expected.pairs[shard]);
        most = expected.pairs[shard] > most ? expected.pairs[shard] : most;
    }
    CU_ASSERT_EQUAL(store_retention_fill(store).pairs, most);
    memset(is_stored, 0, sizeof(is_stored));
    complaints = 0;
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        scan_shard(shard);
    CU_ASSERT_EQUAL(complaints, 0);
    CU_ASSERT_EQUAL(memcmp(is_stored, was_active, sizeof(is_stored)), 0);
}

/* Every count and revision of every month, and the floor below which they are sealed. */
static inline void compare_sealed(uint32_t sealed)
{
    static int64_t months[MONTHS_MAX];
    struct reason why = {0};
    uint32_t floor = 1, differing = 0;

    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    CU_ASSERT_EQUAL(floor, sealed);
    compare_pairs();
    for (unsigned month = 0; month < MONTHS; month++) {
        int64_t revision = -1;
        memset(&found, 0, sizeof(found));
        CU_ASSERT_EQUAL_FATAL(store_retained(store, JANUARY_2023 + month, take_count, NULL, &revision, &why), GO_ON);
        CU_ASSERT_EQUAL(revision, expected.revisions[month]);
        CU_ASSERT_EQUAL(months[JANUARY_2023 + month], revision);
        CU_ASSERT_EQUAL(found.strange, 0);
        for (unsigned model = 0; model < MODELS; model++)
            for (unsigned cohort = 0; cohort < MONTHS; cohort++)
                differing += found.accounts[model][cohort] != expected.accounts[model][cohort][month];
    }
    CU_ASSERT_EQUAL(differing, 0);
}

static inline void compare(void)
{
    compare_sealed(0);
}

/* ---- the frame ---- */

static inline void begin_anew(void)
{
    struct reason why = {0};
    uint32_t created = 0;

    redis_cli("FLUSHALL");
    memset(was_active, 0, sizeof(was_active));
    CU_ASSERT_EQUAL_FATAL(store_retention_open(store, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_RETENTION_MISSING);
    CU_ASSERT_EQUAL_FATAL(store_retention_create(store, false, &created, &why), GO_ON);
    CU_ASSERT_EQUAL(created, RETENTION_SHARDS);
    CU_ASSERT_EQUAL_FATAL(store_retention_create(store, true, &created, &why), GO_ON);
    CU_ASSERT_EQUAL(created, 0);
    CU_ASSERT_EQUAL_FATAL(store_retention_open(store, &why), GO_ON);
    CU_ASSERT_FALSE(store_retention_is_late(store)); /* The first one made it. */
}

/* Runs the tests of a program with its own redis-server; returns its exit status. */
static inline int retained_run(const char *program, int argc, char **argv, CU_TestInfo tests[])
{
    struct reason why;
    int status = EXIT_FAILURE;

    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, program);
    if (!test_redis_start(&redis)) {
        printf("SKIP %s: redis-server\n", program);
        return 77;
    }
    order_accounts();
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    snprintf(config.namespace_, sizeof(config.namespace_), "check");
    snprintf(config.topic, sizeof(config.topic), "events");
    eyes = redisConnectUnix(redis.socket);
    if (eyes != NULL && eyes->err == 0 && store_open(&store, &config, &logger, &why) == GO_ON) {
        if (store_install(store, &why) == GO_ON)
            status = suite_run(argc, argv, tests);
        else
            printf("%s: the functions: %s\n", program, why.text);
        store_close(store);
    }
    redisFree(eyes);
    test_redis_stop(&redis);
    return status;
}

#endif
