/*
 * What is noted between two flushes: what is put once more, and what is not. The server is played by the test, which
 * takes what is gathered and acknowledges it, or does not.
 */
#include "retention.h"

#include "gentally/core/window.h"
#include "suite.h"

#define DAY_2025_10_15 INT64_C(1760486400000)

struct rig {
    struct symbols *symbols;
    struct catalog *catalog;
    struct retention *retention;
};

static struct rig open_rig(void)
{
    struct rig rig = {0};
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(symbols_open(&rig.symbols, 1000, 100000, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(catalog_open(&rig.catalog, "", &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(retention_open(&rig.retention, rig.symbols, rig.catalog, &why), GO_ON);
    CU_ASSERT_FALSE(retention_begin(rig.retention, 1)); /* the first connection there is */
    return rig;
}

static void close_rig(struct rig *rig)
{
    retention_close(rig->retention);
    catalog_close(rig->catalog);
    symbols_close(rig->symbols);
}

static void note(struct rig *rig, const char *model, uint64_t account, int64_t event_ms)
{
    static struct fact fact;

    fact = (struct fact){.event_ms = event_ms, .windows = 1u << WINDOW_MONTH | 1u, .account = {account, account * 977}};
    fact.dims[DIM_MODEL] = symbols_intern(rig->symbols, span_of(model));
    retention_note(rig->retention, &fact);
}

/* How many would be put over a connection; `is_answered`: and are acknowledged. */
static uint32_t put(struct rig *rig, uint64_t connection, bool is_answered)
{
    uint32_t at[RETENTION_SHARDS] = {0}, counts[RETENTION_SHARDS], total = 0;
    const struct activity *activities;

    if (!retention_begin(rig->retention, connection))
        return 0;
    while (retention_gather(rig->retention, at, counts, &activities)) {
        const struct activity *activity = activities;
        for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++) {
            CU_ASSERT_FATAL(counts[shard] <= RETENTION_CALL_PAIRS);
            for (uint32_t i = 0; i < counts[shard]; i++, activity++, total++)
                CU_ASSERT_EQUAL(retention_shard(activity->low), shard);
        }
    }
    if (is_answered)
        retention_acknowledged(rig->retention);
    return total;
}

static void what_is_known_is_not_put_again(void)
{
    struct rig rig = open_rig();

    for (int times = 0; times < 3; times++)
        note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    note(&rig, "openai/gpt-4o", 2, DAY_2025_10_15);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15 + 20 * DAY_MS); /* November */
    note(&rig, "nobody/knows", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 4);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 0);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 0);
    retention_settled(rig.retention);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    note(&rig, "openai/gpt-4o", 3, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 1);
    close_rig(&rig);
}

/* The server that acknowledged may be another than the one the flush goes to: of events that are not flushed all is put
 * again, what had been known before them, too. */
static void another_connection_is_told_all(void)
{
    struct rig rig = open_rig();

    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 1);
    retention_settled(rig.retention);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15); /* known */
    note(&rig, "openai/gpt-4o", 2, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 1);
    CU_ASSERT_EQUAL(put(&rig, 2, true), 2);
    CU_ASSERT_EQUAL(put(&rig, 2, true), 0);
    retention_settled(rig.retention);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 2, true), 1); /* what was remembered of the first is forgotten */
    retention_settled(rig.retention);
    retention_distrust(rig.retention);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 2, true), 1);
    close_rig(&rig);
}

static void what_was_not_acknowledged_is_not_remembered(void)
{
    struct rig rig = open_rig();

    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, false), 1);
    CU_ASSERT_EQUAL(put(&rig, 1, false), 1);
    retention_settled(rig.retention); /* its partitions were taken away */
    CU_ASSERT_EQUAL(put(&rig, 1, true), 0);
    note(&rig, "openai/gpt-4o", 1, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 1);
    close_rig(&rig);
}

/* Every name of a display model is one pair; an unknown one is its base slug. */
static void names_of_one_model_are_one_pair(void)
{
    static const char *const names[] = {"openai/gpt-4o", "openai/gpt-4o:free", "openai/gpt-4o-20250101"};
    struct rig rig = open_rig();

    for (size_t i = 0; i < LENGTH_OF(names); i++)
        note(&rig, names[i], 7, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 1);
    note(&rig, "some/thing:beta", 7, DAY_2025_10_15);
    note(&rig, "some/thing", 7, DAY_2025_10_15);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 1);
    close_rig(&rig);
}

