/* Bearer tokens: where their end is told, and what is none. Those with a payload were encoded by Python's base64. */
#include "token_text.h"

#include "suite.h"

#define NOW_MS INT64_C(1764000000000)

/* {"alg":"none"} . {"sub":"worker","exp":1764000600} and the same with an exp of 1.7640006e9, and with none */
#define WEB_TOKEN "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3b3JrZXIiLCJleHAiOjE3NjQwMDA2MDB9.c2ln"
#define WEB_TOKEN_REAL "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3b3JrZXIiLCJleHAiOjEuNzY0MDAwNmU5fQ.c2ln"
#define WEB_TOKEN_ENDLESS "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3b3JrZXIifQ.c2ln"
/* https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Date=20251124T160000Z&X-Amz-Expires=900
 */
#define SIGNED_URL                                                                                                     \
    "aHR0cHM6Ly9rYWZrYS5ldS13ZXN0LTEuYW1hem9uYXdzLmNvbS8_QWN0aW9uPWthZmthLWNsdXN0ZXIlM0FDb25uZWN0JlgtQW16LURhdGU9MjAy" \
    "NTExMjRUMTYwMDAwWiZYLUFtei1FeHBpcmVzPTkwMA"

static struct token token;
static char problem[TOKEN_PROBLEM_SIZE];

static bool told(const char *text)
{
    memset(&token, 0, sizeof(token));
    problem[0] = '\0';
    return token_read(span_of(text), NOW_MS, &token, problem);
}

static void the_end_is_read_where_it_is_told(void)
{
    static const struct {
        const char *told, *text;
        int64_t ends_ms;
    } rows[] = {
        {"opaque-1", "opaque-1", NOW_MS + TOKEN_UNTOLD_MS},
        {"  opaque-2==\r\n", "opaque-2==", NOW_MS + TOKEN_UNTOLD_MS},
        {WEB_TOKEN "\n", WEB_TOKEN, NOW_MS + 600000},
        {WEB_TOKEN_REAL, WEB_TOKEN_REAL, NOW_MS + 600000},
        {WEB_TOKEN_ENDLESS, WEB_TOKEN_ENDLESS, NOW_MS + TOKEN_UNTOLD_MS},
        {"a.b.c", "a.b.c", NOW_MS + TOKEN_UNTOLD_MS},
        {"a.!.c", NULL, 0},
        {SIGNED_URL, SIGNED_URL, NOW_MS + 900000},
        {"{\"access_token\":\"t\",\"expires_in\":7}", "t", NOW_MS + 7000},
        {"{\"access_token\":\"t\"}", "t", NOW_MS + TOKEN_UNTOLD_MS},
        {"{\"access_token\":\"" WEB_TOKEN "\",\"token_type\":\"Bearer\"}", WEB_TOKEN, NOW_MS + 600000},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        CU_ASSERT_EQUAL(told(rows[i].told), rows[i].text != NULL);
        CU_ASSERT_EQUAL(token.ends_ms, rows[i].ends_ms);
        CU_ASSERT_STRING_EQUAL(token.text, rows[i].text == NULL ? "" : rows[i].text);
    }
}

static void what_is_no_token_is_told_and_never_quoted(void)
{
    static const char *const rows[] = {
        "",
        "   \n",
        "two words",
        "with\tcontrol",
        "{",
        "{}",
        "{\"access_token\":7}",
        "{\"access_token\":\"\"}",
        "{\"access_token\":\"two words\"}",
        "<html>",
        "\"quoted\"",
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        CU_ASSERT_FALSE(told(rows[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(problem, "wanted is a token alone"));
        CU_ASSERT_PTR_NULL(strstr(problem, "words"));
    }
}

static void a_token_that_ended_is_refused(void)
{
    CU_ASSERT_TRUE(token_read(span_of(WEB_TOKEN), NOW_MS + 599999, &token, problem));
    CU_ASSERT_FALSE(token_read(span_of(WEB_TOKEN), NOW_MS + 600000, &token, problem));
    CU_ASSERT_STRING_EQUAL(problem, "the token ended at 2025-11-24T16:10:00Z");
}

static void one_that_is_too_long_is_refused(void)
{
    static char text[TOKEN_TEXT_MAX + 1];

    memset(text, 'a', TOKEN_TEXT_MAX);
    CU_ASSERT_FALSE(token_read((struct span){text, TOKEN_TEXT_MAX}, NOW_MS, &token, problem));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem, "too long"));
    CU_ASSERT_TRUE(token_read((struct span){text, TOKEN_TEXT_MAX - 1}, NOW_MS, &token, problem));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the_end_is_read_where_it_is_told", the_end_is_read_where_it_is_told},
        {"what_is_no_token_is_told_and_never_quoted", what_is_no_token_is_told_and_never_quoted},
        {"a_token_that_ended_is_refused", a_token_that_ended_is_refused},
        {"one_that_is_too_long_is_refused", one_that_is_too_long_is_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
