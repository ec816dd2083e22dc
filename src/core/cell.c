/*
 * Cells unpacked, and packed cells added up.
 *
 * Slots are packed sparse and sorted by id: most rows of an hour touch a few dozen of 3328 slots, so a packed cell has
 * some hundred bytes. An id is packed as the step from the id before it (the first from 0), which nearly always takes
 * one byte.
 */
#include "gentally/core/cell.h"

#include <assert.h>
#include <endian.h>
#include <math.h>

#define CELL_VERSION 3
#define VARINT_MAX 10       /* bytes of 64 bits in groups of seven */
#define SUM_VARINT_MAX 19   /* bytes of 128 bits */
#define SHORT_MAX 127       /* of a byte */
#define COUNT_MAX INT64_MAX /* of a histogram's bucket: Avro's longs carry it on */

static_assert(SLOT_COUNT % 64 == 0 && ACCUMULATOR_WORDS <= 64,
              "an accumulator's marks are whole words, each with a bit of its own");
static_assert(MEASURE_COUNT < 1u << 7, "the count of sums packs into one byte, which CELL_PACKED_MAX counts on");
static_assert(SLOT_COUNT < 1u << 14, "an id's step packs into two bytes, which CELL_PACKED_MAX counts on");

static inline uint8_t *put_varint(uint8_t *bytes, uint64_t value)
{
    while (value >= 0x80) {
        *bytes++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *bytes++ = (uint8_t)value;
    return bytes;
}

static inline uint8_t *put_sum(uint8_t *bytes, uint64_t low, uint64_t high)
{
    for (; high != 0; high >>= 7) {
        *bytes++ = (uint8_t)(low | 0x80);
        low = low >> 7 | high << 57;
    }
    return put_varint(bytes, low);
}

static uint8_t *put_head(uint8_t *bytes, const struct accumulator *accumulator)
{
    unsigned count = MEASURE_COUNT;

    while (count > 0 && (accumulator->sums[count - 1] | accumulator->sums_high[count - 1]) == 0)
        count--;
    *bytes++ = CELL_VERSION;
    *bytes++ = (uint8_t)count;
    for (unsigned i = 0; i < count; i++)
        bytes = put_sum(bytes, accumulator->sums[i], accumulator->sums_high[i]);
    return bytes;
}

/* The bytes that are left to read. */
struct unread {
    const uint8_t *next, *end;
};

/* Reads a varint in its one spelling: no padding with zero groups, nothing beyond 64 bits. So equal cells have equal
 * bytes on the way in, too. */
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

/* Brings the 7 low bits of each byte together. */
static inline uint64_t join_groups(uint64_t word)
{
    word = (word & UINT64_C(0x007f007f007f007f)) | (word & UINT64_C(0x7f007f007f007f00)) >> 1;
    word = (word & UINT64_C(0x00003fff00003fff)) | (word & UINT64_C(0x3fff00003fff0000)) >> 2;
    return (word & UINT64_C(0x000000000fffffff)) | (word & UINT64_C(0x0fffffff00000000)) >> 4;
}

/* Reads a varint of up to eight bytes at once, if so many are left to read; else, or if it is longer, none. */
static inline bool get_short_varint(struct unread *unread, uint64_t *value)
{
    uint64_t word;

    if ((size_t)(unread->end - unread->next) < sizeof(word))
        return false;
    memcpy(&word, unread->next, sizeof(word));
    word = le64toh(word);
    uint64_t ends = ~word & UINT64_C(0x8080808080808080);
    if (ends == 0)
        return false;
    unsigned last = (unsigned)__builtin_ctzll(ends) & ~7u; /* bits before the last byte */
    if (last > 0 && (word >> last & 0xff) == 0)
        return false;
    *value = join_groups(word & (UINT64_MAX >> (56 - last)));
    unread->next += last / 8 + 1;
    return true;
}

static inline bool get_varint(struct unread *unread, uint64_t *value)
{
    if (unread->next < unread->end && *unread->next < 0x80) {
        *value = *unread->next++;
        return true;
    }
    return get_short_varint(unread, value) || get_long_varint(unread, value);
}

/* As above, of 128 bits. */
static bool get_long_sum(struct unread *unread, uint64_t *low, uint64_t *high)
{
    *low = *high = 0;
    for (unsigned i = 0; i < SUM_VARINT_MAX && unread->next < unread->end; i++) {
        uint8_t byte = *unread->next++;
        uint64_t bits = byte & 0x7f;
        if (i < 9)
            *low |= bits << (7 * i);
        else if (i == 9) {
            *low |= bits << 63;
            *high |= bits >> 1;
        } else {
            *high |= bits << (7 * i - 64);
        }
        if (byte < 0x80)
            return byte > 0 && (i < SUM_VARINT_MAX - 1 || byte < 4);
    }
    return false;
}

static inline bool get_sum(struct unread *unread, uint64_t *low, uint64_t *high)
{
    if (unread->next < unread->end && *unread->next < 0x80) {
        *low = *unread->next++;
        *high = 0;
        return true;
    }
    *high = 0;
    return get_short_varint(unread, low) || get_long_sum(unread, low, high);
}

static bool slot_is_valid(uint64_t id, uint64_t value)
{
    if (id >= SLOT_COUNT || value == 0)
        return false;
    return id < ACCOUNT_SLOT ? value <= COUNT_MAX : value <= ACCOUNT_RANK_MAX;
}

/* Reads what stands before the sums: how many there are. */
static bool unpack_version(struct unread *unread, unsigned *count)
{
    if (unread->end - unread->next < 2 || *unread->next++ != CELL_VERSION)
        return false;
    *count = *unread->next++;
    return *count <= MEASURE_COUNT;
}

/* Reads the sum at `index` of `count`: the last of them is not 0. */
static inline bool unpack_sum(struct unread *unread, unsigned index, unsigned count, uint64_t *low, uint64_t *high)
{
    return get_sum(unread, low, high) && (index + 1 < count || (*low | *high) != 0);
}

static inline bool unpack_slot_count(struct unread *unread, uint64_t *slot_count)
{
    return get_varint(unread, slot_count) && *slot_count <= SLOT_COUNT;
}

/* Reads the slot that follows `slot` into `slot`; an empty `slot` stands before the first. */
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
    uint64_t slot_count, low, high;
    unsigned count;

    if (!unpack_version(&unread, &count))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!unpack_sum(&unread, i, count, &low, &high))
            return false;
        cell->sums[i] = high > 0 || low > SUM_TOLD_MAX ? SUM_TOLD_MAX : (int64_t)low;
    }
    memset(cell->sums + count, 0, (MEASURE_COUNT - count) * sizeof(cell->sums[0]));
    if (!unpack_slot_count(&unread, &slot_count))
        return false;
    for (uint32_t i = 0; i < slot_count; i++) {
        if (!unpack_slot(&unread, &slot))
            return false;
        cell->slots[i] = slot;
    }
    cell->slot_count = (uint32_t)slot_count;
    return unread.next == unread.end;
}

