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
        for (int is_going = 0; is_going < 2; is_going++)
            CU_ASSERT_EQUAL(survey_watermark(rows[i].partitions, 3, is_going == 1), rows[i].want);
    CU_ASSERT_EQUAL(survey_watermark(rows[0].partitions, 0, false), NO_TIME);
}

static struct survey_partition stopped(int64_t watermark_ms, bool is_idle, bool is_given_up)
{
    struct survey_partition partition = at(watermark_ms, is_idle);

    snprintf(partition.state.stopped, sizeof(partition.state.stopped), "SOURCE-GAP");
    partition.state.is_given_up = is_given_up;
    return partition;
}

static void who_stopped_holds_all_back_until_it_is_given_up(void)
{
    const int64_t none = NO_TIME;
    const struct {
        struct survey_partition partitions[3];
        int64_t all, going;
    } rows[] = {
        {{at(30, false), at(20, false), stopped(10, false, false)}, 10, 20},
        {{at(30, false), at(20, false), stopped(10, true, false)}, 10, 20}, /* idle is what nobody watches any more */
        {{at(30, false), at(20, false), stopped(none, true, false)}, none, 20},
        {{at(30, false), at(20, false), stopped(25, false, false)}, 20, 20},
        {{at(30, false), at(20, false), stopped(10, false, true)}, 20, 20},
        {{at(30, true), at(20, true), stopped(10, false, false)}, 10, 30},
        {{stopped(10, false, false), stopped(20, false, false), stopped(30, false, false)}, 10, none},
        {{stopped(10, false, true), stopped(20, false, true), stopped(30, false, true)}, 30, 30},
        {{stopped(10, false, true), stopped(20, false, false), at(30, false)}, 20, 30},
        {{stopped(40, false, true), at(20, true), at(30, true)}, 40, 40},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        CU_ASSERT_EQUAL(survey_watermark(rows[i].partitions, 3, false), rows[i].all);
        CU_ASSERT_EQUAL(survey_watermark(rows[i].partitions, 3, true), rows[i].going);
    }
}

static void the_first_that_stopped_and_is_waited_for_is_found(void)
{
    struct survey_partition partitions[3] = {at(1, false), stopped(1, false, true), stopped(1, false, false)};
    struct survey survey = {.partition_count = 3, .partitions = partitions};

    CU_ASSERT_PTR_EQUAL(survey_find_stopped(&survey), &partitions[2]);
    survey.partition_count = 2;
    CU_ASSERT_PTR_NULL(survey_find_stopped(&survey));
}

/* A drain ends once nobody has anything to read; of who stopped or was given up nothing more comes. */
static void all_are_at_rest_but_who_counts(void)
{
    struct survey_partition partitions[4] = {at(1, true), stopped(1, false, false), stopped(1, false, true),
                                             at(1, true)};
    struct survey survey = {.partition_count = 4, .partitions = partitions};

    CU_ASSERT_TRUE(survey_is_at_rest(&survey));
    for (int i = 0; i < 4; i++) {
        struct survey_partition was = partitions[i];
        partitions[i] = at(1, false);
        CU_ASSERT_FALSE(survey_is_at_rest(&survey));
        partitions[i] = was;
    }
}

/* A window is decided on by the survey, so it must not be made of less. */
static void a_part_comes_from_where_the_survey_was_or_beyond(void)
{
    struct ledger_partition part = {.incarnation = "aa", .next = 10}, none = {.incarnation = ""};
    struct published_part surveyed = published_part_of(&part), unknown = published_part_of(&none);
    struct survey_partition partition = {0};
    struct survey survey = {.partition_count = 1, .partitions = &partition, .parts = &surveyed};
    struct reason why;

    CU_ASSERT_EQUAL(survey_check_parts(&survey, &part, &why), GO_ON);
    part.next = 11;
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &part, &why), GO_ON);
    snprintf(part.stopped, sizeof(part.stopped), "SOURCE-GAP");
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &part, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_WINDOW_GREW);
    partition = stopped(1, false, false); /* which the survey knew */
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &part, &why), GO_ON);
    part.next = 9;
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &part, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_ROLLED_BACK);
    part = (struct ledger_partition){.incarnation = "bb", .next = 20};
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &part, &why), TRY_LATER);
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &none, &why), TRY_LATER);
    survey.parts = &unknown;
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &none, &why), GO_ON);
    CU_ASSERT_EQUAL(survey_check_parts(&survey, &part, &why), TRY_LATER);
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
    const int64_t grown[] = {10, 21, 0};

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(survey_is_read_out(&survey, rows[i].ends), rows[i].want);
    partitions[1].state.is_given_up = true; /* nobody waits for it */
    CU_ASSERT_TRUE(survey_is_read_out(&survey, grown));
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
        {"who_stopped_holds_all_back_until_it_is_given_up", who_stopped_holds_all_back_until_it_is_given_up},
        {"the_first_that_stopped_and_is_waited_for_is_found", the_first_that_stopped_and_is_waited_for_is_found},
        {"all_are_at_rest_but_who_counts", all_are_at_rest_but_who_counts},
        {"a_part_comes_from_where_the_survey_was_or_beyond", a_part_comes_from_where_the_survey_was_or_beyond},
        {"floor_is_what_every_partition_has_sealed", floor_is_what_every_partition_has_sealed},
        {"an_idle_partition_is_believed_only_at_its_logs_end", an_idle_partition_is_believed_only_at_its_logs_end},
        {"retention_is_of_months_that_have_a_number", retention_is_of_months_that_have_a_number},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
