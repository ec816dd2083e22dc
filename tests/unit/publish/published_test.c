/* The closer's memory of the ledger. */
#include "published.h"

#include "suite.h"

static struct window day(int64_t number)
{
    return (struct window){WINDOW_DAY, number * DAY_MS};
}

static void put(struct published *published, int64_t number, int64_t generation, int64_t revision, enum pane pane)
{
    struct published_window entry = {
        .window = day(number), .pane = pane, .generation = generation, .revision = revision};
    struct reason why;

    CU_ASSERT_EQUAL(published_put(published, &entry, &why), GO_ON);
}

static void latest_version_of_a_window_is_kept(void)
{
    struct published *published = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(published_open(&published, &why), GO_ON);
    CU_ASSERT_PTR_NULL(published_find(published, day(3)));
    put(published, 3, 0, 10, PANE_EARLY);
    put(published, 3, 0, 10, PANE_ON_TIME); /* equal revision: the later pane */
    CU_ASSERT_EQUAL(published_find(published, day(3))->pane, PANE_ON_TIME);
    put(published, 3, 0, 9, PANE_LATE); /* a lower revision says nothing new */
    CU_ASSERT_EQUAL(published_find(published, day(3))->revision, 10);
    put(published, 3, 1, 5, PANE_LATE); /* a higher generation does, whatever its revision */
    CU_ASSERT_EQUAL(published_find(published, day(3))->generation, 1);
    CU_ASSERT_EQUAL(published_find(published, day(3))->revision, 5);
    CU_ASSERT_EQUAL(published_count(published), 1);
    published_close(published);
}

/* It takes the place of what was, of whatever version, and what follows takes its. */
static void what_is_under_way_counts_by_its_place(void)
{
    struct published *published = NULL;
    struct published_window begun = {
        .window = day(3), .pane = PANE_EARLY, .generation = 1, .revision = 10, .is_under_way = true};
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(published_open(&published, &why), GO_ON);
    put(published, 3, 1, 10, PANE_EARLY);
    CU_ASSERT_EQUAL(published_put(published, &begun, &why), GO_ON); /* only its retention has risen */
    CU_ASSERT(published_find(published, day(3))->is_under_way);
    put(published, 3, 1, 10, PANE_EARLY); /* to its end, under the same version */
    CU_ASSERT(!published_find(published, day(3))->is_under_way);
    begun.generation = 2;
    CU_ASSERT_EQUAL(published_put(published, &begun, &why), GO_ON);
    begun.generation = 3;
    CU_ASSERT_EQUAL(published_put(published, &begun, &why), GO_ON);
    CU_ASSERT_EQUAL(published_generation(published), 3);
    put(published, 3, 4, 10, PANE_EARLY);
    CU_ASSERT(!published_find(published, day(3))->is_under_way);
    published_close(published);
}

static void windows_may_come_in_any_order(void)
{
    struct published *published = NULL;
    struct reason why;
    uint64_t seed = 7;

    CU_ASSERT_EQUAL_FATAL(published_open(&published, &why), GO_ON);
    for (int i = 0; i < 5000; i++) {
        int64_t number = (int64_t)suite_below(&seed, 3000) - 1500;
        put(published, number, 0, number + 2000, PANE_ON_TIME);
        CU_ASSERT_PTR_NOT_NULL_FATAL(published_find(published, day(number)));
        CU_ASSERT_EQUAL(published_find(published, day(number))->revision, number + 2000);
    }
    struct window hour = {WINDOW_HOUR, 0};
    CU_ASSERT_PTR_NULL(published_find(published, hour)); /* a window is its kind and its start */
    published_close(published);
}

static void a_window_is_held_until_its_next_record(void)
{
    struct published *published = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(published_open(&published, &why), GO_ON);
    put(published, 3, 2, 10, PANE_LATE);
    CU_ASSERT_EQUAL(published_hold(published, day(3), &why), GO_ON);
    CU_ASSERT_EQUAL(published_hold(published, day(4), &why), GO_ON); /* of which nothing else is known */
    CU_ASSERT_TRUE(published_find(published, day(3))->is_held);
    CU_ASSERT_TRUE(published_find(published, day(4))->is_held);
    CU_ASSERT_EQUAL(published_held(published), 2);
    put(published, 3, 0, 1, PANE_EARLY); /* the log's last word, whatever its version */
    CU_ASSERT_FALSE(published_find(published, day(3))->is_held);
    CU_ASSERT_EQUAL(published_find(published, day(3))->revision, 1);
    CU_ASSERT_EQUAL(published_held(published), 1);
    published_close(published);
}

static void what_is_taken_back_is_published_above_all(void)
{
    struct published *published = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(published_open(&published, &why), GO_ON);
    CU_ASSERT_EQUAL(published_generation(published), 0);
    put(published, 1, 5, 10, PANE_LATE);
    put(published, 3, 2, 10, PANE_LATE);
    CU_ASSERT_EQUAL(published_hold(published, day(3), &why), GO_ON);
    CU_ASSERT_EQUAL(published_withdraw(published, day(3), &why), GO_ON);
    CU_ASSERT_EQUAL(published_withdraw(published, day(4), &why), GO_ON);
    CU_ASSERT_TRUE(published_find(published, day(3))->is_withdrawn);
    CU_ASSERT_TRUE(published_find(published, day(4))->is_withdrawn);
    CU_ASSERT_EQUAL(published_find(published, day(3))->revision, 0);
    CU_ASSERT_EQUAL(published_held(published), 0);
    CU_ASSERT_EQUAL(published_generation(published), 5);
    put(published, 3, 6, 1, PANE_ON_TIME);
    CU_ASSERT_FALSE(published_find(published, day(3))->is_withdrawn);
    CU_ASSERT_EQUAL(published_generation(published), 6);
    CU_ASSERT_EQUAL(published_withdraw(published, day(3), &why), GO_ON);
    CU_ASSERT_EQUAL(published_generation(published), 6); /* what was taken back still counts */
    published_close(published);
}

