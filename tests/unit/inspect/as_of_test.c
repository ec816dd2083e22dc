/* As of when a ledger record is: of whom its event time waits, and how far behind it was. */
#include "gentally/inspect/as_of.h"

#include "suite.h"

#define PARTS_MAX 3

struct part {
    int64_t next, end, watermark_ms;
    bool is_stopped, is_given_up, is_gone;
};

static const struct scene {
    const char *name;
    struct part parts[PARTS_MAX];
    uint32_t count;
    int64_t event_ms, records, behind;
} scenes[] = {
    {"the slowest of those that have more", {{10, 12, 500, 0, 0, 0}, {20, 21, 300, 0, 0, 0}}, 2, 300, 30, 3},
    {"one at its end holds nothing back", {{10, 12, 500, 0, 0, 0}, {20, 20, 300, 0, 0, 0}}, 2, 500, 30, 2},
    {"all at their ends", {{10, 10, 500, 0, 0, 0}, {20, 20, 300, 0, 0, 0}}, 2, 500, 30, 0},
    {"an empty one holds nothing back", {{10, 12, 500, 0, 0, 0}, {0, 0, NO_TIME, 0, 0, 0}}, 2, 500, 10, 2},
    {"one that has had no event yet", {{10, 12, 500, 0, 0, 0}, {0, 9, NO_TIME, 0, 0, 0}}, 2, NO_TIME, 10, 11},
    {"one that stopped at its end", {{10, 12, 500, 0, 0, 0}, {20, 20, 300, 1, 0, 0}}, 2, 300, 30, 2},
    {"one that was given up", {{10, 12, 500, 0, 0, 0}, {20, 29, 300, 1, 1, 0}}, 2, 500, 30, 11},
    {"one whose state is gone", {{10, 12, 500, 0, 0, 0}, {0, 29, NO_TIME, 1, 0, 1}}, 2, NO_TIME, 10, -1},
    {"an end that is not known",
     {{10, -1, 500, 0, 0, 0}, {20, 21, 700, 0, 0, 0}, {1, 5, 800, 0, 0, 0}},
     3,
     500,
     31,
     -1},
    {"a log that was cut", {{10, 7, 500, 0, 0, 0}}, 1, 500, 10, 0},
};

static void test_scenes(void)
{
    for (size_t i = 0; i < LENGTH_OF(scenes); i++) {
        const struct scene *scene = &scenes[i];
        struct ledger_partition parts[PARTS_MAX] = {0};
        struct ledger ledger = {.window = {WINDOW_WEEK, 7}, .pane = PANE_LATE, .partitions = parts};
        struct as_of as_of;
        ledger.partition_count = scene->count;
        for (uint32_t at = 0; at < scene->count; at++) {
            const struct part *part = &scene->parts[at];
            parts[at] = (struct ledger_partition){.partition = (int32_t)at,
                                                  .incarnation = {part->is_gone ? '\0' : 'a'},
                                                  .next = part->next,
                                                  .end = part->end,
                                                  .watermark_ms = part->watermark_ms,
                                                  .outcomes = {part->next},
                                                  .stopped = {part->is_stopped ? 'X' : '\0'},
                                                  .is_given_up = part->is_given_up};
        }
        as_of_read(&as_of, &ledger, 99);
        if (as_of.event_ms != scene->event_ms || as_of.records != scene->records || as_of.behind != scene->behind)
            printf("%s: event %lld, records %lld, behind %lld\n", scene->name, (long long)as_of.event_ms,
                   (long long)as_of.records, (long long)as_of.behind);
        CU_ASSERT_EQUAL(as_of.event_ms, scene->event_ms);
        CU_ASSERT_EQUAL(as_of.records, scene->records);
        CU_ASSERT_EQUAL(as_of.behind, scene->behind);
        CU_ASSERT_EQUAL(as_of.told_ms, 99);
        CU_ASSERT_EQUAL(as_of.pane, PANE_LATE);
        CU_ASSERT_EQUAL(window_compare(as_of.window, ledger.window), 0);
    }
}

static void test_ages(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } ages[] = {{-5, "0 s"},          {8999, "8 s"},    {119999, "119 s"},  {120000, "2 min"},
                {7199999, "119 min"}, {7200000, "2 h"}, {172800000, "2 d"}, {INT64_MAX, "106751991167 d"}};
    char text[AS_OF_AGE_SIZE];

    for (size_t i = 0; i < LENGTH_OF(ages); i++) {
        as_of_age_write(ages[i].ms, text);
        CU_ASSERT_STRING_EQUAL(text, ages[i].text);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"scenes", test_scenes},
        {"ages", test_ages},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
