/*
 * A store on a redis-server of its own, for the length of one test program; and the smallest change there is, of one
 * row in one window, to flush into it.
 */
#ifndef GENTALLY_STORE_SCENE_H
#define GENTALLY_STORE_SCENE_H

#include <inttypes.h>
#include <stdlib.h>

#include "apply.h"
#include "cells.h"
#include "config_defaults.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_flush.h"
#include "gentally/redis/store_windows.h"
#include "redis_server.h"
#include "suite.h"

static struct test_redis redis;
static struct config config;
static struct logger logger;
static struct store *store;
static int64_t monday;
static const int64_t no_floors[WINDOW_KINDS] = {NO_TIME, NO_TIME, NO_TIME, NO_TIME};
static struct cell scratch;
static uint8_t bytes[2][CELL_PACKED_MAX];

static inline struct span packed(int index, int64_t requests)
{
    cell_clear(&scratch);
    scratch.sums[M_REQUESTS] = requests;
    return (struct span){(const char *)bytes[index], cell_pack(&scratch, bytes[index])};
}

/* A change of one window with one row, `records` more than before. */
struct small_change {
    struct change change;
    struct entry_window window;
    struct span entry;
    uint8_t bytes[256];
};

static inline void prepare(struct small_change *small, const struct partition_state *state, int64_t next,
                           int64_t records)
{
    *small = (struct small_change){
        .change = {.state = state, .next = next, .watermark_ms = monday, .window_count = 1, .entry_count = 1},
        .window = {{WINDOW_DAY, monday}, records},
    };
    small->change.windows = &small->window;
    small->change.entries = &small->entry;
    small->change.outcomes[OUTCOME_COUNTED] = next;
}

/* Makes a row of `requests` the change's entry. */
static inline void fill(struct small_change *small, int64_t requests)
{
    const struct entry_row row = {
        .base_ms = monday, .kinds = 1u << WINDOW_DAY, .key = span_of("total"), .packed = packed(0, requests)};
    struct entry_writer writer;

    entry_begin(&writer, small->bytes, 1000, &small->window, 1, 1);
    entry_put_row(&writer, &row);
    small->entry = (struct span){(const char *)small->bytes, (size_t)(writer.at - small->bytes)};
}

/* Flushes `requests` more. */
static inline enum verdict flush(struct small_change *small, int64_t requests)
{
    struct change *changes[] = {&small->change};
    struct reason why;

    fill(small, requests);
    CU_ASSERT_EQUAL_FATAL(store_flush(store, changes, 1, &why), GO_ON);
    return small->change.verdict;
}

/* Applies what was flushed. */
static inline enum verdict apply(const struct partition_state *state, struct reason *why)
{
    struct applier *applier = NULL;
    bool is_done = false;
    enum verdict verdict = applier_open(&applier, &config, store, &logger, why);

    while (verdict == GO_ON && !is_done)
        verdict = applier_run(applier, state, APPLY_RUN_US, &is_done, why);
    applier_close(applier);
    return verdict;
}

/* A new partition for each test, claimed. */
static inline struct partition_state claimed(int32_t partition)
{
    struct partition_state state = {0};
    struct reason why;
    bool created = false;

    CU_ASSERT_EQUAL_FATAL(store_create(store, partition, 100, no_floors, &created, &why), GO_ON);
    CU_ASSERT_TRUE(created);
    CU_ASSERT_EQUAL_FATAL(store_claim(store, partition, &state, &why), GO_ON);
    return state;
}

static int64_t found_requests;
static inline enum verdict find_requests(void *context, struct span key, struct span value, struct reason *why)
{
    (void)context;
    (void)why;
    CU_ASSERT_TRUE(span_equal(key, span_of("total")));
    CU_ASSERT_TRUE(cell_unpack(value, &scratch));
    found_requests = scratch.sums[M_REQUESTS];
    return GO_ON;
}

/* What the store holds: records and requests of the one window, and its next offset. */
static inline void expect(int32_t partition, int64_t next, int64_t records, int64_t requests)
{
    struct partition_state state;
    struct reason why;
    int64_t found_records = -1;

    found_requests = 0;
    CU_ASSERT_EQUAL(store_snapshot(store, partition, (struct window){WINDOW_DAY, monday}, find_requests, NULL,
                                   &found_records, &state, &why),
                    GO_ON);
    CU_ASSERT_EQUAL(state.next, next);
    CU_ASSERT_EQUAL(found_records, records);
    CU_ASSERT_EQUAL(found_requests, requests);
}

/* Runs a program's tests with the store open and its functions loaded. The exit status; 77 without redis-server. */
static inline int store_scene_run(int argc, char **argv, CU_TestInfo tests[])
{
    const char *name = suite_name(argv);
    struct reason why;

    config_defaults(&config);
    monday = days_of_date(2025, 10, 6) * DAY_MS;
    log_open(&logger, LOG_LEVEL_ERROR, name);
    if (!test_redis_start(&redis)) {
        printf("SKIP %s: redis-server\n", name);
        return 77;
    }
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    snprintf(config.namespace_, sizeof(config.namespace_), "check");
    snprintf(config.topic, sizeof(config.topic), "events");
    int status = EXIT_FAILURE;
    if (store_open(&store, &config, &logger, &why) == GO_ON) {
        if (store_check(store, &why) == HALT && strcmp(reason_name(why.id), "STORE-FUNCTIONS-MISSING") == 0 &&
            store_install(store, &why) == GO_ON && store_check(store, &why) == GO_ON)
            status = suite_run(argc, argv, tests);
        else
            printf("%s: the functions: %s\n", name, why.text);
        store_close(store);
    }
    test_redis_stop(&redis);
    return status;
}

#endif
