/* Watermark, lateness and idleness of one partition. */
#include "partition.h"

#include "config_defaults.h"
#include "suite.h"

#define HOUR_BIT (1u << WINDOW_HOUR)
#define DAY_BIT (1u << WINDOW_DAY)
#define WEEK_BIT (1u << WINDOW_WEEK)
#define MONTH_BIT (1u << WINDOW_MONTH)
#define ALL (HOUR_BIT | DAY_BIT | WEEK_BIT | MONTH_BIT)

static struct config config;
static struct tally_pool *pool;
static int64_t monday; /* 2025-10-06T00:00:00Z */

static struct partition_state fresh(void)
{
    struct partition_state state = {.next = 100, .watermark_ms = NO_TIME};

    for (size_t i = 0; i < WINDOW_KINDS; i++)
        state.floor_ms[i] = NO_TIME;
    return state;
}

static struct partition *opened(const struct partition_state *state)
{
    struct partition *partition = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(partition_open(&partition, &config, state, pool, 0, &why), GO_ON);
    return partition;
}

static void time_before_the_first_event_is_not_late(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    CU_ASSERT_EQUAL(partition_windows(partition, 0), ALL);
    CU_ASSERT_EQUAL(partition_windows(partition, monday), ALL);
    partition_close(partition);
}

static void a_window_is_over_when_its_end_and_its_time_have_passed(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);
    int64_t hour_kept = config.kept_ms[WINDOW_HOUR], ooo = config.out_of_orderness_ms;

    /* The hour that began on Monday at 0 ends at 1; it is over when the watermark is at 1:00 + 8 days. */
    partition_move_watermark(partition, monday + HOUR_MS + hour_kept + ooo - 1);
    CU_ASSERT_EQUAL(partition_windows(partition, monday), ALL);
    partition_move_watermark(partition, monday + HOUR_MS + hour_kept + ooo);
    CU_ASSERT_EQUAL(partition_windows(partition, monday), ALL & ~HOUR_BIT);
    CU_ASSERT_EQUAL(partition_windows(partition, monday + HOUR_MS), ALL);
    partition_move_watermark(partition, monday + DAY_MS + config.kept_ms[WINDOW_DAY] + ooo);
    CU_ASSERT_EQUAL(partition_windows(partition, monday), WEEK_BIT | MONTH_BIT);
    partition_move_watermark(partition, monday + 7 * DAY_MS + config.kept_ms[WINDOW_WEEK] + ooo);
    CU_ASSERT_EQUAL(partition_windows(partition, monday), MONTH_BIT);
    partition_move_watermark(partition,
                             monday + 26 * DAY_MS + config.kept_ms[WINDOW_MONTH] + ooo); /* November begins */
    CU_ASSERT_EQUAL(partition_windows(partition, monday), 0);
    partition_close(partition);
}

static void a_sealed_window_is_over_whatever_the_watermark_says(void)
{
    struct partition_state state = fresh();

    state.floor_ms[WINDOW_HOUR] = monday + 5 * HOUR_MS;
    struct partition *partition = opened(&state);
    CU_ASSERT_EQUAL(partition_windows(partition, monday + 5 * HOUR_MS - 1), ALL & ~HOUR_BIT);
    CU_ASSERT_EQUAL(partition_windows(partition, monday + 5 * HOUR_MS), ALL);
    partition_close(partition);
}

static void the_watermark_never_falls(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    partition_move_watermark(partition, monday);
    CU_ASSERT_EQUAL(partition->watermark_ms, monday - config.out_of_orderness_ms);
    partition_move_watermark(partition, monday - DAY_MS);
    CU_ASSERT_EQUAL(partition->watermark_ms, monday - config.out_of_orderness_ms);
    partition_close(partition);
}

static void an_idle_partition_stayed_at_its_end(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    partition_mark_idle(partition, 30, 1000);
    CU_ASSERT_FALSE(partition->is_idle);
    partition_reached_end(partition, 103, 1000); /* the markers of a transaction end the log */
    CU_ASSERT_EQUAL(partition->next, 103);
    partition_mark_idle(partition, 30, 1029);
    CU_ASSERT_FALSE(partition->is_idle);
    partition_reached_end(partition, 103, 1020); /* said again: it does not begin anew */
    partition_mark_idle(partition, 30, 1030);
    CU_ASSERT_TRUE(partition->is_idle);
    CU_ASSERT_TRUE(partition_is_dirty(partition));
    partition_left_end(partition);
    CU_ASSERT_FALSE(partition->is_idle);
    partition_mark_idle(partition, 30, 9000);
    CU_ASSERT_FALSE(partition->is_idle);
    partition_close(partition);
}

