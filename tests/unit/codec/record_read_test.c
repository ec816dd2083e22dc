/* Records of our own topics, and what strangers put between them. */
#include "gentally/codec/record_read.h"

#include "gentally/codec/avro_write.h"
#include "suite.h"

#define HOUR "hour|2025-01-01T05:00:00Z"

static const struct window hour = {WINDOW_HOUR, INT64_C(1735707600000)};

static struct record keyed(const char *key, struct span value)
{
    return (struct record){.key = span_of(key), .value = value};
}

/* A ledger record of two partitions with seven records, changed by the caller. */
struct scene {
    struct encoder *encoder;
    struct ledger_partition partitions[2];
    struct ledger ledger;
};

static struct scene scene_open(void)
{
    struct scene scene = {
        .partitions = {{.partition = 0,
                        .incarnation = "a",
                        .first = 0,
                        .next = 9,
                        .watermark_ms = NO_TIME,
                        .records = 3,
                        .outcomes = {9}},
                       {.partition = 1,
                        .incarnation = "b",
                        .first = 5,
                        .next = 9,
                        .watermark_ms = NO_TIME,
                        .records = 4,
                        .outcomes = {4}}},
        .ledger = {.window = hour, .pane = PANE_ON_TIME, .revision = 7, .summaries = 1, .partition_count = 2},
    };
    struct reason why;

    scene.ledger.tables_version = span_of("catalog=1");
    CU_ASSERT_EQUAL_FATAL(encoder_open(&scene.encoder, &why), GO_ON);
    return scene;
}

static struct span written(struct scene *scene)
{
    struct span bytes;
    struct reason why;

    scene->ledger.partitions = scene->partitions;
    CU_ASSERT_EQUAL_FATAL(encode_ledger(scene->encoder, &scene->ledger, &bytes, &why), GO_ON);
    return bytes;
}

static enum reason_id ledger_of(const struct record *record)
{
    static struct ledger_read read;
    struct window window = {WINDOW_KINDS, 0};
    struct reason why = {0};

    if (ledger_record_read(record, &read, &window, &why) == GO_ON) {
        CU_ASSERT_EQUAL(window_compare(window, hour), 0);
        return REASON_NONE;
    }
    if (why.id == LEDGER_UNREADABLE)
        CU_ASSERT_EQUAL(window_compare(window, hour), 0); /* what is held */
    return why.id;
}

static void a_ledger_key_is_ours_word_by_word(void)
{
    static const char *const others[] = {"x",
                                         "",
                                         "hour",
                                         "hour|",
                                         "hour|2025-01-01T05:00:00Z|",
                                         "hour|2025-01-01T05:00:00Z|x",
                                         "|hour|2025-01-01T05:00:00Z",
                                         "hour|2025-01-01T05:00:00.000Z",
                                         "hour|2025-01-01T05:00:00+00:00",
                                         "hour|2025-01-01T05:00:00",
                                         "hour|2025-01-01T05:30:00Z",
                                         "week|2025-01-01T00:00:00Z",
                                         "year|2025-01-01T00:00:00Z",
                                         "total|hour|2025-01-01T05:00:00Z",
                                         "\xff\xfe|2025-01-01T05:00:00Z"};
    struct scene scene = scene_open();
    struct span value = written(&scene);
    struct record record = keyed(HOUR, value);

    CU_ASSERT_EQUAL(ledger_of(&record), REASON_NONE);
    record.value = (struct span){NULL, 0};
    CU_ASSERT_EQUAL(ledger_of(&record), REASON_NONE);
    for (size_t i = 0; i < LENGTH_OF(others); i++) {
        record = keyed(others[i], i % 2 == 0 ? value : span_of("hello"));
        CU_ASSERT_EQUAL(ledger_of(&record), SOURCE_FOREIGN);
    }
    record.key = (struct span){NULL, 0};
    CU_ASSERT_EQUAL(ledger_of(&record), SOURCE_FOREIGN);
    encoder_close(scene.encoder);
}

