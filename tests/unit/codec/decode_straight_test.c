/*
 * The short way through a record. That what it accepts is right, the tests of decode.h and the fuzz target hold,
 * against libavro; here: that it is taken, and by which schemas.
 */
#include "decode_straight.h"

#include "gentally/base/bundled.h"
#include "gentally/codec/decode.h"
#include "suite.h"

static bool is_straight(struct span schema)
{
    struct plan plan;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(plan_open(&plan, bundled_generation_avsc, schema, &why), GO_ON);
    bool is = plan_is_straight(&plan);
    plan_close(&plan);
    return is;
}

static void the_bundled_schema_is_straight(void)
{
    CU_ASSERT_TRUE(is_straight(bundled_generation_avsc));
    CU_ASSERT_FALSE(is_straight(bundled_generation_1_avsc));
}

/* Each is the bundled schema with a text in it changed: the interpreter's. */
static void what_differs_is_not(void)
{
    static const struct {
        const char *text, *instead;
    } rows[] = {
        {"\"long\", \"null\"", "\"null\", \"long\""}, /* cost */
        {"\"create\", \"amend\"", "\"amend\", \"create\""},
        {"{\"name\": \"streamed\"", "{\"name\": \"cancelled_\""},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span whole = bundled_generation_avsc;
        const char *at = memmem(whole.bytes, whole.size, rows[i].text, strlen(rows[i].text));
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        int before = (int)(at - whole.bytes), after = (int)(whole.size - strlen(rows[i].text)) - before;
        char *changed = NULL;
        CU_ASSERT_FATAL(asprintf(&changed, "%.*s%s%.*s", before, whole.bytes, rows[i].instead, after,
                                 at + strlen(rows[i].text)) > 0);
        CU_ASSERT_FALSE(is_straight(span_of(changed)));
        free(changed);
    }
}

/* id a, created_at 1000, model m, 3 prompt and 2 completion tokens, all else absent, by the bundled schema. */
static const char smallest[] =
    "\0\0\0\0\x09\x02"
    "a\xd0\x0f\x02"
    "m\0\0\0\0\0\x02\x06\x02\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/* The string ends with a zero of its own, which is one byte too many. */
static void a_record_ends_with_its_last_field(void)
{
    struct decoder *decoder;
    struct event event;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(decoder_open(&decoder, 1000, &why), GO_ON);
    CU_ASSERT_EQUAL(decode_event(decoder, (struct span){smallest, sizeof(smallest) - 1}, &event, &why), GO_ON);
    CU_ASSERT_EQUAL(event.tokens_prompt + event.tokens_completion, 5);
    CU_ASSERT_EQUAL(decode_event(decoder, (struct span){smallest, sizeof(smallest)}, &event, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, DECODE_TRAILING);
    CU_ASSERT_EQUAL(decode_event(decoder, (struct span){smallest, sizeof(smallest) - 2}, &event, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, DECODE_TRUNCATED);
    decoder_close(decoder);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the_bundled_schema_is_straight", the_bundled_schema_is_straight},
        {"what_differs_is_not", what_differs_is_not},
        {"a_record_ends_with_its_last_field", a_record_ends_with_its_last_field},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
