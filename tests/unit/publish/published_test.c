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
}

/* A rebuilt partition changes the sum wherever it stands; one that is added does not change the sum before it. */
static void states_add_up_by_partition_and_incarnation(void)
{
    uint64_t none = 0, one = published_states(none, 0, "aa"), two = published_states(one, 1, "bb");

    CU_ASSERT_NOT_EQUAL(one, none);
    CU_ASSERT_NOT_EQUAL(two, one);
    CU_ASSERT_NOT_EQUAL(published_states(published_states(none, 0, "cc"), 1, "bb"), two);
    CU_ASSERT_NOT_EQUAL(published_states(one, 1, "cc"), two);
    CU_ASSERT_NOT_EQUAL(published_states(published_states(none, 0, "bb"), 1, "aa"), two); /* they changed places */
    CU_ASSERT_NOT_EQUAL(published_states(published_states(none, 0, "aa"), 1, "aa"), none);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"latest_version_of_a_window_is_kept", latest_version_of_a_window_is_kept},
        {"a_window_is_held_until_its_next_record", a_window_is_held_until_its_next_record},
        {"what_is_taken_back_is_published_above_all", what_is_taken_back_is_published_above_all},
        {"windows_may_come_in_any_order", windows_may_come_in_any_order},
        {"tables_count_but_for_the_taxonomy", tables_count_but_for_the_taxonomy},
        {"states_add_up_by_partition_and_incarnation", states_add_up_by_partition_and_incarnation},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
