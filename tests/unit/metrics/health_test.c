/* Whether a worker lives and is ready, by time and snapshot: what ends a life, what does not, and what is said. */
#include "health.h"

#include "suite.h"

static char said[4096];

/* What is written is in `said` then. */
static bool ready(const struct metrics *metrics, int64_t turned_ms, int64_t now_ms)
{
    FILE *file = fmemopen(said, sizeof(said), "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    bool is_ready = health_is_ready(file, metrics, turned_ms, now_ms);
    fclose(file);
    return is_ready;
}

static bool live(int64_t turned_ms, int64_t now_ms)
{
    FILE *file = fmemopen(said, sizeof(said), "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    bool is_live = health_is_live(file, turned_ms, now_ms);
    fclose(file);
    return is_live;
}

static struct metrics *well(void)
{
    struct metrics *metrics = malloc(sizeof(*metrics));

    CU_ASSERT_PTR_NOT_NULL_FATAL(metrics);
    metrics_clear(metrics);
    metrics->has_joined = metrics->is_store_up = metrics->is_broker_up = true;
    return metrics;
}

static void a_loop_that_turns_lives(void)
{
    CU_ASSERT_TRUE(live(1000, 1000));
    CU_ASSERT_TRUE(live(1000, 999)); /* The turn began after the clock was read. */
    CU_ASSERT_STRING_EQUAL(said, "live: the loop turned 0 ms ago\n");
    CU_ASSERT_TRUE(live(1000, 1000 + LIVE_MS - 1));
    CU_ASSERT_FALSE(live(1000, 1000 + LIVE_MS));
    CU_ASSERT_STRING_EQUAL(said, "not live: the loop turned 300000 ms ago\n");
}

static void who_has_all_is_ready(void)
{
    struct metrics *metrics = well();

    CU_ASSERT_TRUE(ready(metrics, 0, READY_MS - 1));
    CU_ASSERT_STRING_EQUAL(said, "ready\n");
    metrics->store_evicts = 1; /* It may; so far nothing is lost. */
    CU_ASSERT_TRUE(ready(metrics, 0, 0));
    CU_ASSERT_STRING_EQUAL(
        said, "ready\nRedis may drop counters: its maxmemory-policy is neither noeviction nor a volatile one\n");
    metrics->store_evicts = 0;
    CU_ASSERT_FALSE(ready(metrics, 0, READY_MS));
    CU_ASSERT_STRING_EQUAL(said, "not ready\nthe loop has not turned for 60 s\n");
    free(metrics);
}

static void each_lack_is_said(void)
{
    struct metrics *metrics = well();

    metrics->has_joined = false;
    CU_ASSERT_FALSE(ready(metrics, 0, 0));
    CU_ASSERT_STRING_EQUAL(said, "not ready\nno assignment of the consumer group is in force\n");
    metrics->has_joined = true;
    metrics->is_store_up = false;
    CU_ASSERT_FALSE(ready(metrics, 0, 0));
    CU_ASSERT_STRING_EQUAL(said, "not ready\nRedis: not connected\n");
    metrics->is_store_up = true;
    metrics->is_broker_up = false;
    CU_ASSERT_FALSE(ready(metrics, 0, 0));
    CU_ASSERT_STRING_EQUAL(said, "not ready\nKafka: no broker is connected\n");
    metrics->is_broker_up = true;
    metrics->trouble = STORE_BUSY;
    CU_ASSERT_FALSE(ready(metrics, 0, 0));
    CU_ASSERT_STRING_EQUAL(said, "not ready\ntrouble: STORE-BUSY\n");
    free(metrics);
}

static void what_stopped_is_named_and_ends_no_readiness(void)
{
    struct metrics *metrics = well();

    metrics->partition_count = 3;
    metrics->partitions[0] = (struct partition_metrics){.number = 4, .stopped = SOURCE_GAP};
    metrics->partitions[1] = (struct partition_metrics){.number = 5};
    metrics->partitions[2] = (struct partition_metrics){.number = 6, .stopped = STORE_TORN};
    metrics->retention_stopped = RETENTION_FULL;
    metrics->closer.stuck = SINK_DENIED;
    CU_ASSERT_TRUE(ready(metrics, 0, 0));
    CU_ASSERT_STRING_EQUAL(said,
                           "ready\npartition 4 stopped: SOURCE-GAP\npartition 6 stopped: STORE-TORN\n"
                           "retention stopped: RETENTION-FULL\ncloser stuck: SINK-DENIED\n");
    free(metrics);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_loop_that_turns_lives", a_loop_that_turns_lives},
        {"who_has_all_is_ready", who_has_all_is_ready},
        {"each_lack_is_said", each_lack_is_said},
        {"what_stopped_is_named_and_ends_no_readiness", what_stopped_is_named_and_ends_no_readiness},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
