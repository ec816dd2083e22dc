/* Structs -> Avro bytes and back. The golden bytes were made by another encoder (fastavro) from the same contents, so
 * that writer and reader cannot be wrong together. */
#include "gentally/codec/avro_write.h"

#include <jansson.h>

#include "cells.h"
#include "gentally/base/bundled.h"
#include "gentally/codec/avro_read.h"
#include "suite.h"

static const char event_golden[] =
    "00000000090a67656e2d31f6ffa9d8d666246f70656e61692f6770742d346f3a66726565020a617a75726502046131000204"
    "4445020464650280a8d6b9070280017efe7f800100c0f0f50b01000101000214746f6f6c5f63616c6c7301020002feffffff"
    "0f000104082f412f420000003f062fc3840000803f0002";
static const char bare_golden[] = "0000000009026200026d000000000002000200000000000000000000000000000000000000";
static const char summary_golden[] =
    "00000000060a6d6f64656c087765656b80f0e3f1d1668080c8b2d66602246f70656e61692f6770742d346f3a66726565020c"
    "6f70656e6169020c636c6f736564020e756e6b6e6f776e02046e6f00000000000000020e323032352d30310216021a6f7065"
    "6e61692f6770742d346f00020c6d7920617070000000020202d20f02a21f02f22e02c23e02924e02e25d02b26d02827d02d2"
    "8c0102a29c0102f2ab0102c2bb010292cb0102e2da0102b2ea010282fa0102d2890202a2990202f2a80202c2b8020292c802"
    "02e2d70202b2e7020282f70202d2860302a2960302f2a50302c2b5030292c50302e2d40302fe8f0302e49c0302d69f030000"
    "00000000000000028080808070028080808070028080808070040a0680800380a0d9e61d0000000004000280808080700400"
    "02040e6f6e5f74696d650204f2c001ca838680808080080a63312d743200";
static const char ledger_golden[] =
    "000000000708686f7572ffb9b70300086c617465040254d4828080808080040e0a63312d7432040040303132333435363738"
    "396162636465663031323334353637383961626364656600c80102f6ffa9d8d66650c801b401080404020200000002d00f0e"
    "02660a0a0004000000000000000214534f555243452d474150020a010000d804";

#define HOUR_START INT64_C(1763982000000) /* 2025-11-24T11:00:00Z */
#define WEEK_START INT64_C(1763337600000) /* 2025-11-17, a Monday */

/* "0a6d" -> two bytes. */
static struct span unhex(const char *hex, char *bytes)
{
    size_t size = strlen(hex) / 2;

    for (size_t index = 0; index < size; index++) {
        unsigned byte = 0;
        CU_ASSERT_EQUAL_FATAL(sscanf(hex + 2 * index, "%2x", &byte), 1);
        bytes[index] = (char)byte;
    }
    return (struct span){bytes, size};
}

static bool is_golden(struct span bytes, const char *hex)
{
    char golden[1024];
    struct span want = unhex(hex, golden);

    if (span_equal(bytes, want))
        return true;
    for (size_t index = 0; index < bytes.size; index++)
        printf("%02x", (unsigned char)bytes.bytes[index]);
    printf("\n");
    return false;
}

static struct encoder *encoder_of_test(void)
{
    struct encoder *encoder;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, &why), GO_ON);
    return encoder;
}

static struct event bare_event(void)
{
    return (struct event){.id = span_of("b"),
                          .model = span_of("m"),
                          .latency_ms = EVENT_ABSENT,
                          .first_token_ms = EVENT_ABSENT,
                          .generation_ms = EVENT_ABSENT};
}

