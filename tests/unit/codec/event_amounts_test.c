/* Events of which nobody knows the tokens or the cost, in bytes and back, and what writers of before send. The golden
 * bytes are another encoder's (fastavro). */
#include "gentally/base/bundled.h"
#include "gentally/codec/avro_write.h"
#include "message.h"
#include "suite.h"

/* No prompt, no completion, no cost; nothing else but what must be. */
static const char unknown_golden[] = "0000000009026200026d000000000000000000000200000000000000000000000000";

/* By schemas/generation.1.avsc: the same, with 3, 2, 1, 1 tokens and a cost of 5. */
static const char old_golden[] = "0000000001026200026d0000000000060402020a000000000000000000000000";

static struct event bare_event(void)
{
    return (struct event){.id = span_of("b"),
                          .model = span_of("m"),
                          .latency_ms = EVENT_ABSENT,
                          .first_token_ms = EVENT_ABSENT,
                          .generation_ms = EVENT_ABSENT};
}

static void check(const struct decoder *decoder, struct span bytes, const char *want)
{
    struct event event;
    struct reason why = {0};
    char line[1024] = "";

    enum verdict verdict = decode_event(decoder, bytes, &event, &why);
    if (verdict == GO_ON)
        event_print(&event, line, sizeof(line));
    if (verdict != GO_ON || strcmp(line, want) != 0)
        printf("%s, not %s: %s\n", line, want, why.text);
    CU_ASSERT(verdict == GO_ON && strcmp(line, want) == 0);
}

static void what_is_unknown_goes_round(void)
{
    static const int64_t rows[][3] = {{EVENT_UNKNOWN, EVENT_UNKNOWN, EVENT_UNKNOWN},
                                      {EVENT_UNKNOWN, 2, 5},
                                      {3, EVENT_UNKNOWN, 5},
                                      {3, 2, EVENT_UNKNOWN},
                                      {0, 0, 0}};
    struct encoder *encoder = NULL;
    struct decoder *decoder = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(decoder_open(&decoder, 1 << 20, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct event event = bare_event(), read;
        struct span bytes;
        event.tokens_prompt = rows[i][0];
        event.tokens_completion = rows[i][1];
        event.cost_nano_usd = rows[i][2];
        CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &event, &bytes, &why), GO_ON);
        CU_ASSERT_EQUAL(decoder_schema_id(bytes), SCHEMA_ID_GENERATION);
        CU_ASSERT_EQUAL_FATAL(decode_event(decoder, bytes, &read, &why), GO_ON);
        CU_ASSERT(read.tokens_prompt == rows[i][0] && read.tokens_completion == rows[i][1]);
        CU_ASSERT_EQUAL(read.cost_nano_usd, rows[i][2]);
    }
    decoder_close(decoder);
    encoder_close(encoder);
}

static void bytes_are_the_golden_ones(void)
{
    struct encoder *encoder = NULL;
    struct decoder *decoder = NULL;
    struct message golden = {.size = 0};
    struct event event = bare_event();
    struct span bytes;
    struct reason why;

    put_hex(&golden, unknown_golden);
    event.tokens_prompt = event.tokens_completion = event.cost_nano_usd = EVENT_UNKNOWN;
    CU_ASSERT_EQUAL_FATAL(encoder_open(&encoder, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(decoder_open(&decoder, 1 << 20, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(encode_event(encoder, &event, &bytes, &why), GO_ON);
    CU_ASSERT(span_equal(bytes, message_span(&golden)));
    check(decoder, message_span(&golden), "id=b model=m prompt=? completion=? cost=?");
    decoder_close(decoder);
    encoder_close(encoder);
}

/* Their schema stays known, until somebody gives another under its id. */
static void writers_of_before_go_on(void)
{
    struct decoder *decoder = NULL;
    struct message golden = {.size = 0};
    struct reason why;

    put_hex(&golden, old_golden);
    CU_ASSERT_EQUAL_FATAL(decoder_open(&decoder, 1 << 20, &why), GO_ON);
    check(decoder, message_span(&golden), "id=b model=m prompt=3 completion=2 reasoning=1 cached=1 cost=5");
    CU_ASSERT_EQUAL_FATAL(decoder_schema_count(decoder), 2);
    const struct learned_schema old = decoder_schema(decoder, 0), now = decoder_schema(decoder, 1);
    CU_ASSERT(old.id == SCHEMA_ID_GENERATION_OLD && old.is_bundled && old.skipped == NULL);
    CU_ASSERT_STRING_EQUAL(old.defaulted, "tokens_cache_write, is_gateway_cache_hit");
    CU_ASSERT(now.id == SCHEMA_ID_GENERATION && now.is_bundled && now.skipped == NULL && now.defaulted == NULL);
    CU_ASSERT_EQUAL(decoder_learn(decoder, SCHEMA_ID_GENERATION_OLD, bundled_generation_1_avsc, &why), GO_ON);
    CU_ASSERT_FALSE(decoder_schema(decoder, 0).is_bundled);
    decoder_close(decoder);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what is unknown goes round", what_is_unknown_goes_round},
        {"bytes are the golden ones", bytes_are_the_golden_ones},
        {"writers of before go on", writers_of_before_go_on},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
