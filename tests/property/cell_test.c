/* Cells: the laws of adding up, the round trip of packing, and what damage does. */
#include "gentally/core/cell.h"

#include "cells.h"
#include "suite.h"

#define ROUNDS 300

static struct cell a, b, c, left, right;
static struct wide_cell naive, part;
static struct accumulator accumulator;
static uint8_t packed[CELL_PACKED_MAX], again[CELL_PACKED_MAX];

/* Sparse mostly, dense sometimes; small and large values. */
static void random_cell(struct cell *cell, uint64_t *state)
{
    uint64_t density = UINT64_C(1) << suite_below(state, 12);

    cell_clear(cell);
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        cell->sums[i] = (int64_t)(suite_random(state) >> (3 + suite_below(state, 61)));
    for (uint32_t id = 0; id < SLOT_COUNT; id++) {
        if (suite_below(state, density) > 0)
            continue;
        uint64_t value = suite_random(state) >> (3 + suite_below(state, 61));
        if (id >= ACCOUNT_SLOT)
            value %= ACCOUNT_RANK_MAX;
        cell->slots[cell->slot_count++] = (struct slot){id, value + 1};
    }
}

static struct span pack(const struct cell *cell, uint8_t *bytes)
{
    return (struct span){(const char *)bytes, cell_pack(cell, bytes)};
}

static bool same(const struct cell *one, const struct cell *two)
{
    struct span first = pack(one, packed), second = pack(two, again);

    return span_equal(first, second);
}

static void packing_loses_nothing(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < ROUNDS; i++) {
        random_cell(&a, &state);
        CU_ASSERT(cell_unpack(pack(&a, packed), &b));
        CU_ASSERT_EQUAL(memcmp(a.sums, b.sums, sizeof(a.sums)), 0);
        CU_ASSERT_EQUAL_FATAL(a.slot_count, b.slot_count);
        CU_ASSERT(same_slots(a.slots, b.slots, a.slot_count));
    }
}

/* Adds up cells in the order given; the sum borrows from `again`. */
static struct span sum_of(size_t count, const struct cell *const cells[])
{
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_TRUE(accumulator_add(&accumulator, pack(cells[i], packed)));
    return (struct span){(const char *)again, accumulator_pack(&accumulator, again)};
}

static void adding_sees_no_order(void)
{
    static const struct cell zero;
    const struct cell *const orders[][3] = {{&a, &b, &c}, {&c, &b, &a}, {&b, &a, &c}};
    uint64_t state = suite_seed();

    for (int i = 0; i < ROUNDS; i++) {
        random_cell(&a, &state);
        random_cell(&b, &state);
        random_cell(&c, &state);
        for (size_t order = 0; order < LENGTH_OF(orders); order++) {
            CU_ASSERT(cell_unpack(sum_of(3, orders[order]), order == 0 ? &left : &right));
            CU_ASSERT(order == 0 || same(&left, &right));
        }
        struct span sum = sum_of(2, (const struct cell *const[]){&zero, &a});
        CU_ASSERT(span_equal(sum, pack(&a, packed)));
        sum = sum_of(2, (const struct cell *const[]){&a, &zero});
        CU_ASSERT(span_equal(sum, pack(&a, packed)));
    }
}

/* Slot by slot, as cells.h does it; and the accumulator is empty afterwards. */
static void the_sum_is_that_of_every_slot(void)
{
    static const struct accumulator empty;
    uint64_t state = suite_seed();

    for (int i = 0; i < ROUNDS; i++) {
        random_cell(&a, &state);
        random_cell(&b, &state);
        left = a;
        CU_ASSERT(cell_merge(&left, &b));
        struct span sum = sum_of(2, (const struct cell *const[]){&a, &b});
        CU_ASSERT(span_equal(sum, pack(&left, packed)));
        CU_ASSERT_EQUAL(memcmp(&accumulator, &empty, sizeof(accumulator)), 0);
    }
}

/* Exactly as large as the bytes, so that a sanitizer sees one byte too far. */
static bool unpack_copy(const uint8_t *bytes, size_t size)
{
    char *copy = malloc(size + (size == 0));
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, bytes, size);
    bool is_cell = cell_unpack((struct span){copy, size}, &b);
    CU_ASSERT_EQUAL(accumulator_add(&accumulator, (struct span){copy, size}), is_cell);
    accumulator_clear(&accumulator);
    free(copy);
    return is_cell;
}

static void every_truncation_is_refused(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < 8; i++) {
        random_cell(&a, &state);
        a.slot_count = a.slot_count > 200 ? 200 : a.slot_count;
        size_t size = cell_pack(&a, packed);
        for (size_t cut = 0; cut < size; cut++)
            CU_ASSERT_FALSE(unpack_copy(packed, cut));
        packed[size] = 0;
        CU_ASSERT_FALSE(unpack_copy(packed, size + 1));
    }
}