/* Adds to a sum; false if it passes 128 bits. */
static inline bool add_sum(struct accumulator *accumulator, unsigned index, uint64_t low, uint64_t high)
{
    uint64_t *sum = &accumulator->sums[index], *sum_high = &accumulator->sums_high[index];
    bool carry = __builtin_add_overflow(*sum, low, sum);
    bool is_over = __builtin_add_overflow(*sum_high, high, sum_high);

    return !__builtin_add_overflow(*sum_high, (uint64_t)carry, sum_high) && !is_over;
}

/* Takes from a sum; false if it falls below 0. */
static inline bool subtract_sum(struct accumulator *accumulator, unsigned index, uint64_t low, uint64_t high)
{
    uint64_t *sum = &accumulator->sums[index], *sum_high = &accumulator->sums_high[index];
    bool borrow = __builtin_sub_overflow(*sum, low, sum);
    bool is_under = __builtin_sub_overflow(*sum_high, high, sum_high);

    return !__builtin_sub_overflow(*sum_high, (uint64_t)borrow, sum_high) && !is_under;
}

static inline bool add_value(uint32_t id, uint64_t *into, uint64_t value)
{
    if (id < ACCOUNT_SLOT) {
        *into += value; /* Neither is above COUNT_MAX: no bit is lost. */
        return *into <= COUNT_MAX;
    }
    if (value > *into)
        *into = value;
    return true;
}

