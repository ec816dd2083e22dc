/*
 * A cell: the measures of one row in one window. In memory a cell is a plain struct; in the store it is packed bytes,
 * which every later version can read:
 *
 *   version 3 (1 byte) | count of sums varint | as many sums, varints of up to 128 bits
 *                      | count of slots varint | per slot: step of its id varint, value varint
 *
 * The last sum that is written is not 0, and all sums after it are. So a measure can be appended, and cells written
 * before mean what they meant. Varints are little-endian base 128, without a sign, for no amount is negative. Packing
 * is canonical: equal cells have equal bytes. Pure; no allocation.
 *
 * No sum of any log is too large for a cell: 2^63 events of 2^64 are below 2^128. What is published has 63 bits: a sum
 * of SUM_TOLD_MAX means "at least". Counts end at 2^63 - 1 in either, which no log has records for.
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
    int64_t sums[MEASURE_COUNT]; /* as they are told: see SUM_TOLD_MAX */
    uint32_t slot_count;
    struct slot slots[SLOT_COUNT]; /* by rising id */
};

/* The most bytes that a packed cell has. */
#define CELL_PACKED_MAX (2 + 19 * MEASURE_COUNT + 5 + SLOT_COUNT * 12)

/* Unpacks a cell. Returns false if the bytes are no cell (unknown version, more sums than measures, cut short, slots
 * out of order or range, trailing bytes); `cell` is then undefined. */
MUST_CHECK bool cell_unpack(struct span packed, struct cell *cell);

/*
 * Estimates the distinct accounts of a cell: HyperLogLog with linear counting below 2.5 m (Flajolet, Fusy, Gandouet,
 * Meunier 2007, figure 3; 64-bit hashes need no large-range correction), rounded to the nearest integer. 0 if no event
 * had an account.
 */
int64_t cell_accounts(const struct cell *cell);

/* The quantiles that a summary tells of each distribution: the columns "..._p50", "..._p90", "..._p99". */
enum quantile { QUANTILE_50, QUANTILE_90, QUANTILE_99, QUANTILE_COUNT };
uint32_t quantile_percent(enum quantile quantile); /* 50, 90, 99 */

/* Writes the name of a histogram's quantile in a summary, "latency_ms_p50", and a NUL. Returns the size without it. */
#define QUANTILE_NAME_MAX 32
size_t quantile_name(enum histogram histogram, enum quantile quantile, char text[QUANTILE_NAME_MAX]);

/*
 * Estimates the value of rank ceil(n * percent / 100) of a histogram's n values, in whole units (nearest rank; 1 <=
 * percent <= 100). `slots` are the histogram's, by rising id. The values of a bucket are taken for evenly spread over
 * its whole numbers, so the k-th of c in a bucket [a, b] is a + (b - a) * (2k - 1) / 2c, rounded to the nearest, a half
 * upward. Exact below 16; beyond, off by at most a bucket's width, an eighth of an octave. The last bucket is open: its
 * values count as its floor. False: there are no values; `*value` is then left alone.
 */
MUST_CHECK bool slots_quantile(const struct slot slots[], uint32_t count, uint32_t percent, int64_t *value);

/* The same of one histogram of a cell, for each of the quantiles that are told. */
struct quantiles {
    bool are_known; /* false: the histogram has no values, and `values` are 0 */
    int64_t values[QUANTILE_COUNT];
};
struct quantiles cell_quantiles(const struct cell *cell, enum histogram histogram);

/*
 * An accumulator adds up packed cells: sums and counts by +, account registers by max, so the order never shows. It has
 * a counter for every slot, so an addition costs what is added, however much is there already. An accumulator of zero
 * bytes is empty; accumulator_pack() and accumulator_clear() empty it again.
 */
#define ACCUMULATOR_WORDS (SLOT_COUNT / 64)
struct accumulator {
    uint64_t sums[MEASURE_COUNT];      /* the low 64 bits */
    uint64_t sums_high[MEASURE_COUNT]; /* the bits above them */
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

/* Adds a packed cell. False if cell_unpack() would refuse the bytes, or if a sum would pass 128 bits or a count 63,
 * which no log can bring about: a cell is damaged. The accumulator must then be cleared. */
MUST_CHECK bool accumulator_add(struct accumulator *accumulator, struct span packed);

/*
 * Subtracts a packed cell that was added before, alone or as part of others. Account registers stay, since a union
 * cannot be taken back. False as above, and if a sum or count would fall below 0.
 */
MUST_CHECK bool accumulator_subtract(struct accumulator *accumulator, struct span packed);

/* Writes the sum as a packed cell to `bytes` (room for CELL_PACKED_MAX), empties the accumulator, returns the size. */
size_t accumulator_pack(struct accumulator *accumulator, uint8_t *bytes);

/* Empties the accumulator. */
void accumulator_clear(struct accumulator *accumulator);

#endif
