/* Which clocks set an event aside: by rows of what each of them says, and every order of three. */
#include "present.h"

#include "gentally/base/calendar.h"
#include "suite.h"

#define NOON INT64_C(1763985600000) /* 2025-11-24T12:00:00Z */
#define SKEW 600000
#define MINUTES 60000
#define UNASKED NO_TIME
#define NO_STAMP INT64_MIN
#define FAR (INT64_C(400) * DAY_MS)

static struct record record_stamped(int64_t stamp)
{
    return (struct record){.timestamp_ms = stamp == NO_STAMP ? NOON : NOON + stamp,
                           .is_arrival_time = stamp != NO_STAMP};
}

/* All times are relative to noon. */
static enum verdict check(int64_t wall, int64_t store, int64_t stamp, int64_t created, struct reason *why)
{
    struct present present = {.wall_ms = NOON + wall, .store_ms = store == UNASKED ? NO_TIME : NOON + store};
    struct record record = record_stamped(stamp);

    return present_check(&present, &record, NOON + created, SKEW, why);
}

static void an_event_is_future_by_all_clocks_or_not_at_all(void)
{
    static const struct {
        const char *name;
        int64_t wall, store, stamp, created;
        enum verdict want;
    } rows[] = {
        {"now, nobody asked", 0, UNASKED, NO_STAMP, 0, GO_ON},
        {"at the skew", 0, UNASKED, NO_STAMP, SKEW, GO_ON},
        {"beyond it, Redis not asked", 0, UNASKED, NO_STAMP, SKEW + 1, TRY_LATER},
        {"beyond it by both", 0, 0, NO_STAMP, SKEW + 1, SET_ASIDE},
        {"at the skew of Redis", 0, MINUTES, NO_STAMP, SKEW + MINUTES, GO_ON},
        {"we are 20 minutes behind", -20 * MINUTES, 0, NO_STAMP, 0, GO_ON},
        {"we are 20 minutes behind, Redis not asked", -20 * MINUTES, UNASKED, NO_STAMP, 0, TRY_LATER},
        {"we are three days behind", -3 * DAY_MS, 0, NO_STAMP, 0, GO_ON},
        {"we begin in 1970", -NOON, 0, NO_STAMP, 0, GO_ON},
        {"Redis is behind", 0, -20 * MINUTES, NO_STAMP, 0, GO_ON},
        {"both behind, the broker is not", -20 * MINUTES, -20 * MINUTES, 0, 0, GO_ON},
        {"both behind, CreateTime", -20 * MINUTES, -20 * MINUTES, NO_STAMP, 0, SET_ASIDE},
        {"the broker is behind", 0, 0, -20 * MINUTES, 0, GO_ON},
        {"a stamp of long ago, read today", 0, 0, -5 * DAY_MS, -5 * DAY_MS, GO_ON},
        {"a producer ahead of all three", 0, 0, 0, 20 * MINUTES, SET_ASIDE},
        {"a stamp in seconds", 0, 0, -NOON + NOON / 1000, 20 * MINUTES, SET_ASIDE},
        {"a stamp of another world", 0, 0, FAR, FAR, SET_ASIDE},
        {"the end of all times", 0, 0, NO_STAMP, EVENT_MS_MAX - NOON, SET_ASIDE},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        enum verdict verdict = check(rows[i].wall, rows[i].store, rows[i].stamp, rows[i].created, &why);
        if (verdict != rows[i].want)
            printf("row %s: %d\n", rows[i].name, verdict);
        CU_ASSERT_EQUAL(verdict, rows[i].want);
        CU_ASSERT(verdict == GO_ON || why.id == (verdict == SET_ASIDE ? EVENT_FUTURE : FOLD_NO_CLOCK));
    }
}

