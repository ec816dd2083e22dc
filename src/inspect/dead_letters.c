/* Dead letters from their headers, and sets of origins by open addressing. */
#include "gentally/inspect/dead_letters.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/hash.h"

struct set_member {
    uint64_t topic; /* its hash: topics are few */
    int64_t offset, timestamp_ms;
    int32_t partition;
    bool is_used;
};

struct dead_letter_set {
    size_t count, slot_count; /* slots: a power of two, at most half used */
    struct set_member *slots;
};

/* A decimal number, whole and within first..last; false for anything else. */
static bool read_number(struct span text, int64_t first, int64_t last, int64_t *number)
{
    bool is_negative = text.size > 1 && text.bytes[0] == '-';
    int64_t value = 0;

    if (text.size == 0 || text.size > 20)
        return false;
    for (size_t i = is_negative ? 1 : 0; i < text.size; i++) {
        int digit = text.bytes[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, is_negative ? -digit : digit, &value))
            return false;
    }
    *number = value;
    return value >= first && value <= last;
}

void dead_letter_read(const struct record *record, dead_letter_header *header, struct dead_letter *dead_letter)
{
    int64_t partition = 0;
    struct dead_letter_origin *origin = &dead_letter->origin;

    *dead_letter = (struct dead_letter){
        .partition = record->partition,
        .offset = record->offset,
        .time_ms = record->timestamp_ms,
        .reason = header(record, "gentally.reason"),
        .detail = header(record, "gentally.detail"),
        .decided_by = header(record, "gentally.decided-by"),
        .omitted_size = -1,
        .key = record->key,
        .value = record->value,
    };
    origin->topic = header(record, "gentally.topic");
    dead_letter->has_origin =
        origin->topic.size > 0 && dead_letter->reason.bytes != NULL &&
        read_number(header(record, "gentally.partition"), 0, INT32_MAX, &partition) &&
        read_number(header(record, "gentally.offset"), 0, INT64_MAX, &origin->offset) &&
        read_number(header(record, "gentally.timestamp"), INT64_MIN, INT64_MAX, &origin->timestamp_ms);
    origin->partition = (int32_t)partition;
    const struct span kept = header(record, "gentally.kept"), omitted = header(record, "gentally.value-omitted");
    dead_letter->is_stripped = span_equal(kept, span_of("headers"));
    if (omitted.bytes != NULL && !read_number(omitted, 0, INT64_MAX, &dead_letter->omitted_size))
        dead_letter->omitted_size = 0; /* It is not there, however large it was. */
    dead_letter->is_sealed = span_equal(kept, span_of("sealed")) && dead_letter->omitted_size < 0;
    dead_letter->value_size = dead_letter->omitted_size >= 0 ? dead_letter->omitted_size : (int64_t)record->value.size;
    if (!dead_letter->is_sealed)
        return;
    dead_letter->sealed_form = header(record, "gentally.sealed-form");
    dead_letter->sealed_for = header(record, "gentally.sealed-for");
    if (!read_number(header(record, "gentally.value-size"), 0, INT64_MAX, &dead_letter->value_size))
        dead_letter->value_size = -1;
}

bool dead_letter_fits(const struct dead_letter *dead_letter, const struct dead_letter_filter *filter)
{
    if (filter->reason.bytes != NULL && !span_equal(filter->reason, dead_letter->reason))
        return false;
    if (filter->partition >= 0 && (!dead_letter->has_origin || dead_letter->origin.partition != filter->partition))
        return false;
    return dead_letter->time_ms >= filter->from_ms && dead_letter->time_ms < filter->to_ms;
}

size_t dead_letter_key_write(const struct dead_letter_origin *origin, char *text)
{
    assert(origin->topic.size < 256);
    int size = snprintf(text, DEAD_LETTER_KEY_MAX, "%.*s:%" PRId32 ":%" PRId64 ":%" PRId64, (int)origin->topic.size,
                        origin->topic.bytes, origin->partition, origin->offset, origin->timestamp_ms);

    assert(size > 0 && size < DEAD_LETTER_KEY_MAX);
    return (size_t)size;
}

