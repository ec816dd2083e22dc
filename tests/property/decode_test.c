/*
 * decode.c against libavro: whatever libavro writes decodes to the event it was made from; whatever is broken neither
 * crashes nor is read differently by the two.
 *
 * Where they differ by intent libavro is the lenient one: it takes booleans other than 0 and 1, enums out of range,
 * texts that are not UTF-8, bytes after the end, numbers over 64 bits. So only one direction is claimed: what we
 * accept, libavro accepts and encodes again to the same event.
 */
#include "gentally/codec/decode.h"

#include "generation.h"

static uint64_t seed;
static struct decoder *decoder;
static avro_schema_t schema;
static avro_value_iface_t *iface;

static bool labels_equal(const struct event *left, const struct event *right)
{
    bool are_equal = left->label_count == right->label_count;

    for (uint32_t i = 0; are_equal && i < left->label_count; i++)
        are_equal = span_equal(left->labels[i].path, right->labels[i].path) &&
                    memcmp(&left->labels[i].confidence, &right->labels[i].confidence, sizeof(float)) == 0;
    return are_equal;
}

static bool events_equal(const struct event *left, const struct event *right)
{
    return span_equal(left->id, right->id) && span_equal(left->model, right->model) &&
           span_equal(left->provider, right->provider) && span_equal(left->account, right->account) &&
           span_equal(left->app, right->app) && span_equal(left->country, right->country) &&
           span_equal(left->language, right->language) && span_equal(left->finish_reason, right->finish_reason) &&
           left->created_ms == right->created_ms && left->tokens_prompt == right->tokens_prompt &&
           left->tokens_completion == right->tokens_completion && left->tokens_reasoning == right->tokens_reasoning &&
           left->tokens_cached == right->tokens_cached && left->tokens_cache_write == right->tokens_cache_write &&
           left->cost_nano_usd == right->cost_nano_usd && left->is_gateway_cache_hit == right->is_gateway_cache_hit &&
           left->latency_ms == right->latency_ms && left->first_token_ms == right->first_token_ms &&
           left->generation_ms == right->generation_ms && left->is_byok == right->is_byok &&
           left->is_free == right->is_free && left->streamed == right->streamed &&
           left->cancelled == right->cancelled && left->tools_offered == right->tools_offered &&
           left->classified == right->classified && left->op == right->op && labels_equal(left, right);
}

static void what_libavro_writes_decodes_to_the_same_event(void)
{
    avro_value_t record;

    AVRO_OK(avro_generic_value_new(iface, &record));
    for (unsigned round = 0; round < 3000; round++) {
        struct event want, got;
        struct message message;
        struct reason why = {0};
        char *copy;
        random_event(&seed, &want);
        encode_by_libavro(&record, &want, &message);
        enum verdict verdict = decode_copy(decoder, message_span(&message), &got, &copy, &why);
        if (verdict != GO_ON)
            printf("round %u: %s %s\n", round, reason_name(why.id), why.text);
        CU_ASSERT_FATAL(verdict == GO_ON);
        CU_ASSERT_FATAL(events_equal(&want, &got));
        free(copy);
    }
    avro_value_decref(&record);
}

static void no_prefix_is_accepted(void)
{
    avro_value_t record;

    AVRO_OK(avro_generic_value_new(iface, &record));
    for (unsigned round = 0; round < 50; round++) {
        struct event want, got;
        struct message message;
        random_event(&seed, &want);
        encode_by_libavro(&record, &want, &message);
        for (size_t size = 0; size < message.size; size++) {
            char *copy;
            struct reason why = {0};
            struct span prefix = {(const char *)message.bytes, size};
            CU_ASSERT_FATAL(decode_copy(decoder, prefix, &got, &copy, &why) == SET_ASIDE);
            CU_ASSERT_FATAL(size < 5 || strcmp(reason_name(why.id), "DECODE-TRUNCATED") == 0);
            free(copy);
        }
    }
    avro_value_decref(&record);
}

/* Zigzag, booleans, floats and lengths have one spelling each but for long-winded varints, so an accepted message must
 * be the encoding of its event, or longer. */
static void agree_with_libavro(avro_value_t *record, const struct message *message, const struct event *got)
{
    struct message again;
    struct event twice;
    struct reason why = {0};
    avro_reader_t reader = avro_reader_memory((const char *)message->bytes + 5, (int64_t)message->size - 5);

    avro_value_reset(record);
    CU_ASSERT_FATAL(avro_value_read(reader, record) == 0);
    avro_reader_free(reader);
    again.size = 0;
    put_framing(&again, SCHEMA_ID_GENERATION);
    avro_writer_t writer = avro_writer_memory((char *)again.bytes + 5, (int64_t)sizeof(again.bytes) - 5);
    AVRO_OK(avro_value_write(writer, record));
    again.size = 5 + (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
    CU_ASSERT_FATAL(decode_event(decoder, message_span(&again), &twice, &why) == GO_ON);
    CU_ASSERT_FATAL(events_equal(got, &twice));
}

static void broken_bytes_never_read_differently(void)
{
    avro_value_t record;
    unsigned accepted = 0, refused = 0;

    AVRO_OK(avro_generic_value_new(iface, &record));
    for (unsigned round = 0; round < 20000; round++) {
        struct event want, got;
        struct message message;
        char *copy;
        random_event(&seed, &want);
        encode_by_libavro(&record, &want, &message);
        for (uint64_t flips = 1 + suite_below(&seed, 3); flips > 0; flips--)
            message.bytes[5 + suite_below(&seed, message.size - 5)] ^= (unsigned char)(1 << suite_below(&seed, 8));
        enum verdict verdict = decode_copy(decoder, message_span(&message), &got, &copy, NULL);
        CU_ASSERT_FATAL(verdict == GO_ON || verdict == SET_ASIDE);
        if (verdict == GO_ON)
            agree_with_libavro(&record, &message, &got);
        accepted += verdict == GO_ON;
        refused += verdict == SET_ASIDE;
        free(copy);
    }
    CU_ASSERT(accepted > 1000); /* else the claim above was never tried */
    CU_ASSERT(refused > 1000);
    avro_value_decref(&record);
}

static void noise_never_crashes(void)
{
    for (unsigned round = 0; round < 50000; round++) {
        struct message message = {.size = 0};
        struct event event;
        char *copy;
        put_framing(&message, SCHEMA_ID_GENERATION);
        for (uint64_t left = suite_below(&seed, 200); left > 0; left--)
            put_byte(&message, (unsigned)(suite_random(&seed) >> 56) & (suite_below(&seed, 2) == 0 ? 0xff : 0x06));
        enum verdict verdict = decode_copy(decoder, message_span(&message), &event, &copy, NULL);
        CU_ASSERT_FATAL(verdict == GO_ON || verdict == SET_ASIDE);
        free(copy);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what_libavro_writes_decodes_to_the_same_event", what_libavro_writes_decodes_to_the_same_event},
        {"no_prefix_is_accepted", no_prefix_is_accepted},
        {"broken_bytes_never_read_differently", broken_bytes_never_read_differently},
        {"noise_never_crashes", noise_never_crashes},
        CU_TEST_INFO_NULL,
    };
    struct reason why = {0};

    seed = suite_seed();
    if (decoder_open(&decoder, 1 << 20, &why) != GO_ON)
        return EXIT_FAILURE;
    AVRO_OK(avro_schema_from_json_length(bundled_generation_avsc.bytes, bundled_generation_avsc.size, &schema));
    iface = avro_generic_class_from_schema(schema);
    int status = suite_run(argc, argv, tests);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    decoder_close(decoder);
    return status;
}
