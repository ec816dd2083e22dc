/*
 * The event is written down as bytes, field by field and group by group; the whole is hashed by SipHash, whose key
 * nobody outside knows, each group by a cheaper hash that ends in one byte.
 */
#include "digest.h"

#include <assert.h>
#include <stdio.h>

#include "gentally/base/hash.h"

#define NUMBER_SIZE 8
#define TEXT_ROOM (2 + EVENT_TEXT_MAX)
#define GROUPS 8

static_assert(DIGEST_WHOLE_SIZE + GROUPS == DIGEST_SIZE, "a byte of each group");

/* What is named of a group, in the order in which digest_of() writes them. */
static const char *const group_names[GROUPS] = {
    "created_at",
    "model",
    "provider",
    "account",
    "tokens_prompt, tokens_cached or tokens_cache_write",
    "tokens_completion or tokens_reasoning",
    "cost_nano_usd, is_byok or is_free",
    "a field beside these (app, country, language, finish_reason, times, labels, ...)",
};

struct written {
    size_t size, group_first;
    unsigned group;
    char bytes[6 * TEXT_ROOM + 20 * NUMBER_SIZE]; /* six texts, and fewer numbers than twenty */
};

static void put_number(struct written *written, uint64_t number)
{
    assert(written->size + NUMBER_SIZE <= sizeof(written->bytes));
    for (unsigned i = 0; i < NUMBER_SIZE; i++)
        written->bytes[written->size++] = (char)(number >> (8 * i));
}

static void put_text(struct written *written, struct span text)
{
    assert(text.size <= EVENT_TEXT_MAX);
    assert(written->size + TEXT_ROOM <= sizeof(written->bytes));
    written->bytes[written->size++] = (char)text.size;
    written->bytes[written->size++] = (char)(text.size >> 8);
    if (text.size > 0)
        memcpy(written->bytes + written->size, text.bytes, text.size);
    written->size += text.size;
}

/* The sum does not know in which order labels stand. */
static uint64_t sum_of_labels(const struct event *event, const struct siphash_key *key)
{
    uint64_t sum = event->label_count;

    for (uint32_t i = 0; i < event->label_count; i++) {
        uint8_t hash[16];
        uint32_t confidence;
        float value = event->labels[i].confidence + 0.0f; /* of two zeros one */
        siphash128(key, event->labels[i].path, hash);
        memcpy(&confidence, &value, sizeof(confidence));
        uint64_t label = confidence;
        for (unsigned j = 0; j < NUMBER_SIZE; j++)
            label ^= (uint64_t)hash[j] << (8 * j);
        sum += hash_fold(label, UINT64_C(0x9e3779b97f4a7c15));
    }
    return sum;
}

static uint64_t flags_of(const struct event *event)
{
    return (uint64_t)event->streamed | (uint64_t)event->cancelled << 1 | (uint64_t)event->tools_offered << 2 |
           (uint64_t)event->classified << 3 | (uint64_t)event->is_gateway_cache_hit << 4;
}

/* Ends a group: the byte of what was written since the last one ended. */
static void end_group(struct written *written, struct digest *digest, const struct siphash_key *key)
{
    struct span group = {written->bytes + written->group_first, written->size - written->group_first};

    digest->bytes[DIGEST_WHOLE_SIZE + written->group++] = (char)(hash_fold(hash_fnv1a(group), key->words[0] | 1) >> 32);
    written->group_first = written->size;
}

struct digest digest_of(const struct event *event, struct pseudonym account, const struct siphash_key *key)
{
    struct written written;
    struct digest digest;
    uint8_t whole[16];

    written.size = written.group_first = written.group = 0;
    put_number(&written, (uint64_t)event->created_ms);
    end_group(&written, &digest, key);
    put_text(&written, event->model);
    end_group(&written, &digest, key);
    put_text(&written, event->provider);
    end_group(&written, &digest, key);
    put_number(&written, account.high);
    put_number(&written, account.low);
    end_group(&written, &digest, key);
    put_number(&written, (uint64_t)event->tokens_prompt);
    put_number(&written, (uint64_t)event->tokens_cached);
    put_number(&written, (uint64_t)event->tokens_cache_write);
    end_group(&written, &digest, key);
    put_number(&written, (uint64_t)event->tokens_completion);
    put_number(&written, (uint64_t)event->tokens_reasoning);
    end_group(&written, &digest, key);
    put_number(&written, (uint64_t)event->cost_nano_usd);
    put_number(&written, (uint64_t)event->is_byok | (uint64_t)event->is_free << 1);
    end_group(&written, &digest, key);
    put_text(&written, event->app);
    put_text(&written, event->country);
    put_text(&written, event->language);
    put_text(&written, event->finish_reason);
    put_number(&written, (uint64_t)event->latency_ms);
    put_number(&written, (uint64_t)event->first_token_ms);
    put_number(&written, (uint64_t)event->generation_ms);
    put_number(&written, flags_of(event));
    put_number(&written, sum_of_labels(event, key));
    end_group(&written, &digest, key);
    assert(written.group == GROUPS);
    siphash128(key, (struct span){written.bytes, written.size}, whole);
    memcpy(digest.bytes, whole, DIGEST_WHOLE_SIZE);
    return digest;
}

void digest_leave_out(struct digest *digest)
{
    for (size_t i = 0; i < DIGEST_WHOLE_SIZE; i++)
        digest->bytes[i] = (char)~digest->bytes[i];
}

bool digest_same(const struct digest *left, const struct digest *right)
{
    return memcmp(left->bytes, right->bytes, DIGEST_WHOLE_SIZE) == 0;
}

void digest_difference(const struct digest *left, const struct digest *right, char text[DIGEST_NAMES_MAX])
{
    int size = 0;

    for (unsigned i = 0; i < GROUPS; i++)
        if (left->bytes[DIGEST_WHOLE_SIZE + i] != right->bytes[DIGEST_WHOLE_SIZE + i])
            size +=
                snprintf(text + size, DIGEST_NAMES_MAX - (size_t)size, "%s%s", size == 0 ? "" : ", ", group_names[i]);
    assert(size < DIGEST_NAMES_MAX);
    if (size == 0)
        snprintf(text, DIGEST_NAMES_MAX, "a field that its digest does not name");
}
