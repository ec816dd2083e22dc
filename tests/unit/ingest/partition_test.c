/* Watermark, lateness and rest of one partition. */
#include "partition.h"

#include "suite.h"

#define HOUR_BIT (1u << WINDOW_HOUR)
#define DAY_BIT (1u << WINDOW_DAY)
#define WEEK_BIT (1u << WINDOW_WEEK)
#define MONTH_BIT (1u << WINDOW_MONTH)
#define ALL (HOUR_BIT | DAY_BIT | WEEK_BIT | MONTH_BIT)

static struct config config;
static struct tally_pool *pool;
static int64_t monday; /* 2025-10-06T00:00:00Z */

static struct standing fresh(void)
{
    struct standing standing = {.next = 100, .watermark_ms = NO_TIME};

    for (size_t i = 0; i < WINDOW_KINDS; i++)
        standing.floor_ms[i] = NO_TIME;
    return standing;
}

static struct lane *opened(const struct standing *standing)
{
    struct lane *lane = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(lane_open(&lane, &config, standing, pool, 0, &why), GO_ON);
    return lane;
}

static void time_before_the_first_event_is_not_late(void)
{
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);

    CU_ASSERT_EQUAL(lane_windows(lane, 0), ALL);
    CU_ASSERT_EQUAL(lane_windows(lane, monday), ALL);
    lane_close(lane);
}

static void a_window_is_over_when_its_end_and_its_time_have_passed(void)
{
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);
    int64_t hour_kept = config.kept_ms[WINDOW_HOUR], ooo = config.out_of_orderness_ms;

    /* The hour that began on Monday at 0 ends at 1; it is over when the watermark is at 1:00 + 8 days. */
    lane_see(lane, monday + HOUR_MS + hour_kept + ooo - 1);
    CU_ASSERT_EQUAL(lane_windows(lane, monday), ALL);
    lane_see(lane, monday + HOUR_MS + hour_kept + ooo);
    CU_ASSERT_EQUAL(lane_windows(lane, monday), ALL & ~HOUR_BIT);
    CU_ASSERT_EQUAL(lane_windows(lane, monday + HOUR_MS), ALL);
    lane_see(lane, monday + DAY_MS + config.kept_ms[WINDOW_DAY] + ooo);
    CU_ASSERT_EQUAL(lane_windows(lane, monday), WEEK_BIT | MONTH_BIT);
    lane_see(lane, monday + 7 * DAY_MS + config.kept_ms[WINDOW_WEEK] + ooo);
    CU_ASSERT_EQUAL(lane_windows(lane, monday), MONTH_BIT);
    lane_see(lane, monday + 26 * DAY_MS + config.kept_ms[WINDOW_MONTH] + ooo); /* November begins */
    CU_ASSERT_EQUAL(lane_windows(lane, monday), 0);
    lane_close(lane);
}

static void a_sealed_window_is_over_whatever_the_watermark_says(void)
{
    struct standing standing = fresh();

    standing.floor_ms[WINDOW_HOUR] = monday + 5 * HOUR_MS;
    struct lane *lane = opened(&standing);
    CU_ASSERT_EQUAL(lane_windows(lane, monday + 5 * HOUR_MS - 1), ALL & ~HOUR_BIT);
    CU_ASSERT_EQUAL(lane_windows(lane, monday + 5 * HOUR_MS), ALL);
    lane_close(lane);
}

static void the_watermark_never_falls(void)
{
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);

    lane_see(lane, monday);
    CU_ASSERT_EQUAL(lane->watermark_ms, monday - config.out_of_orderness_ms);
    lane_see(lane, monday - DAY_MS);
    CU_ASSERT_EQUAL(lane->watermark_ms, monday - config.out_of_orderness_ms);
    lane_close(lane);
}

static void an_idle_lane_is_one_that_stayed_at_its_end(void)
{
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);

    lane_rest(lane, 30, 1000);
    CU_ASSERT_FALSE(lane->is_idle);
    lane_ended(lane, 103, 1000); /* the markers of a transaction end the log */
    CU_ASSERT_EQUAL(lane->next, 103);
    lane_rest(lane, 30, 1029);
    CU_ASSERT_FALSE(lane->is_idle);
    lane_ended(lane, 103, 1020); /* said again: it does not begin anew */
    lane_rest(lane, 30, 1030);
    CU_ASSERT_TRUE(lane->is_idle);
    CU_ASSERT_TRUE(lane_is_dirty(lane));
    lane_moved(lane);
    CU_ASSERT_FALSE(lane->is_idle);
    lane_rest(lane, 30, 9000);
    CU_ASSERT_FALSE(lane->is_idle);
    lane_close(lane);
}

/* What is set aside says nothing about time: it does not begin the rest anew, and it takes its end first. */
static void a_lane_of_dead_letters_comes_to_rest(void)
{
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);

    for (int64_t i = 0; i < 4; i++) { /* one every 10 ms, each read to the end */
        lane_moved(lane);
        lane->next++;
        lane_rest(lane, 30, 1000 + 10 * i);
        CU_ASSERT_FALSE(lane->is_idle); /* not before the end: what follows may be an event */
        lane_ended(lane, lane->next, 1000 + 10 * i);
        lane_rest(lane, 30, 1000 + 10 * i);
        CU_ASSERT_EQUAL(lane->is_idle, i == 3);
    }
    lane_moved(lane);
    lane_see(lane, monday);
    lane->next++;
    lane_ended(lane, lane->next, 1050);
    lane_rest(lane, 30, 1079);
    CU_ASSERT_FALSE(lane->is_idle);
    lane_rest(lane, 30, 1080);
    CU_ASSERT_TRUE(lane->is_idle);
    lane_close(lane);
}

