/* When partitions become idle, seen over the turns of the loop. */
#include "assignment.h"

#include "config_defaults.h"
#include "suite.h"

#define IDLE_MS 30000

static struct config config;
static struct tally_pool *pool;
static struct assignment assignment;
static struct batch batch;

/* One partition, number 3, that stands at 100. */
static struct partition *begin(int64_t now_ms)
{
    struct partition_state state = {.partition = 3, .next = 100, .watermark_ms = NO_TIME};
    struct reason why;

    assignment = (struct assignment){.count = 1, .partitions = {3}, .turned_ms = now_ms};
    CU_ASSERT_EQUAL_FATAL(partition_open(&assignment.by_partition[3], &config, &state, pool, now_ms, &why), GO_ON);
    return assignment.by_partition[3];
}

/* A turn that ends at `now_ms` and was given `records`, and the end of the log if `is_end`. */
static bool is_idle_after(int64_t now_ms, uint32_t records, bool is_end)
{
    batch.record_count = records;
    batch.end_count = is_end ? 1 : 0;
    batch.ends[0].partition = 3;
    batch.ends[0].next = 100;
    assignment_mark_ends(&assignment, &batch, IDLE_MS, now_ms);
    return assignment.by_partition[3]->is_idle;
}

static void time_at_the_end_adds_up_over_turns(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1050, 0, true));
    for (int64_t now_ms = 1100; now_ms < 1050 + IDLE_MS; now_ms += 50)
        CU_ASSERT_FALSE_FATAL(is_idle_after(now_ms, 0, false));
    CU_ASSERT_TRUE(is_idle_after(1050 + IDLE_MS, 0, false));
    assignment_close(&assignment);
}

/* What was produced while a turn was held up (a slow Redis) has not come yet. */
static void a_turn_that_was_held_up_is_no_time_at_the_end(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1050, 0, true));
    CU_ASSERT_FALSE(is_idle_after(1050 + 2 * IDLE_MS, 0, false));
    CU_ASSERT_FALSE(is_idle_after(1050 + 3 * IDLE_MS - 1000, 0, false)); /* nor the next one */
    assignment_close(&assignment);
}

/* The end that comes at the end of such a turn is as good as any: the time before it was not taken from it. */
static void an_end_after_a_turn_that_was_held_up_begins_at_once(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1000 + 2 * IDLE_MS, 0, true));
    for (int64_t passed_ms = 500; passed_ms < IDLE_MS; passed_ms += 500)
        CU_ASSERT_FALSE_FATAL(is_idle_after(1000 + 2 * IDLE_MS + passed_ms, 0, false));
    CU_ASSERT_TRUE(is_idle_after(1000 + 3 * IDLE_MS, 0, false));
    assignment_close(&assignment);
}

/* Its own records may be among those that wait behind a full batch of the others'. */
static void no_partition_is_idle_behind_a_full_batch(void)
{
    begin(1000);
    CU_ASSERT_FALSE(is_idle_after(1050, 0, true));
    for (int64_t now_ms = 1100; now_ms < 1050 + 2 * IDLE_MS; now_ms += 50)
        CU_ASSERT_FALSE_FATAL(is_idle_after(now_ms, BATCH_RECORDS_MAX, false));
    CU_ASSERT_TRUE(is_idle_after(1050 + 2 * IDLE_MS, 17, false));
    assignment_close(&assignment);
}

int main(int argc, char **argv)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"time_at_the_end_adds_up_over_turns", time_at_the_end_adds_up_over_turns},
        {"a_turn_that_was_held_up_is_no_time_at_the_end", a_turn_that_was_held_up_is_no_time_at_the_end},
        {"an_end_after_a_turn_that_was_held_up_begins_at_once", an_end_after_a_turn_that_was_held_up_begins_at_once},
        {"no_partition_is_idle_behind_a_full_batch", no_partition_is_idle_behind_a_full_batch},
        CU_TEST_INFO_NULL,
    };

    config_defaults(&config);
    if (tally_pool_open(&pool, 100000, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    tally_pool_close(pool);
    return status;
}
