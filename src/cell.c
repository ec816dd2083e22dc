/*
 * Packing, merging and reading cells.
 *
 * Slots are kept sorted by id and sparse: most rows of an hour touch a few dozen of 3328 slots, so a packed cell is
 * some hundred bytes, and merging is one walk over two sorted lists. Ids are packed as the step from the id before (the
 * first from 0), which takes one byte nearly always.
 */
#include "gentally/cell.h"

#include <assert.h>
#include <math.h>

#define CELL_VERSION 1
#define VARINT_MAX 10 /* bytes of 64 bits in groups of seven */

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

size_t cell_pack(const struct cell *cell, uint8_t *bytes)
{
    uint8_t *end = bytes;
    uint32_t before = 0;

    assert(cell->slot_count <= SLOT_COUNT);
    *end++ = CELL_VERSION;
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        end = put_varint(end, zigzag(cell->sums[i]));
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
    return value <= (id < ACCOUNT_SLOT ? UINT32_MAX : ACCOUNT_RANK_MAX);
}

static bool unpack_slots(struct unread *unread, struct cell *cell)
{
    uint64_t slot_count, id = 0;

    if (!get_varint(unread, &slot_count) || slot_count > SLOT_COUNT)
        return false;
    for (uint32_t i = 0; i < slot_count; i++) {
        uint64_t step, value;
        if (!get_varint(unread, &step) || !get_varint(unread, &value))
            return false;
        if (step >= SLOT_COUNT || (step == 0 && i > 0))
            return false;
        id += step;
        if (!slot_is_valid(id, value))
            return false;
        cell->slots[i] = (struct slot){(uint32_t)id, (uint32_t)value};
    }
    cell->slot_count = (uint32_t)slot_count;
    return true;
}

bool cell_unpack(struct span packed, struct cell *cell)
{
    if (packed.size == 0)
        return false;

    const uint8_t *bytes = (const uint8_t *)packed.bytes;
    struct unread unread = {bytes, bytes + packed.size};
    if (*unread.next++ != CELL_VERSION)
        return false;
    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        uint64_t value;
        if (!get_varint(&unread, &value))
            return false;
        cell->sums[i] = unzigzag(value);
    }
    return unpack_slots(&unread, cell) && unread.next == unread.end;
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

static bool merge_value(struct slot *into, uint32_t value)
{
    if (into->id < ACCOUNT_SLOT)
        return !__builtin_add_overflow(into->value, value, &into->value);
    if (value > into->value)
        into->value = value;
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
            if (!merge_value(&into->slots[end], next->value))
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

uint32_t cell_slot(const struct cell *cell, uint32_t id)
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
