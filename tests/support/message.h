/*
 * What tests of the decoder share: hex and a small Avro writer -> message bytes, an event -> one line of text that
 * shows whatever is not at its default.
 */
#ifndef GENTALLY_MESSAGE_H
#define GENTALLY_MESSAGE_H

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/codec/decode.h"

struct message {
    size_t size;
    unsigned char bytes[8192];
};

static inline void put_bytes(struct message *message, const void *bytes, size_t size)
{
    assert(size <= sizeof(message->bytes) - message->size);
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

static inline void put_byte(struct message *message, unsigned byte)
{
    unsigned char small = (unsigned char)byte;

    put_bytes(message, &small, 1);
}

static inline void put_framing(struct message *message, uint32_t schema_id)
{
    put_byte(message, 0);
    for (int shift = 24; shift >= 0; shift -= 8)
        put_byte(message, (schema_id >> shift) & 0xff);
}

static inline void put_long(struct message *message, int64_t value)
{
    uint64_t raw = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

    for (; raw >= 0x80; raw >>= 7)
        put_byte(message, (unsigned)(raw & 0x7f) | 0x80);
    put_byte(message, (unsigned)raw);
}

static inline void put_text(struct message *message, const char *text)
{
    put_long(message, (int64_t)strlen(text));
    put_bytes(message, text, strlen(text));
}

/* "02 61" -> two bytes; blanks are for the reader. */
static inline void put_hex(struct message *message, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ')
            continue;
        const char pair[3] = {hex[0], hex[1], '\0'};
        put_byte(message, (unsigned)strtoul(pair, NULL, 16));
        hex++;
    }
}

static inline struct span message_span(const struct message *message)
{
    return (struct span){(const char *)message->bytes, message->size};
}

/* Decodes a copy of exactly the message's size, so that a sanitizer sees a read beyond its end. Texts of `event` live
 * until the copy is freed by the caller. */
static inline enum verdict decode_copy(const struct decoder *decoder, struct span value, struct event *event,
                                       char **copy, struct reason *why)
{
    *copy = malloc(value.size > 0 ? value.size : 1);
    assert(*copy != NULL);
    if (value.size > 0)
        memcpy(*copy, value.bytes, value.size);
    return decode_event(decoder, (struct span){*copy, value.size}, event, why);
}

static inline size_t print_text(char *text, size_t size, size_t at, const char *name, struct span value)
{
    if (value.bytes == NULL)
        return at;
    return at + (size_t)snprintf(text + at, size - at, " %s=%.*s", name, (int)value.size, value.bytes);
}

static inline size_t print_long(char *text, size_t size, size_t at, const char *name, int64_t value, int64_t usual)
{
    if (value == usual)
        return at;
    return at + (size_t)snprintf(text + at, size - at, " %s=%" PRId64, name, value);
}

static inline size_t print_amount(char *text, size_t size, size_t at, const char *name, int64_t value)
{
    if (value == EVENT_UNKNOWN)
        return at + (size_t)snprintf(text + at, size - at, " %s=?", name);
    return print_long(text, size, at, name, value, 0);
}

static inline void event_print(const struct event *event, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    at = print_text(text, size, at, "id", event->id);
    at = print_long(text, size, at, "created", event->created_ms, 0);
    at = print_text(text, size, at, "model", event->model);
    at = print_text(text, size, at, "provider", event->provider);
    at = print_text(text, size, at, "account", event->account);
    at = print_text(text, size, at, "app", event->app);
    at = print_text(text, size, at, "country", event->country);
    at = print_text(text, size, at, "language", event->language);
    at = print_text(text, size, at, "finish", event->finish_reason);
    at = print_amount(text, size, at, "prompt", event->tokens_prompt);
    at = print_amount(text, size, at, "completion", event->tokens_completion);
    at = print_long(text, size, at, "reasoning", event->tokens_reasoning, 0);
    at = print_long(text, size, at, "cached", event->tokens_cached, 0);
    at = print_long(text, size, at, "write", event->tokens_cache_write, 0);
    at = print_amount(text, size, at, "cost", event->cost_nano_usd);
    at = print_long(text, size, at, "latency", event->latency_ms, EVENT_ABSENT);
    at = print_long(text, size, at, "first", event->first_token_ms, EVENT_ABSENT);
    at = print_long(text, size, at, "generation", event->generation_ms, EVENT_ABSENT);
    at = print_long(text, size, at, "byok", event->is_byok, 0);
    at = print_long(text, size, at, "free", event->is_free, 0);
    at = print_long(text, size, at, "hit", event->is_gateway_cache_hit, 0);
    at = print_long(text, size, at, "streamed", event->streamed, 0);
    at = print_long(text, size, at, "cancelled", event->cancelled, 0);
    at = print_long(text, size, at, "tools", event->tools_offered, 0);
    at = print_long(text, size, at, "classified", event->classified, 0);
    at = print_long(text, size, at, "op", (int64_t)event->op, OP_CREATE);
    for (uint32_t i = 0; i < event->label_count; i++) {
        at = print_text(text, size, at, "label", event->labels[i].path);
        at += (size_t)snprintf(text + at, size - at, ":%.9g", (double)event->labels[i].confidence);
    }
    memmove(text, text + (at > 0), at + (at == 0)); /* the first blank */
}

#endif
