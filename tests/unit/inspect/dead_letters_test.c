/* Dead letters read back: headers that are ours and headers that are not, places, keys, sets. */
#include "gentally/inspect/dead_letters.h"

#include <stdio.h>

#include "suite.h"

/* The headers of the dead letter at hand; a test has one at a time. */
static struct header_of_test {
    const char *name, *value;
} headers[6];

static struct span header(const struct record *record, const char *name)
{
    (void)record;
    for (size_t i = 0; i < LENGTH_OF(headers); i++)
        if (headers[i].name != NULL && strcmp(headers[i].name, name) == 0)
            return span_of(headers[i].value);
    return (struct span){NULL, 0};
}

static void set_headers(const char *partition, const char *offset, const char *timestamp, const char *omitted)
{
    headers[0].name = "gentally.reason";
    headers[0].value = "DECODE-UTF8";
    headers[1].name = "gentally.topic";
    headers[1].value = "generations";
    headers[2].name = "gentally.partition";
    headers[2].value = partition;
    headers[3].name = "gentally.offset";
    headers[3].value = offset;
    headers[4].name = "gentally.timestamp";
    headers[4].value = timestamp;
    headers[5].name = omitted == NULL ? NULL : "gentally.value-omitted";
    headers[5].value = omitted;
}

static void test_headers(void)
{
    static const struct {
        const char *partition, *offset, *timestamp, *omitted;
        bool has_origin;
        int64_t omitted_size;
    } rows[] = {
        {"3", "17", "1763000000000", NULL, true, -1},
        {"0", "0", "-1", NULL, true, -1},
        {"0", "9223372036854775807", "-9223372036854775808", NULL, true, -1},
        {"3", "17", "1763000000000", "1048577", true, 1048577},
        {"3", "17", "1763000000000", "many", true, 0},
        {"2147483648", "17", "1", NULL, false, -1},
        {"3", "9223372036854775808", "1", NULL, false, -1},
        {"-3", "17", "1", NULL, false, -1},
        {"3", "", "1", NULL, false, -1},
        {"3", "1 ", "1", NULL, false, -1},
        {"3", "0x1", "1", NULL, false, -1},
        {"3", "17", NULL, NULL, false, -1},
        {"3", "17", "-", NULL, false, -1},
    };
    const struct record record = {.partition = 1, .offset = 2, .timestamp_ms = 3};
    struct dead_letter dead_letter;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        set_headers(rows[i].partition, rows[i].offset, rows[i].timestamp, rows[i].omitted);
        dead_letter_read(&record, header, &dead_letter);
        CU_ASSERT_EQUAL(dead_letter.has_origin, rows[i].has_origin);
        CU_ASSERT_EQUAL(dead_letter.omitted_size, rows[i].omitted_size);
    }
    set_headers("3", "17", "5", NULL);
    dead_letter_read(&record, header, &dead_letter);
    CU_ASSERT(dead_letter.partition == 1 && dead_letter.offset == 2 && dead_letter.time_ms == 3);
    CU_ASSERT(dead_letter.origin.partition == 3 && dead_letter.origin.offset == 17 &&
              dead_letter.origin.timestamp_ms == 5);
}

/* What a letter keeps, as its headers say: of a sealed one the bytes are not the record's. */
static void test_what_is_kept(void)
{
    static const struct {
        const char *kept, *omitted, *size;
        bool is_stripped, is_sealed;
        int64_t value_size;
    } rows[] = {
        {NULL, NULL, NULL, false, false, 3},        {"headers", "17", NULL, true, false, 17},
        {"sealed", NULL, "17", false, true, 17},    {"sealed", NULL, NULL, false, true, -1},
        {"sealed", NULL, "-4", false, true, -1},    {"sealed", "17", "17", false, false, 17},
        {"something", NULL, "17", false, false, 3},
    };
    const struct record record = {.value = {"abc", 3}};
    struct dead_letter dead_letter;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        set_headers("3", "17", "5", rows[i].omitted);
        headers[0] = (struct header_of_test){rows[i].kept == NULL ? NULL : "gentally.kept", rows[i].kept};
        headers[1] = (struct header_of_test){rows[i].size == NULL ? NULL : "gentally.value-size", rows[i].size};
        dead_letter_read(&record, header, &dead_letter);
        CU_ASSERT_EQUAL(dead_letter.is_stripped, rows[i].is_stripped);
        CU_ASSERT_EQUAL(dead_letter.is_sealed, rows[i].is_sealed);
        CU_ASSERT_EQUAL(dead_letter.value_size, rows[i].value_size);
        CU_ASSERT_EQUAL(dead_letter.omitted_size, rows[i].omitted == NULL ? -1 : 17);
    }
}

