/* When open windows have their turn: against a clock that the test turns. */
#include "early_rounds.h"

#include "suite.h"

static struct window hour(int64_t number)
{
    return (struct window){WINDOW_HOUR, number * HOUR_MS};
}

static const struct window day = {WINDOW_DAY, 0};

static const int64_t minute_ms[WINDOW_KINDS] = {60000, 60000, 60000, 60000};

static bool is_due_at(struct early_rounds *rounds, const int64_t interval_ms[WINDOW_KINDS], int64_t now_ms)
{
    early_rounds_begin(rounds, interval_ms, now_ms);
    return early_rounds_is_due(rounds, hour(1));
}

/* Through with all windows. */
static void end_at(struct early_rounds *rounds, const int64_t interval_ms[WINDOW_KINDS], int64_t now_ms)
{
    early_rounds_begin(rounds, interval_ms, now_ms);
    early_rounds_pass(rounds, hour(9));
    early_rounds_end(rounds, interval_ms, now_ms);
}

static void the_first_round_is_within_seconds_and_the_next_an_interval_later(void)
{
    static const int64_t second_ms[WINDOW_KINDS] = {1000, 1000, 1000, 1000};
    struct early_rounds rounds = {0}, quick = {0};

    CU_ASSERT_FALSE(is_due_at(&rounds, minute_ms, 1000000));
    CU_ASSERT_FALSE(is_due_at(&rounds, minute_ms, 1000000 + EARLY_FIRST_MS - 1));
    CU_ASSERT_TRUE(is_due_at(&rounds, minute_ms, 1000000 + EARLY_FIRST_MS));
    end_at(&rounds, minute_ms, 1010000); /* late, since there was much to do */
    CU_ASSERT_FALSE(is_due_at(&rounds, minute_ms, 1010000));
    CU_ASSERT_FALSE(is_due_at(&rounds, minute_ms, 1069999));
    CU_ASSERT_TRUE(is_due_at(&rounds, minute_ms, 1070000));

    CU_ASSERT_FALSE(is_due_at(&quick, second_ms, 0));
    CU_ASSERT_FALSE(is_due_at(&quick, second_ms, 999));
    CU_ASSERT_TRUE(is_due_at(&quick, second_ms, 1000)); /* a short interval is not drawn out to EARLY_FIRST_MS */
}

static void each_kind_has_its_own_interval_or_none(void)
{
    static const int64_t interval_ms[WINDOW_KINDS] = {1000, 0, 3000, 60000};
    struct early_rounds rounds = {0};
    unsigned rounds_of[WINDOW_KINDS] = {0};

    for (int64_t now_ms = 0; now_ms <= 120000; now_ms += 100) {
        early_rounds_begin(&rounds, interval_ms, now_ms);
        for (enum window_kind kind = WINDOW_HOUR; kind < WINDOW_KINDS; kind++)
            rounds_of[kind] += early_rounds_is_due(&rounds, window_of(kind, 0)) ? 1 : 0;
        early_rounds_pass(&rounds, window_of(WINDOW_MONTH, 0));
        early_rounds_end(&rounds, interval_ms, now_ms);
    }
    CU_ASSERT_EQUAL(rounds_of[WINDOW_HOUR], 120);
    CU_ASSERT_EQUAL(rounds_of[WINDOW_DAY], 0);
    CU_ASSERT_EQUAL(rounds_of[WINDOW_WEEK], 40);
    CU_ASSERT_EQUAL(rounds_of[WINDOW_MONTH], 2); /* after 5 s, and a minute later */
}

/* A round takes several turns, and in each of them the first windows have news again. */
static void each_window_has_one_turn_in_a_round(void)
{
    struct early_rounds rounds = {0};

    CU_ASSERT_FALSE(is_due_at(&rounds, minute_ms, 0));
    CU_ASSERT_TRUE(is_due_at(&rounds, minute_ms, 5000));
    early_rounds_pass(&rounds, hour(1));
    CU_ASSERT_FALSE(early_rounds_is_due(&rounds, hour(1)));
    CU_ASSERT_FALSE(is_due_at(&rounds, minute_ms, 6000));
    CU_ASSERT_FALSE(early_rounds_is_due(&rounds, hour(0)));
    CU_ASSERT_TRUE(early_rounds_is_due(&rounds, hour(2)));
    CU_ASSERT_TRUE(early_rounds_is_due(&rounds, day)); /* which ends behind these hours */
    early_rounds_pass(&rounds, hour(5));
    early_rounds_pass(&rounds, hour(2)); /* a turn that failed begins again before */
    CU_ASSERT_FALSE(early_rounds_is_due(&rounds, hour(5)));
    CU_ASSERT_TRUE(early_rounds_is_due(&rounds, hour(6)));
    end_at(&rounds, minute_ms, 90000);
    CU_ASSERT_FALSE(early_rounds_is_due(&rounds, hour(99))); /* none is under way */
    CU_ASSERT_TRUE(is_due_at(&rounds, minute_ms, 150000));   /* which begins with the first window again */
}

/* A kind that becomes due while a round is under way has the next one, for itself whole. */
static void a_round_has_the_kinds_that_were_due_when_it_began(void)
{
    static const int64_t interval_ms[WINDOW_KINDS] = {1000, 3000, 0, 0};
    struct early_rounds rounds = {0};

    CU_ASSERT_FALSE(is_due_at(&rounds, interval_ms, 0));
    CU_ASSERT_TRUE(is_due_at(&rounds, interval_ms, 1000));
    early_rounds_pass(&rounds, hour(1));
    early_rounds_begin(&rounds, interval_ms, 4000);
    CU_ASSERT_FALSE(early_rounds_is_due(&rounds, day));
    end_at(&rounds, interval_ms, 4000);
    early_rounds_begin(&rounds, interval_ms, 4000);
    CU_ASSERT_TRUE(early_rounds_is_due(&rounds, day));
    CU_ASSERT_FALSE(early_rounds_is_due(&rounds, hour(1)));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the first round is within seconds, and the next an interval later",
         the_first_round_is_within_seconds_and_the_next_an_interval_later},
        {"each kind has its own interval, or none", each_kind_has_its_own_interval_or_none},
        {"each window has one turn in a round", each_window_has_one_turn_in_a_round},
        {"a round has the kinds that were due when it began", a_round_has_the_kinds_that_were_due_when_it_began},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
