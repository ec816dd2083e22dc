/* Summaries as JSON: read back whole, and nothing else is read. */
#include "gentally/codec/summary_json.h"

#include "cells.h"
#include "gentally/codec/avro_read.h"
#include "gentally/codec/avro_write.h"
#include "suite.h"

static struct cell cell;
static struct summary_read read, again;
static char json[SUMMARY_JSON_MAX];

static struct summary sample(void)
{
    cell_clear(&cell);
    cell.sums[M_REQUESTS] = 3;
    cell.sums[M_TOKENS_PROMPT] = INT64_MAX;
    cell.slots[cell.slot_count++] = (struct slot){5, 3};
    cell.slots[cell.slot_count++] = (struct slot){H_TOKENS_TOTAL * HISTOGRAM_BUCKETS + 100, 3};
    cell.slots[cell.slot_count++] = (struct slot){ACCOUNT_SLOT + 9, 2};
    struct summary summary = {.rollup = span_of("model"),
                              .window = {WINDOW_WEEK, 1763337600000},
                              .cell = &cell,
                              .pane = PANE_LATE,
                              .generation = 1,
                              .revision = 42,
                              .tables_version = span_of("catalog=1")};
    summary.columns[COLUMN_MODEL] = span_of("a/\"b\"\n\xc3\xa9\x01");
    summary.columns[COLUMN_AUTHOR] = span_of("a");
    return summary;
}

/* What an encoder that writes JSON makes of it; the bytes are copied to `json`. */
static struct span written(const struct summary *summary)
{
    struct encoder *encoder;
    struct span bytes = {NULL, 0};

    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, NULL), GO_ON);
    encoder_use_json(encoder);
    CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, summary, &bytes, NULL), GO_ON);
    memcpy(json, bytes.bytes, bytes.size);
    json[bytes.size] = '\0';
    encoder_close(encoder);
    return (struct span){json, bytes.size};
}

static void is_read_back(const struct summary *summary, int64_t accounts)
{
    struct span bytes = written(summary);

    memset(&read, 0x55, sizeof(read));
    CU_ASSERT_EQUAL_FATAL(decode_summary(bytes, &read, NULL), GO_ON);
    CU_ASSERT_EQUAL(read.accounts, accounts);
    CU_ASSERT_EQUAL(window_compare(read.summary.window, summary->window), 0);
    CU_ASSERT_EQUAL(read.summary.pane, summary->pane);
    CU_ASSERT_EQUAL(read.summary.suppressed, summary->suppressed);
    for (enum column column = 0; column < COLUMN_COUNT; column++)
        CU_ASSERT(span_equal(read.summary.columns[column], summary->columns[column]));
    bool is_measured = summary_is_measured(summary);
    CU_ASSERT_EQUAL(read.cell.sums[M_TOKENS_PROMPT], is_measured ? INT64_MAX : 0);
    CU_ASSERT_EQUAL(read.cell.slot_count, is_measured ? 2 : 0);
    CU_ASSERT_EQUAL(strstr(json, "\"tokens_prompt\"") != NULL, is_measured);
    CU_ASSERT_EQUAL(strstr(json, "\"latency_ms_p50\":5,") != NULL, is_measured);
}

static void summaries_are_read_back_whole(void)
{
    struct summary summary = sample();

    is_read_back(&summary, 1);
    summary.suppressed = true;
    is_read_back(&summary, -1);
}

static void a_row_of_retention_has_its_accounts_alone(void)
{
    struct summary summary = sample();

    cell_clear(&cell);
    summary.rollup = span_of(ROLLUP_RETENTION);
    summary.window = (struct window){WINDOW_MONTH, 1761955200000};
    summary.columns[COLUMN_COHORT] = span_of("2025-09");
    summary.columns[COLUMN_AGE] = span_of("2");
    summary.retained = 77;
    is_read_back(&summary, 77);
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"age\":2,"));
}