/* A damaged cell is refused, or is another cell; it never has two spellings. */
static void damage_never_makes_a_second_spelling(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < ROUNDS * 20; i++) {
        if (i % 20 == 0) {
            random_cell(&a, &state);
            a.slot_count = a.slot_count > 100 ? 100 : a.slot_count;
        }
        size_t size = cell_pack(&a, packed);
        for (uint64_t flips = 1 + suite_below(&state, 3); flips > 0; flips--)
            packed[suite_below(&state, size)] ^= (uint8_t)(1u << suite_below(&state, 8));
        if (unpack_copy(packed, size)) {
            wide_cell_read((struct span){(const char *)packed, size}, &naive);
            size_t again_size = wide_cell_pack(&naive, again);
            CU_ASSERT(again_size == size && memcmp(again, packed, size) == 0);
        }
    }
}

/* 1.04 / sqrt(2048) is one sigma; seeds are many and runs are more, so five. */
static void accounts_are_estimated(void)
{
    static const int64_t counts[] = {1, 10, 1000, 4000, 20000, 100000};
    static uint32_t ranks[ACCOUNT_REGISTERS];
    uint64_t state = suite_seed();

    for (size_t i = 0; i < LENGTH_OF(counts); i++) {
        memset(ranks, 0, sizeof(ranks));
        for (int64_t account = 0; account < counts[i]; account++) {
            uint64_t sample = sample_with_account(0, suite_random(&state));
            if (sample_rank(sample) > ranks[sample_register(sample)])
                ranks[sample_register(sample)] = sample_rank(sample);
        }
        cell_clear(&a);
        for (uint32_t r = 0; r < ACCOUNT_REGISTERS; r++) {
            if (ranks[r] > 0)
                a.slots[a.slot_count++] = (struct slot){ACCOUNT_SLOT + r, ranks[r]};
        }
        double error = (double)(cell_accounts(&a) - counts[i]) / (double)counts[i];
        if (counts[i] <= 10) /* Two of ten accounts may share a register, rarely more. */
            CU_ASSERT(cell_accounts(&a) <= counts[i] && cell_accounts(&a) >= counts[i] - 2);
        if (counts[i] > 10)
            CU_ASSERT(error < 5 * 0.023 && error > -5 * 0.023);
    }
}

/* Amounts of events: sums and counts that are not negative, small enough to add up. */
static void random_amounts(struct cell *cell, uint64_t *state)
{
    random_cell(cell, state);
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        cell->sums[i] = (int64_t)(suite_random(state) >> 16);
    for (uint32_t i = 0; i < cell->slot_count; i++)
        if (cell->slots[i].id < ACCOUNT_SLOT)
            cell->slots[i].value = 1 + cell->slots[i].value / 8;
}

/* a + b + c - b = a + c, but for the accounts, which b leaves behind. */
static void what_is_taken_back_was_never_there(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < ROUNDS; i++) {
        random_amounts(&a, &state);
        random_amounts(&b, &state);
        random_amounts(&c, &state);
        CU_ASSERT_TRUE(accumulator_add(&accumulator, pack(&a, packed)));
        CU_ASSERT_TRUE(accumulator_add(&accumulator, pack(&b, packed)));
        CU_ASSERT_TRUE(accumulator_add(&accumulator, pack(&c, packed)));
        CU_ASSERT_TRUE(accumulator_subtract(&accumulator, pack(&b, packed)));
        CU_ASSERT_TRUE(cell_unpack((struct span){(const char *)again, accumulator_pack(&accumulator, again)}, &left));

        right = a;
        CU_ASSERT(cell_merge(&right, &c));
        memset(b.sums, 0, sizeof(b.sums));
        uint32_t kept = 0;
        for (uint32_t j = 0; j < b.slot_count; j++)
            if (b.slots[j].id >= ACCOUNT_SLOT)
                b.slots[kept++] = b.slots[j];
        b.slot_count = kept;
        CU_ASSERT(cell_merge(&right, &b));
        CU_ASSERT(same(&left, &right));
    }
}

static void less_than_nothing_is_refused(void)
{
    cell_clear(&a);
    cell_clear(&b);
    a.sums[M_REQUESTS] = 1;
    b.sums[M_REQUESTS] = 2;
    CU_ASSERT_TRUE(accumulator_add(&accumulator, pack(&a, packed)));
    CU_ASSERT_FALSE(accumulator_subtract(&accumulator, pack(&b, packed)));
    accumulator_clear(&accumulator);
    b.sums[M_REQUESTS] = 1;
    b.slots[b.slot_count++] = (struct slot){7, 1};
    CU_ASSERT_TRUE(accumulator_add(&accumulator, pack(&a, packed)));
    CU_ASSERT_FALSE(accumulator_subtract(&accumulator, pack(&b, packed)));
    accumulator_clear(&accumulator);
    CU_ASSERT_FALSE(accumulator_subtract(&accumulator, (struct span){"\3", 1}));
    accumulator_clear(&accumulator);
}

