/*
 * The decoder, against libavro. The first byte says by which schema the message is written: the bundled one (0), one
 * with every kind of type to skip (1), or one of a thousand that the next two bytes number (2, see fuzz_writer.h). With
 * 128 added the rest is what libavro fills a message with, and pairs of bytes that spoil it: where, how; else the rest
 * is the message's body. (Schemas as hostile text are the business of schema_fuzz.c.)
 *
 *   taken by us     libavro takes it, and a plain walk over its value finds the same event, bit by bit
 *   refused by us   with a reason of decode.h; and if libavro writes the same bytes again, the walk has found why
 *
 * fuzz_oracle.h names where libavro is not asked or not believed. Texts lie within the message, whose end the sanitizer
 * watches.
 */
#include "gentally/codec/decode.h"

#include "fuzz.h"
#include "fuzz_oracle.h"
#include "fuzz_writer.h"
#include "gentally/base/bundled.h"
#include "schema.h"

#define FRAME_SIZE 5
#define WRITERS 1024 /* schemas: to learn one costs more than to read a thousand messages */

static const char every_kind[] =
    "{\"type\":\"record\",\"name\":\"G\",\"fields\":["
    "{\"name\":\"tree\",\"type\":{\"type\":\"record\",\"name\":\"T\",\"fields\":["
    "{\"name\":\"kids\",\"type\":{\"type\":\"array\",\"items\":\"T\"}},"
    "{\"name\":\"nothing\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},"
    "{\"name\":\"more\",\"type\":{\"type\":\"map\",\"values\":[\"null\",\"T\",\"bytes\",\"double\",\"float\",\"int\","
    "{\"type\":\"fixed\",\"name\":\"F\",\"size\":5},{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}]}}]}},"
    "{\"name\":\"id\",\"type\":[\"string\",\"bytes\",\"null\"]},"
    "{\"name\":\"created_at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}},"
    "{\"name\":\"model\",\"type\":\"bytes\"},"
    "{\"name\":\"tokens_prompt\",\"type\":\"int\"},"
    "{\"name\":\"tokens_completion\",\"type\":[\"null\",\"int\",\"long\"]},"
    "{\"name\":\"categories\",\"type\":[\"null\",{\"type\":\"array\",\"items\":[\"null\",{\"type\":\"record\","
    "\"name\":\"L\",\"fields\":[{\"name\":\"confidence\",\"type\":[\"int\",\"long\",\"double\",\"float\"]},"
    "{\"name\":\"path\",\"type\":[\"null\",\"string\"]}]}]}]},"
    "{\"name\":\"op\",\"type\":{\"type\":\"enum\",\"name\":\"O\",\"symbols\":[\"x\",\"create\",\"amend\"]}}]}";

/* One way messages are written. */
struct writing {
    uint32_t id;
    bool is_tried, is_known; /* to our decoder */
    bool has_empty_elements; /* an array of things that take no bytes: libavro reads it as long as its count says */
    struct oracle_schema oracle;
};

/* ---- the oracle's side ---- */

struct verdict_of_libavro {
    bool is_taken, is_canonical; /* written again it has the same bytes */
    enum fit fit;
    struct event event; /* texts live as long as the input */
};

static void ask_libavro(const struct oracle_schema *schema, struct span body, struct verdict_of_libavro *answer)
{
    static char again[2 * ORACLE_MESSAGE_MAX];
    avro_value_t value;

    CLAIM(avro_generic_value_new(schema->class, &value) == 0);
    avro_reader_t reader = avro_reader_memory(body.bytes, (int64_t)body.size);
    answer->is_taken = avro_value_read(reader, &value) == 0;
    if (!answer->is_taken)
        return;
    avro_writer_t writer = avro_writer_memory(again, sizeof(again));
    bool is_written = avro_value_write(writer, &value) == 0;
    struct span bytes = {again, is_written ? (size_t)avro_writer_tell(writer) : 0};
    answer->is_canonical = is_written && span_equal(bytes, body);
    answer->fit = walk_event(&value, schema->json, &answer->event);
}

static bool has_empty_elements(struct span text)
{
    struct schema schema;
    struct reason why = {0};
    bool has = false;

    CLAIM(schema_open(&schema, text, &why) == GO_ON);
    for (uint32_t i = 0; i < schema.type_count; i++)
        has =
            has || (schema.types[i].kind == KIND_ARRAY && schema.types[schema.links[schema.types[i].first]].least == 0);
    schema_close(&schema);
    return has;
}

/* ---- our side ---- */

static void check_text(struct span text, struct span value)
{
    CLAIM(text.bytes == NULL || (text.size > 0 && text.bytes >= value.bytes && text.size <= value.size &&
                                 text.bytes + text.size <= value.bytes + value.size));
}

