/* The assigned partitions against a real redis-server: what they begin with, and when they ask again. */
#include "assignment.h"

#include <inttypes.h>

#include "config_defaults.h"
#include "gentally/redis/store.h"
#include "redis_server.h"
#include "suite.h"

static struct test_redis redis;
static struct config config;
static struct store *store;
static const int64_t no_floors[WINDOW_KINDS] = {NO_TIME, NO_TIME, NO_TIME, NO_TIME};

/* As test_redis_cli(), of the server of this program. */
#define redis_cli(...) CU_ASSERT_FATAL(test_redis_cli(&redis, __VA_ARGS__))

static void a_partition_begins_with_its_floors(void)
{
    const int64_t monday = days_of_date(2025, 10, 6) * DAY_MS;
    const int64_t floors_ms[WINDOW_KINDS] = {monday, NO_TIME, monday - 7 * DAY_MS, NO_TIME};
    const int32_t number = 13;
    struct assignment *assignment = calloc(1, sizeof(*assignment));
    struct tally_pool *pool = NULL;
    struct reason why;
    bool created = false;

    CU_ASSERT_PTR_NOT_NULL_FATAL(assignment);
    CU_ASSERT_EQUAL_FATAL(tally_pool_open(&pool, 10000, &why), GO_ON);
    CU_ASSERT_EQUAL(store_create(store, number, 100, floors_ms, &created, &why), GO_ON);
    CU_ASSERT_TRUE(created);
    CU_ASSERT_EQUAL_FATAL(assignment_claim(assignment, store, &config, pool, &number, 1, 1000, &why), GO_ON);
    const struct partition *partition = assignment_find(assignment, number);
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        CU_ASSERT_EQUAL(partition->state.floor_ms[kind], floors_ms[kind]);
    CU_ASSERT_EQUAL(partition_windows(partition, monday) & 1u << WINDOW_HOUR, 1u << WINDOW_HOUR);
    CU_ASSERT_EQUAL(partition_windows(partition, monday - 1) & 1u << WINDOW_HOUR, 0);
    CU_ASSERT_EQUAL(partition_windows(partition, monday - 1) & 1u << WINDOW_DAY, 1u << WINDOW_DAY);
    assignment_close(assignment);
    tally_pool_close(pool);
    free(assignment);
}

/* Behind a new connection there may be a server that forgot something: partitions are asked about that have nothing to
 * flush and were asked about just now. */
static void a_new_connection_asks_about_every_partition(void)
{
    const int32_t partitions[] = {15, 16};
    struct assignment *assignment = calloc(1, sizeof(*assignment));
    struct checkpoint *checkpoint = NULL;
    struct symbols *symbols = NULL;
    struct tally_pool *pool = NULL;
    struct logger silent;
    struct reason why;
    bool created = false;

    log_open(&silent, LOG_LEVEL_ERROR, "assignment");
    CU_ASSERT_PTR_NOT_NULL_FATAL(assignment);
    assignment->logger = &silent;
    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, 1000, 65536, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(tally_pool_open(&pool, 10000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(checkpoint_open(&checkpoint, &config, store, symbols, NULL, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(partitions); i++)
        CU_ASSERT_EQUAL_FATAL(store_create(store, partitions[i], 100, no_floors, &created, &why), GO_ON);
    CU_ASSERT_EQUAL(assignment_claim(assignment, store, &config, pool, partitions, LENGTH_OF(partitions), 1000, &why),
                    GO_ON);
    redis_cli("HSET 'check:{events:15}:meta' next 90");
    redis_cli("HSET 'check:{events:16}:meta' next 91");
    CU_ASSERT_EQUAL(assignment_flush(assignment, checkpoint, store, false, 1000, &why), GO_ON);
    CU_ASSERT_FALSE(assignment_find(assignment, 15)->must_claim); /* nobody has asked */
    redis_cli("CLIENT KILL TYPE normal");
    CU_ASSERT_EQUAL(store_check(store, &why), GO_ON);
    CU_ASSERT_EQUAL(assignment_flush(assignment, checkpoint, store, false, 1000, &why), GO_ON);
    CU_ASSERT_TRUE(assignment_find(assignment, 15)->must_claim);
    CU_ASSERT_TRUE(assignment_find(assignment, 16)->must_claim);
    assignment_close(assignment);
    checkpoint_close(checkpoint);
    tally_pool_close(pool);
    symbols_close(symbols);
    free(assignment);
}

int main(int argc, char **argv)
{
    struct logger logger;
    struct reason why;
    CU_TestInfo tests[] = {
        {"a_partition_begins_with_its_floors", a_partition_begins_with_its_floors},
        {"a_new_connection_asks_about_every_partition", a_new_connection_asks_about_every_partition},
        CU_TEST_INFO_NULL,
    };

    signal(SIGPIPE, SIG_IGN); /* as the worker does: a connection is killed here */
    config_defaults(&config);
    log_open(&logger, LOG_LEVEL_ERROR, "assignment_check");
    if (!test_redis_start(&redis)) {
        printf("SKIP assignment_check: redis-server\n");
        return 77;
    }
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    snprintf(config.namespace_, sizeof(config.namespace_), "check");
    snprintf(config.topic, sizeof(config.topic), "events");
    int status = EXIT_FAILURE;
    if (store_open(&store, &config, &logger, &why) == GO_ON) {
        if (store_install(store, &why) == GO_ON)
            status = suite_run(argc, argv, tests);
        else
            printf("assignment_check: the functions: %s\n", why.text);
        store_close(store);
    }
    test_redis_stop(&redis);
    return status;
}
