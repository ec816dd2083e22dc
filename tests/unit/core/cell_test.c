/* Cells: golden bytes, what is refused, what is too wide to be told. */
#include "gentally/core/cell.h"

#include "cells.h"
#include "suite.h"

static struct cell cell, other;
static struct accumulator accumulator;
static uint8_t packed[CELL_PACKED_MAX];

static void set(struct cell *target, uint32_t count, const struct slot slots[])
{
    cell_clear(target);
    target->slot_count = count;
    memcpy(target->slots, slots, count * sizeof(*slots));
}

static struct span span_at(const uint8_t *bytes, size_t size)
{
    return (struct span){(const char *)bytes, size};
}

static void an_empty_cell_is_three_bytes(void)
{
    static const uint8_t golden[] = {3, 0, 0};

    cell_clear(&cell);
    size_t size = cell_pack(&cell, packed);
    CU_ASSERT_EQUAL(size, sizeof(golden));
    CU_ASSERT_EQUAL(memcmp(packed, golden, sizeof(golden)), 0);
    CU_ASSERT(cell_unpack(span_at(packed, size), &other));
    CU_ASSERT_EQUAL(other.slot_count, 0);
}

/* The bytes later versions must still read. */
static void packed_bytes_stay_as_they_are(void)
{
    static const uint8_t golden[] = {3, 3, 1, 0x80, 1, 127, 4, 0, 0xac, 2, 7, 1, 0xf8, 0x09, 5, 0xff, 0x0f, 54};
    static const struct slot slots[] = {{0, 300}, {7, 1}, {1279, 5}, {3326, 54}};

    set(&cell, LENGTH_OF(slots), slots);
    cell.sums[M_REQUESTS] = 1;
    cell.sums[M_TOKENS_PROMPT] = 128;
    cell.sums[M_TOKENS_COMPLETION] = 127;
    size_t size = cell_pack(&cell, packed);
    CU_ASSERT_EQUAL(size, sizeof(golden));
    CU_ASSERT_EQUAL(memcmp(packed, golden, sizeof(golden)), 0);
    memset(&other, 0xa5, sizeof(other));
    CU_ASSERT(cell_unpack(span_at(golden, sizeof(golden)), &other));
    CU_ASSERT_EQUAL(memcmp(other.sums, cell.sums, sizeof(cell.sums)), 0);
    CU_ASSERT_EQUAL(other.slot_count, LENGTH_OF(slots));
    CU_ASSERT(same_slots(other.slots, slots, LENGTH_OF(slots)));
}

/* A sum beyond 63 bits is told as "at least"; its bytes keep all of it. */
static void a_wide_sum_is_told_as_at_least(void)
{
    static const struct {
        int64_t told;
        uint8_t size, bytes[19];
    } rows[] = {
        {INT64_MAX - 1, 9, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
        {SUM_TOLD_MAX, 9, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
        {SUM_TOLD_MAX, 10, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}},
        {SUM_TOLD_MAX, 10, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2}},
        {SUM_TOLD_MAX, 11, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}},
        {SUM_TOLD_MAX,
         19,
         {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
          3}},
        {-1,
         19,
         {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
          4}},                                                                     /* 129 bits: no cell */
        {-1, 11, {0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}}, /* padded */
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        uint8_t bytes[22] = {3, 1};
        memcpy(bytes + 2, rows[i].bytes, rows[i].size);
        struct span whole = span_at(bytes, 3u + rows[i].size);
        bool is_cell = cell_unpack(whole, &other);
        CU_ASSERT_EQUAL(is_cell, rows[i].told >= 0);
        CU_ASSERT_EQUAL(accumulator_add(&accumulator, whole), is_cell);
        if (is_cell) {
            CU_ASSERT_EQUAL(other.sums[M_REQUESTS], rows[i].told);
            CU_ASSERT(span_equal(whole, span_at(packed, accumulator_pack(&accumulator, packed))));
        }
        accumulator_clear(&accumulator);
    }
}