/* Avro's bytes and JSON's say the same. */
static void both_forms_say_the_same(void)
{
    struct summary summary = sample();
    struct encoder *encoder;
    struct span bytes;

    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, NULL), GO_ON);
    CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
    CU_ASSERT_EQUAL_FATAL(decode_summary(bytes, &again, NULL), GO_ON);
    encoder_close(encoder);
    struct span want = written(&summary);
    static char other[SUMMARY_JSON_MAX];
    CU_ASSERT(span_equal(want, (struct span){other, summary_json_write(&again.summary, again.accounts, other)}));
}

static void what_we_would_not_write_is_unreadable(void)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"{\"breakdown\":\"model\",", "{"},
        {"{\"breakdown\":", "{ \"breakdown\":"},
        {"\"granularity\":\"week\"", "\"granularity\":\"year\""},
        {"\"window_start\":1763337600000", "\"window_start\":1763337600001"},
        {"\"window_start\":1763337600000", "\"window_start\":-9223372036854775808"},
        {"\"window_end\":1763942400000", "\"window_end\":1763942400001"},
        {"\"requests\":3,", "\"requests\":3.0,"},
        {"\"requests\":3,", "\"requests\":4,\"requests\":3,"},
        {"\"requests\":3,", "\"requests\":null,"},
        {"\"requests\":3,", "\"more\":3,\"requests\":3,"},
        {"\"latency_ms_p50\":5,", "\"latency_ms_p50\":6,"},
        {"\"latency_ms_p50\":5,", ""},
        {"{\"at_least\":5,\"requests\":3}", "{\"at_least\":5,\"requests\":0}"},
        {"{\"at_least\":5,\"requests\":3}", "{\"at_least\":-5,\"requests\":3}"},
        {"[{\"at_least\":5,\"requests\":3}]", "[{\"at_least\":5,\"requests\":3},{\"at_least\":5,\"requests\":3}]"},
        {"\"pane\":\"late\"", "\"pane\":\"early\""},
        {"\"pane_number\":2", "\"pane_number\":3"},
        {"\"generation\":1", "\"generation\":-1"},
        {"\"revision\":42", "\"revision\":43"},
        {"\"suppressed\":false", "\"suppressed\":true"},
        {"\"suppressed\":false}", "\"suppressed\":false} "},
        {"\"suppressed\":false}", "\"suppressed\":false"},
        {"\"author\":\"a\"", "\"author\":\"\""},
        {"\"author\":\"a\"", "\"author\":\"\xff\""},
        {"\"author\":\"a\"", "\"author\":\"\\u0000\""},
        {"\"author\":\"a\"", "\"author\":{}"},
    };
    struct summary summary = sample();

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        static char patched[SUMMARY_JSON_MAX + 64];
        struct reason why = {0};
        written(&summary);
        const char *place = strstr(json, rows[i].from);
        CU_ASSERT_PTR_NOT_NULL_FATAL(place);
        int size = snprintf(patched, sizeof(patched), "%.*s%s%s", (int)(place - json), json, rows[i].to,
                            place + strlen(rows[i].from));
        if (decode_summary((struct span){patched, (size_t)size}, &read, &why) != SET_ASIDE)
            printf("%s -> %s is read\n", rows[i].from, rows[i].to);
        CU_ASSERT_EQUAL(why.id, SUMMARY_UNREADABLE);
    }
    struct span whole = written(&summary);
    for (size_t size = 0; size < whole.size; size++)
        CU_ASSERT_EQUAL(decode_summary((struct span){json, size}, &read, NULL), SET_ASIDE);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"summaries are read back whole", summaries_are_read_back_whole},
        {"a row of retention has its accounts alone", a_row_of_retention_has_its_accounts_alone},
        {"both forms say the same", both_forms_say_the_same},
        {"what we would not write is unreadable", what_we_would_not_write_is_unreadable},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
