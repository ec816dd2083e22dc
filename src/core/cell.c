/*
 * Packing, merging and reading cells.
 *
 * Slots are kept sorted by id and sparse: most rows of an hour touch a few dozen of 3328 slots, so a packed cell is
 * some hundred bytes, and merging is one walk over two sorted lists. Ids are packed as the step from the id before (the
 * first from 0), which takes one byte nearly always.
 */
#include "gentally/core/cell.h"

#include <assert.h>
#include <math.h>

#define CELL_VERSION 2
#define CELL_VERSION_OLD 1
#define CELL_OLD_SUMS 18u   /* those of version 1, as the enum begins */
#define VARINT_MAX 10       /* bytes of 64 bits in groups of seven */
#define COUNT_MAX INT64_MAX /* of a histogram's bucket: Avro's longs carry it on */

static_assert(SLOT_COUNT % 64 == 0 && ACCUMULATOR_WORDS <= 64,
              "a board's marks are whole words, each with a bit of its own");
static_assert(MEASURE_COUNT < 1u << 7, "the count of sums packs into one byte, which CELL_PACKED_MAX counts on");
static_assert(M_CLASSIFIED_TOKENS == CELL_OLD_SUMS - 1, "measures are only ever appended");
static_assert(SLOT_COUNT < 1u << 14, "an id's step packs into two bytes, which CELL_PACKED_MAX counts on");

void cell_clear(struct cell *cell)
{
    memset(cell->sums, 0, sizeof(cell->sums));
    cell->slot_count = 0; /* Slots beyond the count are never read. */
}

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ -(value & 1));
}

static inline uint8_t *put_varint(uint8_t *bytes, uint64_t value)
{
    while (value >= 0x80) {
        *bytes++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *bytes++ = (uint8_t)value;
    return bytes;
}

static uint8_t *put_head(uint8_t *bytes, const int64_t sums[MEASURE_COUNT])
{
    unsigned count = MEASURE_COUNT;

    while (count > 0 && sums[count - 1] == 0)
        count--;
    *bytes++ = CELL_VERSION;
    *bytes++ = (uint8_t)count;
    for (unsigned i = 0; i < count; i++)
        bytes = put_varint(bytes, zigzag(sums[i]));
    return bytes;
}

size_t cell_pack(const struct cell *cell, uint8_t *bytes)
{
    uint8_t *end = put_head(bytes, cell->sums);
    uint32_t before = 0;

    assert(cell->slot_count <= SLOT_COUNT);
    end = put_varint(end, cell->slot_count);
    for (uint32_t i = 0; i < cell->slot_count; i++) {
        assert(cell->slots[i].id < SLOT_COUNT && cell->slots[i].value > 0);
        assert(i == 0 || cell->slots[i].id > before);
        end = put_varint(end, cell->slots[i].id - before);
        end = put_varint(end, cell->slots[i].value);
        before = cell->slots[i].id;
    }
    assert((size_t)(end - bytes) <= CELL_PACKED_MAX);
    return (size_t)(end - bytes);
}

/* What is left to read. */
struct unread {
    const uint8_t *next, *end;
};

/* A number has one spelling only: no padding with zero groups, nothing beyond 64 bits. So equal cells have equal bytes
 * on the way in, too. */
static bool get_long_varint(struct unread *unread, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < VARINT_MAX && unread->next < unread->end; i++) {
        uint8_t byte = *unread->next++;
        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return byte > 0 && (i < VARINT_MAX - 1 || byte == 1);
    }
    return false;
}

static inline bool get_varint(struct unread *unread, uint64_t *value)
{
    if (unread->next < unread->end && *unread->next < 0x80) {
        *value = *unread->next++;
        return true;
    }
    return get_long_varint(unread, value);
}

static bool slot_is_valid(uint64_t id, uint64_t value)
{
    if (id >= SLOT_COUNT || value == 0)
        return false;
    return id < ACCOUNT_SLOT ? value <= COUNT_MAX : value <= ACCOUNT_RANK_MAX;
}

