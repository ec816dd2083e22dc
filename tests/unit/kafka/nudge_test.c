/* When a queue is to be filled again. */
#include "nudge.h"

#include "suite.h"

static void a_queue_drained_by_half_is_nudged(void)
{
    struct nudge nudge = {0};

    CU_ASSERT_FALSE(nudge_is_due(&nudge, 10000, 1000)); /* full */
    CU_ASSERT_FALSE(nudge_is_due(&nudge, 5001, 1001));
    CU_ASSERT_TRUE(nudge_is_due(&nudge, 5000, 1002));
}

static void it_is_nudged_once_for_what_it_held(void)
{
    struct nudge nudge = {0};

    CU_ASSERT_FALSE(nudge_is_due(&nudge, 10000, 1000));
    CU_ASSERT_TRUE(nudge_is_due(&nudge, 4000, 1001));
    CU_ASSERT_FALSE(nudge_is_due(&nudge, 3000, 2000)); /* not half of the 4,000 yet */
    CU_ASSERT_TRUE(nudge_is_due(&nudge, 2000, 2001));
    CU_ASSERT_FALSE(nudge_is_due(&nudge, 10000, 2002)); /* it was filled, and drains again */
    CU_ASSERT_TRUE(nudge_is_due(&nudge, 0, 3000));
}

static void nudges_keep_a_distance(void)
{
    struct nudge nudge = {0};

    CU_ASSERT_FALSE(nudge_is_due(&nudge, 10000, 1000));
    CU_ASSERT_TRUE(nudge_is_due(&nudge, 0, 1001));
    CU_ASSERT_FALSE(nudge_is_due(&nudge, 10000, 1002));
    CU_ASSERT_FALSE(nudge_is_due(&nudge, 0, 1010)); /* 9 ms later */
    CU_ASSERT_TRUE(nudge_is_due(&nudge, 0, 1011));
}

static void a_log_at_its_end_is_left_in_peace(void)
{
    struct nudge nudge = {0};

    for (int64_t now_ms = 0; now_ms < 10000; now_ms++)
        CU_ASSERT_FALSE(nudge_is_due(&nudge, now_ms % 2 == 0 ? 900 : 0, now_ms));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_queue_drained_by_half_is_nudged", a_queue_drained_by_half_is_nudged},
        {"it_is_nudged_once_for_what_it_held", it_is_nudged_once_for_what_it_held},
        {"nudges_keep_a_distance", nudges_keep_a_distance},
        {"a_log_at_its_end_is_left_in_peace", a_log_at_its_end_is_left_in_peace},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
