/* Where a partition may begin anew, and when, by what the ledger tells of it. */
#include "ledger_offsets.h"

#include "suite.h"

static struct ledger_offsets offsets;

static void begin(void)
{
    for (size_t i = 0; i < PARTITIONS_MAX; i++) {
        offsets.first[i] = LEDGER_OFFSETS_NOTHING;
        offsets.made_ms[i] = NO_TIME;
    }
}

static void records_that_were_counted_are_not_left_out(void)
{
    struct reason why = {0};

    begin();
    offsets.first[1] = 10;
    CU_ASSERT_EQUAL(ledger_offsets_may_begin(&offsets, 0, 500, &why), GO_ON); /* nothing was published of it */
    CU_ASSERT_EQUAL(ledger_offsets_may_begin(&offsets, 1, 10, &why), GO_ON);
    CU_ASSERT_EQUAL(ledger_offsets_may_begin(&offsets, 1, 11, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_STATE_MISSING);
}

static void a_state_is_made_later_than_those_before(void)
{
    struct reason why = {0};

    begin();
    offsets.made_ms[1] = 1645557742000;
    CU_ASSERT_EQUAL(ledger_offsets_may_follow(&offsets, 0, 0, &why), GO_ON);
    CU_ASSERT_EQUAL(ledger_offsets_may_follow(&offsets, 1, 1645557742001, &why), GO_ON);
    CU_ASSERT_EQUAL(ledger_offsets_may_follow(&offsets, 1, 1645557742000, &why), HALT);
    CU_ASSERT_EQUAL(ledger_offsets_may_follow(&offsets, 1, 0, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_SUPERSEDED);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "made at 2022-02-22T19:22:22Z, and it is 1970-01-01T00:00:00Z"));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"records_that_were_counted_are_not_left_out", records_that_were_counted_are_not_left_out},
        {"a_state_is_made_later_than_those_before", a_state_is_made_later_than_those_before},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
