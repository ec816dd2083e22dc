/*
 * Events in JSON: the same seeded lines by decode_event(), which walks over them once, and by jansson alone; and the
 * same events in Avro by decode_event(), in turns, medians of nine. Napkin: 400 bytes, looked at twice (a byte, and the
 * names of fields), some 300 ns.
 *
 * json_bench [events] [rounds]; the hash keeps the compiler honest and must be the same in every run of one size.
 */
#include "gentally/codec/avro_write.h"
#include "gentally/codec/decode.h"
#include "gentally/codec/json_read.h"
#include "gentally/codec/json_write.h"
#include "json_scan.h"
#include "typical_event.h"

#define ROUNDS_MAX 99

struct load {
    char *bytes;
    struct span *values;
    size_t count, size;
};

static void load_open(struct load *load, size_t count)
{
    *load = (struct load){.values = calloc(count, sizeof(*load->values)), .bytes = malloc(count * 1024)};
    if (load->values == NULL || load->bytes == NULL)
        abort();
}

static void load_add(struct load *load, struct span value)
{
    if (value.size > 1024)
        abort();
    memcpy(load->bytes + load->size, value.bytes, value.size);
    load->values[load->count++] = (struct span){load->bytes + load->size, value.size};
    load->size += value.size;
}

static uint64_t hash_of(uint64_t hash, const struct event *event)
{
    return hash * 31 + (uint64_t)event->tokens_prompt + event->model.size + event->label_count;
}

static uint64_t decode_all(const struct decoder *decoder, const struct load *load)
{
    uint64_t hash = 0;
    struct event event;

    for (size_t i = 0; i < load->count; i++) {
        if (decode_event(decoder, load->values[i], &event, NULL) != GO_ON)
            abort();
        hash = hash_of(hash, &event);
    }
    return hash;
}

static uint64_t parse_all(struct json_reader *reader, const struct load *load)
{
    uint64_t hash = 0;
    struct event event;

    for (size_t i = 0; i < load->count; i++) {
        if (json_parse_event(reader, load->values[i], &event, NULL) != GO_ON)
            abort();
        hash = hash_of(hash, &event);
    }
    return hash;
}

static void report(const char *name, const struct load *load, double ns[], size_t rounds, uint64_t hash)
{
    qsort(ns, rounds, sizeof(*ns), compare);
    double median = ns[rounds / 2];
    printf("%s %zu %.1f ns/op %.0f events/s %.0f MB/s %016" PRIx64 "\n", name, load->count,
           median / (double)load->count, (double)load->count * 1e9 / median, (double)load->size * 1e3 / median, hash);
}

int main(int argc, char **argv)
{
    static double ns[3][ROUNDS_MAX];
    static char text[EVENT_JSON_MAX];
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
    struct load lines, messages;
    struct decoder *decoder;
    struct encoder *encoder;
    struct json_reader *reader;
    uint64_t seed = 1, hashes[3] = {0};

    if (count == 0 || rounds == 0 || rounds > ROUNDS_MAX || decoder_open(&decoder, 1 << 20, NULL) != GO_ON ||
        encoder_open(&encoder, NULL) != GO_ON || json_reader_open(&reader, NULL) != GO_ON)
        return EXIT_FAILURE;
    load_open(&lines, count);
    load_open(&messages, count);
    for (size_t i = 0; i < count; i++) {
        struct event event;
        struct span bytes;
        char id[32];
        typical_event(&seed, i, id, &event);
        load_add(&lines, (struct span){text, json_write_event(&event, text)});
        if (encode_event(encoder, &event, &bytes, NULL) != GO_ON)
            return EXIT_FAILURE;
        load_add(&messages, bytes);
    }
    for (size_t round = 0; round < rounds; round++) {
        uint64_t begin = now_ns();
        hashes[0] = decode_all(decoder, &lines);
        uint64_t second = now_ns();
        hashes[1] = parse_all(reader, &lines);
        uint64_t third = now_ns();
        hashes[2] = decode_all(decoder, &messages);
        ns[0][round] = (double)(second - begin);
        ns[1][round] = (double)(third - second);
        ns[2][round] = (double)(now_ns() - third);
    }
    printf("mean line %.0f bytes, mean message %.0f bytes\n", (double)lines.size / (double)count,
           (double)messages.size / (double)count);
    report("json", &lines, ns[0], rounds, hashes[0]);
    report("jansson", &lines, ns[1], rounds, hashes[1]);
    report("avro", &messages, ns[2], rounds, hashes[2]);
    json_reader_close(reader);
    encoder_close(encoder);
    decoder_close(decoder);
    free(lines.values);
    free(lines.bytes);
    free(messages.values);
    free(messages.bytes);
    return hashes[0] == hashes[1] && hashes[0] == hashes[2] ? EXIT_SUCCESS : EXIT_FAILURE;
}
