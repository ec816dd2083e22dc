/* Contributions in bytes and back. Bytes that are read are not trusted: they were in a store for days. */
#include "contribution.h"

#include <assert.h>

#define VERSION 4     /* no other is read: nothing that writes an older one was released */
#define VARINT_MAX 10 /* bytes */
#define SAMPLE_BYTES 5

static_assert(HISTOGRAM_COUNT == SAMPLE_BYTES, "a bucket of the sample is a byte");
static_assert(EVENT_LABELS_MAX < 256, "counts and indexes of labels");

/* What a measure follows from, together with a flag: whether it is that, or 0. OWN: it is written as a number. */
enum unit { OWN, ONE, TOKENS, COST, TOKENS_SQUARE, PROMPT_SQUARE };
static const uint8_t units[MEASURE_COUNT] = {
    [M_REQUESTS] = ONE,
    [M_TOKENS_PROMPT] = OWN,
    [M_TOKENS_COMPLETION] = OWN,
    [M_TOKENS_REASONING] = OWN,
    [M_TOKENS_CACHED] = OWN,
    [M_COST_NANO_USD] = OWN,
    [M_BILLED_TOKENS] = TOKENS,
    [M_BILLED_COST_NANO_USD] = COST,
    [M_FREE_TOKENS] = TOKENS,
    [M_TOOL_REQUESTS] = ONE,
    [M_TOOL_TOKENS] = TOKENS,
    [M_TOOLS_OFFERED] = ONE,
    [M_STREAMED] = ONE,
    [M_CANCELLED] = ONE,
    [M_FAILED] = ONE,
    [M_CLASSIFIED] = ONE,
    [M_MAPPED] = ONE,
    [M_CLASSIFIED_TOKENS] = TOKENS,
    [M_FREE_REQUESTS] = ONE,
    [M_TOOLS_OFFERED_TOKENS] = TOKENS,
    [M_MAPPED_TOKENS] = TOKENS,
    [M_ONE_LABEL] = ONE,
    [M_TWO_LABELS] = ONE,
    [M_MORE_LABELS] = ONE,
    [M_SPLIT_TOKENS] = TOKENS,
    [M_TOKENS_SQUARED] = TOKENS_SQUARE,
    [M_TOKENS_PROMPT_SQUARED] = PROMPT_SQUARE,
    [M_TOKENS_CACHE_WRITE] = OWN,
    [M_GATEWAY_CACHE_HITS] = ONE,
    [M_TOKENS_UNKNOWN] = ONE,
    [M_COST_UNKNOWN] = ONE,
};
static_assert(MEASURE_COUNT <= 32, "the flags of a contribution are one word");

static const uint64_t own_max[MEASURE_COUNT] = {
    [M_TOKENS_PROMPT] = EVENT_TOKENS_MAX,    [M_TOKENS_COMPLETION] = EVENT_TOKENS_MAX,
    [M_TOKENS_REASONING] = EVENT_TOKENS_MAX, [M_TOKENS_CACHED] = EVENT_TOKENS_MAX,
    [M_COST_NANO_USD] = EVENT_COST_MAX,      [M_TOKENS_CACHE_WRITE] = EVENT_TOKENS_MAX,
};

/* All but category and tag, which are written with the labels. */
static const enum dimension kept_dimensions[] = {DIM_MODEL,         DIM_PROVIDER, DIM_COUNTRY, DIM_LANGUAGE,
                                                 DIM_FINISH_REASON, DIM_ACCOUNT,  DIM_APP};
static_assert(LENGTH_OF(kept_dimensions) == DIM_COUNT - 2, "each dimension that is not a label's");

static int64_t unit_of(const int64_t sums[MEASURE_COUNT], unsigned measure)
{
    switch ((enum unit)units[measure]) {
    case ONE:
        return 1;
    case TOKENS:
        return sums[M_TOKENS_PROMPT] + sums[M_TOKENS_COMPLETION];
    case COST:
        return sums[M_COST_NANO_USD];
    case TOKENS_SQUARE:
        return tokens_squared(sums[M_TOKENS_PROMPT] + sums[M_TOKENS_COMPLETION]);
    case PROMPT_SQUARE:
        return tokens_squared(sums[M_TOKENS_PROMPT]);
    case OWN:
        break;
    }
    return sums[measure];
}

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_text(uint8_t *at, struct span text)
{
    assert(text.size <= EVENT_TEXT_MAX);
    at = put_varint(at, text.size);
    if (text.size > 0)
        memcpy(at, text.bytes, text.size);
    return at + text.size;
}

static uint8_t *put_sums(uint8_t *at, const struct fact *fact)
{
    uint32_t flags = 0;

    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        assert(fact->sums[i] == 0 || fact->sums[i] == unit_of(fact->sums, i));
        if (units[i] != OWN && fact->sums[i] != 0)
            flags |= 1u << i;
    }
    at = put_varint(at, flags);
    at = put_varint(at, (uint64_t)fact->event_ms);
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        if (units[i] == OWN)
            at = put_varint(at, (uint64_t)fact->sums[i]);
    return at;
}

