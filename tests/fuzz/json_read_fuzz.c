/*
 * JSON reader. A refusal has one of the two reasons and never quotes the line. What is accepted is UTF-8 within limits;
 * an event that may be counted goes round: written as JSON and read again it is the same (confidences to the thousandth
 * they are written with), and written as Avro by libavro and decoded it is the same to the bit. What the fast walk over
 * a line takes, jansson takes, as the same event; and the decoder reads a line as the reader does.
 */
#include "gentally/codec/json_read.h"

#include "fuzz.h"
#include "fuzz_avro.h"
#include "fuzz_event.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/decode.h"
#include "gentally/codec/json_write.h"
#include "json_scan.h"

static struct json_reader *reader, *second;
static struct encoder *encoder;
static struct decoder *decoder;

static void open_all(void)
{
    struct reason why = {0};

    CLAIM(json_reader_open(&reader, &why) == GO_ON);
    CLAIM(json_reader_open(&second, &why) == GO_ON);
    CLAIM(encoder_open(&encoder, &why) == GO_ON);
    CLAIM(decoder_open(&decoder, 1 << 20, &why) == GO_ON);
}

static void claim_json_round(const struct event *event)
{
    static char text[EVENT_JSON_MAX], again[EVENT_JSON_MAX];
    struct event read, twice;
    struct reason why = {0};
    size_t size = json_write_event(event, text);

    CLAIM(json_read_event(second, (struct span){text, size}, &read, &why) == GO_ON);
    CLAIM(read.label_count == event->label_count);
    for (uint32_t i = 0; i < read.label_count; i++) {
        float apart = read.labels[i].confidence - event->labels[i].confidence;
        CLAIM(apart > -0.00051f && apart < 0.00051f);
    }
    twice = read;
    for (uint32_t i = 0; i < read.label_count; i++)
        twice.labels[i].confidence = event->labels[i].confidence;
    CLAIM(events_equal(event, &twice));
    size_t again_size = json_write_event(&read, again);
    CLAIM(span_equal((struct span){again, again_size}, (struct span){text, size}));
}

static void claim_avro_round(const struct event *event)
{
    struct event decoded;
    struct reason why = {0};
    struct span bytes;

    CLAIM(encode_event(encoder, event, &bytes, &why) == GO_ON);
    struct span copy = copy_exactly(bytes);
    CLAIM(decode_event(decoder, copy, &decoded, &why) == GO_ON);
    CLAIM(events_equal(event, &decoded));
    free_copy(copy);
}

static void claim_one_answer(struct span line)
{
    struct event scanned, parsed, decoded;
    struct reason why = {0}, again = {0};
    enum verdict verdict = json_parse_event(second, line, &parsed, &why);

    if (json_scan_event(line, &scanned))
        CLAIM(verdict == GO_ON && events_equal(&scanned, &parsed));
    if (line.size == 0 || line.bytes[0] != '{')
        return;
    CLAIM(decode_event(decoder, line, &decoded, &again) == verdict);
    CLAIM(verdict == GO_ON ? events_equal(&decoded, &parsed) : again.id == why.id);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct event event;
    struct reason why = {0};

    if (reader == NULL)
        open_all();
    struct span line = copy_exactly((struct span){(const char *)bytes, size});
    claim_one_answer(line);
    enum verdict verdict = json_read_event(reader, line, &event, &why);
    if (verdict != GO_ON) {
        CLAIM(verdict == SET_ASIDE);
        CLAIM_REASON(&why, "LINE-NOT-JSON", "LINE-FIELD");
    } else {
        claim_texts(&event);
        if (event_check(&event, &why) != GO_ON) {
            CLAIM_REASON(&why, "EVENT-MODEL-MISSING", "EVENT-ID-MISSING", "EVENT-TOKENS-IDENTITY", "EVENT-OUT-OF-RANGE",
                         "EVENT-TEXT-TOO-LONG", "EVENT-TEXT-RESERVED", "EVENT-CONFIDENCE", "EVENT-OP-UNSUPPORTED");
        } else {
            if (event.op == OP_CREATE)
                claim_json_round(&event);
            claim_avro_round(&event);
        }
    }
    free_copy(line); /* which the texts of the event borrow from */
    return 0;
}
