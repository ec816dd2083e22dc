/* What follows when closing windows comes to nothing again and again. */
#include "closing_watch.h"

#include "suite.h"

#define BEGIN_MS 1000000

/* Attempts, each `every_ms` after the one before; answers when the lease is given up, or -1. */
static int64_t given_up_after(int64_t every_ms, int attempts)
{
    struct closing_watch watch = {0};

    for (int i = 0; i < attempts; i++) {
        int64_t now_ms = BEGIN_MS + i * every_ms;
        closing_watch_fail(&watch, now_ms);
        if (closing_watch_is_over(&watch, now_ms))
            return now_ms - BEGIN_MS;
    }
    return -1;
}

static void the_lease_is_given_up_after_half_a_minute(void)
{
    CU_ASSERT_EQUAL(given_up_after(2000, 15), -1);
    CU_ASSERT_EQUAL(given_up_after(2000, 16), CLOSING_PATIENCE_MS);
    CU_ASSERT_EQUAL(given_up_after(32000, 1), -1);
    CU_ASSERT_EQUAL(given_up_after(32000, 2), 32000);
}

static void who_goes_on_failing_gives_it_up_at_each_attempt(void)
{
    struct closing_watch watch = {0};

    closing_watch_fail(&watch, BEGIN_MS);
    for (int64_t ms = CLOSING_PATIENCE_MS; ms < 10 * CLOSING_PATIENCE_MS; ms += CLOSING_REST_MS) {
        closing_watch_fail(&watch, BEGIN_MS + ms);
        CU_ASSERT_TRUE(closing_watch_is_over(&watch, BEGIN_MS + ms));
    }
}

static void one_that_went_through_begins_a_new_row(void)
{
    struct closing_watch watch = {0};

    closing_watch_fail(&watch, BEGIN_MS);
    closing_watch_clear(&watch);
    CU_ASSERT_FALSE(closing_watch_is_over(&watch, BEGIN_MS + CLOSING_PATIENCE_MS));
    CU_ASSERT_EQUAL(closing_watch_rest_ms(&watch, BEGIN_MS + 5000), 0);
    closing_watch_fail(&watch, BEGIN_MS + CLOSING_PATIENCE_MS);
    CU_ASSERT_FALSE(closing_watch_is_over(&watch, BEGIN_MS + CLOSING_PATIENCE_MS));
}

/* Redis is away: there is no lease to be given up, however long ago the last attempt was. */
static void a_turn_without_an_attempt_gives_nothing_up(void)
{
    struct closing_watch watch = {0};

    closing_watch_fail(&watch, BEGIN_MS);
    CU_ASSERT_FALSE(closing_watch_is_over(&watch, BEGIN_MS + 2 * CLOSING_PATIENCE_MS));
}

static void counting_has_as_long_as_the_attempt_took(void)
{
    struct closing_watch watch = {0};

    closing_watch_fail(&watch, BEGIN_MS);
    CU_ASSERT_EQUAL(closing_watch_rest_ms(&watch, BEGIN_MS + 30000), 0); /* Most trouble is over by then. */
    closing_watch_fail(&watch, BEGIN_MS + 40000);
    CU_ASSERT_EQUAL(closing_watch_rest_ms(&watch, BEGIN_MS + 40010), 10);
    CU_ASSERT_EQUAL(closing_watch_rest_ms(&watch, BEGIN_MS + 65000), 25000);
    CU_ASSERT_EQUAL(closing_watch_rest_ms(&watch, BEGIN_MS + 40000 + CLOSING_REST_MS), CLOSING_REST_MS);
    CU_ASSERT_EQUAL(closing_watch_rest_ms(&watch, BEGIN_MS + 4000000), CLOSING_REST_MS); /* It was held, or slept. */
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the lease is given up after half a minute", the_lease_is_given_up_after_half_a_minute},
        {"who goes on failing gives it up at each attempt", who_goes_on_failing_gives_it_up_at_each_attempt},
        {"one that went through begins a new row", one_that_went_through_begins_a_new_row},
        {"a turn without an attempt gives nothing up", a_turn_without_an_attempt_gives_nothing_up},
        {"counting has as long as the attempt took", counting_has_as_long_as_the_attempt_took},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
