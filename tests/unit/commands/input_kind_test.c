/* Files that somebody pipes into `produce`: which of them no line of can be an event, and what is said of them. */
#include "input_kind.h"

#include "suite.h"

#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

static void files_of_another_kind_are_told(void)
{
    static const struct {
        struct span first;
        const char *says;
    } rows[] = {
        {BYTES("["), "jq -c '.[]'"},
        {BYTES("[{\"id\":\"g\"},"), "jq -c '.[]'"},
        {BYTES("\xef\xbb\xbf  [{\"id\":\"g\"}]"), "jq -c '.[]'"},
        {BYTES("{"), "jq -c ."},
        {BYTES("\xef\xbb\xbf{ \t\r"), "jq -c ."},
        {BYTES("\x1e{\"id\":\"g\"}"), "RFC 7464"},
        {BYTES("{\"id\":\"g\"}\r{\"id\":\"h\"}"), "CR alone"},
        {BYTES("\x1f\x8b\x08\x00"), "gunzip -c"},
        {BYTES("\x28\xb5\x2f\xfd\x24"), "zstd -dc"},
        {BYTES("BZh91AY"), "bzip2 -dc"},
        {BYTES("\xfd"
               "7zXZ\x00"),
         "xz -dc"},
        {BYTES("PK\x03\x04\x14"), "ZIP"},
        {BYTES("Obj\x01\x04"), "Avro file"},
        {BYTES("PAR1\x15"), "Parquet"},
        {BYTES("\xff\xfe{\0\"\0i\0"), "iconv -f UTF-16 "},
        {BYTES("\xfe\xff\0{\0\"\0i"), "iconv -f UTF-16 "},
        {BYTES("{\0\"\0i\0d\0"), "iconv -f UTF-16LE"},
        {BYTES("\0{\0\"\0i\0d"), "iconv -f UTF-16BE"},
        {BYTES("\xff\xfe\0\0{\0\0\0"), "iconv -f UTF-32"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        CU_ASSERT_EQUAL(input_kind_check(rows[i].first, &why), HALT);
        CU_ASSERT_EQUAL(why.id, LINE_NOT_JSON);
        if (strstr(why.text, rows[i].says) == NULL)
            printf("row %zu: %s\n", i, why.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].says));
    }
}

static void lines_are_judged_one_by_one(void)
{
    static const struct span rows[] = {
        BYTES("{\"id\":\"g\"}"), BYTES("\xef\xbb\xbf{\"id\":\"g\"}\r"), BYTES("{}"), BYTES("{{"),
        BYTES("id,created_at"),  BYTES("data: {\"id\":\"g\"}"),         BYTES("{,"), BYTES(""),
        BYTES("\xef\xbb\xbf"),   BYTES("{\"app\":\"a\\r{\"}"),          BYTES("#"),  BYTES("\0"),
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct reason why = {0};
        if (input_kind_check(rows[i], &why) != GO_ON)
            printf("row %zu: %s\n", i, why.text);
        CU_ASSERT_EQUAL(input_kind_check(rows[i], &why), GO_ON);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"files of another kind are told", files_of_another_kind_are_told},
        {"lines are judged one by one", lines_are_judged_one_by_one},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
