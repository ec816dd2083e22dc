/* Events compared field by field, and looked at for what no reader may let through. */
#ifndef GENTALLY_FUZZ_EVENT_H
#define GENTALLY_FUZZ_EVENT_H

#include "fuzz.h"
#include "gentally/core/event.h"

static inline bool labels_equal(const struct event *left, const struct event *right)
{
    bool are_equal = left->label_count == right->label_count;

    for (uint32_t i = 0; are_equal && i < left->label_count; i++)
        are_equal = span_equal(left->labels[i].path, right->labels[i].path) &&
                    memcmp(&left->labels[i].confidence, &right->labels[i].confidence, sizeof(float)) == 0;
    return are_equal;
}

/* An empty text and an absent one are the same. */
static inline bool events_equal(const struct event *left, const struct event *right)
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

/* UTF-8 by the bit pattern and the code point's value; the readers go by ranges of bytes. */
static inline bool is_text(struct span text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *bytes = (const uint8_t *)text.bytes;

    for (size_t at = 0, size; at < text.size; at += size) {
        uint32_t point = bytes[at];
        size = point < 0x80 ? 1 : point >> 5 == 6 ? 2 : point >> 4 == 14 ? 3 : point >> 3 == 30 ? 4 : 0;
        if (size == 0 || size > text.size - at)
            return false;
        point &= size == 1 ? 0x7f : 0xffu >> (size + 1);
        for (size_t i = 1; i < size; i++) {
            if (bytes[at + i] >> 6 != 2)
                return false;
            point = point << 6 | (bytes[at + i] & 0x3f);
        }
        if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
    }
    return true;
}

static inline void claim_texts(const struct event *event)
{
    const struct span texts[] = {event->id,  event->model,   event->provider, event->account,
                                 event->app, event->country, event->language, event->finish_reason};

    for (size_t i = 0; i < LENGTH_OF(texts); i++)
        CLAIM(is_text(texts[i]) && memchr(texts[i].size > 0 ? texts[i].bytes : "x", '\0', texts[i].size) == NULL);
    CLAIM(event->label_count <= EVENT_LABELS_MAX);
    for (uint32_t i = 0; i < event->label_count; i++)
        CLAIM(is_text(event->labels[i].path));
    CLAIM(event->op == OP_CREATE || event->op == OP_AMEND || event->op == OP_RETRACT);
}

#endif
