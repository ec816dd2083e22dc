/*
 * Decode only: the same seeded messages by decode_event() and by libavro's avro_value_read(), in turns, medians of
 * nine. Napkin: 25 fields, some 200 bytes, no allocation: 25 predicted switches and 8 short texts, below 100 ns.
 *
 * decode_bench [messages] [rounds]; the hash keeps the compiler honest and must be the same in every run of one size.
 */
#include "gentally/codec/decode.h"

#include "generation.h"
#include "typical_event.h"

#define ROUNDS_MAX 99

struct load {
    char *bytes;
    struct span *values;
    size_t count, size;
};

static struct load make_load(size_t count, avro_value_t *record)
{
    struct load load = {.count = count};
    uint64_t seed = 1;

    load.values = calloc(count, sizeof(*load.values));
    load.bytes = malloc(count * 512);
    if (load.values == NULL || load.bytes == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct event event;
        struct message message;
        char id[32];
        typical_event(&seed, i, id, &event);
        encode_by_libavro(record, &event, &message);
        if (message.size > 512)
            abort();
        memcpy(load.bytes + load.size, message.bytes, message.size);
        load.values[i] = (struct span){load.bytes + load.size, message.size};
        load.size += message.size;
    }
    return load;
}

static uint64_t decode_ours(const struct decoder *decoder, const struct load *load)
{
    uint64_t hash = 0;
    struct event event;

    for (size_t i = 0; i < load->count; i++) {
        if (decode_event(decoder, load->values[i], &event, NULL) != GO_ON)
            abort();
        hash = hash * 31 + (uint64_t)event.tokens_prompt + event.model.size + event.label_count;
    }
    return hash;
}

static uint64_t decode_theirs(avro_value_t *record, const struct load *load)
{
    uint64_t hash = 0;
    avro_value_t known, prompt, model, labels;
    const char *text;
    size_t model_size, label_count;
    int64_t tokens;

    for (size_t i = 0; i < load->count; i++) {
        avro_reader_t reader = avro_reader_memory(load->values[i].bytes + 5, (int64_t)load->values[i].size - 5);
        avro_value_reset(record);
        AVRO_OK(avro_value_read(reader, record));
        avro_reader_free(reader);
        AVRO_OK(avro_value_get_by_name(record, "model", &model, NULL));
        AVRO_OK(avro_value_get_string(&model, &text, &model_size));
        AVRO_OK(avro_value_get_by_name(record, "tokens_prompt", &known, NULL));
        AVRO_OK(avro_value_get_current_branch(&known, &prompt));
        AVRO_OK(avro_value_get_long(&prompt, &tokens));
        AVRO_OK(avro_value_get_by_name(record, "categories", &labels, NULL));
        AVRO_OK(avro_value_get_size(&labels, &label_count));
        hash = hash * 31 + (uint64_t)tokens + (model_size - 1) + label_count;
    }
    return hash;
}

static void report(const char *name, const struct load *load, double ns[], size_t rounds, uint64_t hash)
{
    qsort(ns, rounds, sizeof(*ns), compare);
    double median = ns[rounds / 2];
    printf("%s %zu %.1f ns/op %.0f MB/s %016" PRIx64 "\n", name, load->count, median / (double)load->count,
           (double)load->size * 1e3 / median, hash);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
    static double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
    uint64_t hash = 0, oracle = 0;
    struct decoder *decoder;
    struct reason why = {0};
    avro_schema_t schema;
    avro_value_t record;

    if (count == 0 || rounds == 0 || rounds > ROUNDS_MAX || decoder_open(&decoder, 1 << 20, &why) != GO_ON)
        return EXIT_FAILURE;
    AVRO_OK(avro_schema_from_json_length(bundled_generation_avsc.bytes, bundled_generation_avsc.size, &schema));
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    AVRO_OK(avro_generic_value_new(iface, &record));
    struct load load = make_load(count, &record);
    for (size_t round = 0; round < rounds; round++) {
        uint64_t begin = now_ns();
        hash = decode_ours(decoder, &load);
        uint64_t middle = now_ns();
        oracle = decode_theirs(&record, &load);
        ours[round] = (double)(middle - begin);
        theirs[round] = (double)(now_ns() - middle);
    }
    printf("mean message %.0f bytes\n", (double)load.size / (double)load.count);
    report("decode", &load, ours, rounds, hash);
    report("libavro", &load, theirs, rounds, oracle);
    printf("ratio %.1f\n", theirs[rounds / 2] / ours[rounds / 2]);
    avro_value_decref(&record);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    free(load.values);
    free(load.bytes);
    decoder_close(decoder);
    return hash == oracle ? EXIT_SUCCESS : EXIT_FAILURE;
}
