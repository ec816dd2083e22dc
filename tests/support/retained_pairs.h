/*
 * Retention in a real redis-server for tests in C: a store over it, and a naive model, the union of what was noted,
 * which everything that the store keeps is compared with.
 */
#ifndef GENTALLY_TEST_RETAINED_PAIRS_H
#define GENTALLY_TEST_RETAINED_PAIRS_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_defaults.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "redis_server.h"
#include "suite.h"

#define ACCOUNTS 300
#define MODELS 3
#define MONTHS 40 /* from JANUARY_2023 on */
#define JANUARY_2023 636u

static struct test_redis redis;
static struct config config;
static struct logger logger;
static struct store *store;

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

static bool was_active[ACCOUNTS][MODELS][MONTHS];

static inline int64_t accounts_of(unsigned model, unsigned cohort, unsigned month)
{
    int64_t count = 0;

    for (unsigned account = 0; account < ACCOUNTS; account++) {
        unsigned first = 0;
        while (first < MONTHS && !was_active[account][model][first])
            first++;
        count += first == cohort && was_active[account][model][month];
    }
    return count;
}

static inline int64_t revision_of(unsigned month)
{
    int64_t revision = 0;

    for (unsigned model = 0; model < MODELS; model++)
        for (unsigned cohort = 0; cohort <= month; cohort++)
            revision += accounts_of(model, cohort, month) * (month - cohort + 1);
    return revision;
}

/* ---- the store ---- */

static inline struct activity activity_of(unsigned account, unsigned model, unsigned month)
{
    uint64_t number = account * MODELS + model;

    return (struct activity){mixed(2 * number), mixed(2 * number + 1), span_of(models[model]), JANUARY_2023 + month};
}

static inline enum verdict retain(const struct activity activities[], uint32_t count, struct reason *why)
{
    struct activity ordered[RETENTION_CALL_PAIRS];
    uint32_t counts[RETENTION_SHARDS] = {0}, total = 0;

    CU_ASSERT_FATAL(count <= RETENTION_CALL_PAIRS);
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        for (uint32_t i = 0; i < count; i++)
            if (retention_shard(activities[i].low) == shard) {
                ordered[total++] = activities[i];
                counts[shard]++;
            }
    return store_retain(store, ordered, counts, why);
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

/* As test_redis_cli(), of the server of this program. */
#define redis_cli(...) CU_ASSERT_FATAL(test_redis_cli(&redis, __VA_ARGS__))

static inline bool was_ever_active(unsigned account, unsigned model)
{
    for (unsigned month = 0; month < MONTHS; month++)
        if (was_active[account][model][month])
            return true;
    return false;
}

/* How many pairs each shard says it has. */
static inline void compare_pairs(void)
{
    int64_t pairs[RETENTION_SHARDS] = {0}, most = 0;

    for (unsigned account = 0; account < ACCOUNTS; account++)
        for (unsigned model = 0; model < MODELS; model++)
            pairs[retention_shard(activity_of(account, model, 0).low)] += was_ever_active(account, model) ? 1 : 0;
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
        redis_cli("HGET 'check:{events:retention:%" PRIu32 "}:state' pairs | grep -qx %" PRId64, shard, pairs[shard]);
        most = pairs[shard] > most ? pairs[shard] : most;
    }
    CU_ASSERT_EQUAL(store_retention_fill(store).pairs, most);
}

/* Every count and revision of every month. */
static inline void compare(void)
{
    static int64_t months[MONTHS_MAX];
    struct reason why = {0};
    uint32_t floor = 1, differing = 0;

    CU_ASSERT_EQUAL_FATAL(store_retention_revisions(store, months, &floor, &why), GO_ON);
    for (unsigned month = 0; month < MONTHS; month++) {
        int64_t revision = -1;
        memset(&found, 0, sizeof(found));
        CU_ASSERT_EQUAL_FATAL(store_retained(store, JANUARY_2023 + month, take_count, NULL, &revision, &why), GO_ON);
        CU_ASSERT_EQUAL(revision, revision_of(month));
        CU_ASSERT_EQUAL(months[JANUARY_2023 + month], revision);
        CU_ASSERT_EQUAL(found.strange, 0);
        for (unsigned model = 0; model < MODELS; model++)
            for (unsigned cohort = 0; cohort < MONTHS; cohort++)
                differing += found.accounts[model][cohort] != accounts_of(model, cohort, month);
    }
    CU_ASSERT_EQUAL(differing, 0);
    CU_ASSERT_EQUAL(floor, 0);
    compare_pairs();
}

static inline void begin_anew(void)
{
    struct reason why = {0};
    uint32_t created = 0;

    redis_cli("FLUSHALL");
    memset(was_active, 0, sizeof(was_active));
    CU_ASSERT_EQUAL_FATAL(store_retention_open(store, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-RETENTION-MISSING");
    CU_ASSERT_EQUAL_FATAL(store_retention_create(store, 20000, false, &created, &why), GO_ON);
    CU_ASSERT_EQUAL(created, RETENTION_SHARDS);
    CU_ASSERT_EQUAL_FATAL(store_retention_create(store, 99999, false, &created, &why), GO_ON);
    CU_ASSERT_EQUAL(created, 0);
    CU_ASSERT_EQUAL_FATAL(store_retention_open(store, &why), GO_ON);
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
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    snprintf(config.namespace_, sizeof(config.namespace_), "check");
    snprintf(config.topic, sizeof(config.topic), "events");
    if (store_open(&store, &config, &logger, &why) == GO_ON) {
        if (store_install(store, &why) == GO_ON)
            status = suite_run(argc, argv, tests);
        else
            printf("%s: the functions: %s\n", program, why.text);
        store_close(store);
    }
    test_redis_stop(&redis);
    return status;
}

#endif