static void check_event(const struct event *event, struct span value)
{
    const struct span texts[] = {event->id,  event->model,   event->provider, event->account,
                                 event->app, event->country, event->language, event->finish_reason};
    struct reason why = {0};

    for (size_t i = 0; i < LENGTH_OF(texts); i++)
        check_text(texts[i], value);
    claim_texts(event);
    for (uint32_t i = 0; i < event->label_count; i++)
        check_text(event->labels[i].path, value);
    if (event_check(event, &why) != GO_ON)
        CLAIM(why.id != REASON_NONE && strncmp(reason_name(why.id), "EVENT-", 6) == 0);
}

static void try_message(const struct decoder *decoder, const struct writing *writing, struct span body)
{
    struct verdict_of_libavro answer = {0};
    struct reason why = {0};
    struct event event;
    char *bytes = malloc(FRAME_SIZE + body.size);
    struct span value = {bytes, FRAME_SIZE + body.size};

    CLAIM(bytes != NULL);
    memcpy(bytes, (const char[]){0, 0, 0, (char)(writing->id >> 8), (char)writing->id}, FRAME_SIZE);
    memcpy(bytes + FRAME_SIZE, body.bytes, body.size);
    enum verdict verdict = decode_event(decoder, value, &event, &why);
    if (verdict != GO_ON) {
        CLAIM(verdict == SET_ASIDE);
        CLAIM_REASON(&why, "DECODE-TRUNCATED", "DECODE-LENGTH", "DECODE-VARINT", "DECODE-RANGE", "DECODE-UTF8",
                     "DECODE-NUL", "DECODE-LABELS", "DECODE-TRAILING");
    } else {
        check_event(&event, value);
    }
    if (body.size <= ORACLE_MESSAGE_MAX && (verdict == GO_ON || !writing->has_empty_elements)) {
        ask_libavro(&writing->oracle, body, &answer);
        if (verdict == GO_ON)
            CLAIM(answer.is_taken && answer.fit != MISFITS && events_equal(&event, &answer.event));
        else
            CLAIM(!answer.is_taken || !answer.is_canonical || answer.fit != FITS);
    }
    free(bytes);
}

static void try_written(const struct decoder *decoder, const struct writing *writing, struct fuzz_input *input)
{
    static char body[ORACLE_MESSAGE_MAX];
    size_t size = oracle_write(&writing->oracle, input, body, sizeof(body));

    for (int i = 0; i < 4 && input->left >= 2 && size > 0; i++) {
        size_t at = take_byte(input) % size;
        body[at] = (char)(body[at] ^ take_byte(input));
    }
    try_message(decoder, writing, (struct span){body, size});
}

/* Makes both sides know the schema, once. */
static void learn(struct decoder *decoder, struct writing *writing, struct span text)
{
    struct reason why = {0};
    struct span copy = copy_exactly(text);
    enum verdict verdict = decoder_learn(decoder, writing->id, copy, &why);

    writing->is_tried = true;
    writing->is_known = verdict == GO_ON;
    if (verdict == GO_ON) {
        oracle_learn(&writing->oracle, copy);
        writing->has_empty_elements = has_empty_elements(copy);
    } else {
        CLAIM(verdict == HALT);
        CLAIM_REASON(&why, "SCHEMA-INCOMPATIBLE");
    }
    free_copy(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct writing writings[2 + WRITERS];
    static struct decoder *decoder;
    static struct writer writer;
    struct fuzz_input input = {bytes, size};
    struct reason why = {0};
    uint8_t first = take_byte(&input);
    uint32_t which = first % 128 % 3;

    if (decoder == NULL) {
        oracle_open(&oracle_scratch, ORACLE_BYTES_MAX);
        avro_set_allocator(oracle_allocate, NULL);
        CLAIM(decoder_open(&decoder, 1 << 20, &why) == GO_ON);
    }
    oracle_scratch.used = 0;
    if (which == 2) {
        which += (uint32_t)take_byte(&input) << 8 & (WRITERS - 1);
        which += take_byte(&input);
    }
    struct writing *writing = &writings[which];
    writing->id = which + SCHEMA_ID_GENERATION;
    if (!writing->is_tried)
        learn(decoder, writing,
              which == 0   ? bundled_generation_avsc
              : which == 1 ? span_of(every_kind)
                           : writer_schema(&writer, which));
    if (!writing->is_known)
        return 0;
    if (first < 128)
        try_message(decoder, writing, take_rest(&input));
    else
        try_written(decoder, writing, &input);
    return 0;
}
