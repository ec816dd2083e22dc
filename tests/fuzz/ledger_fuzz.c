/*
 * What we read back of our own topics: a byte that says what, then the bytes.
 *   ledger, summary   as the body of a message, or as all of it. What is accepted is exactly what avro_write.c would
 *                     have written: written again it has the same bytes; and libavro reads the same.
 *   published         entries of 12 bytes, put one after the other: the closer's memory of what was published ends
 *                     as a plain list does that keeps the latest.
 */
#include <avro.h>

#include "fuzz.h"
#include "fuzz_avro.h"
#include "gentally/base/bundled.h"
#include "gentally/codec/avro_read.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/decode.h"
#include "gentally/codec/summary_json.h"
#include "published.h"

#define ENTRY_SIZE 12
#define ENTRIES_MAX 340 /* of an input of 4096 bytes */

static struct encoder *encoder;

/* libavro's own value of the message, written again: canonical. */
static void claim_libavro_agrees(struct span schema_text, struct span message)
{
    static char again[65536];
    avro_schema_t schema;
    avro_value_t value;

    CLAIM(avro_schema_from_json_length(schema_text.bytes, schema_text.size, &schema) == 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    CLAIM(avro_generic_value_new(class, &value) == 0);
    avro_reader_t reader = avro_reader_memory(message.bytes + 5, (int64_t)message.size - 5);
    CLAIM(avro_value_read(reader, &value) == 0);
    avro_writer_t writer = avro_writer_memory(again, sizeof(again));
    CLAIM(avro_value_write(writer, &value) == 0);
    CLAIM(span_equal((struct span){again, (size_t)avro_writer_tell(writer)},
                     (struct span){message.bytes + 5, message.size - 5}));
    avro_writer_free(writer);
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
}

static void try_ledger(struct span message)
{
    static struct ledger_read read;
    struct reason why = {0};
    struct span again;
    enum verdict verdict = decode_ledger(message, &read, &why);

    if (verdict != GO_ON) {
        CLAIM(verdict == SET_ASIDE);
        CLAIM_REASON(&why, "LEDGER-UNREADABLE");
        return;
    }
    CLAIM(encode_ledger(encoder, &read.ledger, &again, &why) == GO_ON);
    /* A record of before there was retention ends before it: libavro would not read it by the schema of now. */
    if (read.ledger.retention == 0 && again.size == message.size + 1)
        again.size--;
    else
        claim_libavro_agrees(bundled_ledger_avsc, message);
    CLAIM(span_equal(message, again));
}

/* JSON is written again as it was read, and says what Avro does. */
static void claim_json_is_written(struct span message, const struct summary_read *read)
{
    static char json[SUMMARY_JSON_MAX];
    static struct summary_read again;
    struct reason why = {0};
    struct span bytes;

    CLAIM(span_equal(message, (struct span){json, summary_json_write(&read->summary, read->accounts, json)}));
    if (read->accounts >= 0)
        return; /* the estimate is carried, the registers it was made from are not */
    CLAIM(encode_summary(encoder, &read->summary, &bytes, &why) == GO_ON);
    CLAIM(decode_summary(bytes, &again, &why) == GO_ON);
    CLAIM(span_equal(message, (struct span){json, summary_json_write(&again.summary, again.accounts, json)}));
}

static void try_summary(struct span message)
{
    static struct summary_read read;
    struct reason why = {0};
    struct span again;
    enum verdict verdict = decode_summary(message, &read, &why);

    if (verdict != GO_ON) {
        CLAIM(verdict == SET_ASIDE);
        CLAIM_REASON(&why, "SUMMARY-UNREADABLE");
        return;
    }
    if (message.bytes[0] == '{') {
        claim_json_is_written(message, &read);
        return;
    }
    if (read.accounts < 0) { /* the estimate is carried, the registers it was made from are not */
        CLAIM(encode_summary(encoder, &read.summary, &again, &why) == GO_ON);
        CLAIM(span_equal(message, again));
    }
    claim_libavro_agrees(bundled_summary_avsc, message);
}

/* ---- published ---- */

static struct published_window take_entry(struct fuzz_input *input)
{
    struct published_window entry = {.partitions = 0};
    enum window_kind kind = (enum window_kind)take_below(input, WINDOW_KINDS);

    /* Real windows, some of the same hours or days: what was published is ordered by their ends. */
    entry.window = window_of(kind, (int64_t)((uint64_t)(int8_t)take_byte(input) << take_below(input, 38)));
    entry.pane = (enum pane)take_below(input, 3);
    entry.generation = (int64_t)((uint64_t)(int8_t)take_byte(input) << take_below(input, 64));
    entry.revision = (int64_t)((uint64_t)(int8_t)take_byte(input) << take_below(input, 64));
    struct span tables = take_span(input, 4);
    memcpy(&entry.tables, tables.bytes, tables.size);
    return entry;
}

static void try_published(struct fuzz_input input)
{
    struct published_window latest[ENTRIES_MAX];
    struct reason why = {0};
    struct published *published;
    size_t count = 0;

    CLAIM(published_open(&published, &why) == GO_ON);
    while (input.left >= ENTRY_SIZE && count < ENTRIES_MAX) {
        struct published_window entry = take_entry(&input);
        size_t at = 0;
        CLAIM(published_put(published, &entry, &why) == GO_ON);
        while (at < count &&
               (latest[at].window.kind != entry.window.kind || latest[at].window.start_ms != entry.window.start_ms))
            at++;
        struct published_window *known = &latest[at];
        bool is_newer =
            at == count || entry.generation > known->generation ||
            (entry.generation == known->generation &&
             (entry.revision > known->revision || (entry.revision == known->revision && entry.pane > known->pane)));
        if (is_newer)
            *known = entry;
        count += at == count;
    }
    CLAIM(published_count(published) == count);
    for (size_t i = 0; i < count; i++) {
        const struct published_window *found = published_find(published, latest[i].window);
        CLAIM(found != NULL && found->generation == latest[i].generation && found->revision == latest[i].revision &&
              found->pane == latest[i].pane && found->tables == latest[i].tables);
    }
    published_close(published);
}

static void close_encoder(void)
{
    encoder_close(encoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_input input = {bytes, size};
    struct reason why = {0};
    uint8_t what = take_byte(&input);

    if (encoder == NULL) {
        CLAIM(encoder_open(&encoder, &why) == GO_ON);
        (void)atexit(close_encoder);
    }
    if (what % 5 == 4) {
        try_published(input);
        return 0;
    }
    struct span message = take_rest(&input);
    char *framed = malloc(message.size + 5);
    CLAIM(framed != NULL);
    memcpy(framed, (const char[]){0, 0, 0, 0, what % 2 == 0 ? SCHEMA_ID_LEDGER : SCHEMA_ID_SUMMARY}, 5);
    memcpy(framed + 5, message.bytes, message.size);
    struct span all = what % 5 < 2 ? (struct span){framed, message.size + 5} : copy_exactly(message);
    if (what % 2 == 0)
        try_ledger(all);
    else
        try_summary(all);
    if (all.bytes != framed)
        free_copy(all);
    free(framed);
    return 0;
}
