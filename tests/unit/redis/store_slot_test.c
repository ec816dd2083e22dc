/* Slots of keys, and the keys of commands. That Redis says the same: integration/store_slot_check.c. */
#include "store_slot.h"

#include "suite.h"

static void slots_are_those_of_the_specification(void)
{
    static const struct {
        const char *key;
        uint16_t slot;
    } rows[] = {
        {"123456789", 0x31c3}, /* the specification's own */
        {"", 0},
        {"ns:{t:0}:meta", 6341},
        {"ns:{t:1}:meta", 2276},
        {"ns:{t:1}:hour:1700000000000", 2276},
        {"{t:1}", 2276},
        {"t:1", 2276},
        {"ns:{}:meta", 1496}, /* an empty tag is none */
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(store_slot(span_of(rows[i].key)), rows[i].slot);
    CU_ASSERT_EQUAL(store_slot(span_of("{a}{b}")), store_slot(span_of("a")));
    CU_ASSERT_EQUAL(store_slot(span_of("{{a}}")), store_slot(span_of("{a")));
    CU_ASSERT_NOT_EQUAL(store_slot(span_of("{a")), store_slot(span_of("a")));
}

static void keys_stand_where_commands_have_them(void)
{
    static const struct {
        int count;
        const char *arguments[4], *key;
    } rows[] = {
        {4, {"FCALL", "gentally_2_flush", "2", "k"}, "k"},
        {4, {"FCALL_RO", "gentally_2_look", "1", "k"}, "k"},
        {3, {"HMGET", "k", "f"}, "k"},
        {2, {"HGETALL", "k"}, "k"},
        {3, {"UNLINK", "k", "l"}, "k"},
        {1, {"INFO"}, NULL},
        {2, {"INFO", "memory"}, NULL},
        {1, {"TIME"}, NULL},
        {4, {"SCAN", "0", "MATCH", "k"}, NULL},
        {4, {"FUNCTION", "LOAD", "REPLACE", "k"}, NULL},
        {3, {"FCALL", "f", "0"}, NULL},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const size_t sizes[] = {9, 1, 1, 1};
        bool has_key = rows[i].key != NULL;
        struct span key = store_command_key(rows[i].count, rows[i].arguments, NULL);
        CU_ASSERT_EQUAL(key.bytes != NULL, has_key);
        CU_ASSERT(!has_key || span_equal(key, span_of(rows[i].key)));
        key = store_command_key(rows[i].count, rows[i].arguments, sizes);
        CU_ASSERT(!has_key || span_equal(key, span_of(rows[i].key)));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"slots are those of the specification", slots_are_those_of_the_specification},
        {"keys stand where commands have them", keys_stand_where_commands_have_them},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
