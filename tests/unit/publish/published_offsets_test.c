/* What was published of a partition is not taken back. */
#include "published_offsets.h"

#include "suite.h"

static void note(struct reach *reach, int32_t partition, const char *incarnation, int64_t next)
{
    struct ledger_partition part = {.partition = partition, .next = next};

    snprintf(part.incarnation, sizeof(part.incarnation), "%s", incarnation);
    reach_note(reach, &part);
}

static void a_state_behind_what_was_published_is_found(void)
{
    struct reach *reach = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(reach_open(&reach, 2, &why), GO_ON);
    CU_ASSERT_FALSE(reach_is_ahead(reach, 0, "a", 0)); /* nothing was published yet */
    note(reach, 0, "a", 100);
    CU_ASSERT_TRUE(reach_is_ahead(reach, 0, "a", 99));
    CU_ASSERT_FALSE(reach_is_ahead(reach, 0, "a", 100));
    CU_ASSERT_FALSE(reach_is_ahead(reach, 0, "a", 101));
    CU_ASSERT_FALSE(reach_is_ahead(reach, 1, "a", 99)); /* each for itself */
    note(reach, 0, "a", 90);                            /* as a ledger has it that was written without this guard */
    CU_ASSERT_TRUE(reach_is_ahead(reach, 0, "a", 99));
    CU_ASSERT_EQUAL(reach_check(reach, 0, "a", 100, &why), GO_ON);
    CU_ASSERT_EQUAL(reach_check(reach, 0, "a", 99, &why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-ROLLED-BACK");
    reach_close(reach);
}

static void a_state_that_was_made_anew_is_another_count(void)
{
    struct reach *reach = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(reach_open(&reach, 1, &why), GO_ON);
    note(reach, 0, "a", 100);
    CU_ASSERT_FALSE(reach_is_ahead(reach, 0, "b", 5));
    note(reach, 0, "b", 50);
    CU_ASSERT_TRUE(reach_is_ahead(reach, 0, "b", 49));
    CU_ASSERT_FALSE(reach_is_ahead(reach, 0, "b", 50));
    CU_ASSERT_FALSE(reach_is_ahead(reach, 0, "a", 5)); /* which is nobody's any more */
    reach_close(reach);
}

static void partitions_that_are_not_there_are_passed_over(void)
{
    struct reach *reach = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(reach_open(&reach, 1, &why), GO_ON);
    note(reach, 1, "a", 100);
    note(reach, -1, "a", 100);
    note(reach, INT32_MAX, "a", 100);
    CU_ASSERT_FALSE(reach_is_ahead(reach, 0, "a", 0));
    reach_close(reach);
    reach_close(NULL);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a_state_behind_what_was_published_is_found", a_state_behind_what_was_published_is_found},
        {"a_state_that_was_made_anew_is_another_count", a_state_that_was_made_anew_is_another_count},
        {"partitions_that_are_not_there_are_passed_over", partitions_that_are_not_there_are_passed_over},
        CU_TEST_INFO_NULL,
    };
    return suite_run("reach", tests);
}
