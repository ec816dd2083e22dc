/* The mark by which a log is known again. */
#include "gentally/core/anchor.h"

#include "suite.h"

static struct span text(const char *bytes)
{
    return bytes == NULL ? (struct span){NULL, 0} : (struct span){bytes, strlen(bytes)};
}

static void any_difference_makes_another_record(void)
{
    static const struct {
        int64_t offset, timestamp_ms;
        const char *key, *value;
    } rows[] = {
        {11, 1000, "key", "value"}, {12, 1000, "key", "value"}, {11, 1001, "key", "value"}, {11, 1000, "kez", "value"},
        {11, 1000, "key", "valuf"}, {11, 1000, NULL, "value"},  {11, 1000, "", "value"},    {11, 1000, "key", NULL},
        {11, 1000, "key", ""},      {11, 1000, "value", "key"}, {11, 1000, "keyv", "alue"}, {11, -1, "key", "value"},
        {11, 1000, NULL, NULL},     {11, 1000, "", ""},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        for (size_t j = 0; j < LENGTH_OF(rows); j++) {
            struct anchor left =
                anchor_of(rows[i].offset, rows[i].timestamp_ms, text(rows[i].key), text(rows[i].value));
            struct anchor right =
                anchor_of(rows[j].offset, rows[j].timestamp_ms, text(rows[j].key), text(rows[j].value));
            CU_ASSERT_EQUAL(anchor_equal(&left, &right), i == j);
        }
}

static void what_is_written_is_read(void)
{
    static const struct anchor rows[] = {{0, 0, 0},
                                         {11, -1, 1},
                                         {INT64_MAX, INT64_MAX, UINT64_MAX},
                                         {7, INT64_MIN, UINT64_C(0xdeadbeef)},
                                         {ANCHOR_NONE, 0, 0}};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char written[ANCHOR_TEXT_SIZE];
        struct anchor again;
        anchor_write(&rows[i], written);
        CU_ASSERT_TRUE(anchor_read(written, &again));
        CU_ASSERT_TRUE(anchor_equal(&again, &rows[i]));
    }
}

static void what_we_would_not_write_is_not_read(void)
{
    static const char *const rows[] = {
        " ",
        "7",
        "7 8",
        "7 8 9",
        "-1 0 0000000000000000",
        "-7 8 0000000000000009",
        "07 8 0000000000000009",
        "7 8 0000000000000009 ",
        " 7 8 0000000000000009",
        "7  8 0000000000000009",
        "7 8 000000000000000G",
        "7 8 00000000000000009",
        "7 8 -000000000000009",
        "99999999999999999999 8 0000000000000009",
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct anchor anchor;
        bool is_read = anchor_read(rows[i], &anchor);
        if (is_read)
            printf("row: \"%s\"\n", rows[i]);
        CU_ASSERT_FALSE(is_read);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"any_difference_makes_another_record", any_difference_makes_another_record},
        {"what_is_written_is_read", what_is_written_is_read},
        {"what_we_would_not_write_is_not_read", what_we_would_not_write_is_not_read},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