static struct event full_event(void)
{
    return (struct event){.id = span_of("gen-1"),
                          .created_ms = HOUR_START + 123,
                          .model = span_of("openai/gpt-4o:free"),
                          .provider = span_of("azure"),
                          .account = span_of("a1"),
                          .app = span_of(""), /* empty is absent */
                          .country = span_of("DE"),
                          .language = span_of("de"),
                          .tokens_prompt = EVENT_TOKENS_MAX,
                          .tokens_completion = 64,
                          .tokens_reasoning = 63,
                          .tokens_cached = 8191,
                          .tokens_cache_write = 64,
                          .cost_nano_usd = 12500000,
                          .is_byok = true,
                          .is_gateway_cache_hit = true,
                          .streamed = true,
                          .finish_reason = span_of("tool_calls"),
                          .tools_offered = true,
                          .latency_ms = 0,
                          .first_token_ms = INT32_MAX,
                          .generation_ms = EVENT_ABSENT,
                          .classified = true,
                          .label_count = 2,
                          .labels = {{span_of("/A/B"), 0.5f}, {span_of("/\xc3\x84"), 1.0f}},
                          .op = OP_AMEND};
}

static void fill_cell(struct cell *cell)
{
    static const struct slot slots[] = {
        {HISTOGRAM_BUCKETS * H_LATENCY_MS + 5, 3},
        {HISTOGRAM_BUCKETS * H_LATENCY_MS + 100, 4000000000},
        {HISTOGRAM_BUCKETS * H_TOKENS_TOTAL + 0, 1},
        {HISTOGRAM_BUCKETS * H_TOKENS_TOTAL + 254, 2},
        {ACCOUNT_SLOT, 1},
        {SLOT_COUNT - 1, 3}, /* two accounts */
    };

    memset(cell->slots, 0, sizeof(cell->slots));
    memcpy(cell->slots, slots, sizeof(slots));
    cell->slot_count = LENGTH_OF(slots);
    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        cell->sums[measure] = 1000 * measure + 1;
}

static struct summary full_summary(struct cell *cell)
{
    fill_cell(cell);
    return (struct summary){.rollup = span_of("model"),
                            .window = {WINDOW_WEEK, WEEK_START},
                            .columns = {[COLUMN_MODEL] = span_of("openai/gpt-4o:free"),
                                        [COLUMN_AUTHOR] = span_of("openai"),
                                        [COLUMN_SOURCE] = span_of("closed"),
                                        [COLUMN_SIZE] = span_of("unknown"),
                                        [COLUMN_REASONING] = span_of("no"),
                                        [COLUMN_PROVIDER] = span_of(""), /* empty is absent */
                                        [COLUMN_COHORT] = span_of("2025-01"),
                                        [COLUMN_AGE] = span_of("11"),
                                        [COLUMN_FAMILY] = span_of("openai/gpt-4o"),
                                        [COLUMN_APP] = span_of("my app")},
                            .cell = cell,
                            .pane = PANE_ON_TIME,
                            .generation = 2,
                            .revision = 12345,
                            .tables_version = span_of("c1-t2")};
}

static const struct ledger_partition two_partitions[] = {
    {0, "0123456789abcdef0123456789abcdef", 0, 100, HOUR_START + 123, 40, {90, 4, 2, 2, 1, 1}, "", 0, false, 1000},
    {7, "f", 5, 5, NO_TIME, 2, {0}, "SOURCE-GAP", 5, true, -1},
};

static struct ledger full_ledger(void)
{
    return (struct ledger){.window = {WINDOW_HOUR, -HOUR_MS},
                           .pane = PANE_LATE,
                           .generation = 1,
                           .revision = 42,
                           .summaries = 7,
                           .tables_version = span_of("c1-t2"),
                           .partition_count = LENGTH_OF(two_partitions),
                           .partitions = two_partitions,
                           .retention = 300};
}

static void bytes_are_the_golden_ones_every_time(void)
{
    struct encoder *encoder = encoder_of_test();
    struct event full = full_event(), bare = bare_event();
    static struct cell cell;
    struct summary summary = full_summary(&cell);
    struct ledger ledger = full_ledger();
    struct span bytes;

    for (int turn = 0; turn < 3; turn++) { /* each message after a larger and a smaller one of its kind */
        CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &full, &bytes, NULL), GO_ON);
        CU_ASSERT(is_golden(bytes, event_golden));
        CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &bare, &bytes, NULL), GO_ON);
        CU_ASSERT(is_golden(bytes, bare_golden));
        CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
        CU_ASSERT(is_golden(bytes, summary_golden));
        CU_ASSERT_EQUAL_FATAL(encode_ledger(encoder, &ledger, &bytes, NULL), GO_ON);
        CU_ASSERT(is_golden(bytes, ledger_golden));
    }
    encoder_close(encoder);
}

