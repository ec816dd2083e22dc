/* The watermark of all partitions, and the floor that all have sealed. */
#include "survey.h"

#include "suite.h"

static struct survey_partition at(int64_t watermark_ms, bool is_idle)
{
    return (struct survey_partition){.state = {.watermark_ms = watermark_ms, .is_idle = is_idle}};
}

static void watermark_is_the_lowest_of_those_that_are_not_idle(void)
{
    const int64_t none = NO_TIME;
    const struct {
        struct survey_partition partitions[3];
        int64_t want;
    } rows[] = {
        {{at(30, false), at(20, false), at(10, false)}, 10},
        {{at(30, false), at(20, false), at(10, true)}, 20},      /* an idle one holds nothing back */
        {{at(30, true), at(20, true), at(10, true)}, 30},        /* when all are, nothing does */
        {{at(30, false), at(none, false), at(10, false)}, none}, /* one that has seen nothing holds all back */
        {{at(30, false), at(none, true), at(10, false)}, 10},    /* unless it is known to be empty */
        {{at(none, true), at(none, true), at(none, true)}, none},
        {{at(-5, false), at(-7, false), at(-6, false)}, -7}, /* before 1970 */
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(survey_watermark(rows[i].partitions, 3), rows[i].want);
    CU_ASSERT_EQUAL(survey_watermark(rows[0].partitions, 0), NO_TIME);
}

static void floor_is_what_every_partition_has_sealed(void)
{
    struct survey_partition partitions[2] = {
        {.state = {.floor_ms = {500, 400, NO_TIME, 7}}},
        {.state = {.floor_ms = {300, 600, 200, 7}}},
    };
    struct survey survey = {.partition_count = 2, .partitions = partitions};

    CU_ASSERT_EQUAL(survey_floor(&survey, WINDOW_HOUR), 300);
    CU_ASSERT_EQUAL(survey_floor(&survey, WINDOW_DAY), 400);
    CU_ASSERT_EQUAL(survey_floor(&survey, WINDOW_WEEK), NO_TIME);
    CU_ASSERT_EQUAL(survey_floor(&survey, WINDOW_MONTH), 7);
}

static void an_idle_partition_is_believed_only_at_its_logs_end(void)
{
    struct survey_partition partitions[3] = {
        {.state = {.is_idle = false, .next = 10}},
        {.state = {.is_idle = true, .next = 20}},
        {.state = {.is_idle = true, .next = 0}},
    };
    struct survey survey = {.partition_count = 3, .partitions = partitions};
    const struct {
        int64_t ends[3];
        bool want;
    } rows[] = {
        {{10, 20, 0}, true},  {{99, 20, 0}, true}, /* not idle: its watermark speaks for it */
        {{10, 21, 0}, false},                      /* grew since its owner left */
        {{10, 20, 1}, false},                      /* an empty one that no longer is */
        {{10, 19, 0}, true},                       /* a broker that lags behind */
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(survey_is_read_out(&survey, rows[i].ends), rows[i].want);
}

static void retention_is_of_months_that_have_a_number(void)
{
    static int64_t revisions[MONTHS_MAX];
    struct survey survey = {.retention = revisions, .retention_floor = 3}, without = {.retention_floor = 3};
    struct window march = month_window(2), april = month_window(3), after = month_window(MONTHS_MAX),
                  before = window_of(WINDOW_MONTH, -1), day = {WINDOW_DAY, march.start_ms};

    revisions[2] = 7;
    CU_ASSERT_EQUAL(survey_retention(&survey, march), 7);
    CU_ASSERT_EQUAL(survey_retention(&survey, april), 0);
    CU_ASSERT_TRUE(survey_is_retention_sealed(&survey, march));
    CU_ASSERT_FALSE(survey_is_retention_sealed(&survey, april));
    const struct window others[] = {after, before, day};
    for (size_t i = 0; i < LENGTH_OF(others); i++) {
        CU_ASSERT_EQUAL(survey_retention(&survey, others[i]), 0);
        CU_ASSERT_FALSE(survey_is_retention_sealed(&survey, others[i]));
    }
    CU_ASSERT_EQUAL(survey_retention(&without, march), 0);
    CU_ASSERT_FALSE(survey_is_retention_sealed(&without, march));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"watermark_is_the_lowest_of_those_that_are_not_idle", watermark_is_the_lowest_of_those_that_are_not_idle},
        {"floor_is_what_every_partition_has_sealed", floor_is_what_every_partition_has_sealed},
        {"an_idle_partition_is_believed_only_at_its_logs_end", an_idle_partition_is_believed_only_at_its_logs_end},
        {"retention_is_of_months_that_have_a_number", retention_is_of_months_that_have_a_number},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