static void the_last_record_becomes_the_anchor(void)
{
    struct standing standing = fresh();
    struct record records[2] = {{.offset = 100, .timestamp_ms = 5, .value = span_of("one")},
                                {.offset = 101, .timestamp_ms = 6, .value = span_of("two")}};

    standing.anchor.offset = ANCHOR_NONE;
    struct lane *lane = opened(&standing);
    lane_anchor(lane);
    CU_ASSERT_EQUAL(lane->anchor.offset, ANCHOR_NONE);
    lane_fold(lane, &records[0]);
    lane_fold(lane, &records[1]);
    lane->next = 102;
    lane_anchor(lane);
    records[1].value = span_of("gone"); /* as the batch's bytes are */
    struct anchor want = anchor_of(101, 6, span_of(NULL), span_of("two"));
    struct portion portion = lane_portion(lane);
    CU_ASSERT_TRUE(anchor_equal(&portion.anchor, &want));
    lane_ended(lane, 104, 1000); /* markers: `next` moves, the anchor stays */
    portion = lane_portion(lane);
    CU_ASSERT_EQUAL(portion.next, 104);
    CU_ASSERT_TRUE(anchor_equal(&portion.anchor, &want));
    lane_flushed(lane, &portion, 1000);
    CU_ASSERT_TRUE(anchor_equal(&lane->standing.anchor, &want));
    lane_close(lane);
}

static void an_end_that_records_followed_is_none(void)
{
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);

    lane->next = 105; /* the batch was: the end at 103, then two records */
    lane_ended(lane, 103, 1000);
    CU_ASSERT_EQUAL(lane->next, 105);
    CU_ASSERT_FALSE(lane->is_at_end);
    lane_rest(lane, 0, 1000);
    CU_ASSERT_FALSE(lane->is_idle);
    lane_ended(lane, 105, 1000);
    CU_ASSERT_TRUE(lane->is_at_end);
    lane_close(lane);
}

/* Freshness is for those who keep up. The end is seen at 5,000. */
static void a_lane_that_is_behind_is_flushed_later(void)
{
    static const struct {
        int64_t flushed_ms, now_ms;
        bool is_at_end, is_due;
    } rows[] = {
        {1000, 1999, true, false},  {1000, 2000, true, true},
        {5000, 5999, false, false}, {5000, 6000, false, true},   /* at the end a second ago: it keeps up */
        {6000, 7000, false, false}, {6000, 10999, false, false}, /* not seen for two seconds */
        {6000, 11000, false, true}, {20000, 21000, true, true},
    };
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);

    lane->flushed_ms = 100000; /* before any end: behind */
    CU_ASSERT_FALSE(lane_is_due(lane, 104999));
    CU_ASSERT_TRUE(lane_is_due(lane, 105000));
    lane_ended(lane, lane->next, 5000);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        lane->flushed_ms = rows[i].flushed_ms;
        lane->is_at_end = rows[i].is_at_end;
        CU_ASSERT_EQUAL(lane_is_due(lane, rows[i].now_ms), rows[i].is_due);
    }
    lane_close(lane);
}

static void a_rewound_lane_stands_where_the_store_stands(void)
{
    struct standing standing = fresh();
    struct lane *lane = opened(&standing);

    lane->next = 150;
    lane->outcomes[OUTCOME_COUNTED] = 50;
    lane_see(lane, monday);
    lane_rewind(lane, &standing);
    CU_ASSERT_EQUAL(lane->next, 100);
    CU_ASSERT_EQUAL(lane->watermark_ms, NO_TIME);
    CU_ASSERT_EQUAL(lane->outcomes[OUTCOME_COUNTED], 0);
    CU_ASSERT_TRUE(lane->is_stale);
    CU_ASSERT_FALSE(lane_is_dirty(lane));
    lane_close(lane);
}

int main(void)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"time_before_the_first_event_is_not_late", time_before_the_first_event_is_not_late},
        {"a_window_is_over_when_its_end_and_its_time_have_passed",
         a_window_is_over_when_its_end_and_its_time_have_passed},
        {"a_sealed_window_is_over_whatever_the_watermark_says", a_sealed_window_is_over_whatever_the_watermark_says},
        {"the_watermark_never_falls", the_watermark_never_falls},
        {"an_idle_lane_is_one_that_stayed_at_its_end", an_idle_lane_is_one_that_stayed_at_its_end},
        {"a_lane_of_dead_letters_comes_to_rest", a_lane_of_dead_letters_comes_to_rest},
        {"the_last_record_becomes_the_anchor", the_last_record_becomes_the_anchor},
        {"an_end_that_records_followed_is_none", an_end_that_records_followed_is_none},
        {"a_lane_that_is_behind_is_flushed_later", a_lane_that_is_behind_is_flushed_later},
        {"a_rewound_lane_stands_where_the_store_stands", a_rewound_lane_stands_where_the_store_stands},
        CU_TEST_INFO_NULL,
    };

    config_defaults(&config);
    monday = days_of_date(2025, 10, 6) * DAY_MS;
    if (tally_pool_open(&pool, 100000, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run("lane", tests);
    tally_pool_close(pool);
    return status;
}