/* Adds slots that take a byte for the step and one for the value, nearly all, up to the first that does not or is not
 * sound. Returns how many of `count` these are. */
static uint64_t add_short_slots(struct accumulator *accumulator, struct unread *unread, uint64_t count,
                                struct slot *slot)
{
    const uint8_t *next = unread->next;
    uint64_t added = 0, words = 0;
    uint32_t id = slot->id;

    for (; added < count && unread->end - next >= 2; added++, next += 2) {
        uint32_t step = next[0], value = next[1];
        bool is_other = step > 0 || (added == 0 && slot->value == 0);
        if ((step | value) > SHORT_MAX || value == 0 || !is_other || id + step >= SLOT_COUNT)
            break;
        uint64_t *into = &accumulator->values[id + step];
        if (id + step < ACCOUNT_SLOT ? *into > COUNT_MAX - SHORT_MAX : value > ACCOUNT_RANK_MAX)
            break;
        id += step;
        *into = id < ACCOUNT_SLOT ? *into + value : *into > value ? *into : value;
        accumulator->marks[id / 64] |= UINT64_C(1) << (id % 64);
        words |= UINT64_C(1) << (id / 64);
    }
    accumulator->words |= words;
    if (added > 0)
        *slot = (struct slot){id, 1};
    unread->next = next;
    return added;
}

static bool add_slots(struct accumulator *accumulator, struct unread *unread, uint64_t count)
{
    struct slot slot = {0};

    while (count > 0) {
        count -= add_short_slots(accumulator, unread, count, &slot);
        if (count == 0)
            break;
        if (!unpack_slot(unread, &slot) || !add_value(slot.id, accumulator_slot(accumulator, slot.id), slot.value))
            return false;
        count--;
    }
    return true;
}

bool accumulator_add(struct accumulator *accumulator, struct span packed)
{
    struct unread unread = unread_of(packed);
    uint64_t slot_count, low, high;
    unsigned count;

    if (!unpack_version(&unread, &count))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!unpack_sum(&unread, i, count, &low, &high) || !add_sum(accumulator, i, low, high))
            return false;
    return unpack_slot_count(&unread, &slot_count) && add_slots(accumulator, &unread, slot_count) &&
           unread.next == unread.end;
}

/* Subtracts a slot; false if the counter is smaller. Amounts are never negative, so no sum of ours goes below 0. */
static bool subtract_slot(struct accumulator *accumulator, const struct slot *slot)
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

bool accumulator_subtract(struct accumulator *accumulator, struct span packed)
{
    struct unread unread = unread_of(packed);
    struct slot slot = {0};
    uint64_t slot_count, low, high;
    unsigned count;

    if (!unpack_version(&unread, &count))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!unpack_sum(&unread, i, count, &low, &high) || !subtract_sum(accumulator, i, low, high))
            return false;
    if (!unpack_slot_count(&unread, &slot_count))
        return false;
    for (uint32_t i = 0; i < slot_count; i++)
        if (!unpack_slot(&unread, &slot) || !subtract_slot(accumulator, &slot))
            return false;
    return unread.next == unread.end;
}

size_t accumulator_pack(struct accumulator *accumulator, uint8_t *bytes)
{
    uint8_t *end = put_head(bytes, accumulator);
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
    memset(accumulator->sums_high, 0, sizeof(accumulator->sums_high));
    assert((size_t)(end - bytes) <= CELL_PACKED_MAX);
    return (size_t)(end - bytes);
}

void accumulator_clear(struct accumulator *accumulator)
{
    memset(accumulator, 0, sizeof(*accumulator));
}

int64_t cell_accounts(const struct cell *cell)
{
    const double m = ACCOUNT_REGISTERS;
    const double alpha = 0.7213 / (1 + 1.079 / m); /* figure 3, m >= 128 */
    uint32_t first = 0;

    while (first < cell->slot_count && cell->slots[first].id < ACCOUNT_SLOT)
        first++;
    double empty = m - (cell->slot_count - first);
    double sum = empty; /* 2^-0 for each empty register */
    for (uint32_t i = first; i < cell->slot_count; i++)
        sum += ldexp(1, -(int)cell->slots[i].value);
    double estimate = alpha * m * m / sum;
    if (estimate <= 2.5 * m && empty > 0)
        estimate = m * log(m / empty);
    return llround(estimate);
}