static void a_value_of_another_is_no_value(void)
{
    struct scene scene = scene_open();
    char copy[256];
    struct span value = written(&scene);
    struct record record = keyed(HOUR, span_of(""));

    CU_ASSERT_FATAL(value.size + 1 < sizeof(copy));
    memcpy(copy, value.bytes, value.size);
    copy[value.size] = 0;
    CU_ASSERT_EQUAL(ledger_of(&record), LEDGER_UNREADABLE);
    for (size_t size = 0; size <= value.size + 1; size++) {
        record.value = (struct span){copy, size};
        CU_ASSERT_EQUAL(ledger_of(&record), size == value.size ? REASON_NONE : LEDGER_UNREADABLE);
    }
    copy[4] ^= 1; /* another schema */
    record.value = (struct span){copy, value.size};
    CU_ASSERT_EQUAL(ledger_of(&record), LEDGER_UNREADABLE);
    scene.ledger.window.start_ms += HOUR_MS;
    record = keyed(HOUR, written(&scene));
    CU_ASSERT_EQUAL(ledger_of(&record), LEDGER_UNREADABLE);
    encoder_close(scene.encoder);
}

static void impossible_numbers_are_not_believed(void)
{
    struct scene scene = scene_open();
    const struct scene good = scene;
    struct {
        int64_t *number, value;
    } rows[] = {
        {&scene.ledger.revision, INT64_MAX}, {&scene.ledger.revision, 0},
        {&scene.ledger.revision, 8},         {&scene.ledger.generation, INT64_MAX},
        {&scene.partitions[0].records, -3},  {&scene.partitions[1].records, INT64_MAX},
        {&scene.partitions[0].first, -1},    {&scene.partitions[0].next, -1},
        {&scene.partitions[1].first, 10},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        scene = good;
        *rows[i].number = rows[i].value;
        struct record record = keyed(HOUR, written(&scene));
        CU_ASSERT_EQUAL(ledger_of(&record), LEDGER_UNREADABLE);
    }
    encoder_close(scene.encoder);
}

static enum reason_id summary_of(const char *key, struct span value)
{
    static struct summary_read read;
    struct record record = keyed(key, value);
    struct window window;
    struct reason why = {0};

    return summary_record_read(&record, &read, &window, &why) == GO_ON ? REASON_NONE : why.id;
}

static void a_summary_stands_under_its_own_key(void)
{
    static const struct cell nothing = {.slot_count = 0};
    struct scene scene = scene_open();
    struct summary summary = {.rollup = span_of("model"), .window = hour, .cell = &nothing, .revision = 1};
    struct span value;
    struct reason why;

    summary.tables_version = span_of("catalog=1");
    CU_ASSERT_EQUAL_FATAL(encode_summary(scene.encoder, &summary, &value, &why), GO_ON);
    CU_ASSERT_EQUAL(summary_of("model|" HOUR "|openai/gpt-4o", value), REASON_NONE);
    CU_ASSERT_EQUAL(summary_of("model|" HOUR, value), REASON_NONE);
    CU_ASSERT_EQUAL(summary_of("model|" HOUR "|a", (struct span){NULL, 0}), REASON_NONE);
    CU_ASSERT_EQUAL(summary_of("total|" HOUR, value), SUMMARY_UNREADABLE);
    CU_ASSERT_EQUAL(summary_of("model|hour|2025-01-01T06:00:00Z|a", value), SUMMARY_UNREADABLE);
    CU_ASSERT_EQUAL(summary_of("model|" HOUR "|a", span_of("hello")), SUMMARY_UNREADABLE);
    CU_ASSERT_EQUAL(summary_of("model|" HOUR "|a", span_of("")), SUMMARY_UNREADABLE);
    CU_ASSERT_EQUAL(summary_of(HOUR, value), SOURCE_FOREIGN);
    CU_ASSERT_EQUAL(summary_of("|" HOUR, value), SOURCE_FOREIGN);
    CU_ASSERT_EQUAL(summary_of("hello", value), SOURCE_FOREIGN);
    CU_ASSERT_EQUAL(summary_of(NULL, value), SOURCE_FOREIGN);
    encoder_close(scene.encoder);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_ledger_key_is_ours_word_by_word", a_ledger_key_is_ours_word_by_word},
        {"a_value_of_another_is_no_value", a_value_of_another_is_no_value},
        {"impossible_numbers_are_not_believed", impossible_numbers_are_not_believed},
        {"a_summary_stands_under_its_own_key", a_summary_stands_under_its_own_key},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
