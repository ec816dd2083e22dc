/* One event in the wire formats of others, byte by byte as their makers document them: what its dead letter tells. */
#include "gentally/codec/wire_look.h"

#include "suite.h"

#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }
#define UUID "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07"
#define BODY "\x02x\x02y" /* an id, and what follows */

/* What is said of a value; NULL if nothing is. */
static const char *look_of(struct span value)
{
    static struct reason why;
    static const char said[] = "x: it looks like ";

    (void)reason_set(&why, SET_ASIDE, DECODE_FRAMING, 0, "x");
    (void)wire_tell(value, SET_ASIDE, &why);
    if (strcmp(why.text, "x") == 0)
        return NULL;
    CU_ASSERT_EQUAL(strncmp(why.text, said, sizeof(said) - 1), 0);
    return why.text + sizeof(said) - 1;
}

static void forms_of_others_are_named(void)
{
    static const struct {
        struct span value;
        const char *looks;
    } rows[] = {
        {BYTES("\x03\0" UUID BODY), "AWS Glue"},
        {BYTES("\x03\x05" UUID "\x78\x9c"), "AWS Glue"},
        {BYTES("\x01" UUID BODY), "GUID"},
        {BYTES("\xc3\x01\x07\0\0\0\0\0\0\0" BODY), "single-object"},
        {BYTES("Obj\x01" BODY), "an Avro file"},
        {BYTES("\x1f\x8b\x08\0" BODY), "gzip"},
        {BYTES("\x28\xb5\x2f\xfd" BODY), "zstd"},
        {BYTES("[{\"id\":\"x\"}]"), "a JSON array"},
        {BYTES("{\"specversion\":\"1.0\",\"data\":{}}"), "CloudEvent"},
        {BYTES(BODY), "an Avro body alone"},
        {BYTES("\x10gen-0001\x02y"), "an Avro body alone"},
        {BYTES("\0\0\0\0\0\0\0\0\x07" BODY), "Apicurio"},
        {BYTES("\0\x07\0\0\0" BODY), "least significant first"},
        {BYTES("\0\xff\xff\xff\xff" BODY), "below 0"},
        {BYTES("\0\0\0\0\x09{\"id\":\"x\"}"), "JSON Schema"},
        {BYTES("\0\0\0\0\x09\0\x0a\x01x"), "Protobuf"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const char *looks = look_of(rows[i].value);
        if (looks == NULL || strstr(looks, rows[i].looks) == NULL)
            printf("row %zu: %s\n", i, looks == NULL ? "like nothing" : looks);
        CU_ASSERT_PTR_NOT_NULL_FATAL(looks);
        CU_ASSERT_PTR_NOT_NULL(strstr(looks, rows[i].looks));
    }
}

static void what_is_like_nothing_is_not_named(void)
{
    static const struct span rows[] = {
        {NULL, 0},
        BYTES("\x03"),
        BYTES("\x01"),
        BYTES("\xc3"),
        BYTES("\0"),
        BYTES("\0\0\0"),
        BYTES("\x02"),
        BYTES("\x04x"),
        BYTES("\0\0\0\0\x09"),
        BYTES("\0\0\0\0\x09" BODY),
        BYTES("hello"),
        BYTES("\x02\x01\x02"),
        BYTES("{\"id\":\"x\"}"),
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const char *looks = look_of(rows[i]);
        if (looks != NULL)
            printf("row %zu: %s\n", i, looks);
        CU_ASSERT_PTR_NULL(looks);
    }
}

static void the_reason_keeps_what_it_said(void)
{
    struct reason why;
    const struct span json = BYTES("[{\"secret\":1}]"), unknown = BYTES("hello");

    (void)reason_set(&why, SET_ASIDE, DECODE_FRAMING, 7, "no zero byte");
    CU_ASSERT_EQUAL(wire_tell(json, SET_ASIDE, &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, DECODE_FRAMING);
    CU_ASSERT_EQUAL(why.code, 7);
    CU_ASSERT_STRING_EQUAL(why.text, "no zero byte: it looks like a JSON array");
    (void)reason_set(&why, SET_ASIDE, DECODE_FRAMING, 7, "no zero byte");
    CU_ASSERT_EQUAL(wire_tell(unknown, SET_ASIDE, &why), SET_ASIDE);
    CU_ASSERT_STRING_EQUAL(why.text, "no zero byte");
    CU_ASSERT_EQUAL(wire_tell(json, SET_ASIDE, NULL), SET_ASIDE);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"forms of others are named", forms_of_others_are_named},
        {"what is like nothing is not named", what_is_like_nothing_is_not_named},
        {"the reason keeps what it said", the_reason_keeps_what_it_said},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