static void test_filters(void)
{
    static const struct {
        const char *reason;
        int64_t partition, from_ms, to_ms;
        bool fits;
    } rows[] = {
        {NULL, -1, INT64_MIN, INT64_MAX, true},
        {"DECODE-UTF8", 3, 100, 101, true},
        {"DECODE-UTF", -1, 0, 200, false},
        {NULL, 1, 0, 200, false},
        {NULL, -1, 101, 200, false},
        {NULL, -1, 0, 100, false},
    };
    const struct dead_letter dead_letter = {
        .reason = span_of("DECODE-UTF8"), .has_origin = true, .origin = {.partition = 3}, .time_ms = 100};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct dead_letter_filter filter = {span_of(rows[i].reason), rows[i].partition, rows[i].from_ms, rows[i].to_ms};
        CU_ASSERT_EQUAL(dead_letter_fits(&dead_letter, &filter), rows[i].fits);
    }
}

static void test_keys_are_read_back(void)
{
    static const char *const bad[] = {"", ":", "a:1:2", "a:1:2:", "a:1::3", ":1:2:3", "a:b:2:3", "a:1:-2:3"};
    const struct dead_letter_origin origin = {span_of("some.topic"), 7, 12345678901, -1};
    struct dead_letter_origin read;
    char key[DEAD_LETTER_KEY_MAX];

    size_t size = dead_letter_key_write(&origin, key);
    CU_ASSERT(span_equal((struct span){key, size}, span_of("some.topic:7:12345678901:-1")));
    CU_ASSERT_TRUE_FATAL(dead_letter_key_read((struct span){key, size}, &read));
    CU_ASSERT(span_equal(read.topic, origin.topic) && read.partition == 7 && read.offset == 12345678901 &&
              read.timestamp_ms == -1);
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        CU_ASSERT_FALSE(dead_letter_key_read(span_of(bad[i]), &read));
}

static void test_places(void)
{
    static const char *const bad[] = {"", "3", "3:", ":3", "3:x", "a:3", "3:4:5", "-1:3", "2147483648:1"};
    int32_t partition = 0;
    int64_t offset = 0;

    CU_ASSERT(dead_letter_place_read(span_of("3:17"), &partition, &offset) && partition == 3 && offset == 17);
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        CU_ASSERT_FALSE(dead_letter_place_read(span_of(bad[i]), &partition, &offset));
}

static void test_a_set_holds_each_once(void)
{
    struct dead_letter_set *set = NULL;
    struct reason why;
    uint32_t wrong = 0;

    CU_ASSERT_EQUAL_FATAL(dead_letter_set_open(&set, &why), GO_ON);
    for (int64_t i = 0; i < 20000; i++) {
        struct dead_letter_origin origin = {span_of(i % 2 == 0 ? "even" : "odd"), (int32_t)(i % 7), i / 3, i % 3};
        wrong += dead_letter_set_has(set, &origin);
        CU_ASSERT_EQUAL_FATAL(dead_letter_set_put(set, &origin, &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(dead_letter_set_put(set, &origin, &why), GO_ON);
        wrong += !dead_letter_set_has(set, &origin);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(dead_letter_set_count(set), 20000);
    dead_letter_set_close(set);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"headers", test_headers}, {"what is kept", test_what_is_kept},
        {"filters", test_filters}, {"keys are read back", test_keys_are_read_back},
        {"places", test_places},   {"a set holds each once", test_a_set_holds_each_once},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
