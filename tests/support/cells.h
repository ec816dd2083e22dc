/*
 * Cells by hand: made, packed, added up and looked into in the plainest way. The core only unpacks cells and adds up
 * packed ones; tests hold its accumulator against these.
 */
#ifndef GENTALLY_TEST_CELLS_H
#define GENTALLY_TEST_CELLS_H

#include <assert.h>

#include "gentally/core/cell.h"

/* Slots beyond the count are never read. */
static inline void cell_clear(struct cell *cell)
{
    memset(cell->sums, 0, sizeof(cell->sums));
    cell->slot_count = 0;
}

static inline uint8_t *put_varint(uint8_t *bytes, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *bytes++ = (uint8_t)(value | 0x80);
    *bytes++ = (uint8_t)value;
    return bytes;
}

/* Writes the packed cell as cell.h draws it to `bytes` (room for CELL_PACKED_MAX) and returns its size. */
static inline size_t cell_pack(const struct cell *cell, uint8_t *bytes)
{
    uint8_t *end = bytes;
    unsigned count = MEASURE_COUNT;
    uint32_t before = 0;

    while (count > 0 && cell->sums[count - 1] == 0)
        count--;
    *end++ = 3;
    *end++ = (uint8_t)count;
    for (unsigned i = 0; i < count; i++) {
        assert(cell->sums[i] >= 0);
        end = put_varint(end, (uint64_t)cell->sums[i]);
    }
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

/* A cell whose sums are as wide as they come, made and read in the plainest way. */
__extension__ typedef unsigned __int128 wide;

struct wide_cell {
    wide sums[MEASURE_COUNT];
    uint64_t values[SLOT_COUNT];
};

static inline size_t wide_cell_pack(const struct wide_cell *cell, uint8_t *bytes)
{
    uint8_t *end = bytes;
    unsigned count = MEASURE_COUNT;
    uint64_t slot_count = 0;
    uint32_t before = 0;

    while (count > 0 && cell->sums[count - 1] == 0)
        count--;
    *end++ = 3;
    *end++ = (uint8_t)count;
    for (unsigned i = 0; i < count; i++) {
        wide left = cell->sums[i];
        for (; left >= 0x80; left >>= 7)
            *end++ = (uint8_t)(left | 0x80);
        *end++ = (uint8_t)left;
    }
    for (uint32_t id = 0; id < SLOT_COUNT; id++)
        slot_count += cell->values[id] > 0;
    end = put_varint(end, slot_count);
    for (uint32_t id = 0; id < SLOT_COUNT; id++) {
        if (cell->values[id] == 0)
            continue;
        end = put_varint(end, id - before);
        end = put_varint(end, cell->values[id]);
        before = id;
    }
    return (size_t)(end - bytes);
}

/* Reads bytes that are known to be a cell. */
static inline void wide_cell_read(struct span packed, struct wide_cell *cell)
{
    const uint8_t *at = (const uint8_t *)packed.bytes + 2;
    uint64_t numbers[2], slot_count = 0;
    uint32_t id = 0;

    memset(cell, 0, sizeof(*cell));
    for (uint8_t i = 0; i < (uint8_t)packed.bytes[1]; i++) {
        unsigned shift = 0;
        do
            cell->sums[i] |= (wide)(*at & 0x7f) << shift;
        while (shift += 7, *at++ >= 0x80);
    }
    for (unsigned shift = 0; shift == 0 || at[-1] >= 0x80; shift += 7)
        slot_count |= (uint64_t)(*at++ & 0x7f) << shift;
    for (; slot_count > 0; slot_count--) {
        for (int n = 0; n < 2; n++) {
            numbers[n] = 0;
            for (unsigned shift = 0; shift == 0 || at[-1] >= 0x80; shift += 7)
                numbers[n] |= (uint64_t)(*at++ & 0x7f) << shift;
        }
        id += (uint32_t)numbers[0];
        cell->values[id] = numbers[1];
    }
}

/* The value of a slot; 0 if the cell does not have the slot. */
static inline uint64_t cell_slot(const struct cell *cell, uint32_t id)
{
    for (uint32_t i = 0; i < cell->slot_count; i++)
        if (cell->slots[i].id == id)
            return cell->slots[i].value;
    return 0;
}

/* Adds `from` to `into`: sums and counts by +, account registers by max. False if a sum or count overflows. */
static inline bool cell_merge(struct cell *into, const struct cell *from)
{
    uint64_t values[SLOT_COUNT] = {0};
    bool is_sound = true;

    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        is_sound = !__builtin_add_overflow(into->sums[i], from->sums[i], &into->sums[i]) && is_sound;
    for (uint32_t i = 0; i < into->slot_count; i++)
        values[into->slots[i].id] = into->slots[i].value;
    for (uint32_t i = 0; i < from->slot_count; i++) {
        const struct slot *slot = &from->slots[i];
        uint64_t *value = &values[slot->id];
        if (slot->id < ACCOUNT_SLOT)
            *value += slot->value;
        else if (slot->value > *value)
            *value = slot->value;
    }
    into->slot_count = 0;
    for (uint32_t id = 0; id < SLOT_COUNT; id++) {
        is_sound = is_sound && values[id] <= INT64_MAX;
        if (values[id] > 0)
            into->slots[into->slot_count++] = (struct slot){id, values[id]};
    }
    return is_sound;
}

/* Compares slots by what they say: between their fields may lie bytes that say nothing. */
static inline bool same_slots(const struct slot *left, const struct slot *right, uint32_t count)
{
    uint32_t same = 0;

    while (same < count && left[same].id == right[same].id && left[same].value == right[same].value)
        same++;
    return same == count;
}

#endif