static void check_same_summary(const struct summary *have, const struct summary *want)
{
    CU_ASSERT(span_equal(have->rollup, want->rollup));
    CU_ASSERT_EQUAL(window_compare(have->window, want->window), 0);
    for (int column = 0; column < COLUMN_COUNT; column++) {
        CU_ASSERT(span_equal(have->columns[column], want->columns[column]));
        CU_ASSERT_EQUAL(have->columns[column].bytes == NULL, want->columns[column].size == 0);
    }
    CU_ASSERT_EQUAL(have->pane, want->pane);
    CU_ASSERT_EQUAL(have->generation, want->generation);
    CU_ASSERT_EQUAL(have->revision, want->revision);
    CU_ASSERT(span_equal(have->tables_version, want->tables_version));
    CU_ASSERT_EQUAL(have->suppressed, want->suppressed);
    CU_ASSERT_EQUAL(memcmp(have->cell->sums, want->cell->sums, sizeof(have->cell->sums)), 0);
    uint32_t slot_count = 0;
    while (slot_count < want->cell->slot_count && want->cell->slots[slot_count].id < ACCOUNT_SLOT)
        slot_count++;
    CU_ASSERT_EQUAL_FATAL(have->cell->slot_count, slot_count);
    CU_ASSERT(same_slots(have->cell->slots, want->cell->slots, slot_count));
}

static void summaries_are_read_back_whole(void)
{
    struct encoder *encoder = encoder_of_test();
    static struct summary_read read;
    static struct cell cell;
    struct summary summary = full_summary(&cell);
    struct span bytes;

    CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
    memset(&read, 0x55, sizeof(read));
    CU_ASSERT_EQUAL_FATAL(decode_summary(bytes, &read, NULL), GO_ON);
    check_same_summary(&read.summary, &summary);
    CU_ASSERT_EQUAL(read.accounts, 2);

    cell.slot_count = 0;
    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        cell.sums[measure] = measure % 2 == 0 ? INT64_MAX : 0;
    summary = (struct summary){.rollup = span_of("total"), .window = {WINDOW_HOUR, 0}, .cell = &cell};
    CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
    CU_ASSERT_EQUAL_FATAL(decode_summary(bytes, &read, NULL), GO_ON);
    check_same_summary(&read.summary, &summary);
    CU_ASSERT_EQUAL(read.accounts, -1); /* no registers: null, not 0 */
    encoder_close(encoder);
}

/* Whatever the cell has, nothing of it is in the bytes. */
static void a_suppressed_summary_says_nothing(void)
{
    struct encoder *encoder = encoder_of_test();
    static struct summary_read read;
    static struct cell cell;
    struct summary summary = full_summary(&cell);
    struct span bytes;

    summary.suppressed = true;
    CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
    CU_ASSERT(bytes.size < 220); /* texts, and a null for each measure */
    memset(&read, 0x55, sizeof(read));
    CU_ASSERT_EQUAL_FATAL(decode_summary(bytes, &read, NULL), GO_ON);
    cell_clear(&cell);
    check_same_summary(&read.summary, &summary);
    CU_ASSERT_EQUAL(read.accounts, -1);
    encoder_close(encoder);
}

static void the_fullest_summary_fits(void)
{
    struct encoder *encoder = encoder_of_test();
    static struct summary_read read;
    static struct cell cell;
    static char text[EVENT_TEXT_MAX]; /* not terminated: its end is its size */
    struct summary summary = full_summary(&cell);
    struct span bytes;

    memset(text, 'x', sizeof(text));
    for (int column = 0; column < COLUMN_COUNT; column++)
        if (column != COLUMN_AGE)
            summary.columns[column] = (struct span){text, sizeof(text)};
    cell.slot_count = 0;
    for (uint32_t id = 0; id < SLOT_COUNT; id++) {
        if (id >= ACCOUNT_SLOT || id % HISTOGRAM_BUCKETS != HISTOGRAM_BUCKETS - 1)
            cell.slots[cell.slot_count++] = (struct slot){id, id < ACCOUNT_SLOT ? UINT32_MAX : 20};
    }
    CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
    CU_ASSERT_EQUAL_FATAL(decode_summary(bytes, &read, NULL), GO_ON);
    check_same_summary(&read.summary, &summary);
    encoder_close(encoder);
}