/* Mostly at the borders of 63, 64, 70 (a varint's tenth and eleventh byte), 126 and 128 bits, and one beside them. */
static wide random_sum(uint64_t *state)
{
    static const unsigned borders[] = {0, 7, 42, 62, 63, 64, 69, 70, 71, 120, 126, 127};
    wide border = (wide)1 << borders[suite_below(state, LENGTH_OF(borders))];

    switch (suite_below(state, 4)) {
    case 0:
        return border;
    case 1:
        return border - 1;
    case 2:
        return border + suite_below(state, 3);
    default:
        return ((wide)suite_random(state) << 64 | suite_random(state)) >> suite_below(state, 128);
    }
}

static struct span pack_naive(void)
{
    return (struct span){(const char *)packed, wide_cell_pack(&naive, packed)};
}

static int64_t told(wide sum)
{
    return sum > (wide)INT64_MAX ? INT64_MAX : (int64_t)sum;
}

/* Adds to the naive sums what they have room for. */
static void draw_part(const struct wide_cell *sums, uint64_t *state)
{
    memset(&part, 0, sizeof(part));
    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        part.sums[i] = suite_below(state, 4) == 0 ? 0 : random_sum(state);
        if (part.sums[i] > ~sums->sums[i])
            part.sums[i] = ~sums->sums[i]; /* just as much as there is room for */
    }
}

/* Cells of up to forty partitions at the borders, some of them taken back again: the accumulator holds exactly what
 * integers of 128 bits do, its bytes are theirs, and what is told is at least what there is, at most 2^63 - 1. */
static void wide_sums_are_exact(void)
{
    static struct wide_cell whole;
    uint64_t state = suite_seed();

    for (int i = 0; i < ROUNDS; i++) {
        memset(&whole, 0, sizeof(whole));
        for (uint64_t cells = 1 + suite_below(&state, 40); cells > 0; cells--) {
            draw_part(&whole, &state);
            struct span bytes = {(const char *)packed, wide_cell_pack(&part, packed)};
            CU_ASSERT_TRUE(accumulator_add(&accumulator, bytes));
            for (unsigned m = 0; m < MEASURE_COUNT; m++)
                whole.sums[m] += part.sums[m];
            if (suite_below(&state, 3) > 0)
                continue;
            CU_ASSERT_TRUE(accumulator_subtract(&accumulator, bytes));
            for (unsigned m = 0; m < MEASURE_COUNT; m++)
                whole.sums[m] -= part.sums[m];
        }
        struct span sum = {(const char *)again, accumulator_pack(&accumulator, again)};
        naive = whole;
        CU_ASSERT_TRUE(span_equal(sum, pack_naive()));
        CU_ASSERT_TRUE_FATAL(cell_unpack(sum, &a));
        for (unsigned m = 0; m < MEASURE_COUNT; m++)
            CU_ASSERT_EQUAL(a.sums[m], told(whole.sums[m]));
    }
}

/* One more than 128 bits hold, and one less than nothing, in each measure: no cell of ours, and no other sum. */
static void beyond_the_widest_is_damage(void)
{
    for (unsigned m = 0; m < MEASURE_COUNT; m++) {
        memset(&naive, 0, sizeof(naive));
        naive.sums[m] = ~(wide)0;
        CU_ASSERT_TRUE(accumulator_add(&accumulator, pack_naive()));
        naive.sums[m] = 1;
        CU_ASSERT_FALSE(accumulator_add(&accumulator, pack_naive()));
        accumulator_clear(&accumulator);
        naive.sums[m] = (wide)1 << 64;
        CU_ASSERT_TRUE(accumulator_add(&accumulator, pack_naive()));
        naive.sums[m]++;
        CU_ASSERT_FALSE(accumulator_subtract(&accumulator, pack_naive()));
        accumulator_clear(&accumulator);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"packing loses nothing", packing_loses_nothing},
        {"adding sees no order", adding_sees_no_order},
        {"the sum is that of every slot", the_sum_is_that_of_every_slot},
        {"every truncation is refused", every_truncation_is_refused},
        {"damage never makes a second spelling", damage_never_makes_a_second_spelling},
        {"accounts are estimated", accounts_are_estimated},
        {"what_is_taken_back_was_never_there", what_is_taken_back_was_never_there},
        {"less_than_nothing_is_refused", less_than_nothing_is_refused},
        {"wide_sums_are_exact", wide_sums_are_exact},
        {"beyond_the_widest_is_damage", beyond_the_widest_is_damage},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
