/*
 * A cell: the measures of one row in one window. In memory a cell is a plain struct; in the store it is packed bytes,
 * which every later version can read:
 *
 *   version 2 (1 byte) | count of sums varint | as many sums, zigzag varints
 *                      | count of slots varint | per slot: step of its id varint, value varint
 *
 * The last sum that is written is not 0, and all sums after it are. So a measure can be appended, and cells written
 * before mean what they meant. Version 1 had 18 sums and no count of them; it is read, and never written. Varints are
 * little-endian base 128, as in Avro. Packing is canonical: equal cells have equal bytes. Pure; no allocation.
 */
#ifndef GENTALLY_CELL_H
#define GENTALLY_CELL_H

#include "gentally/core/measure.h"

/* A counter of a histogram or a register of accounts: see measure.h. */
struct slot {
    uint32_t id;    /* < SLOT_COUNT */
    uint64_t value; /* > 0; a count, or a register's rank */
};

/* About 53 kB: scratch for one cell at a time, not for tables. */
struct cell {
    int64_t sums[MEASURE_COUNT];
    uint32_t slot_count;
    struct slot slots[SLOT_COUNT]; /* by rising id */
};

/* The most bytes that a packed cell has. */
#define CELL_PACKED_MAX (2 + 10 * MEASURE_COUNT + 5 + SLOT_COUNT * 12)

/* Unpacks a cell. Returns false if the bytes are no cell (unknown version, more sums than measures, cut short, slots
 * out of order or range, trailing bytes); `cell` is then undefined. */
MUST_CHECK bool cell_unpack(struct span packed, struct cell *cell);

/*
 * Estimates the distinct accounts of a cell: HyperLogLog with linear counting below 2.5 m (Flajolet, Fusy, Gandouet,
 * Meunier 2007, figure 3; 64-bit hashes need no large-range correction), rounded to the nearest integer. 0 if no event
 * had an account.
 */
int64_t cell_accounts(const struct cell *cell);

/*
 * An accumulator adds up packed cells: sums and counts by +, account registers by max, so the order never shows. It has
 * a counter for every slot, so an addition costs what is added, however much is there already. An accumulator of zero
 * bytes is empty; accumulator_pack() and accumulator_clear() empty it again.
 */
#define ACCUMULATOR_WORDS (SLOT_COUNT / 64)
struct accumulator {
    int64_t sums[MEASURE_COUNT];
    uint64_t words;                    /* a bit per word of `marks` that is not 0 */
    uint64_t marks[ACCUMULATOR_WORDS]; /* a bit per slot in use */
    uint64_t values[SLOT_COUNT];
};

/* The counter of slot `id`, marked as in use; the caller makes the counter more than 0. */
static inline uint64_t *accumulator_slot(struct accumulator *accumulator, uint32_t id)
{
    accumulator->words |= UINT64_C(1) << (id / 64);
    accumulator->marks[id / 64] |= UINT64_C(1) << (id % 64);
    return &accumulator->values[id];
}

enum accumulator_fault {
    ACCUMULATOR_SOUND,
    ACCUMULATOR_DAMAGED,  /* cell_unpack() would refuse the bytes */
    ACCUMULATOR_OVERFLOW, /* a sum or a count left 63 bits */
};

/* Adds a packed cell. After a fault the accumulator must be cleared. */
MUST_CHECK enum accumulator_fault accumulator_add(struct accumulator *accumulator, struct span packed);

/*
 * Subtracts a packed cell that was added before, alone or as part of others. Account registers stay, since a union
 * cannot be taken back. DAMAGED also if a sum or count would fall below 0. After a fault the accumulator must be
 * cleared.
 */
MUST_CHECK enum accumulator_fault accumulator_subtract(struct accumulator *accumulator, struct span packed);

/* Writes the sum as a packed cell to `bytes` (room for CELL_PACKED_MAX), empties the accumulator, returns the size. */
size_t accumulator_pack(struct accumulator *accumulator, uint8_t *bytes);

/* Empties the accumulator. */
void accumulator_clear(struct accumulator *accumulator);

#endif