/* The record's own word changes nothing: in seconds, before the event, after it, or none. */
static void the_producers_stamp_is_no_clock(void)
{
    static const int64_t stamps[] = {-1, 0, NOON / 1000, NOON - 30 * MINUTES, NOON + 30 * MINUTES, NOON + FAR};
    const struct present present = {.wall_ms = NOON, .store_ms = NOON};
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(stamps); i++) {
        struct record record = {.timestamp_ms = stamps[i]};
        CU_ASSERT_EQUAL(present_check(&present, &record, NOON, SKEW, &why), GO_ON);
        CU_ASSERT_EQUAL(present_check(&present, &record, NOON + SKEW, SKEW, &why), GO_ON);
        CU_ASSERT_EQUAL(present_check(&present, &record, NOON + SKEW + 1, SKEW, &why), SET_ASIDE);
        CU_ASSERT_EQUAL(present_lag_ms(&present, &record), 0);
    }
}

static void a_letter_names_the_clocks(void)
{
    struct reason why;

    CU_ASSERT_EQUAL(check(-MINUTES, 0, NO_STAMP, 60 * MINUTES, &why), SET_ASIDE);
    CU_ASSERT_STRING_EQUAL(why.text, "created_at is 3660 s after our clock, 3600 s after that of Redis");
    CU_ASSERT_EQUAL(check(0, 0, MINUTES, 60 * MINUTES, &why), SET_ASIDE);
    CU_ASSERT_STRING_EQUAL(why.text,
                           "created_at is 3600 s after our clock, 3600 s after that of Redis, "
                           "3540 s after the broker's stamp");
    CU_ASSERT_EQUAL(check(0, 0, NO_STAMP, INT64_C(2209161600000), &why), SET_ASIDE);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, ": it looks like milliseconds since 1900"));
}

static void clocks_that_differ_are_told(void)
{
    static const struct {
        int64_t wall, store, stamp, want;
    } rows[] = {
        {0, UNASKED, NO_STAMP, 0},
        {0, 0, NO_STAMP, 0},
        {0, MINUTES, NO_STAMP, 0},
        {0, MINUTES + 1, NO_STAMP, MINUTES + 1},
        {0, -MINUTES - 1, NO_STAMP, -MINUTES - 1},
        {-20 * MINUTES, 0, NO_STAMP, 20 * MINUTES},
        {-20 * MINUTES, UNASKED, 0, 20 * MINUTES},
        {-20 * MINUTES, 0, 5 * MINUTES, 25 * MINUTES},
        {0, UNASKED, -20 * MINUTES, 0}, /* waited in the log */
        {0, 0, FAR, 0},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct present present = {.wall_ms = NOON + rows[i].wall,
                                  .store_ms = rows[i].store == UNASKED ? NO_TIME : NOON + rows[i].store};
        struct record record = record_stamped(rows[i].stamp);
        CU_ASSERT_EQUAL(present_lag_ms(&present, &record), rows[i].want);
    }
}

static bool is_of_partition(void *context, const struct record *record)
{
    return record->partition == *(const int32_t *)context;
}

/* A replay long after: what the live run said holds, and clocks are asked of the rest. */
static void a_replay_recalls(void)
{
    int32_t partition = 3;
    const struct present later = {NOON + DAY_MS, NOON + DAY_MS, is_of_partition, &partition};
    struct record record = {.partition = 3};
    struct reason why;

    CU_ASSERT_EQUAL(present_check(&later, &record, NOON + 20 * MINUTES, SKEW, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, EVENT_FUTURE);
    record.partition = 4;
    CU_ASSERT_EQUAL(present_check(&later, &record, NOON + 20 * MINUTES, SKEW, &why), GO_ON);
    CU_ASSERT_EQUAL(present_check(&later, &record, NOON + 2 * DAY_MS, SKEW, &why), SET_ASIDE);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"an_event_is_future_by_all_clocks_or_not_at_all", an_event_is_future_by_all_clocks_or_not_at_all},
        {"the_producers_stamp_is_no_clock", the_producers_stamp_is_no_clock},
        {"a_letter_names_the_clocks", a_letter_names_the_clocks},
        {"clocks_that_differ_are_told", clocks_that_differ_are_told},
        {"a_replay_recalls", a_replay_recalls},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
