/*
 * Packed cells: a byte that splits the rest into two, each tried as a cell. What is accepted is canonical (it packs to
 * the same bytes, unless they are of the old version), a accumulator takes exactly what cell_unpack() takes, and three
 * ways of adding the two agree: cell_merge() in both orders, a accumulator, and a plain array with wide sums.
 */
#include "gentally/core/cell.h"

#include "fuzz.h"

struct sum { /* the naive one */
    __extension__ __int128 sums[MEASURE_COUNT];
    uint64_t values[SLOT_COUNT]; /* two of 63 bits do not overflow */
};

static struct cell left, right, merged, turned;
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

static void claim_sums(struct span one, struct span other)
{
    memset(&sum, 0, sizeof(sum));
    add_naively(&left);
    add_naively(&right);
    bool is_sound = does_fit();
    merged = left;
    turned = right;
    CLAIM(cell_merge(&merged, &right) == is_sound);
    CLAIM(cell_merge(&turned, &left) == is_sound);
    accumulator_clear(&accumulator);
    enum accumulator_fault first = accumulator_add(&accumulator, one), second = accumulator_add(&accumulator, other);
    CLAIM(first == ACCUMULATOR_SOUND && second == (is_sound ? ACCUMULATOR_SOUND : ACCUMULATOR_OVERFLOW));
    if (!is_sound)
        return;
    for (uint32_t i = 0; i < MEASURE_COUNT; i++)
        CLAIM(merged.sums[i] == (int64_t)sum.sums[i]);
    for (uint32_t i = 0; i < SLOT_COUNT; i++)
        CLAIM(cell_slot(&merged, i) == sum.values[i]);
    struct span want = pack(&merged, packed);
    CLAIM(span_equal(pack(&turned, again), want));
    CLAIM(span_equal((struct span){(const char *)again, accumulator_pack(&accumulator, again)}, want));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    struct span one = take_span(&input, (size_t)take_byte(&input));
    struct span other = take_rest(&input);
    bool is_left = is_cell(one, &left), is_right = is_cell(other, &right);

    if (is_left && is_right)
        claim_sums(one, other);
    return 0;
}
