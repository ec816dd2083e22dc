/*
 * Packed cells: a byte that splits the rest into two, each tried as a cell. What is accepted is canonical (it packs to
 * the same bytes), an accumulator takes exactly what cell_unpack() takes, and three ways of adding the two agree: the
 * accumulator in both orders, and a plain array with wide sums. What was added is taken back to what was there.
 */
#include "gentally/core/cell.h"

#include "cells.h"
#include "fuzz.h"

static struct cell told;
static struct wide_cell left, right, sum;
static struct accumulator accumulator;
static uint8_t packed[CELL_PACKED_MAX], again[CELL_PACKED_MAX];

static struct span pack(const struct wide_cell *cell, uint8_t *bytes)
{
    return (struct span){(const char *)bytes, wide_cell_pack(cell, bytes)};
}

static struct span pack_sum(uint8_t *bytes)
{
    return (struct span){(const char *)bytes, accumulator_pack(&accumulator, bytes)};
}

static void claim_told(const struct wide_cell *cell)
{
    for (uint32_t i = 0; i < MEASURE_COUNT; i++)
        CLAIM(told.sums[i] == (cell->sums[i] > (wide)SUM_TOLD_MAX ? SUM_TOLD_MAX : (int64_t)cell->sums[i]));
    for (uint32_t i = 0; i < told.slot_count; i++)
        CLAIM(told.slots[i].value == cell->values[told.slots[i].id]);
    CLAIM(cell_accounts(&told) >= 0);
}

static bool is_cell(struct span bytes, struct wide_cell *cell)
{
    struct span copy = copy_exactly(bytes);
    bool is_accepted = cell_unpack(copy, &told);

    accumulator_clear(&accumulator);
    CLAIM(accumulator_add(&accumulator, copy) == is_accepted);
    if (is_accepted) {
        wide_cell_read(copy, cell);
        CLAIM(span_equal(pack(cell, again), copy));
        CLAIM(span_equal(pack_sum(packed), copy));
        claim_told(cell);
    }
    free_copy(copy);
    return is_accepted;
}

/* False if a sum or a count has no room. */
static bool add_naively(void)
{
    bool does_fit = true;

    for (uint32_t i = 0; i < MEASURE_COUNT; i++) {
        sum.sums[i] = left.sums[i] + right.sums[i];
        does_fit = does_fit && sum.sums[i] >= left.sums[i];
    }
    for (uint32_t i = 0; i < SLOT_COUNT; i++) {
        if (i < ACCOUNT_SLOT)
            sum.values[i] = left.values[i] + right.values[i];
        else
            sum.values[i] = left.values[i] > right.values[i] ? left.values[i] : right.values[i];
        does_fit = does_fit && sum.values[i] <= INT64_MAX; /* Two of 63 bits have 64. */
    }
    return does_fit;
}

/* Adds the two cells in this order, and takes the second back again where that can be done: but for accounts. */
static void claim_order(struct span first, struct span second, bool does_fit)
{
    accumulator_clear(&accumulator);
    CLAIM(accumulator_add(&accumulator, first));
    CLAIM(accumulator_add(&accumulator, second) == does_fit);
    if (!does_fit)
        return;
    CLAIM(span_equal(pack_sum(again), pack(&sum, packed)));
    CLAIM(accumulator_add(&accumulator, first) && accumulator_add(&accumulator, second));
    CLAIM(accumulator_subtract(&accumulator, first) && accumulator_subtract(&accumulator, second));
    for (uint32_t i = 0; i < MEASURE_COUNT; i++)
        CLAIM((accumulator.sums[i] | accumulator.sums_high[i]) == 0);
    for (uint32_t i = 0; i < SLOT_COUNT; i++)
        CLAIM(accumulator.values[i] == (i < ACCOUNT_SLOT ? 0 : sum.values[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_input input = {bytes, size};
    struct span one = take_span(&input, (size_t)take_byte(&input));
    struct span other = take_rest(&input);
    bool is_left = is_cell(one, &left), is_right = is_cell(other, &right);

    if (is_left && is_right) {
        bool does_fit = add_naively();
        claim_order(one, other, does_fit);
        claim_order(other, one, does_fit);
    }
    return 0;
}
