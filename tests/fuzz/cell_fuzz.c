/*
 * Packed cells: a byte that splits the rest into two, each tried as a cell. What is accepted is canonical (it packs to
 * the same bytes, unless they are of the old version), an accumulator takes exactly what cell_unpack() takes, and three
 * ways of adding the two agree: the accumulator in both orders, and a plain array with wide sums.
 */
#include "gentally/core/cell.h"

#include "cells.h"
#include "fuzz.h"

struct sum { /* the naive one */
    __extension__ __int128 sums[MEASURE_COUNT];
    uint64_t values[SLOT_COUNT]; /* two of 63 bits do not overflow */
};

static struct cell left, right, both;
static struct accumulator accumulator;
static struct sum sum;
static uint8_t packed[CELL_PACKED_MAX], again[CELL_PACKED_MAX];

static struct span pack(const struct cell *cell, uint8_t *bytes)
{
    return (struct span){(const char *)bytes, cell_pack(cell, bytes)};
}

static bool is_cell(struct span bytes, struct cell *cell)
{
    struct span copy = copy_exactly(bytes);
    bool is_accepted = cell_unpack(copy, cell);

    accumulator_clear(&accumulator);
    CLAIM(accumulator_add(&accumulator, copy) ==
          (is_accepted ? ACCUMULATOR_SOUND : ACCUMULATOR_DAMAGED)); /* one cell cannot overflow */
    if (is_accepted) {
        struct span same = pack(cell, again);
        CLAIM(span_equal(same, copy) || copy.bytes[0] == 1);
        size_t size = accumulator_pack(&accumulator, packed);
        CLAIM(span_equal((struct span){(const char *)packed, size}, same));
        CLAIM(cell_accounts(cell) >= 0);
    }
    free_copy(copy);
    return is_accepted;
}

static void add_naively(const struct cell *cell)
{
    for (uint32_t i = 0; i < MEASURE_COUNT; i++)
        sum.sums[i] += cell->sums[i];
    for (uint32_t i = 0; i < cell->slot_count; i++) {
        uint64_t *value = &sum.values[cell->slots[i].id];
        if (cell->slots[i].id < ACCOUNT_SLOT)
            *value += cell->slots[i].value;
        else if (cell->slots[i].value > *value)
            *value = cell->slots[i].value;
    }
}

static bool does_fit(void)
{
    bool does = true;

    for (uint32_t i = 0; i < MEASURE_COUNT; i++)
        does = does && sum.sums[i] >= INT64_MIN && sum.sums[i] <= INT64_MAX;
    for (uint32_t i = 0; i < SLOT_COUNT; i++)
        does = does && sum.values[i] <= INT64_MAX;
    return does;
}

/* Adds the two cells in this order, and writes the sum to `bytes` unless a sum or count overflows. */
static bool add(struct span first, struct span second, uint8_t *bytes, struct span *total)
{
    accumulator_clear(&accumulator);
    CLAIM(accumulator_add(&accumulator, first) == ACCUMULATOR_SOUND);
    enum accumulator_fault fault = accumulator_add(&accumulator, second);
    CLAIM(fault != ACCUMULATOR_DAMAGED);
    if (fault == ACCUMULATOR_SOUND)
        *total = (struct span){(const char *)bytes, accumulator_pack(&accumulator, bytes)};
    return fault == ACCUMULATOR_SOUND;
}

static void claim_sums(struct span one, struct span other)
{
    struct span total, turned;

    memset(&sum, 0, sizeof(sum));
    add_naively(&left);
    add_naively(&right);
    bool is_sound = does_fit();
    CLAIM(add(one, other, packed, &total) == is_sound);
    CLAIM(add(other, one, again, &turned) == is_sound);
    if (!is_sound)
        return;
    CLAIM(span_equal(total, turned));
    CLAIM(cell_unpack(total, &both));
    for (uint32_t i = 0; i < MEASURE_COUNT; i++)
        CLAIM(both.sums[i] == (int64_t)sum.sums[i]);
    for (uint32_t i = 0; i < SLOT_COUNT; i++)
        CLAIM(cell_slot(&both, i) == sum.values[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_input input = {bytes, size};
    struct span one = take_span(&input, (size_t)take_byte(&input));
    struct span other = take_rest(&input);
    bool is_left = is_cell(one, &left), is_right = is_cell(other, &right);

    if (is_left && is_right)
        claim_sums(one, other);
    return 0;
}