/* A record that is set aside says nothing about time: it does not begin the wait anew, and takes its end first. */
static void a_partition_of_dead_letters_becomes_idle(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    for (int64_t i = 0; i < 4; i++) { /* one every 10 ms, each read to the end */
        partition_left_end(partition);
        partition->next++;
        partition_mark_idle(partition, 30, 1000 + 10 * i);
        CU_ASSERT_FALSE(partition->is_idle); /* not before the end: what follows may be an event */
        partition_reached_end(partition, partition->next, 1000 + 10 * i);
        partition_mark_idle(partition, 30, 1000 + 10 * i);
        CU_ASSERT_EQUAL(partition->is_idle, i == 3);
    }
    partition_left_end(partition);
    partition_move_watermark(partition, monday);
    partition->next++;
    partition_reached_end(partition, partition->next, 1050);
    partition_mark_idle(partition, 30, 1079);
    CU_ASSERT_FALSE(partition->is_idle);
    partition_mark_idle(partition, 30, 1080);
    CU_ASSERT_TRUE(partition->is_idle);
    partition_close(partition);
}

static void the_last_record_becomes_the_anchor(void)
{
    struct partition_state state = fresh();
    struct record records[2] = {{.offset = 100, .timestamp_ms = 5, .value = span_of("one")},
                                {.offset = 101, .timestamp_ms = 6, .value = span_of("two")}};

    state.anchor.offset = ANCHOR_NONE;
    struct partition *partition = opened(&state);
    partition_move_anchor(partition);
    CU_ASSERT_EQUAL(partition->anchor.offset, ANCHOR_NONE);
    partition_folded(partition, &records[0]);
    partition_folded(partition, &records[1]);
    partition->next = 102;
    partition_move_anchor(partition);
    records[1].value = span_of("gone"); /* as the batch's bytes are */
    struct anchor want = anchor_of(101, 6, span_of(NULL), span_of("two"));
    struct partition_flush flush = partition_flush_of(partition);
    CU_ASSERT_TRUE(anchor_equal(&flush.anchor, &want));
    partition_reached_end(partition, 104, 1000); /* markers: `next` moves, the anchor stays */
    flush = partition_flush_of(partition);
    CU_ASSERT_EQUAL(flush.next, 104);
    CU_ASSERT_TRUE(anchor_equal(&flush.anchor, &want));
    partition_flushed(partition, &flush, 1000);
    CU_ASSERT_TRUE(anchor_equal(&partition->state.anchor, &want));
    partition_close(partition);
}

static void an_end_is_ignored_if_records_followed(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    partition->next = 105; /* the batch was: the end at 103, then two records */
    partition_reached_end(partition, 103, 1000);
    CU_ASSERT_EQUAL(partition->next, 105);
    CU_ASSERT_FALSE(partition->is_at_end);
    partition_mark_idle(partition, 0, 1000);
    CU_ASSERT_FALSE(partition->is_idle);
    partition_reached_end(partition, 105, 1000);
    CU_ASSERT_TRUE(partition->is_at_end);
    partition_close(partition);
}

/* Freshness is for those who keep up. The end is seen at 5,000. */
static void a_partition_that_is_behind_is_flushed_later(void)
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
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    partition->flushed_ms = 100000; /* before any end: behind */
    CU_ASSERT_FALSE(partition_is_due(partition, 104999));
    CU_ASSERT_TRUE(partition_is_due(partition, 105000));
    partition_reached_end(partition, partition->next, 5000);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        partition->flushed_ms = rows[i].flushed_ms;
        partition->is_at_end = rows[i].is_at_end;
        CU_ASSERT_EQUAL(partition_is_due(partition, rows[i].now_ms), rows[i].is_due);
    }
    partition_close(partition);
}

/* Counts a flush of an entry. */
static void flush(struct partition *partition, uint32_t windows, int64_t bytes, int64_t now_ms)
{
    struct partition_flush flush = partition_flush_of(partition);

    flush.entries = 1;
    flush.entry_bytes = bytes;
    flush.windows = windows;
    partition_flushed(partition, &flush, now_ms);
}

