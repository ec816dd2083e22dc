/* How often open windows are told, as an operator writes it. */
#include "early_intervals.h"

#include "config_defaults.h"
#include "config_derive.h"
#include "suite.h"

static void an_interval_is_for_all_kinds_or_for_one(void)
{
    static const struct {
        const char *text;
        int64_t want[WINDOW_KINDS];
    } rows[] = {
        {"60000", {60000, 60000, 60000, 60000}},
        {"0", {0, 0, 0, 0}},
        {"00", {0, 0, 0, 0}},
        {"100", {100, 100, 100, 100}},
        {"86400000", {86400000, 86400000, 86400000, 86400000}},
        {"60000,hour=0", {0, 60000, 60000, 60000}},
        {"0,week=1000", {0, 0, 1000, 0}},
        {"100,month=86400000,hour=200,week=0,day=300", {200, 300, 0, 86400000}},
        {"000060000,day=0100", {60000, 100, 60000, 60000}},
    };
    struct reason why = {0};

    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        int64_t have[WINDOW_KINDS] = {-1, -1, -1, -1};
        CU_ASSERT_EQUAL(early_intervals_parse(rows[at].text, have, &why), GO_ON);
        CU_ASSERT_EQUAL(memcmp(have, rows[at].want, sizeof(have)), 0);
    }
}

static void what_is_wrong_is_named(void)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "'' is neither 0"},
        {"99", "'99' is neither 0"},
        {"86400001", "100..86400000 ms"},
        {"18446744073709611616", "100..86400000 ms"}, /* 2^64 + 60000 */
        {"-1", "'-1' is neither 0"},
        {"+100", "'+100' is neither 0"},
        {" 100", "' 100' is neither 0"},
        {"1s", "'1s' is neither 0"},
        {"hour=100", "'hour=100' names a kind, where"},
        {",hour=100", "'' is neither 0"},
        {"100,", "'' is not KIND=MS"},
        {"100,,hour=100", "'' is not KIND=MS"},
        {"100,200", "'200' is not KIND=MS"},
        {"100,hour", "'hour' is not KIND=MS"},
        {"100,hour=", "'hour=' is neither 0"},
        {"100,hour=99", "'hour=99' is neither 0"},
        {"100,hour=1=2", "'hour=1=2' is neither 0"},
        {"100,year=100", "'year=100' names none of hour, day, week, month"},
        {"100,=100", "'=100' names none of"},
        {"100,HOUR=100", "names none of"},
        {"100, hour=100", "' hour=100' names none of"},
        {"100,day=100,hour=100,day=100", "'day=100' names a kind for the second time"},
    };

    for (size_t at = 0; at < LENGTH_OF(rows); at++) {
        int64_t have[WINDOW_KINDS];
        struct reason why = {0};
        CU_ASSERT_EQUAL(early_intervals_parse(rows[at].text, have, &why), HALT);
        CU_ASSERT_EQUAL(why.id, CONFIG_VALUE);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "early_emit_interval_ms"));
        if (strstr(why.text, rows[at].words) == NULL) {
            printf("%s: %s\n", rows[at].text, why.text);
            CU_FAIL("it does not say what is wrong");
        }
    }
}

static void the_option_reaches_the_configuration(void)
{
    static struct config config;
    struct reason why = {0};

    config_defaults(&config);
    CU_ASSERT_STRING_EQUAL(config.early_emit_text, "60000");
    CU_ASSERT_EQUAL(config.early_emit_interval_ms[WINDOW_HOUR], 60000);
    CU_ASSERT_EQUAL(config.early_emit_interval_ms[WINDOW_MONTH], 60000);
    snprintf(config.early_emit_text, sizeof(config.early_emit_text), "0,week=100");
    CU_ASSERT_EQUAL(config_derive(&config, &why), GO_ON);
    CU_ASSERT_EQUAL(config.early_emit_interval_ms[WINDOW_HOUR], 0);
    CU_ASSERT_EQUAL(config.early_emit_interval_ms[WINDOW_WEEK], 100);
    snprintf(config.early_emit_text, sizeof(config.early_emit_text), "0,week=1");
    CU_ASSERT_EQUAL(config_derive(&config, &why), HALT);
    CU_ASSERT_EQUAL(why.id, CONFIG_VALUE);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"an interval is for all kinds, or for one", an_interval_is_for_all_kinds_or_for_one},
        {"what is wrong is named", what_is_wrong_is_named},
        {"the option reaches the configuration", the_option_reaches_the_configuration},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
