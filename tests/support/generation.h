/* Random events, and their bytes by libavro's generic values and the bundled schema: the decoder's oracle. */
#ifndef GENTALLY_GENERATION_H
#define GENTALLY_GENERATION_H

#include <avro.h>

#include "gentally/base/bundled.h"
#include "message.h"
#include "suite.h"

#define AVRO_OK(call)                                                                                                  \
    do {                                                                                                               \
        if ((call) != 0) {                                                                                             \
            fprintf(stderr, "%s: %s\n", #call, avro_strerror());                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static inline struct span random_text(uint64_t *seed)
{
    static const char *const texts[] = {
        "",
        "a",
        "DE",
        "stop",
        "openai/gpt-4o-mini",
        "gen-1732446333-AbCdEfGhIjKlMn",
        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
        "anthropic/claude-sonnet-4:free",
        "/Computers & Electronics/Programming/C & C++",
        "a text of more than sixty-three bytes, so that its length takes two bytes to say"};
    struct span text = span_of(texts[suite_below(seed, LENGTH_OF(texts))]);

    return text.size > 0 ? text : (struct span){NULL, 0};
}

static inline int64_t random_long(uint64_t *seed)
{
    return (int64_t)(suite_random(seed) >> suite_below(seed, 64)) * (suite_below(seed, 8) == 0 ? -1 : 1);
}

/* A number, or nobody knows it. */
static inline int64_t random_amount(uint64_t *seed)
{
    return suite_below(seed, 4) == 0 ? EVENT_UNKNOWN : random_long(seed);
}

static inline int32_t random_latency(uint64_t *seed)
{
    return suite_below(seed, 3) == 0 ? EVENT_ABSENT : (int32_t)(suite_random(seed) >> (33 + suite_below(seed, 30)));
}

static inline void random_event(uint64_t *seed, struct event *event)
{
    struct span *texts[] = {&event->id,  &event->model,   &event->provider, &event->account,
                            &event->app, &event->country, &event->language, &event->finish_reason};
    int64_t *longs[] = {&event->created_ms, &event->tokens_reasoning, &event->tokens_cached,
                        &event->tokens_cache_write};
    int64_t *amounts[] = {&event->tokens_prompt, &event->tokens_completion, &event->cost_nano_usd};
    int32_t *latencies[] = {&event->latency_ms, &event->first_token_ms, &event->generation_ms};
    bool *flags[] = {&event->is_byok,   &event->is_free,   &event->is_gateway_cache_hit,
                     &event->streamed,  &event->cancelled, &event->tools_offered,
                     &event->classified};

    memset(event, 0, sizeof(*event));
    for (size_t i = 0; i < LENGTH_OF(texts); i++)
        *texts[i] = random_text(seed);
    for (size_t i = 0; i < LENGTH_OF(longs); i++)
        *longs[i] = random_long(seed);
    for (size_t i = 0; i < LENGTH_OF(amounts); i++)
        *amounts[i] = random_amount(seed);
    for (size_t i = 0; i < LENGTH_OF(latencies); i++)
        *latencies[i] = random_latency(seed);
    for (size_t i = 0; i < LENGTH_OF(flags); i++)
        *flags[i] = suite_below(seed, 2) == 1;
    event->op = (enum event_op)suite_below(seed, 3);
    event->label_count = (uint32_t)suite_below(seed, suite_below(seed, 4) == 0 ? EVENT_LABELS_MAX + 1 : 4);
    for (uint32_t i = 0; i < event->label_count; i++)
        event->labels[i] = (struct label){random_text(seed), (float)suite_below(seed, 101) / 100.0f};
}

static inline void fill_text(avro_value_t *record, const char *name, struct span text, bool is_nullable)
{
    avro_value_t field, branch;

    AVRO_OK(avro_value_get_by_name(record, name, &field, NULL));
    if (is_nullable) {
        AVRO_OK(avro_value_set_branch(&field, text.bytes != NULL ? 1 : 0, &branch));
        field = branch;
        if (text.bytes == NULL) {
            AVRO_OK(avro_value_set_null(&field));
            return;
        }
    }
    /* texts of tests end with a NUL; libavro counts it in */
    AVRO_OK(avro_value_set_string_len(&field, text.bytes != NULL ? text.bytes : "", text.size + 1));
}

static inline void fill_long(avro_value_t *record, const char *name, int64_t value)
{
    avro_value_t field;

    AVRO_OK(avro_value_get_by_name(record, name, &field, NULL));
    AVRO_OK(avro_value_set_long(&field, value));
}

/* `null_branch` is where the union has null; the other branch is the number. */
static inline void fill_amount(avro_value_t *record, const char *name, int null_branch, int64_t value)
{
    avro_value_t field, branch;
    bool is_known = value != EVENT_UNKNOWN;

    AVRO_OK(avro_value_get_by_name(record, name, &field, NULL));
    AVRO_OK(avro_value_set_branch(&field, is_known ? 1 - null_branch : null_branch, &branch));
    AVRO_OK(is_known ? avro_value_set_long(&branch, value) : avro_value_set_null(&branch));
}

static inline void fill_boolean(avro_value_t *record, const char *name, bool value)
{
    avro_value_t field;

    AVRO_OK(avro_value_get_by_name(record, name, &field, NULL));
    AVRO_OK(avro_value_set_boolean(&field, value));
}

static inline void fill_latency(avro_value_t *record, const char *name, int32_t value)
{
    avro_value_t field, branch;

    AVRO_OK(avro_value_get_by_name(record, name, &field, NULL));
    AVRO_OK(avro_value_set_branch(&field, value != EVENT_ABSENT ? 1 : 0, &branch));
    AVRO_OK(value != EVENT_ABSENT ? avro_value_set_int(&branch, value) : avro_value_set_null(&branch));
}

static inline void fill_labels(avro_value_t *record, const struct event *event)
{
    avro_value_t labels, label, field;

    AVRO_OK(avro_value_get_by_name(record, "categories", &labels, NULL));
    for (uint32_t i = 0; i < event->label_count; i++) {
        AVRO_OK(avro_value_append(&labels, &label, NULL));
        fill_text(&label, "path", event->labels[i].path, false);
        AVRO_OK(avro_value_get_by_name(&label, "confidence", &field, NULL));
        AVRO_OK(avro_value_set_float(&field, event->labels[i].confidence));
    }
}

/* Event -> framed bytes. `record` is a value of the bundled schema, reset here. */
static inline void encode_by_libavro(avro_value_t *record, const struct event *event, struct message *message)
{
    avro_value_t field;

    AVRO_OK(avro_value_reset(record));
    fill_text(record, "id", event->id, false);
    fill_long(record, "created_at", event->created_ms);
    fill_text(record, "model", event->model, false);
    fill_text(record, "provider", event->provider, true);
    fill_text(record, "account", event->account, true);
    fill_text(record, "app", event->app, true);
    fill_text(record, "country", event->country, true);
    fill_text(record, "language", event->language, true);
    fill_amount(record, "tokens_prompt", 0, event->tokens_prompt);
    fill_amount(record, "tokens_completion", 0, event->tokens_completion);
    fill_long(record, "tokens_reasoning", event->tokens_reasoning);
    fill_long(record, "tokens_cached", event->tokens_cached);
    fill_long(record, "tokens_cache_write", event->tokens_cache_write);
    fill_amount(record, "cost_nano_usd", 1, event->cost_nano_usd);
    fill_boolean(record, "is_byok", event->is_byok);
    fill_boolean(record, "is_free", event->is_free);
    fill_boolean(record, "is_gateway_cache_hit", event->is_gateway_cache_hit);
    fill_boolean(record, "streamed", event->streamed);
    fill_boolean(record, "cancelled", event->cancelled);
    fill_text(record, "finish_reason", event->finish_reason, true);
    fill_boolean(record, "tools_offered", event->tools_offered);
    fill_latency(record, "latency_ms", event->latency_ms);
    fill_latency(record, "first_token_ms", event->first_token_ms);
    fill_latency(record, "generation_ms", event->generation_ms);
    fill_boolean(record, "classified", event->classified);
    fill_labels(record, event);
    AVRO_OK(avro_value_get_by_name(record, "op", &field, NULL));
    AVRO_OK(avro_value_set_enum(&field, (int)event->op));

    message->size = 0;
    put_framing(message, SCHEMA_ID_GENERATION);
    avro_writer_t writer =
        avro_writer_memory((char *)message->bytes + message->size, (int64_t)(sizeof(message->bytes) - message->size));
    AVRO_OK(avro_value_write(writer, record));
    message->size += (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
}

#endif