static void ledgers_are_read_back_whole(void)
{
    struct encoder *encoder = encoder_of_test();
    static struct ledger_read read;
    static struct ledger_partition partitions[LENGTH_OF(read.partitions) + 1];
    struct ledger ledger = full_ledger();
    struct span bytes;
    struct reason why = {0};

    for (size_t index = 0; index < LENGTH_OF(partitions); index++) {
        partitions[index] = two_partitions[index % 2];
        partitions[index].partition = (int32_t)index;
    }
    ledger.partitions = partitions;
    for (uint32_t count = 0; count <= LENGTH_OF(read.partitions); count = count * 2 + 1) {
        ledger.partition_count = count == LENGTH_OF(read.partitions) - 1 ? count + 1 : count;
        CU_ASSERT_EQUAL_FATAL(encode_ledger(encoder, &ledger, &bytes, &why), GO_ON);
        memset(&read, 0x55, sizeof(read));
        CU_ASSERT_EQUAL_FATAL(decode_ledger(bytes, &read, &why), GO_ON);
        CU_ASSERT_EQUAL(window_compare(read.ledger.window, ledger.window), 0);
        CU_ASSERT(read.ledger.pane == PANE_LATE && read.ledger.generation == 1 && read.ledger.revision == 42);
        CU_ASSERT(read.ledger.summaries == 7 && span_equal(read.ledger.tables_version, ledger.tables_version));
        CU_ASSERT_EQUAL_FATAL(read.ledger.partition_count, ledger.partition_count);
        for (uint32_t index = 0; index < ledger.partition_count; index++) {
            const struct ledger_partition *have = &read.ledger.partitions[index], *want = &partitions[index];
            CU_ASSERT(have->partition == want->partition && have->first == want->first && have->next == want->next);
            CU_ASSERT(have->watermark_ms == want->watermark_ms && have->records == want->records);
            CU_ASSERT_STRING_EQUAL(have->incarnation, want->incarnation);
            CU_ASSERT_EQUAL(memcmp(have->outcomes, want->outcomes, sizeof(have->outcomes)), 0);
            CU_ASSERT_STRING_EQUAL(have->stopped, want->stopped);
            CU_ASSERT(have->stopped_at == want->stopped_at && have->is_given_up == want->is_given_up);
            CU_ASSERT_EQUAL(have->end, want->end);
        }
    }
    ledger.partition_count = LENGTH_OF(partitions); /* one more than a reader has room for */
    CU_ASSERT_EQUAL_FATAL(encode_ledger(encoder, &ledger, &bytes, &why), GO_ON);
    CU_ASSERT_EQUAL(decode_ledger(bytes, &read, &why), SET_ASIDE);
    encoder_close(encoder);
}

static enum verdict decode_either(bool is_ledger, struct span bytes, struct reason *why)
{
    static struct summary_read summary;
    static struct ledger_read ledger;

    return is_ledger ? decode_ledger(bytes, &ledger, why) : decode_summary(bytes, &summary, why);
}

