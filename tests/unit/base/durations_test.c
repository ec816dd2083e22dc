/* Durations by length: each bound takes what is no longer than it, and the last place all that is longer. */
#include "gentally/base/durations.h"

#include "suite.h"

static void counts_by_the_first_bound_that_is_not_exceeded(void)
{
    for (size_t at = 0; at < DURATION_BOUNDS; at++) {
        struct durations durations = {0};
        durations_note(&durations, duration_bounds_us[at]);
        CU_ASSERT_EQUAL(durations.counts[at], 1);
        durations_note(&durations, duration_bounds_us[at] + 1);
        CU_ASSERT_EQUAL(durations.counts[at + 1], 1);
        CU_ASSERT_EQUAL(durations.sum_us, 2 * duration_bounds_us[at] + 1);
        CU_ASSERT_TRUE(at == 0 || duration_bounds_us[at] > duration_bounds_us[at - 1]);
    }
}

static void a_clock_that_went_back_counts_as_nothing(void)
{
    struct durations durations = {0};

    durations_note(&durations, -5);
    CU_ASSERT_EQUAL(durations.counts[0], 1);
    CU_ASSERT_EQUAL(durations.sum_us, 0);
}

static void adds_up(void)
{
    struct durations one = {0}, other = {0};

    durations_note(&one, 1);
    durations_note(&other, 1);
    durations_note(&other, INT64_C(1) << 40);
    durations_add(&one, &other);
    CU_ASSERT_EQUAL(one.counts[0], 2);
    CU_ASSERT_EQUAL(one.counts[DURATION_BOUNDS], 1);
    CU_ASSERT_EQUAL(one.sum_us, 2 + (INT64_C(1) << 40));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"counts_by_the_first_bound_that_is_not_exceeded", counts_by_the_first_bound_that_is_not_exceeded},
        {"a_clock_that_went_back_counts_as_nothing", a_clock_that_went_back_counts_as_nothing},
        {"adds_up", adds_up},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