/* Reads what stands before the slots. */
static bool unpack_head(struct unread *unread, int64_t sums[MEASURE_COUNT], uint64_t *slot_count)
{
    if (unread->end - unread->next < 2)
        return false;
    bool is_old = *unread->next == CELL_VERSION_OLD;
    if (*unread->next++ != CELL_VERSION && !is_old)
        return false;
    unsigned count = is_old ? CELL_OLD_SUMS : *unread->next++;
    if (count > MEASURE_COUNT)
        return false;
    for (unsigned i = 0; i < count; i++) {
        uint64_t value;
        if (!get_varint(unread, &value))
            return false;
        sums[i] = unzigzag(value);
    }
    if (!is_old && count > 0 && sums[count - 1] == 0)
        return false;
    memset(sums + count, 0, (MEASURE_COUNT - count) * sizeof(sums[0]));
    return get_varint(unread, slot_count) && *slot_count <= SLOT_COUNT;
}

/* Reads the slot after `slot`; before the first one, that is an empty one. */
static inline bool unpack_slot(struct unread *unread, struct slot *slot)
{
    uint64_t step, value;

    if (!get_varint(unread, &step) || !get_varint(unread, &value))
        return false;
    if (step >= SLOT_COUNT || (step == 0 && slot->value > 0) || !slot_is_valid(slot->id + step, value))
        return false;
    *slot = (struct slot){slot->id + (uint32_t)step, value};
    return true;
}

static struct unread unread_of(struct span packed)
{
    const uint8_t *bytes = (const uint8_t *)packed.bytes;

    return (struct unread){bytes, packed.size == 0 ? bytes : bytes + packed.size};
}

bool cell_unpack(struct span packed, struct cell *cell)
{
    struct unread unread = unread_of(packed);
    struct slot slot = {0};
    uint64_t slot_count;

    if (!unpack_head(&unread, cell->sums, &slot_count))
        return false;
    for (uint32_t i = 0; i < slot_count; i++) {
        if (!unpack_slot(&unread, &slot))
            return false;
        cell->slots[i] = slot;
    }
    cell->slot_count = (uint32_t)slot_count;
    return unread.next == unread.end;
}

static uint32_t union_size(const struct cell *left, const struct cell *right)
{
    uint32_t l = 0, r = 0, shared = 0;

    while (l < left->slot_count && r < right->slot_count) {
        uint32_t left_id = left->slots[l].id, right_id = right->slots[r].id;
        shared += left_id == right_id;
        l += left_id <= right_id;
        r += right_id <= left_id;
    }
    return left->slot_count + right->slot_count - shared;
}

static inline bool merge_value(uint32_t id, uint64_t *into, uint64_t value)
{
    if (id < ACCOUNT_SLOT) {
        *into += value; /* Neither is above COUNT_MAX: no bit is lost. */
        return *into <= COUNT_MAX;
    }
    if (value > *into)
        *into = value;
    return true;
}

/* From the back, as in insertion sort: the union's end lies at or behind `into`'s own end, so no slot is overwritten
 * before it is read, and no second buffer is needed. */
static bool merge_slots(struct cell *into, const struct cell *from)
{
    uint32_t mine = into->slot_count, theirs = from->slot_count;
    uint32_t end = union_size(into, from);

    assert(end <= SLOT_COUNT);
    into->slot_count = end;
    while (theirs > 0) {
        const struct slot *next = &from->slots[theirs - 1];
        if (mine > 0 && into->slots[mine - 1].id >= next->id) {
            into->slots[--end] = into->slots[--mine];
            if (into->slots[end].id > next->id)
                continue;
            if (!merge_value(next->id, &into->slots[end].value, next->value))
                return false;
        } else {
            into->slots[--end] = *next;
        }
        theirs--;
    }
    assert(end == mine); /* What is left is already where it belongs. */
    return true;
}

bool cell_merge(struct cell *into, const struct cell *from)
{
    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        if (__builtin_add_overflow(into->sums[i], from->sums[i], &into->sums[i]))
            return false;
    }
    return merge_slots(into, from);
}

enum accumulator_fault accumulator_add(struct accumulator *accumulator, struct span packed)
{
    struct unread unread = unread_of(packed);
    struct slot slot = {0};
    int64_t sums[MEASURE_COUNT];
    uint64_t slot_count;
    bool is_over = false;