/* Cuts what follows the last ':' off the text. */
static struct span cut_last(struct span *text)
{
    const char *colon = text->size == 0 ? NULL : memrchr(text->bytes, ':', text->size);

    if (colon == NULL)
        return (struct span){NULL, 0};
    size_t size = text->size - (size_t)(colon + 1 - text->bytes);
    text->size = (size_t)(colon - text->bytes);
    return (struct span){colon + 1, size};
}

bool dead_letter_key_read(struct span key, struct dead_letter_origin *origin)
{
    int64_t partition;
    struct span timestamp = cut_last(&key), offset = cut_last(&key), number = cut_last(&key);

    if (!read_number(timestamp, INT64_MIN, INT64_MAX, &origin->timestamp_ms) ||
        !read_number(offset, 0, INT64_MAX, &origin->offset) || !read_number(number, 0, INT32_MAX, &partition))
        return false;
    origin->partition = (int32_t)partition;
    origin->topic = key;
    return key.size > 0;
}

bool dead_letter_place_read(struct span text, int32_t *partition, int64_t *offset)
{
    int64_t number;
    struct span last = cut_last(&text);

    if (!read_number(last, 0, INT64_MAX, offset) || !read_number(text, 0, INT32_MAX, &number))
        return false;
    *partition = (int32_t)number;
    return true;
}

/* ---- sets ---- */

enum verdict dead_letter_set_open(struct dead_letter_set **set, struct reason *why)
{
    *set = calloc(1, sizeof(**set));
    return *set != NULL ? GO_ON : no_memory(why, "for dead letters");
}

void dead_letter_set_close(struct dead_letter_set *set)
{
    if (set == NULL)
        return;
    free(set->slots);
    free(set);
}

static struct set_member member_of(const struct dead_letter_origin *origin)
{
    return (struct set_member){hash_fnv1a(origin->topic), origin->offset, origin->timestamp_ms, origin->partition,
                               true};
}

static bool is_same(const struct set_member *left, const struct set_member *right)
{
    return left->topic == right->topic && left->offset == right->offset && left->partition == right->partition &&
           left->timestamp_ms == right->timestamp_ms;
}

/* The slot of the member, or the free one where it would go. */
static size_t slot_of(const struct dead_letter_set *set, const struct set_member *member)
{
    uint64_t hash = hash_fold(member->topic ^ (uint64_t)member->offset, UINT64_C(0x9e3779b97f4a7c15));
    hash = hash_fold(hash ^ (uint64_t)member->partition, (uint64_t)member->timestamp_ms | 1);
    size_t slot = (size_t)hash & (set->slot_count - 1);

    while (set->slots[slot].is_used && !is_same(&set->slots[slot], member))
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

bool dead_letter_set_has(const struct dead_letter_set *set, const struct dead_letter_origin *origin)
{
    struct set_member member = member_of(origin);

    return set->slot_count > 0 && set->slots[slot_of(set, &member)].is_used;
}

/* Doubles the slots. */
static bool grow_slots(struct dead_letter_set *set)
{
    struct dead_letter_set grown = {.slot_count = set->slot_count == 0 ? 1024 : 2 * set->slot_count};

    grown.slots = calloc(grown.slot_count, sizeof(*grown.slots));
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < set->slot_count; i++)
        if (set->slots[i].is_used)
            grown.slots[slot_of(&grown, &set->slots[i])] = set->slots[i];
    free(set->slots);
    set->slots = grown.slots;
    set->slot_count = grown.slot_count;
    return true;
}

enum verdict dead_letter_set_put(struct dead_letter_set *set, const struct dead_letter_origin *origin,
                                 struct reason *why)
{
    struct set_member member = member_of(origin);

    if (2 * set->count >= set->slot_count && !grow_slots(set))
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %zu dead letters", set->count);
    struct set_member *slot = &set->slots[slot_of(set, &member)];
    if (!slot->is_used)
        set->count++;
    *slot = member;
    return GO_ON;
}

size_t dead_letter_set_count(const struct dead_letter_set *set)
{
    return set->count;
}
