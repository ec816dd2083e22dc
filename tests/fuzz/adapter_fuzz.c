/*
 * Adapters: the first byte says of which source the record is. Whatever it holds, each item has one of three ends, an
 * event is one that may be counted and goes round through Avro, and two readings of a record are the same.
 */
#include "gentally/adapters/adapter.h"

#include "fuzz.h"
#include "fuzz_event.h"
#include "gentally/codec/avro_write.h"
#include "gentally/codec/decode.h"

static struct adapter *adapters[2][ADAPTER_SOURCES];
static struct encoder *encoder;
static struct decoder *decoder;

static void hide(void *context, struct span text, char hidden[ADAPTER_HIDDEN_SIZE])
{
    (void)context;
    memset(hidden, 'a' + (int)(text.size % 26), ADAPTER_HIDDEN_SIZE);
}

static void open_all(void)
{
    struct reason why = {0};

    for (unsigned i = 0; i < ADAPTER_SOURCES; i++)
        for (unsigned at = 0; at < 2; at++)
            CLAIM(adapter_open(&adapters[at][i], (enum adapter_source)i, hide, NULL, &why) == GO_ON);
    CLAIM(encoder_open(&encoder, &why) == GO_ON);
    CLAIM(decoder_open(&decoder, 1 << 20, &why) == GO_ON);
}

static void claim_event(const struct event *event)
{
    struct event decoded;
    struct reason why = {0};
    struct span bytes;

    claim_texts(event);
    CLAIM(event_check(event, &why) == GO_ON);
    CLAIM(encode_event(encoder, event, &bytes, &why) == GO_ON);
    CLAIM(decode_event(decoder, bytes, &decoded, &why) == GO_ON);
    CLAIM(events_equal(event, &decoded));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct reason why = {0}, again = {0};
    struct event event, other;

    if (encoder == NULL)
        open_all();
    if (size == 0)
        return 0;
    struct adapter *first = adapters[0][bytes[0] % ADAPTER_SOURCES];
    struct adapter *second = adapters[1][bytes[0] % ADAPTER_SOURCES];
    struct span record = copy_exactly((struct span){(const char *)bytes + 1, size - 1});
    enum verdict verdict = adapter_take(first, record, &why);
    CLAIM(adapter_take(second, record, &again) == verdict);
    free_copy(record); /* what was taken is not needed afterwards */
    if (verdict != GO_ON) {
        CLAIM(verdict == SET_ASIDE);
        CLAIM_REASON(&why, "LINE-NOT-JSON", "LINE-FIELD");
    }
    for (;;) {
        enum adapted adapted = adapter_next(first, &event, &why);
        CLAIM(adapter_next(second, &other, &again) == adapted);
        CLAIM(adapted != ADAPTED_EVENT || events_equal(&event, &other));
        if (adapted == ADAPTED_EVENT)
            claim_event(&event);
        else if (adapted == ADAPTED_SET_ASIDE)
            CLAIM_REASON(&why, "LINE-NOT-JSON", "LINE-FIELD", "EVENT-MODEL-MISSING", "EVENT-ID-MISSING",
                         "EVENT-TOKENS-IDENTITY", "EVENT-OUT-OF-RANGE", "EVENT-TEXT-TOO-LONG", "EVENT-TEXT-RESERVED");
        else if (adapted == ADAPTED_END)
            return 0;
    }
}
