/*
 * A cell: the measures of one row in one window. In memory a plain struct; in the store packed bytes that any later
 * version can read.
 *
 *   version 2 (1 byte) | sum count varint | so many sums, zigzag varints | slot count varint | per slot: id delta
 *   varint, value varint
 *
 * The last sum that is written is not 0; those after it are. So measures can be appended and cells of before are still
 * what they were. Version 1 had 18 sums and no count of them: it is read, and never written. Varints are little-endian
 * base 128, as in Avro. Packing is canonical: equal cells have equal bytes. Pure; no allocation.
 */
#ifndef GENTALLY_CELL_H
#define GENTALLY_CELL_H

#include "gentally/core/measure.h"

struct slot {
    uint32_t id;    /* < SLOT_COUNT, rising */
    uint64_t value; /* > 0; a count, or a rank */
};

/* About 53 kB: scratch for one cell at a time, not for tables. */
struct cell {
    int64_t sums[MEASURE_COUNT];
    uint32_t slot_count;
    struct slot slots[SLOT_COUNT];
};

/* The most bytes cell_pack() can need. */
#define CELL_PACKED_MAX (2 + 10 * MEASURE_COUNT + 5 + SLOT_COUNT * 12)

void cell_clear(struct cell *cell);

/* Writes the packed cell to `bytes` (room for CELL_PACKED_MAX) and returns its size. */
size_t cell_pack(const struct cell *cell, uint8_t *bytes);

/* False if the bytes are no cell (unknown version or sums, cut short, slots out of order or range, trailing bytes);
 * `cell` is then undefined. */
MUST_CHECK bool cell_unpack(struct span packed, struct cell *cell);

/* Adds `from` to `into`: sums and counts by +, account registers by max. Commutative and associative. False if a sum or
 * count would overflow; `into` is then undefined. */
MUST_CHECK bool cell_merge(struct cell *into, const struct cell *from);

/*
 * Where packed cells are added up: a counter for every slot, so that an addition costs what is added, however much
 * there is already. A accumulator is empty when it is all zero, and again after accumulator_pack() and
 * accumulator_clear().
 */
#define ACCUMULATOR_WORDS (SLOT_COUNT / 64)
struct accumulator {
    int64_t sums[MEASURE_COUNT];
    uint64_t words;                    /* the words of `marks` in use */
    uint64_t marks[ACCUMULATOR_WORDS]; /* the slots in use */
    uint64_t values[SLOT_COUNT];
};

/* The counter of a slot, marked as in use: the caller makes it more than 0. */
static inline uint64_t *accumulator_slot(struct accumulator *accumulator, uint32_t id)
{
    accumulator->words |= UINT64_C(1) << (id / 64);
    accumulator->marks[id / 64] |= UINT64_C(1) << (id % 64);
    return &accumulator->values[id];
}

enum accumulator_fault {
    ACCUMULATOR_SOUND,
    ACCUMULATOR_DAMAGED,  /* the bytes are no cell, as cell_unpack() has it */
    ACCUMULATOR_OVERFLOW, /* a sum or count */
};

/* Adds a packed cell, as cell_merge() adds. After a fault the accumulator must be cleared. */
MUST_CHECK enum accumulator_fault accumulator_add(struct accumulator *accumulator, struct span packed);

/* Takes a packed cell away that was added, alone or as a part of others. Account registers stay: a union cannot be
 * taken back. DAMAGED also if there is less than that. */
MUST_CHECK enum accumulator_fault accumulator_subtract(struct accumulator *accumulator, struct span packed);

/* Writes the packed sum to `bytes` (room for CELL_PACKED_MAX), empties the accumulator, and returns the size. */
size_t accumulator_pack(struct accumulator *accumulator, uint8_t *bytes);

void accumulator_clear(struct accumulator *accumulator);

/* The value of a slot; 0 if the cell has none such. */
uint64_t cell_slot(const struct cell *cell, uint32_t id);

/*
 * Estimates the distinct accounts: HyperLogLog with linear counting below 2.5 m (Flajolet, Fusy, Gandouet, Meunier
 * 2007, figure 3; 64-bit hashes need no large-range correction), rounded to the suggestion integer. 0 if no event had
 * an account.
 */
int64_t cell_accounts(const struct cell *cell);

#endif
