/* Reasons are one bounded line, whatever a foreign library put into them. */
#include "gentally/base/verdict.h"

#include "suite.h"

static void reason_keeps_all_it_is_told(void)
{
    struct reason why = {0};
    CU_ASSERT_EQUAL(reason_set(&why, HALT, CONFIG_VALUE, 7, "%s = %d", "limit", 3), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "CONFIG-VALUE");
    CU_ASSERT_EQUAL(why.code, 7);
    CU_ASSERT_STRING_EQUAL(why.text, "limit = 3");
}

static void reason_is_one_line(void)
{
    struct reason why = {0};
    CU_ASSERT_EQUAL(reason_set(&why, SET_ASIDE, DECODE_UTF8, 0, "a\r\nb\tc\033[2Jd\177e"), SET_ASIDE);
    CU_ASSERT_STRING_EQUAL(why.text, "a  b c [2Jd e");
}

static void reason_keeps_letters_beyond_ascii(void)
{
    struct reason why = {0};
    CU_ASSERT_EQUAL(reason_set(&why, SET_ASIDE, DECODE_UTF8, 0, "caf\xc3\xa9"), SET_ASIDE);
    CU_ASSERT_STRING_EQUAL(why.text, "caf\xc3\xa9");
}

static void reason_is_cut_at_its_room(void)
{
    for (size_t size = REASON_TEXT_SIZE - 2; size <= REASON_TEXT_SIZE + 1; size++) {
        char text[REASON_TEXT_SIZE + 2];
        struct reason why = {0};
        memset(text, 'x', size);
        text[size] = '\0';
        CU_ASSERT_EQUAL(reason_set(&why, HALT, CONFIG_VALUE, 0, "%s", text), HALT);
        CU_ASSERT_EQUAL(strlen(why.text), size < REASON_TEXT_SIZE ? size : REASON_TEXT_SIZE - 1);
    }
}

static void reason_may_quote_itself(void)
{
    struct reason why = {0};
    CU_ASSERT_EQUAL(reason_set(&why, HALT, TABLE_INVALID, 0, "line 3"), HALT);
    CU_ASSERT_EQUAL(reason_set(&why, HALT, TABLE_INVALID, 0, "catalog: %s", why.text), HALT);
    CU_ASSERT_STRING_EQUAL(why.text, "catalog: line 3");
}

static void reason_may_be_unwanted(void)
{
    CU_ASSERT_EQUAL(reason_set(NULL, REWIND, STORE_FENCED, 0, "%d", 1), REWIND);
}

static void reason_is_found_by_its_id(void)
{
    for (size_t id = REASON_NONE + 1; id < REASON_COUNT; id++)
        CU_ASSERT_EQUAL(reason_find(span_of(reason_name((enum reason_id)id))), id);
    CU_ASSERT_EQUAL(reason_find(span_of("STORE")), REASON_NONE);
    CU_ASSERT_EQUAL(reason_find(span_of("")), REASON_NONE);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"reason_keeps_all_it_is_told", reason_keeps_all_it_is_told},
        {"reason_is_one_line", reason_is_one_line},
        {"reason_is_found_by_its_id", reason_is_found_by_its_id},
        {"reason_keeps_letters_beyond_ascii", reason_keeps_letters_beyond_ascii},
        {"reason_is_cut_at_its_room", reason_is_cut_at_its_room},
        {"reason_may_quote_itself", reason_may_quote_itself},
        {"reason_may_be_unwanted", reason_may_be_unwanted},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
