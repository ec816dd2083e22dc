/* Quantiles of histograms: by hand, against sorted values, and in the bounds that the buckets set. */
#include "cells.h"
#include "suite.h"

#define VALUES_MAX 400

static void by_hand(void)
{
    /* The bucket of 2560 ends before 2816; that of 16 is {16, 17}; 254 is the last, and open. */
    static const struct {
        uint32_t count;
        struct slot slots[3];
        uint32_t percent;
        int64_t want;
    } rows[] = {
        {1, {{5, 1}}, 50, 5},
        {2, {{0, 1}, {16, 2}}, 50, 16},  /* rank 2 of 3: the first of two in {16, 17} */
        {2, {{0, 1}, {16, 2}}, 99, 17},  /* rank 3 */
        {1, {{74, 1}}, 50, 2688},        /* alone: the middle of 2560..2815, 127.5 rounded upward */
        {1, {{74, 4}}, 1, 2592},         /* a + 255 * 1 / 8 = 31.9 */
        {1, {{74, 4}}, 100, 2783},       /* a + 255 * 7 / 8 = 223.1 */
        {2, {{0, 50}, {15, 50}}, 50, 0}, /* rank 50 of 100 is the last 0 */
        {2, {{0, 50}, {15, 50}}, 51, 15},
        {1, {{254, 9}}, 50, INT64_C(14) << 30},
        {1, {{74, INT64_MAX}}, 50, 2688}, /* counts of 63 bits */
        {2, {{0, INT64_MAX}, {1, INT64_MAX}}, 50, 0},
        {3, {{0, 1}, {1, 1}, {2, 98}}, 1, 0},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        int64_t value = -1;
        CU_ASSERT_TRUE(slots_quantile(rows[i].slots, rows[i].count, rows[i].percent, &value));
        if (value != rows[i].want)
            printf("row %zu: %" PRId64 "\n", i, value);
        CU_ASSERT_EQUAL(value, rows[i].want);
    }
    int64_t kept = 7;
    CU_ASSERT_FALSE(slots_quantile(NULL, 0, 50, &kept));
    CU_ASSERT_EQUAL(kept, 7);
}

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* The quantile lies in the bucket of the value that has its rank; below 16 it is that value. */
static void against_sorted_values(void)
{
    uint64_t state = suite_seed();
    static struct cell cell;

    for (int round = 0; round < 2000; round++) {
        int64_t values[VALUES_MAX];
        uint64_t counts[HISTOGRAM_BUCKETS] = {0};
        uint32_t count = 1 + (uint32_t)suite_below(&state, VALUES_MAX), first = H_TOKENS_PROMPT * HISTOGRAM_BUCKETS;
        uint64_t bits = suite_below(&state, 34);
        for (uint32_t i = 0; i < count; i++) {
            values[i] = (int64_t)(suite_random(&state) & ((UINT64_C(1) << bits) - 1));
            counts[histogram_bucket(values[i])]++;
        }
        qsort(values, count, sizeof(values[0]), by_value);
        cell_clear(&cell);
        cell.slots[cell.slot_count++] = (struct slot){3, 1000}; /* of other histograms */
        for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
            if (counts[bucket] > 0)
                cell.slots[cell.slot_count++] = (struct slot){first + bucket, counts[bucket]};
        cell.slots[cell.slot_count++] = (struct slot){H_TOKENS_TOTAL * HISTOGRAM_BUCKETS, 1000};
        struct quantiles quantiles = cell_quantiles(&cell, H_TOKENS_PROMPT);
        CU_ASSERT_TRUE(quantiles.are_known);
        for (enum quantile quantile = 0; quantile < QUANTILE_COUNT; quantile++) {
            int64_t got = quantiles.values[quantile];
            int64_t want = values[(count * quantile_percent(quantile) + 99) / 100 - 1];
            CU_ASSERT_EQUAL(histogram_bucket(got), histogram_bucket(want));
            if (want < 16)
                CU_ASSERT_EQUAL(got, want);
        }
    }
}

static void what_has_no_values_has_no_quantiles(void)
{
    static struct cell cell;

    cell_clear(&cell);
    cell.slots[cell.slot_count++] = (struct slot){ACCOUNT_SLOT + 5, 3};
    for (enum histogram histogram = 0; histogram < HISTOGRAM_COUNT; histogram++) {
        struct quantiles quantiles = cell_quantiles(&cell, histogram);
        CU_ASSERT_FALSE(quantiles.are_known);
        CU_ASSERT_EQUAL(quantiles.values[QUANTILE_99], 0);
    }
}

static void names(void)
{
    char name[QUANTILE_NAME_MAX];

    CU_ASSERT_EQUAL(quantile_name(H_LATENCY_MS, QUANTILE_50, name), strlen("latency_ms_p50"));
    CU_ASSERT_STRING_EQUAL(name, "latency_ms_p50");
    quantile_name(H_TOKENS_PER_SECOND, QUANTILE_99, name);
    CU_ASSERT_STRING_EQUAL(name, "tokens_per_second_p99");
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"by hand", by_hand},
        {"against sorted values", against_sorted_values},
        {"what has no values has no quantiles", what_has_no_values_has_no_quantiles},
        {"names", names},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