static uint8_t *put_labels(uint8_t *at, const struct fact *fact, const struct symbols *symbols)
{
    at = put_varint(at, fact->category_count);
    for (uint32_t i = 0; i < fact->category_count; i++)
        at = put_text(at, symbols_text(symbols, fact->categories[i]));
    at = put_varint(at, fact->tag_count);
    for (uint32_t i = 0; i < fact->tag_count; i++) {
        uint8_t category = 0;
        while (category < fact->category_count && fact->categories[category] != fact->tag_categories[i])
            category++;
        assert(category < fact->category_count);
        *at++ = category;
        at = put_text(at, symbols_text(symbols, fact->tags[i]));
    }
    return at;
}

size_t contribution_write(const struct fact *fact, struct placement placement, const struct symbols *symbols,
                          uint8_t *bytes)
{
    uint8_t *at = bytes;

    *at++ = VERSION;
    *at++ = (uint8_t)placement.placed;
    *at++ = (uint8_t)placement.stuck;
    for (unsigned i = 0; i < 4; i++)
        *at++ = (uint8_t)(placement.rollups >> (8 * i));
    at = put_sums(at, fact);
    for (unsigned i = 0; i < SAMPLE_BYTES; i++)
        *at++ = (uint8_t)(fact->sample >> (8 * i));
    for (size_t i = 0; i < LENGTH_OF(kept_dimensions); i++)
        at = put_text(at, symbols_text(symbols, fact->dims[kept_dimensions[i]]));
    at = put_labels(at, fact, symbols);
    assert((size_t)(at - bytes) <= CONTRIBUTION_MAX);
    return (size_t)(at - bytes);
}

/* ---- reading ---- */

struct unread_contribution {
    const uint8_t *next, *end;
};

static bool get_byte(struct unread_contribution *unread, uint8_t *byte)
{
    if (unread->next == unread->end)
        return false;
    *byte = *unread->next++;
    return true;
}

static bool get_number(struct unread_contribution *unread, uint64_t max, uint64_t *number)
{
    uint8_t byte;

    *number = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        if (!get_byte(unread, &byte))
            return false;
        *number |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return *number <= max;
    }
    return false;
}

static bool get_text(struct unread_contribution *unread, struct symbols *symbols, uint32_t *symbol)
{
    uint64_t size;

    if (!get_number(unread, EVENT_TEXT_MAX, &size) || size > (uint64_t)(unread->end - unread->next))
        return false;
    *symbol = symbols_intern(symbols, (struct span){(const char *)unread->next, size});
    unread->next += size;
    return true;
}

static bool get_sums(struct unread_contribution *unread, struct fact *fact)
{
    uint64_t flags, number;

    if (!get_number(unread, (UINT64_C(1) << MEASURE_COUNT) - 1, &flags) || !get_number(unread, EVENT_MS_MAX, &number))
        return false;
    fact->event_ms = (int64_t)number;
    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        if (units[i] != OWN)
            continue;
        if (!get_number(unread, own_max[i], &number))
            return false;
        fact->sums[i] = (int64_t)number;
    }
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        if (units[i] != OWN)
            fact->sums[i] = (flags & 1u << i) != 0 ? unit_of(fact->sums, i) : 0;
    return true;
}

/* A number of fixed size, little-endian. */
static bool get_word(struct unread_contribution *unread, unsigned size, uint64_t *word)
{
    uint8_t byte;

    *word = 0;
    for (unsigned i = 0; i < size; i++) {
        if (!get_byte(unread, &byte))
            return false;
        *word |= (uint64_t)byte << (8 * i);
    }
    return true;
}

static bool get_labels(struct unread_contribution *unread, struct symbols *symbols, struct fact *fact)
{
    uint64_t count;
    uint8_t category;

    if (!get_number(unread, EVENT_LABELS_MAX, &count))
        return false;
    fact->category_count = (uint32_t)count;
    for (uint32_t i = 0; i < fact->category_count; i++)
        if (!get_text(unread, symbols, &fact->categories[i]))
            return false;
    if (!get_number(unread, EVENT_LABELS_MAX, &count))
        return false;
    fact->tag_count = (uint32_t)count;
    for (uint32_t i = 0; i < fact->tag_count; i++) {
        if (!get_byte(unread, &category) || category >= fact->category_count ||
            !get_text(unread, symbols, &fact->tags[i]))
            return false;
        fact->tag_categories[i] = fact->categories[category];
    }
    return true;
}

bool contribution_read(struct span bytes, struct symbols *symbols, struct fact *fact, struct placement *placement)
{
    struct unread_contribution unread = {(const uint8_t *)bytes.bytes, (const uint8_t *)bytes.bytes + bytes.size};
    uint8_t version, placed, stuck;
    uint64_t rollups;

    memset(fact->dims, 0, sizeof(fact->dims));
    fact->account = (struct pseudonym){0};
    if (!get_byte(&unread, &version) || version != VERSION || !get_byte(&unread, &placed) ||
        !get_byte(&unread, &stuck) || !get_word(&unread, 4, &rollups) || !get_sums(&unread, fact) ||
        !get_word(&unread, SAMPLE_BYTES, &fact->sample))
        return false;
    for (size_t i = 0; i < LENGTH_OF(kept_dimensions); i++)
        if (!get_text(&unread, symbols, &fact->dims[kept_dimensions[i]]))
            return false;
    *placement = (struct placement){placed, stuck, (uint32_t)rollups};
    return get_labels(&unread, symbols, fact) && unread.next == unread.end;
}
