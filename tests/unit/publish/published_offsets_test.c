/* What was published of a partition is not taken back. */
#include "published_offsets.h"

#include "suite.h"

static void note(struct published_offsets *offsets, int32_t partition, const char *incarnation, int64_t next)
{
    struct ledger_partition part = {.partition = partition, .next = next};

    snprintf(part.incarnation, sizeof(part.incarnation), "%s", incarnation);
    published_offsets_note(offsets, &part);
}

static void a_state_behind_what_was_published_is_found(void)
{
    struct published_offsets *offsets = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(published_offsets_open(&offsets, 2, &why), GO_ON);
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 0, "a", 0)); /* nothing was published yet */
    note(offsets, 0, "a", 100);
    CU_ASSERT_TRUE(published_offsets_is_ahead(offsets, 0, "a", 99));
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 0, "a", 100));
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 0, "a", 101));
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 1, "a", 99)); /* each for itself */
    note(offsets, 0, "a", 90); /* as a ledger has it that was written without this guard */
    CU_ASSERT_TRUE(published_offsets_is_ahead(offsets, 0, "a", 99));
    CU_ASSERT_EQUAL(published_offsets_check(offsets, 0, "a", 100, &why), GO_ON);
    CU_ASSERT_EQUAL(published_offsets_check(offsets, 0, "a", 99, &why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-ROLLED-BACK");
    published_offsets_close(offsets);
}

static void a_state_that_was_made_anew_is_another_count(void)
{
    struct published_offsets *offsets = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(published_offsets_open(&offsets, 1, &why), GO_ON);
    note(offsets, 0, "a", 100);
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 0, "b", 5));
    note(offsets, 0, "b", 50);
    CU_ASSERT_TRUE(published_offsets_is_ahead(offsets, 0, "b", 49));
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 0, "b", 50));
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 0, "a", 5)); /* which is nobody's any more */
    published_offsets_close(offsets);
}

static void partitions_that_are_not_there_are_passed_over(void)
{
    struct published_offsets *offsets = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(published_offsets_open(&offsets, 1, &why), GO_ON);
    note(offsets, 1, "a", 100);
    note(offsets, -1, "a", 100);
    note(offsets, INT32_MAX, "a", 100);
    CU_ASSERT_FALSE(published_offsets_is_ahead(offsets, 0, "a", 0));
    published_offsets_close(offsets);
    published_offsets_close(NULL);
}

#define EARLIER "017f22e279af7fffbfffffffffffffff"
#define LATER "017f22e279b07cc398c4dc0c0c07398f"

static void a_state_that_was_superseded_is_not_published(void)
{
    struct published_offsets *offsets = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(published_offsets_open(&offsets, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 0, EARLIER, &why), GO_ON); /* the first */
    note(offsets, 0, EARLIER, 100);
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 0, EARLIER, &why), GO_ON);
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 0, LATER, &why), GO_ON);
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 0, "", &why), GO_ON); /* it has stopped */
    note(offsets, 0, LATER, 5);
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 1, EARLIER, &why), GO_ON); /* each for itself */
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 0, EARLIER, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_SUPERSEDED);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "partition 0 has a state of 2022-02-22T19:22:21.999Z"));
    published_offsets_close(offsets);
}

static void what_a_superseded_state_told_is_passed_over(void)
{
    struct published_offsets *offsets = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(published_offsets_open(&offsets, 1, &why), GO_ON);
    note(offsets, 0, LATER, 100);
    note(offsets, 0, EARLIER, 300);
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 0, LATER, &why), GO_ON);
    CU_ASSERT_TRUE(published_offsets_is_ahead(offsets, 0, LATER, 99));
    CU_ASSERT_EQUAL(published_offsets_may_follow(offsets, 0, EARLIER, &why), HALT);
    published_offsets_close(offsets);
}

static void who_knows_fewer_partitions_than_were_published_waits(void)
{
    struct published_offsets *offsets = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(published_offsets_open(&offsets, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(published_offsets_check_count(offsets, &why), GO_ON);
    note(offsets, 1, "a", 100);
    note(offsets, 2, "", 0); /* It had no state yet. */
    CU_ASSERT_EQUAL(published_offsets_check_count(offsets, &why), GO_ON);
    note(offsets, 2, "a", 0);
    note(offsets, 0, "a", 100);
    CU_ASSERT_EQUAL(published_offsets_check_count(offsets, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, SOURCE_METADATA_OLD);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "knows 2 partitions of the topic, and partition 2 was published"));
    published_offsets_close(offsets);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_state_behind_what_was_published_is_found", a_state_behind_what_was_published_is_found},
        {"a_state_that_was_made_anew_is_another_count", a_state_that_was_made_anew_is_another_count},
        {"a_state_that_was_superseded_is_not_published", a_state_that_was_superseded_is_not_published},
        {"what_a_superseded_state_told_is_passed_over", what_a_superseded_state_told_is_passed_over},
        {"partitions_that_are_not_there_are_passed_over", partitions_that_are_not_there_are_passed_over},
        {"who_knows_fewer_partitions_than_were_published_waits", who_knows_fewer_partitions_than_were_published_waits},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