static void a_cut_or_longer_message_is_unreadable(void)
{
    static const struct {
        const char *hex, *id;
    } rows[] = {{summary_golden, "SUMMARY-UNREADABLE"}, {ledger_golden, "LEDGER-UNREADABLE"}};
    struct encoder *encoder = encoder_of_test();
    char golden[1024];

    for (size_t row = 0; row < LENGTH_OF(rows); row++) {
        struct span whole = unhex(rows[row].hex, golden);
        CU_ASSERT_EQUAL(decode_either(row == 1, whole, NULL), GO_ON);
        CU_ASSERT_EQUAL(decode_either(row == 0, whole, NULL), SET_ASIDE); /* the other's id */
        for (size_t size = 0; size <= whole.size + 1; size++) {
            char *exact = malloc(whole.size + 1); /* its end is watched by the address sanitizer */
            struct reason why = {0};
            char *end = exact + whole.size + 1 - size;
            memset(exact, 0, whole.size + 1);
            memcpy(end, whole.bytes, size < whole.size ? size : whole.size);
            enum verdict verdict = decode_either(row == 1, (struct span){end, size}, &why);
            CU_ASSERT_EQUAL(verdict, size == whole.size ? GO_ON : SET_ASIDE);
            if (verdict != GO_ON)
                CU_ASSERT_STRING_EQUAL(reason_name(why.id), rows[row].id);
            free(exact);
        }
    }
    encoder_close(encoder);
}

/* Whatever one byte becomes, the message is refused or read; the sanitizers watch. */
static void no_byte_can_lead_the_reader_astray(void)
{
    struct encoder *encoder = encoder_of_test();
    char golden[1024];

    for (int row = 0; row < 2; row++) {
        struct span whole = unhex(row == 0 ? summary_golden : ledger_golden, golden);
        for (size_t index = 0; index < whole.size; index++) {
            char kept = golden[index];
            for (int byte = 0; byte < 256; byte++) {
                golden[index] = (char)byte;
                enum verdict verdict = decode_either(row == 1, whole, NULL);
                CU_ASSERT(verdict == SET_ASIDE || verdict == GO_ON);
                if (index < 5 && golden[index] != kept)
                    CU_ASSERT_EQUAL(verdict, SET_ASIDE);
            }
            golden[index] = kept;
        }
    }
    encoder_close(encoder);
}

struct patch {
    bool is_ledger;
    const char *from, *to; /* hex; `from` occurs once in the golden bytes */
    const char *problem;   /* part of the reason; NULL = still readable */
};

static const struct patch patches[] = {
    {false, "087765656b", "0879656172", "none of the names"},            /* a year */
    {false, "087765656b", "077765656b", "none of the names"},            /* of a negative size */
    {false, "087765656b", "feffffff0f7765656b", "none of the names"},    /* 2 GiB claimed */
    {false, "80f0e3f1d166", "82f0e3f1d166", "where windows do"},         /* begins a millisecond late */
    {false, "8080c8b2d666", "8280c8b2d666", "where windows do"},         /* ends a millisecond late */
    {false, "80f0e3f1d166", "feffffffffffffffff01", "out of its range"}, /* begins at the end of time */
    {false, "02246f70656e", "04246f70656e", "out of its range"},         /* a third branch */
    {false, "02246f70656e", "02236f70656e", "inside a text"},            /* a negative size */
    {false, "0a6d6f64656c08", "0008", "names no rollup"},
    {false, "020c636c6f736564", "0200", "written as an empty one"},
    {false, "04f2c001", "04f2c08100", "padded"},
    {false, "0c636c6f736564", "0c636c6f730064", "holds U+0000"},
    {false, "0c636c6f736564", "0c636c6ff36564", "not UTF-8"},
    {false, "0c6f70656e6169", "feffffff0f6f70656e6169", "inside a text"},       /* 2 GiB claimed */
    {false, "0216021a6f", "0215021a6f", "out of its range"},                    /* a negative age */
    {false, "040a06808003", "040c06808003", NULL},                              /* another exact bucket */
    {false, "040a06808003", "040a00808003", "out of its range"},                /* an empty one */
    {false, "0a06808003", "80800306808003", "out of its range"},                /* the same twice */
    {false, "06808003", "06828003", "where buckets do"},                        /* between two */
    {false, "80a0d9e61d00", "80a0d9e61d02828003020200", "more than one block"}, /* as other encoders may write */
    {false, "0e6f6e5f74696d65", "0e6f6e5f74696d66", "none of the names"},
    {false, "6d650204f2c001", "6d650404f2c001", "pane_number"},

    {false, "04f2c001ca83868080808008", "06f2c001ca8386808080800c", NULL},     /* another generation */
    {false, "04f2c001", "06f2c001", "version is not that of"},                 /* without its version */
    {false, "04f2c001", "03f2c001", "out of its range"},                       /* a negative one */
    {false, "ca83868080808008", "cc83868080808008", "version is not that of"}, /* of another pane */
    {false, "04f2c001", "04ffffffffffffffffffff01", "longer than 64 bits"},    /* eleven bytes */
    {false, "04f2c001", "04ffffffffffffffffff02", "longer than 64 bits"},      /* a 65th bit */
    {false, "743200", "743201", "suppressed, or a row of retention, and has measures"},
    {false, "743200", "743202", "neither 0 nor 1"},
    {true, "50c801b401", "50ca01b401", "add up"},               /* one more consumed */
    {true, "50c801b401", "52c801b401", NULL},                   /* another number of records */
    {true, "0040303132", "004261303132", "too long"},           /* 33 characters of incarnation */
    {true, "040254d48280", "040154d48280", "out of its range"}, /* a negative generation */
    {true, "54d48280", "56d48280", "version is not that of"},
    {true, "02d00f0e", "02cf0f0e", "out of its range"}, /* a negative end of the log */
};

