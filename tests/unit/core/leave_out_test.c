/* What an operator leaves out: lists that are read, lists that are not, and which events they name. */
#include "gentally/core/leave_out.h"

#include <stdio.h>

#include "suite.h"

static struct event some_event(void)
{
    return (struct event){
        .model = span_of("openai/gpt-4o"),
        .provider = span_of("a,b*c\\d"),
        .account = span_of("acme"),
        .app = span_of("health-check"),
        .country = span_of("DE"),
        .language = span_of("he-IL"),
        .finish_reason = span_of("stop"),
    };
}

/* An event is named by its texts, byte by byte; one that it lacks is named by nothing. */
static void events_are_named_by_their_texts(void)
{
    static const struct {
        const char *list;
        bool is_left_out;
    } rows[] = {
        {"", false},
        {"app=health-check", true},
        {"model=openai/gpt-4o", true},
        {"country=DE", true},
        {"country=de", true}, /* as it counts */
        {"country=d*", false},
        {"language=IW_il", true},
        {"language=iw*", false},
        {"finish_reason=stop", true},
        {"language=de", false},
        {"language=d*", false},
        {"provider=health-check", false}, /* another field's */
        {"app=health-chec", false},
        {"app=health-check2", false},
        {"app=Health-Check", false},
        {"app= health-check", false},
        {"app=health-chec*", true},
        {"app=health-check*", true},
        {"app=health-check2*", false},
        {"app=h*", true},
        {"app=health\\*", false}, /* a name that ends so */
        {"model=openai/*", true},
        {"model=openai-*", false},
        {"country=US,app=health-check", true},
        {"country=US,app=other,language=de", false},
        {"provider=a\\,b\\*c\\\\d", true},
        {"provider=a\\,b\\**", true},
        {"provider=a\\,b\\*", false},
        {"app=a=b,country=DE", true},
    };
    const struct event event = some_event();
    struct leave_out leave_out;
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        CU_ASSERT_EQUAL_FATAL(leave_out_parse(rows[i].list, &leave_out, &why), GO_ON);
        struct leave_out copy = leave_out;
        memset(&leave_out, 0xff, sizeof(leave_out));
        bool is_right = leave_out_has(&copy, &event) == rows[i].is_left_out;
        if (!is_right)
            printf("list %s\n", rows[i].list);
        CU_ASSERT_TRUE(is_right);
    }
}

static void what_is_wrong_is_named(void)
{
    static const struct {
        const char *list, *words;
    } rows[] = {
        {"app", "'app': expected FIELD=VALUE"},
        {"app=a,b", "'b': expected FIELD=VALUE; in a value a comma is written \\,"},
        {",", "',': nothing follows its comma"},
        {"app=a,", "'app=a,': nothing follows its comma"},
        {"app=a,,app=b", "'': expected FIELD=VALUE"},
        {"=a", "'=a': no such field; allowed is model, provider, app, country, language, finish_reason"},
        {"App=a", "'App=a': no such field"},
        {"app=a, country=DE", "' country=DE': no such field"},
        {"contry=DE", "finish_reason; did you mean country?"},
        {"account=Ms Smith", "'account': accounts cannot be named"},
        {"app=", "'app=': the value is empty"},
        {"model=*", "'model=*': a '*' alone would leave out all"},
        {"model=a*b", "'model=a*b': a '*' stands at the end"},
        {"model=a**", "'model=a**': a '*' stands at the end"},
        {"app=a\\b", "'app=a\\b': a \\ stands before"},
        {"app=a\\", "'app=a\\': a \\ stands before"},
        {"app=a,country=DE,app=a", "'app=a': named twice"},
    };
    struct leave_out leave_out;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        bool is_right = leave_out_parse(rows[i].list, &leave_out, &why) == HALT && why.id == CONFIG_VALUE &&
                        strstr(why.text, rows[i].words) != NULL;
        if (!is_right)
            printf("list %s: %s\n", rows[i].list, why.text);
        CU_ASSERT_TRUE(is_right);
        CU_ASSERT_PTR_NULL(strstr(why.text, "Smith"));
    }
}

/* The order of the pairs means nothing: lists that mean the same are kept as one text. */
static void lists_that_mean_the_same_have_one_text(void)
{
    struct leave_out left, right;
    struct reason why;

    CU_ASSERT_EQUAL(leave_out_parse("provider=x\\,y,app=b,app=a*,app=a", &left, &why), GO_ON);
    CU_ASSERT_EQUAL(leave_out_parse("app=a,app=b,provider=x\\,y,app=a*", &right, &why), GO_ON);
    CU_ASSERT_STRING_EQUAL(left.text, "app=a,app=a*,app=b,provider=x\\,y");
    CU_ASSERT_STRING_EQUAL(left.text, right.text);
    CU_ASSERT_EQUAL(leave_out_parse(left.text, &right, &why), GO_ON);
    CU_ASSERT_STRING_EQUAL(left.text, right.text);
}

static void lists_have_limits(void)
{
    char list[LEAVE_OUT_SIZE] = "";
    struct leave_out leave_out;
    struct reason why;
    size_t size = 0;

    for (unsigned i = 0; i <= LEAVE_OUT_MAX; i++) {
        size += (size_t)snprintf(list + size, sizeof(list) - size, "%sapp=%u", i == 0 ? "" : ",", i);
        CU_ASSERT_EQUAL(leave_out_parse(list, &leave_out, &why), i < LEAVE_OUT_MAX ? GO_ON : HALT);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "'app=32': more than 32 pairs"));
    memset(list, 'x', sizeof(list));
    memcpy(list, "app=", 4);
    for (size = EVENT_TEXT_MAX; size <= EVENT_TEXT_MAX + 1; size++) {
        list[4 + size] = '\0';
        CU_ASSERT_EQUAL(leave_out_parse(list, &leave_out, &why), size <= EVENT_TEXT_MAX ? GO_ON : HALT);
        list[4 + size] = 'x';
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "longer than any text of an event"));
    for (size_t i = 4; i + 2 < sizeof(list); i += 2) /* as many bytes as there may be, each sign an escape */
        memcpy(list + i, "\\,", 3);
    CU_ASSERT_EQUAL(leave_out_parse(list, &leave_out, &why), GO_ON);
    CU_ASSERT_EQUAL(leave_out.pairs[0].size, (sizeof(list) - 5) / 2);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"events_are_named_by_their_texts", events_are_named_by_their_texts},
        {"what_is_wrong_is_named", what_is_wrong_is_named},
        {"lists_that_mean_the_same_have_one_text", lists_that_mean_the_same_have_one_text},
        {"lists_have_limits", lists_have_limits},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
