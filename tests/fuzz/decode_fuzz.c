/*
 * libFuzzer: any bytes, as a message by the bundled schema (0), by one with every kind of type to skip (1), or as a
 * writer's schema (other first bytes). Survives under the sanitizers, texts lie within the message, and what is
 * accepted can be checked.
 */
#include "gentally/bundled.h"
#include "gentally/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char EVERY_KIND[] =
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

static void check_text(struct span text, struct span value)
{
    if (text.bytes != NULL && (text.size == 0 || text.bytes < value.bytes || text.size > value.size ||
                               text.bytes + text.size > value.bytes + value.size))
        abort();
}

static void check_message(const struct decoder *decoder, uint8_t schema_id, const uint8_t *body, size_t size)
{
    char *bytes = malloc(size + 5);
    struct span value = {bytes, size + 5};
    struct event event;
    struct reason why;

    if (bytes == NULL)
        return;
    memcpy(bytes, (const char[]){0, 0, 0, 0, (char)schema_id}, 5);
    if (size > 0)
        memcpy(bytes + 5, body, size);
    if (decode_event(decoder, value, &event, &why) == GO_ON) {
        check_text(event.id, value);
        check_text(event.model, value);
        check_text(event.finish_reason, value);
        if (event.label_count > EVENT_LABELS_MAX)
            abort();
        for (uint32_t i = 0; i < event.label_count; i++)
            check_text(event.labels[i].path, value);
        if (event_check(&event, &why) != GO_ON && why.id == NULL)
            abort();
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct decoder *decoder;
    struct reason why = {0};

    if (decoder == NULL && (decoder_open(&decoder, 1 << 20, &why) != GO_ON ||
                            decoder_learn(decoder, 2, span_of(EVERY_KIND), &why) != GO_ON))
        abort();
    if (size == 0)
        return 0;
    if (bytes[0] <= 1)
        check_message(decoder, (uint8_t)(bytes[0] + 1), bytes + 1, size - 1);
    else if (decoder_learn(decoder, 3, (struct span){(const char *)bytes, size}, &why) == GO_ON)
        check_message(decoder, 3, bytes, size);
    return 0;
}