static void the_largest_cell_fits(void)
{
    static struct wide_cell largest;

    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        largest.sums[i] = ~(wide)0;
    for (uint32_t id = 0; id < SLOT_COUNT; id++)
        largest.values[id] = id < ACCOUNT_SLOT ? INT64_MAX : ACCOUNT_RANK_MAX;
    size_t size = wide_cell_pack(&largest, packed);
    CU_ASSERT(size <= CELL_PACKED_MAX);
    CU_ASSERT(cell_unpack(span_at(packed, size), &other));
    for (unsigned i = 0; i < MEASURE_COUNT; i++)
        CU_ASSERT_EQUAL(other.sums[i], SUM_TOLD_MAX);
    CU_ASSERT_EQUAL(other.slot_count, SLOT_COUNT);
    for (uint32_t id = 0; id < SLOT_COUNT; id++)
        CU_ASSERT_EQUAL(cell_slot(&other, id), largest.values[id]);
}

/* No sums, then `tail` for the slots. */
static bool unpacks(const uint8_t *tail, size_t size)
{
    uint8_t bytes[2 + 64] = {3, 0};

    memcpy(bytes + 2, tail, size);
    return cell_unpack(span_at(bytes, 2 + size), &other);
}

/* How many sums there are is told in one way only, and by no more than this version knows. */
static void sums_have_one_spelling(void)
{
    uint8_t bytes[2 + MEASURE_COUNT + 2] = {3};

    for (unsigned count = 0; count <= MEASURE_COUNT + 1; count++) {
        bytes[1] = (uint8_t)count;
        memset(bytes + 2, 0, sizeof(bytes) - 2);
        if (count > 0)
            bytes[1 + count] = 2;
        CU_ASSERT_EQUAL(cell_unpack(span_at(bytes, count + 3), &other), count <= MEASURE_COUNT);
        if (count > 0)
            bytes[1 + count] = 0; /* the last is 0: it should not be there */
        CU_ASSERT_EQUAL(cell_unpack(span_at(bytes, count + 3), &other), count == 0);
    }
    bytes[1] = 0x80; /* as a varint may be padded */
    CU_ASSERT_FALSE(cell_unpack(span_at(bytes, sizeof(bytes)), &other));
}