/* Writes `hex` with `from` replaced. */
static void patch_hex(const char *hex, const struct patch *patch, char *patched, size_t size)
{
    const char *place = strstr(hex, patch->from);

    CU_ASSERT_FATAL(place != NULL && (place - hex) % 2 == 0);
    CU_ASSERT_PTR_NULL(strstr(place + 1, patch->from));
    snprintf(patched, size, "%.*s%s%s", (int)(place - hex), hex, patch->to, place + strlen(patch->from));
}

static void what_we_would_not_write_is_unreadable(void)
{
    struct encoder *encoder = encoder_of_test();

    for (size_t index = 0; index < LENGTH_OF(patches); index++) {
        const struct patch *patch = &patches[index];
        char hex[1024], bytes[512];
        struct reason why = {0};
        patch_hex(patch->is_ledger ? ledger_golden : summary_golden, patch, hex, sizeof(hex));
        enum verdict verdict = decode_either(patch->is_ledger, unhex(hex, bytes), &why);
        bool is_refused = verdict == SET_ASIDE && patch->problem != NULL && strstr(why.text, patch->problem) != NULL;
        if (!is_refused && (verdict != GO_ON || patch->problem != NULL)) {
            printf("%s -> %s: %d %s\n", patch->from, patch->to, verdict, why.text);
            CU_FAIL("a patch is answered otherwise");
        }
    }
    encoder_close(encoder);
}

/* Values are filled again and again: nothing of one message may be left in the next. */
static void an_encoder_can_be_used_for_ever(void)
{
    struct encoder *encoder = encoder_of_test();
    struct event event = full_event();
    static struct cell cell;
    struct summary summary = full_summary(&cell);
    struct span bytes;

    for (int turn = 0; turn < 2000; turn++) {
        CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &event, &bytes, NULL), GO_ON);
        CU_ASSERT_EQUAL_FATAL(encode_summary(encoder, &summary, &bytes, NULL), GO_ON);
    }
    CU_ASSERT(is_golden(bytes, summary_golden));
    encoder_close(encoder);
}

static void an_endless_text_is_refused_not_truncated(void)
{
    struct encoder *encoder = encoder_of_test();
    struct event event = bare_event();
    struct span bytes;
    struct reason why = {0};
    size_t size = (size_t)65 << 20;
    char *text = calloc(1, size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    event.id = (struct span){text, (size_t)1 << 20}; /* larger than the first buffer */
    CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &event, &bytes, &why), GO_ON);
    CU_ASSERT(bytes.size > event.id.size);
    event.id.size = size;
    CU_ASSERT_EQUAL(encode_event(encoder, &event, &bytes, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "ENCODE-FAILED");
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "more than 67108864 bytes"));
    event = bare_event();
    CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &event, &bytes, &why), GO_ON);
    CU_ASSERT(is_golden(bytes, bare_golden));
    free(text);
    encoder_close(encoder);
}