static void tables_count_but_for_the_taxonomy(void)
{
    uint64_t tables = tables_version_hash(span_of("catalog=1 countries=2 taxonomy=3"));

    CU_ASSERT_EQUAL(tables, tables_version_hash(span_of("catalog=1 countries=2 taxonomy=4")));
    CU_ASSERT_NOT_EQUAL(tables, tables_version_hash(span_of("catalog=9 countries=2 taxonomy=3")));
    CU_ASSERT_NOT_EQUAL(tables, tables_version_hash(span_of("catalog=1 countries=9 taxonomy=3")));
    CU_ASSERT_NOT_EQUAL(tables, tables_version_hash(span_of("catalog=1 countries=2 buckets=4 taxonomy=3")));
}

static struct published_part part(const char *incarnation, int64_t next, int64_t records)
{
    struct ledger_partition part = {.next = next, .records = records};

    snprintf(part.incarnation, sizeof(part.incarnation), "%s", incarnation);
    return published_part_of(&part);
}

static void a_window_waits_for_what_it_had_and_for_nothing_else(void)
{
    struct published_part then[2] = {part("aa", 10, 5), part("bb", 20, 0)};
    const struct published_window entry = {.partitions = 2, .parts = then};
    const struct {
        struct published_part now[3];
        bool is_ahead, is_rebuilt, is_regaining;
    } rows[] = {
        {{part("aa", 10, 0), part("bb", 20, 0)}, false, false, false},
        {{part("aa", 11, 0), part("bb", 30, 0), part("cc", 0, 0)}, false, false, false}, /* one that came later */
        {{part("aa", 9, 0), part("bb", 20, 0)}, true, false, false},
        {{part("aa", 10, 0), part("bb", 19, 0)},
         true,
         false,
         false},                                                    /* its records may be among those it counts again */
        {{part("", 0, 0), part("bb", 20, 0)}, true, false, false},  /* gone, with five of its records */
        {{part("aa", 10, 0), part("", 0, 0)}, false, false, false}, /* gone, with none of them */
        {{part("dd", 3, 0), part("bb", 20, 0)}, false, true, true},
        {{part("dd", 9, 0), part("bb", 20, 0)}, false, true, true},
        {{part("dd", 10, 0), part("bb", 20, 0)}, false, true, false}, /* as far as it was */
        {{part("aa", 10, 0), part("dd", 3, 0)}, false, false, false}, /* rebuilt, and the window had nothing of it */
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        CU_ASSERT_EQUAL(published_is_ahead(&entry, rows[i].now, 3), rows[i].is_ahead);
        CU_ASSERT_EQUAL(published_is_rebuilt(&entry, rows[i].now, 3), rows[i].is_rebuilt);
        CU_ASSERT_EQUAL(published_is_regaining(&entry, rows[i].now, 3), rows[i].is_regaining);
    }
    CU_ASSERT_FALSE(published_is_ahead(&entry, &rows[2].now[1], 0)); /* of fewer partitions than then */
}

static void parts_are_kept_with_the_version_they_belong_to(void)
{
    struct published_part parts[2] = {part("aa", 10, 5), part("bb", 20, 1)};
    struct published_window entry = {.window = day(1), .revision = 6, .partitions = 2, .parts = parts};
    struct published *published = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(published_open(&published, &why), GO_ON);
    CU_ASSERT_EQUAL(published_put(published, &entry, &why), GO_ON);
    parts[0].next = 7;
    entry.revision = 5; /* an older version */
    CU_ASSERT_EQUAL(published_put(published, &entry, &why), GO_ON);
    CU_ASSERT_EQUAL(published_find(published, day(1))->parts[0].next, 10);
    entry.revision = 7;
    entry.partitions = 1;
    CU_ASSERT_EQUAL(published_put(published, &entry, &why), GO_ON);
    CU_ASSERT_EQUAL(published_find(published, day(1))->parts[0].next, 7);
    CU_ASSERT_EQUAL(published_find(published, day(1))->partitions, 1);
    published_close(published);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"latest_version_of_a_window_is_kept", latest_version_of_a_window_is_kept},
        {"a_window_is_held_until_its_next_record", a_window_is_held_until_its_next_record},
        {"what_is_taken_back_is_published_above_all", what_is_taken_back_is_published_above_all},
        {"what_is_under_way_counts_by_its_place", what_is_under_way_counts_by_its_place},
        {"windows_may_come_in_any_order", windows_may_come_in_any_order},
        {"tables_count_but_for_the_taxonomy", tables_count_but_for_the_taxonomy},
        {"a_window_waits_for_what_it_had_and_for_nothing_else", a_window_waits_for_what_it_had_and_for_nothing_else},
        {"parts_are_kept_with_the_version_they_belong_to", parts_are_kept_with_the_version_they_belong_to},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