static void only_counted_events_with_accounts_are_noted(void)
{
    struct rig rig = open_rig();
    struct fact fact = {.event_ms = DAY_2025_10_15, .windows = 1u << WINDOW_MONTH};

    fact.dims[DIM_MODEL] = symbols_intern(rig.symbols, span_of("openai/gpt-4o"));
    retention_note(rig.retention, &fact); /* no account */
    fact.account = (struct pseudonym){1, 2};
    fact.windows = 1u << WINDOW_HOUR | 1u << WINDOW_DAY | 1u << WINDOW_WEEK;
    retention_note(rig.retention, &fact); /* its month is over */
    fact.windows = 1u << WINDOW_MONTH;
    fact.event_ms = INT64_C(253402300799999); /* the year 9999 */
    retention_note(rig.retention, &fact);
    CU_ASSERT_EQUAL(put(&rig, 1, true), 0);
    close_rig(&rig);
}

static void months_are_counted_from_1970(void)
{
    static const struct {
        int64_t ms;
        uint32_t month;
    } rows[] = {
        {0, 0}, {31 * DAY_MS - 1, 0}, {31 * DAY_MS, 1}, {INT64_C(1761955199999), 669}, {INT64_C(1761955200000), 670}};

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(month_number(rows[i].ms), rows[i].month);
}

/* As many as there is room for, over and over; each is put exactly once. */
static void a_full_interval_asks_for_a_flush(void)
{
    struct rig rig = open_rig();
    uint32_t noted = 0;

    for (int interval = 0; interval < 2; interval++) {
        uint32_t here = 0;
        while (retention_has_room(rig.retention)) {
            note(&rig, "openai/gpt-4o", UINT64_C(0x9e3779b97f4a7c15) * ++noted, DAY_2025_10_15);
            here++;
        }
        CU_ASSERT(here > 100000);
        CU_ASSERT_EQUAL(put(&rig, 1, true), here);
        retention_settled(rig.retention);
        CU_ASSERT(retention_has_room(rig.retention));
    }
    close_rig(&rig);
}

/* At four fifths, rounded up; every ten minutes as long as it is so; not once it stopped. */
static void what_is_nearly_full_is_told_now_and_then(void)
{
    static const struct {
        struct retention_fill fill;
        int64_t now_ms;
        bool is_told;
    } rows[] = {
        {{0, 79, 100}, 1, false},
        {{0, 80, 100}, 2, true},
        {{0, 80, 100}, 3, false},
        {{0, 100, 100}, 600001, false},
        {{3, 100, 100}, 600002, true},
        {{0, 81, 100}, 600003, false},
        {{0, 79, 100}, 9000000, false},
        {{0, 300, 100}, 9000001, true},
        {{0, 0, 1}, 99000000, false},
        {{0, 1, 1}, 99000001, true},
        {{0, 3, 4}, 999000000, false},
        {{0, 4, 4}, 999000001, true},
        {{0, 0, INT64_MAX}, 9990000000, false},
    };
    static const struct reason full = {.id = RETENTION_FULL};
    struct rig rig = open_rig();

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(retention_tells_fill(rig.retention, &rows[i].fill, rows[i].now_ms), rows[i].is_told);
    retention_stop(rig.retention, &full, 1);
    CU_ASSERT_FALSE(retention_tells_fill(rig.retention, &rows[1].fill, INT64_C(99990000000)));
    close_rig(&rig);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_is_known_is_not_put_again", what_is_known_is_not_put_again},
        {"another_connection_is_told_all", another_connection_is_told_all},
        {"what_was_not_acknowledged_is_not_remembered", what_was_not_acknowledged_is_not_remembered},
        {"names_of_one_model_are_one_pair", names_of_one_model_are_one_pair},
        {"only_counted_events_with_accounts_are_noted", only_counted_events_with_accounts_are_noted},
        {"months_are_counted_from_1970", months_are_counted_from_1970},
        {"what_is_nearly_full_is_told_now_and_then", what_is_nearly_full_is_told_now_and_then},
        {"a_full_interval_asks_for_a_flush", a_full_interval_asks_for_a_flush},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
