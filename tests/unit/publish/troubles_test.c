/* Windows that could not be published, and when they are tried again. */
#include "troubles.h"

#include "suite.h"

static struct window hour(int64_t number)
{
    return (struct window){WINDOW_HOUR, number * HOUR_MS};
}

static const struct reason torn = {.id = STORE_TORN};

/* An attempt may take as long as the store's time-out: its pause begins with the turn after it. */
static void a_window_is_tried_later_and_later(void)
{
    const struct stored_window stored = {hour(1), 1};
    struct troubles troubles = {0};
    int64_t now_ms = 1000, last_ms = 0;

    for (int i = 0; i < 20; i++) {
        const struct trouble *trouble = troubles_note(&troubles, hour(1), &torn);
        CU_ASSERT_PTR_NOT_NULL_FATAL(trouble);
        int64_t pause_ms = trouble->pause_ms, twice_ms = i == 0 ? TROUBLE_FIRST_MS : 2 * last_ms;
        CU_ASSERT_EQUAL(pause_ms, twice_ms < TROUBLE_LAST_MS ? twice_ms : TROUBLE_LAST_MS);
        CU_ASSERT_TRUE(troubles_puts_off(&troubles, hour(1), now_ms + pause_ms, false));
        now_ms += 10000;
        troubles_begin(&troubles, &stored, 1, now_ms);
        CU_ASSERT_TRUE(troubles_puts_off(&troubles, hour(1), now_ms + pause_ms - 1, false));
        troubles_begin(&troubles, &stored, 1, now_ms + 1); /* which begins no pause anew */
        CU_ASSERT_FALSE(troubles_puts_off(&troubles, hour(1), now_ms + pause_ms, false));
        CU_ASSERT_FALSE(troubles_puts_off(&troubles, hour(2), now_ms, false));
        last_ms = pause_ms;
        now_ms += pause_ms;
    }
    CU_ASSERT_EQUAL(troubles.count, 1);
    troubles_clear(&troubles, hour(1));
    CU_ASSERT_FALSE(troubles_puts_off(&troubles, hour(1), now_ms, false));
    troubles_free(&troubles);
}

static void at_the_end_of_a_drain_there_is_no_later(void)
{
    struct troubles troubles = {0};

    for (uint32_t i = 1; i <= TROUBLE_FINAL_ATTEMPTS; i++) {
        CU_ASSERT_FALSE(troubles_puts_off(&troubles, hour(1), 0, true));
        CU_ASSERT_PTR_NOT_NULL(troubles_note(&troubles, hour(1), &torn));
    }
    CU_ASSERT_TRUE(troubles_puts_off(&troubles, hour(1), INT64_MAX, true));
    CU_ASSERT_PTR_NOT_NULL(troubles_note(&troubles, hour(2), &torn));
    CU_ASSERT_EQUAL(window_compare(troubles_first(&troubles)->window, hour(2)), 0); /* which may still end */
    troubles_free(&troubles);
    CU_ASSERT_PTR_NULL(troubles_first(&troubles));
}

static void attempts_before_the_end_do_not_count_there(void)
{
    struct troubles troubles = {0};

    for (int i = 0; i < 7; i++)
        CU_ASSERT_PTR_NOT_NULL(troubles_note(&troubles, hour(1), &torn));
    CU_ASSERT_TRUE(troubles_puts_off(&troubles, hour(1), 0, true));
    troubles_begin_end(&troubles);
    for (uint32_t i = 1; i <= TROUBLE_FINAL_ATTEMPTS; i++) {
        CU_ASSERT_FALSE(troubles_puts_off(&troubles, hour(1), 0, true));
        CU_ASSERT_PTR_NOT_NULL(troubles_note(&troubles, hour(1), &torn));
    }
    CU_ASSERT_TRUE(troubles_puts_off(&troubles, hour(1), 0, true));
    troubles_free(&troubles);
}

/* Redis may be away at the end of a drain, too, and come back. */
static void a_redis_that_is_away_has_more_final_attempts(void)
{
    const struct reason away = {.id = STORE_UNREACHABLE};
    struct troubles troubles = {0};

    for (uint32_t i = 1; i <= TROUBLE_FINAL_ABSENCES; i++) {
        CU_ASSERT_FALSE(troubles_puts_off(&troubles, hour(1), 0, true));
        CU_ASSERT_EQUAL(trouble_is_final(troubles_note(&troubles, hour(1), &away)), i == TROUBLE_FINAL_ABSENCES);
    }
    CU_ASSERT_TRUE(troubles_puts_off(&troubles, hour(1), 0, true));
    troubles_free(&troubles);
}

static void windows_that_are_gone_are_forgotten(void)
{
    const struct stored_window stored[] = {{hour(2), 1}, {hour(5), 1}, {hour(9), 1}};
    struct troubles troubles = {0};

    for (int64_t i = 0; i < 10; i++)
        CU_ASSERT_PTR_NOT_NULL(troubles_note(&troubles, hour(i), &torn));
    troubles_begin(&troubles, stored, LENGTH_OF(stored), 0);
    CU_ASSERT_EQUAL(troubles.count, LENGTH_OF(stored));
    for (size_t i = 0; i < LENGTH_OF(stored); i++)
        CU_ASSERT_TRUE(troubles_puts_off(&troubles, stored[i].window, 0, false));
    troubles_begin(&troubles, stored, 0, 0);
    CU_ASSERT_EQUAL(troubles.count, 0);
    troubles_free(&troubles);
}

static void what_is_wrong_with_all_is_no_windows_own(void)
{
    const struct {
        enum verdict verdict;
        enum reason_id id;
        bool want;
    } rows[] = {
        {HALT, STORE_TORN, true},
        {HALT, STORE_DAMAGED, true},
        {HALT, CELL_UNREADABLE, true},
        {HALT, NO_MEMORY, true},
        {HALT, SINK_TOO_LARGE, true},
        {TRY_LATER, STORE_WINDOW_GREW, true}, /* read in portions, and written each time */
        {TRY_LATER, STORE_UNREACHABLE, true}, /* the store may be, or this window's size */
        {TRY_LATER, STORE_BUSY, false},
        {TRY_LATER, STORE_ROLLED_BACK, false},
        {HALT, STORE_DENIED, false},
        {HALT, SINK_DENIED, false},
        {HALT, STORE_FUNCTIONS_MISSING, false},
        {REWIND, SINK_TXN_ABORTED, false},
        {STEP_DOWN, SINK_FENCED, false},
        {GO_ON, STORE_TORN, false},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(trouble_is_its_own(rows[i].verdict, &(struct reason){.id = rows[i].id}), rows[i].want);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_window_is_tried_later_and_later", a_window_is_tried_later_and_later},
        {"at_the_end_of_a_drain_there_is_no_later", at_the_end_of_a_drain_there_is_no_later},
        {"attempts_before_the_end_do_not_count_there", attempts_before_the_end_do_not_count_there},
        {"a Redis that is away has more final attempts", a_redis_that_is_away_has_more_final_attempts},
        {"windows_that_are_gone_are_forgotten", windows_that_are_gone_are_forgotten},
        {"what_is_wrong_with_all_is_no_windows_own", what_is_wrong_with_all_is_no_windows_own},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