/* A minute after its oldest entry, unless a reader of a window would have to read much, or much that is not of it. */
static void a_journal_is_applied_when_it_is_old_large_or_wide(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);
    int64_t old_ms = 1000 + config.apply_interval_ms;

    CU_ASSERT_FALSE(partition_must_apply(partition, true, 1000, old_ms)); /* nothing is there */
    flush(partition, 8, 100, 1000);
    flush(partition, 8, 100, 5000);
    CU_ASSERT_TRUE(partition_must_apply(partition, true, 1000, 5000));
    CU_ASSERT_FALSE(partition_must_apply(partition, false, 1000, old_ms - 1));
    CU_ASSERT_TRUE(partition_must_apply(partition, false, 1000, old_ms));
    partition_applied(partition, false, old_ms); /* the store was silent */
    CU_ASSERT_FALSE(partition_must_apply(partition, true, 1000, old_ms + 999));
    CU_ASSERT_TRUE(partition_has_journal(partition)); /* a drain waits */
    CU_ASSERT_TRUE(partition_must_apply(partition, false, 1000, old_ms + 1000));
    partition_applied(partition, true, old_ms + 1000);
    CU_ASSERT_FALSE(partition_must_apply(partition, true, 1000, old_ms + 1000));
    CU_ASSERT_FALSE(partition_has_journal(partition));

    for (int i = 0; i < 64; i++) {
        CU_ASSERT_FALSE(partition_must_apply(partition, false, 1000, old_ms + 1000));
        flush(partition, 32, 100, old_ms + 1000);
    }
    CU_ASSERT_TRUE(partition_must_apply(partition, false, 1000, old_ms + 1000));
    partition_applied(partition, true, old_ms + 1000);
    flush(partition, 4, INT64_C(8) << 20, old_ms + 1000);
    CU_ASSERT_TRUE(partition_must_apply(partition, false, 1000, old_ms + 1000));
    partition_applied(partition, true, old_ms + 1000);
    flush(partition, 33, 100, old_ms + 1000);
    flush(partition, 4, 100, old_ms + 1000);
    CU_ASSERT_TRUE(partition_must_apply(partition, false, 0, old_ms + 1000));
    CU_ASSERT_FALSE(partition_must_apply(partition, true, 1000, old_ms + 1000)); /* closed from the journal */
    flush(partition, 4, 800, old_ms + 1000);
    CU_ASSERT_TRUE(partition_must_apply(partition, false, 1000, old_ms + 1000));
    partition_applied(partition, true, old_ms + 1000);
    flush(partition, 4, 1000, old_ms + 1000);
    CU_ASSERT_FALSE(partition_must_apply(partition, false, 1000, old_ms + 1000));
    partition_close(partition);
}

static void a_rewound_partition_stands_where_the_store_stands(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    partition->next = 150;
    partition->outcomes[OUTCOME_COUNTED] = 50;
    partition_move_watermark(partition, monday);
    partition_rewind(partition, &state);
    CU_ASSERT_EQUAL(partition->next, 100);
    CU_ASSERT_EQUAL(partition->watermark_ms, NO_TIME);
    CU_ASSERT_EQUAL(partition->outcomes[OUTCOME_COUNTED], 0);
    CU_ASSERT_TRUE(partition->is_stale);
    CU_ASSERT_FALSE(partition_is_dirty(partition));
    partition_close(partition);
}

/* Nobody flushes any more, and what was merged goes all the same; not by who has yet to claim the partition. */
static void what_was_merged_is_dropped_in_its_time(void)
{
    struct partition_state state = fresh();
    struct partition *partition = opened(&state);

    CU_ASSERT_FALSE(partition_must_merge(partition, true, 90000));
    partition_keeps_merged(partition, 60000);
    CU_ASSERT_FALSE(partition_must_merge(partition, true, 59999));
    CU_ASSERT_FALSE(partition_has_pairs(partition)); /* for which a drain would wait */
    CU_ASSERT_TRUE(partition_must_merge(partition, false, 60000));
    partition_merged(partition, false, 60000); /* no answer: again after a moment */
    CU_ASSERT_FALSE(partition_must_merge(partition, false, 60999));
    CU_ASSERT_TRUE(partition_must_merge(partition, false, 61000));
    partition->must_claim = true;
    CU_ASSERT_FALSE(partition_must_merge(partition, false, 61000));
    partition->must_claim = false;
    partition_keeps_merged(partition, 0);
    CU_ASSERT_FALSE(partition_must_merge(partition, false, 61000));
    partition_close(partition);
}

int main(int argc, char **argv)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"time_before_the_first_event_is_not_late", time_before_the_first_event_is_not_late},
        {"a_window_is_over_when_its_end_and_its_time_have_passed",
         a_window_is_over_when_its_end_and_its_time_have_passed},
        {"a_sealed_window_is_over_whatever_the_watermark_says", a_sealed_window_is_over_whatever_the_watermark_says},
        {"the_watermark_never_falls", the_watermark_never_falls},
        {"an_idle_partition_stayed_at_its_end", an_idle_partition_stayed_at_its_end},
        {"a_partition_of_dead_letters_becomes_idle", a_partition_of_dead_letters_becomes_idle},
        {"the_last_record_becomes_the_anchor", the_last_record_becomes_the_anchor},
        {"an_end_is_ignored_if_records_followed", an_end_is_ignored_if_records_followed},
        {"a_partition_that_is_behind_is_flushed_later", a_partition_that_is_behind_is_flushed_later},
        {"a_journal_is_applied_when_it_is_old_large_or_wide", a_journal_is_applied_when_it_is_old_large_or_wide},
        {"a_rewound_partition_stands_where_the_store_stands", a_rewound_partition_stands_where_the_store_stands},
        {"what_was_merged_is_dropped_in_its_time", what_was_merged_is_dropped_in_its_time},
        CU_TEST_INFO_NULL,
    };

    config_defaults(&config);
    monday = days_of_date(2025, 10, 6) * DAY_MS;
    if (tally_pool_open(&pool, 100000, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    tally_pool_close(pool);
    return status;
}