    if (!unpack_head(&unread, sums, &slot_count))
        return ACCUMULATOR_DAMAGED;
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        is_over |= __builtin_add_overflow(accumulator->sums[i], sums[i], &accumulator->sums[i]);
    for (uint32_t i = 0; i < slot_count; i++) {
        if (!unpack_slot(&unread, &slot))
            return ACCUMULATOR_DAMAGED;
        is_over |= !merge_value(slot.id, accumulator_slot(accumulator, slot.id), slot.value);
    }
    if (unread.next != unread.end)
        return ACCUMULATOR_DAMAGED;
    return is_over ? ACCUMULATOR_OVERFLOW : ACCUMULATOR_SOUND;
}

/* Sums are of amounts that are not negative, so less than nothing is none of ours. */
static bool take_slot(struct accumulator *accumulator, const struct slot *slot)
{
    uint64_t *value = &accumulator->values[slot->id], *marks = &accumulator->marks[slot->id / 64];

    if (slot->id >= ACCOUNT_SLOT)
        return true;
    if (*value < slot->value)
        return false;
    *value -= slot->value;
    if (*value == 0)
        *marks &= ~(UINT64_C(1) << (slot->id % 64));
    if (*marks == 0)
        accumulator->words &= ~(UINT64_C(1) << (slot->id / 64));
    return true;
}

enum accumulator_fault accumulator_subtract(struct accumulator *accumulator, struct span packed)
{
    struct unread unread = unread_of(packed);
    struct slot slot = {0};
    int64_t sums[MEASURE_COUNT];
    uint64_t slot_count;

    if (!unpack_head(&unread, sums, &slot_count))
        return ACCUMULATOR_DAMAGED;
    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        if (sums[i] < 0 || accumulator->sums[i] < sums[i])
            return ACCUMULATOR_DAMAGED;
        accumulator->sums[i] -= sums[i];
    }
    for (uint32_t i = 0; i < slot_count; i++)
        if (!unpack_slot(&unread, &slot) || !take_slot(accumulator, &slot))
            return ACCUMULATOR_DAMAGED;
    return unread.next == unread.end ? ACCUMULATOR_SOUND : ACCUMULATOR_DAMAGED;
}

size_t accumulator_pack(struct accumulator *accumulator, uint8_t *bytes)
{
    uint8_t *end = put_head(bytes, accumulator->sums);
    uint32_t slot_count = 0, before = 0;

    for (uint64_t words = accumulator->words; words != 0; words &= words - 1)
        slot_count += (uint32_t)__builtin_popcountll(accumulator->marks[__builtin_ctzll(words)]);
    end = put_varint(end, slot_count);
    for (uint64_t words = accumulator->words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);
        for (uint64_t marks = accumulator->marks[word]; marks != 0; marks &= marks - 1) {
            uint32_t id = word * 64 + (uint32_t)__builtin_ctzll(marks);
            end = put_varint(end, id - before);
            end = put_varint(end, accumulator->values[id]);
            accumulator->values[id] = 0;
            before = id;
        }
        accumulator->marks[word] = 0;
    }
    accumulator->words = 0;
    memset(accumulator->sums, 0, sizeof(accumulator->sums));
    assert((size_t)(end - bytes) <= CELL_PACKED_MAX);
    return (size_t)(end - bytes);
}

void accumulator_clear(struct accumulator *accumulator)
{
    memset(accumulator, 0, sizeof(*accumulator));
}

/* The first slot whose id is not below `id`. */
static uint32_t slot_search(const struct cell *cell, uint32_t id)
{
    uint32_t begin = 0, end = cell->slot_count;

    while (begin < end) {
        uint32_t middle = (begin + end) / 2;
        if (cell->slots[middle].id < id)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

uint64_t cell_slot(const struct cell *cell, uint32_t id)
{
    uint32_t i = slot_search(cell, id);

    return i < cell->slot_count && cell->slots[i].id == id ? cell->slots[i].value : 0;
}

int64_t cell_accounts(const struct cell *cell)
{
    const double m = ACCOUNT_REGISTERS;
    const double alpha = 0.7213 / (1 + 1.079 / m); /* figure 3, m >= 128 */
    uint32_t first = slot_search(cell, ACCOUNT_SLOT);
    double empty = m - (cell->slot_count - first);
    double sum = empty; /* 2^-0 for each empty register */

    for (uint32_t i = first; i < cell->slot_count; i++)
        sum += ldexp(1, -(int)cell->slots[i].value);
    double estimate = alpha * m * m / sum;
    if (estimate <= 2.5 * m && empty > 0)
        estimate = m * log(m / empty);
    return llround(estimate);
}