static void what_is_no_cell_is_refused(void)
{
    static const struct {
        const char *name;
        bool is_cell;
        size_t size;
        uint8_t tail[24];
    } rows[] = {
        {"no slots", true, 1, {0}},
        {"one slot", true, 3, {1, 0, 1}},
        {"nothing", false, 0, {0}},
        {"trailing byte", false, 2, {0, 0}},
        {"a slot cut short", false, 2, {1, 0}},
        {"fewer slots than said", false, 3, {2, 0, 1}},
        {"value 0", false, 3, {1, 0, 0}},
        {"id twice", false, 5, {2, 3, 1, 0, 1}},
        {"last id", true, 4, {1, 0xff, 0x19, 1}},
        {"id beyond the last", false, 4, {1, 0x80, 0x1a, 1}},
        {"step beyond the last", false, 6, {2, 1, 1, 0xff, 0x19, 1}},
        {"id wraps round", false, 14, {2, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1}},
        {"rank 54", true, 4, {1, 0x80, 0x0a, 54}},
        {"rank 55", false, 4, {1, 0x80, 0x0a, 55}},
        {"count 2^32", true, 7, {1, 0, 0x80, 0x80, 0x80, 0x80, 0x10}},
        {"count 2^63 - 1", true, 11, {1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
        {"count 2^63", false, 12, {1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}},
        {"padded value", false, 4, {1, 0, 0x81, 0}},
        {"padded slot count", false, 2, {0x80, 0}},
        {"slot count beyond the slots", false, 2, {0x81, 0x1a}},
        {"varint of 11 bytes", false, 13, {1, 0, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}},
        {"varint of 65 bits", false, 12, {1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        bool is_cell = unpacks(rows[i].tail, rows[i].size);
        if (is_cell != rows[i].is_cell)
            printf("row '%s'\n", rows[i].name);
        CU_ASSERT_EQUAL(is_cell, rows[i].is_cell);
    }
    CU_ASSERT_FALSE(cell_unpack((struct span){NULL, 0}, &other));
    static const uint8_t versions[] = {0, 1, 2, 4, 255};
    for (size_t i = 0; i < LENGTH_OF(versions); i++) {
        cell_clear(&cell);
        size_t size = cell_pack(&cell, packed);
        packed[0] = versions[i];
        CU_ASSERT_FALSE(cell_unpack(span_at(packed, size), &other));
    }
}

/* `cell` and `other` in one accumulator, which is left as it is. */
static bool add_both(void)
{
    accumulator_clear(&accumulator);
    CU_ASSERT_TRUE(accumulator_add(&accumulator, span_at(packed, cell_pack(&cell, packed))));
    return accumulator_add(&accumulator, span_at(packed, cell_pack(&other, packed)));
}

static void counts_add_up_and_ranks_rise(void)
{
    static const struct slot mine[] = {{2, 1}, {5, 7}, {1280, 3}, {1281, 9}};
    static const struct slot theirs[] = {{0, 4}, {5, 1}, {900, 2}, {1280, 5}, {1281, 2}, {3327, 1}};
    static const struct slot want[] = {{0, 4}, {2, 1}, {5, 8}, {900, 2}, {1280, 5}, {1281, 9}, {3327, 1}};

    set(&cell, LENGTH_OF(mine), mine);
    set(&other, LENGTH_OF(theirs), theirs);
    cell.sums[M_COST_NANO_USD] = 40;
    other.sums[M_COST_NANO_USD] = 2;
    CU_ASSERT_TRUE(add_both());
    CU_ASSERT_FATAL(cell_unpack(span_at(packed, accumulator_pack(&accumulator, packed)), &cell));
    CU_ASSERT_EQUAL(cell.sums[M_COST_NANO_USD], 42);
    CU_ASSERT_EQUAL(cell.slot_count, LENGTH_OF(want));
    CU_ASSERT(same_slots(cell.slots, want, LENGTH_OF(want)));
}

/* No log has so many records: such a cell is none of ours. Sums go on, see the property test. */
static void a_count_beyond_63_bits_is_refused(void)
{
    static const struct slot full[] = {{3, INT64_MAX}};
    static const struct slot one[] = {{3, 1}};
    static const struct slot highest[] = {{ACCOUNT_SLOT, ACCOUNT_RANK_MAX}};

    set(&cell, 1, full);
    set(&other, 1, one);
    CU_ASSERT_FALSE(add_both());
    set(&other, 1, highest);
    CU_ASSERT_TRUE(add_both());
    cell.sums[0] = other.sums[0] = INT64_MAX;
    CU_ASSERT_TRUE(add_both());
}

static void no_account_counts_none(void)
{
    static const struct slot counts[] = {{0, 9}, {1279, 4}};
    static const struct slot accounts[] = {{1279, 4}, {1280, 54}};

    set(&cell, LENGTH_OF(counts), counts);
    CU_ASSERT_EQUAL(cell_accounts(&cell), 0);
    set(&cell, LENGTH_OF(accounts), accounts);
    CU_ASSERT_EQUAL(cell_accounts(&cell), 1);
    cell.slot_count = 0;
    for (uint32_t i = 0; i < ACCOUNT_REGISTERS; i++)
        cell.slots[cell.slot_count++] = (struct slot){ACCOUNT_SLOT + i, 1};
    CU_ASSERT_EQUAL(cell_accounts(&cell), 2953); /* alpha m / 2^-1: no register empty, so not by linear counting */
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"an empty cell is three bytes", an_empty_cell_is_three_bytes},
        {"packed bytes stay as they are", packed_bytes_stay_as_they_are},
        {"a wide sum is told as at least", a_wide_sum_is_told_as_at_least},
        {"sums have one spelling", sums_have_one_spelling},
        {"the largest cell fits", the_largest_cell_fits},
        {"what is no cell is refused", what_is_no_cell_is_refused},
        {"counts add up and ranks rise", counts_add_up_and_ranks_rise},
        {"a count beyond 63 bits is refused", a_count_beyond_63_bits_is_refused},
        {"no account counts none", no_account_counts_none},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
