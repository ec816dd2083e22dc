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
#include "suite.h"

#define ROUNDS_MAX 99

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    double a, b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    return (a > b) - (a < b);
}

/* As decode_bench has them. */
static void typical_event(uint64_t *seed, uint64_t number, char id[32], struct event *event)
{
    static const char *const models[] = {"openai/gpt-4o-mini", "anthropic/claude-sonnet-4", "deepseek/deepseek-r1:free",
                                         "google/gemini-2.5-flash"};
    static const char *const paths[] = {"/Computers & Electronics/Programming", "/Arts & Entertainment/Roleplay"};

    snprintf(id, 32, "gen-1732446333-%012" PRIx64, number);
    *event = (struct event){.id = span_of(id),
                            .model = span_of(models[suite_below(seed, LENGTH_OF(models))]),
                            .provider = span_of("DeepInfra"),
                            .account = span_of("acct_9f8e7d6c5b4a3921"),
                            .country = span_of("US"),
                            .language = span_of("en"),
                            .finish_reason = span_of(suite_below(seed, 3) == 0 ? "tool_calls" : "stop"),
                            .created_ms = 1732446333000 + (int64_t)number,
                            .tokens_prompt = (int64_t)suite_below(seed, 20000),
                            .tokens_completion = 200 + (int64_t)suite_below(seed, 2000),
                            .tokens_reasoning = (int64_t)suite_below(seed, 200),
                            .cost_nano_usd = (int64_t)suite_below(seed, 100000000),
                            .latency_ms = (int32_t)suite_below(seed, 5000),
                            .first_token_ms = (int32_t)suite_below(seed, 1000),
                            .generation_ms = (int32_t)suite_below(seed, 30000),
                            .streamed = suite_below(seed, 2) == 1,
                            .classified = suite_below(seed, 4) == 0};
    event->label_count = event->classified ? 1 + (uint32_t)suite_below(seed, 2) : 0;
    for (uint32_t i = 0; i < event->label_count; i++)
        event->labels[i] = (struct label){span_of(paths[i]), 0.75f};
}

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
        double begin = now_ns();
        hashes[0] = decode_all(decoder, &lines);
        double second = now_ns();
        hashes[1] = parse_all(reader, &lines);
        double third = now_ns();
        hashes[2] = decode_all(decoder, &messages);
        ns[0][round] = second - begin;
        ns[1][round] = third - second;
        ns[2][round] = now_ns() - third;
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