static const char *field_name(const json_t *schema, size_t index)
{
    return json_string_value(json_object_get(json_array_get(json_object_get(schema, "fields"), index), "name"));
}

/* avro_write.c and avro_read.c walk the fields by index: the tables they walk by must be the schema's. */
static void the_summary_schema_has_the_order_of_our_tables(void)
{
    json_t *schema = json_loadb(bundled_summary_avsc.bytes, bundled_summary_avsc.size, 0, NULL);
    size_t field = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(schema);
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "breakdown");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "granularity");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "window_start");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "window_end");
    for (int column = 0; column < COLUMN_COUNT; column++)
        CU_ASSERT_STRING_EQUAL(field_name(schema, field++), column_name((enum column)column));
    for (int measure = 0; measure < MEASURE_COUNT; measure++)
        CU_ASSERT_STRING_EQUAL(field_name(schema, field++), measure_name((enum measure)measure));
    for (int quantile = 0; quantile < HISTOGRAM_COUNT * QUANTILE_COUNT; quantile++) {
        char name[QUANTILE_NAME_MAX];
        quantile_name((enum histogram)(quantile / QUANTILE_COUNT), (enum quantile)(quantile % QUANTILE_COUNT), name);
        CU_ASSERT_STRING_EQUAL(field_name(schema, field++), name);
    }
    for (int histogram = 0; histogram < HISTOGRAM_COUNT; histogram++)
        CU_ASSERT_STRING_EQUAL(field_name(schema, field++), histogram_name((enum histogram)histogram));
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "accounts");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "pane");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "pane_number");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "generation");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "revision");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "version");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "tables_version");
    CU_ASSERT_STRING_EQUAL(field_name(schema, field++), "suppressed");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(schema, "fields")), field);
    json_decref(schema);
}

static void the_ledger_schema_has_the_order_of_our_tables(void)
{
    static const char *const names[] = {
        "input_partition", "incarnation", "first_offset", "next_offset", "watermark_time", "records",
        "consumed",        "counted",     "duplicate",    "filtered",    "too_late",       "dead_lettered",
        "conflicting",     "stopped",     "stopped_at",   "given_up",    "end_offset"};
    json_t *schema = json_loadb(bundled_ledger_avsc.bytes, bundled_ledger_avsc.size, 0, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(schema);
    const json_t *last = json_array_get(json_object_get(schema, "fields"), 10);
    const json_t *partition = json_object_get(json_object_get(last, "type"), "items");
    CU_ASSERT_PTR_NOT_NULL_FATAL(partition);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(schema, "fields")), 12);
    CU_ASSERT_STRING_EQUAL(field_name(schema, 7), "version");
    CU_ASSERT_STRING_EQUAL(field_name(schema, 11), "retention");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(partition, "fields")), LENGTH_OF(names));
    for (size_t index = 0; index < LENGTH_OF(names); index++)
        CU_ASSERT_STRING_EQUAL(field_name(partition, index), names[index]);
    json_decref(schema);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"bytes are the golden ones, every time", bytes_are_the_golden_ones_every_time},
        {"summaries are read back whole", summaries_are_read_back_whole},
        {"a suppressed summary says nothing", a_suppressed_summary_says_nothing},
        {"the fullest summary fits", the_fullest_summary_fits},
        {"ledgers are read back whole", ledgers_are_read_back_whole},
        {"a cut or longer message is unreadable", a_cut_or_longer_message_is_unreadable},
        {"no byte can lead the reader astray", no_byte_can_lead_the_reader_astray},
        {"what we would not write is unreadable", what_we_would_not_write_is_unreadable},
        {"an encoder can be used for ever", an_encoder_can_be_used_for_ever},
        {"an endless text is refused, not truncated", an_endless_text_is_refused_not_truncated},
        {"the summary schema has the order of our tables", the_summary_schema_has_the_order_of_our_tables},
        {"the ledger schema has the order of our tables", the_ledger_schema_has_the_order_of_our_tables},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
