/* The options of a command, as people type them. */
#include "gentally/cli/options.h"

#include "suite.h"

static void shares_are_read_whole_or_not_at_all(void)
{
    static const struct {
        const char *text;
        bool is_good;
        uint32_t want;
    } rows[] = {
        {"0", true, 0},           {"1", true, 1000000},       {"0.05", true, 50000}, {"0.0025", true, 2500},
        {"1.000", true, 1000000}, {"0.999999", true, 999999}, {"0.", true, 0},       {"", false, 0},
        {".5", false, 0},         {"1.1", false, 0},          {"2", false, 0},       {"0.0000001", false, 0},
        {"0,05", false, 0},       {"0.05x", false, 0},        {"-0.1", false, 0},    {"10", false, 0},
        {"5%", false, 0},
    };

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct command_option option = {"share", "SHARE", "", rows[index].text};
        struct reason why = {0};
        uint32_t share = 77;
        bool is_good = option_share(&option, &share, &why) == GO_ON;
        if (is_good != rows[index].is_good || share != (is_good ? rows[index].want : 77))
            printf("share \"%s\": %u\n", rows[index].text, share);
        CU_ASSERT_EQUAL(is_good, rows[index].is_good);
        CU_ASSERT_EQUAL(share, is_good ? rows[index].want : 77);
    }
}

static void integers_keep_their_limits(void)
{
    static const struct {
        const char *text;
        bool is_good;
    } rows[] = {{"1", true}, {"10", true},  {"0", false},   {"11", false},
                {"", false}, {"5x", false}, {"5.0", false}, {"99999999999999999999", false}};

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct command_option option = {"count", "N", "", rows[index].text};
        struct reason why = {0};
        int64_t value = -5;
        CU_ASSERT_EQUAL(option_integer(&option, 1, 10, &value, &why) == GO_ON, rows[index].is_good);
        CU_ASSERT_EQUAL(value == -5, !rows[index].is_good);
    }
}

static void what_is_not_given_keeps_its_default(void)
{
    static const char *const names[] = {"table", "json"};
    struct command_option option = {"any", "X", "", NULL};
    struct reason why = {0};
    int64_t value = 3, ms = 4;
    uint32_t share = 5, index = 1;

    CU_ASSERT_EQUAL(option_integer(&option, 1, 10, &value, &why), GO_ON);
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), GO_ON);
    CU_ASSERT_EQUAL(option_share(&option, &share, &why), GO_ON);
    CU_ASSERT_EQUAL(option_choice(&option, names, LENGTH_OF(names), &index, &why), GO_ON);
    CU_ASSERT_TRUE(value == 3 && ms == 4 && share == 5 && index == 1);
}

static void choices_and_times_are_read(void)
{
    static const char *const names[] = {"table", "json"};
    struct command_option option = {"format", "F", "", "json"};
    struct reason why = {0};
    uint32_t index = 0;
    int64_t ms = 0;

    CU_ASSERT_EQUAL(option_choice(&option, names, LENGTH_OF(names), &index, &why), GO_ON);
    CU_ASSERT_EQUAL(index, 1);
    option.value = "jso";
    CU_ASSERT_EQUAL(option_choice(&option, names, LENGTH_OF(names), &index, &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.text, "--format jso: want one of table, json");
    option.value = "2025-11-24";
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), GO_ON);
    CU_ASSERT_EQUAL(ms, 1763942400000);
    option.value = "1763942400001";
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), GO_ON);
    CU_ASSERT_EQUAL(ms, 1763942400001);
    option.value = "yesterday";
    CU_ASSERT_EQUAL(option_time(&option, &ms, &why), HALT);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"shares_are_read_whole_or_not_at_all", shares_are_read_whole_or_not_at_all},
        {"integers_keep_their_limits", integers_keep_their_limits},
        {"what_is_not_given_keeps_its_default", what_is_not_given_keeps_its_default},
        {"choices_and_times_are_read", choices_and_times_are_read},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
