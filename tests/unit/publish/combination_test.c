/* Cells of many partitions, added up by key. */
#include "combination.h"

#include "cells.h"
#include "gentally/core/event.h"
#include "suite.h"

static struct cell scratch;
static uint8_t bytes[CELL_PACKED_MAX];

static struct span packed(int64_t requests, uint32_t slot, uint64_t value)
{
    cell_clear(&scratch);
    scratch.sums[M_REQUESTS] = requests;
    scratch.slots[0] = (struct slot){slot, value};
    scratch.slot_count = 1;
    return (struct span){(const char *)bytes, cell_pack(&scratch, bytes)};
}

static void equal_keys_are_added_and_rows_come_in_order(void)
{
    struct combination *combination = NULL;
    struct reason why;
    struct span key;
    const struct cell *cell = NULL;

    CU_ASSERT_EQUAL_FATAL(combination_open(&combination, &why), GO_ON);
    for (int round = 0; round < 2; round++) { /* cleared, it is as new */
        CU_ASSERT_EQUAL(combination_add(combination, span_of("b"), packed(1, 3, 1), &why), GO_ON);
        CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), packed(2, 3, 1), &why), GO_ON);
        CU_ASSERT_EQUAL(combination_add(combination, span_of("ab"), packed(8, 3, 1), &why), GO_ON);
        CU_ASSERT_EQUAL(combination_add(combination, span_of("b"), packed(4, ACCOUNT_SLOT, 9), &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(combination_finish(combination, &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(combination_count(combination), 3);
        combination_at(combination, 0, &key, &cell);
        CU_ASSERT_TRUE(span_equal(key, span_of("a")));
        combination_at(combination, 1, &key, &cell);
        CU_ASSERT_TRUE(span_equal(key, span_of("ab")));
        combination_at(combination, 2, &key, &cell);
        CU_ASSERT_EQUAL(cell->sums[M_REQUESTS], 5);
        CU_ASSERT_EQUAL(cell_slot(cell, 3), 1);
        CU_ASSERT_EQUAL(cell_slot(cell, ACCOUNT_SLOT), 9);
        combination_clear(combination);
    }
    combination_close(combination);
}

static void many_keys_are_found_again(void)
{
    struct combination *combination = NULL;
    struct reason why;
    char text[32];

    CU_ASSERT_EQUAL_FATAL(combination_open(&combination, &why), GO_ON);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 5000; i++) {
            snprintf(text, sizeof(text), "model|author/name-%d", i);
            CU_ASSERT_EQUAL_FATAL(combination_add(combination, span_of(text), packed(i, 1, 1), &why), GO_ON);
        }
    CU_ASSERT_EQUAL(combination_count(combination), 5000);
    CU_ASSERT_EQUAL_FATAL(combination_finish(combination, &why), GO_ON);
    for (uint32_t i = 0; i < 5000; i++) {
        struct span key;
        const struct cell *cell = NULL;
        combination_at(combination, i, &key, &cell);
        snprintf(text, sizeof(text), "%.*s", (int)key.size, key.bytes);
        CU_ASSERT_EQUAL(cell->sums[M_REQUESTS], 3 * strtoll(strrchr(text, '-') + 1, NULL, 10));
    }
    combination_close(combination);
}

static void what_is_no_cell_is_refused(void)
{
    struct combination *combination = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(combination_open(&combination, &why), GO_ON);
    CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), span_of("\x07nonsense"), &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DAMAGED");
    CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), packed(1, 1, INT64_MAX), &why), GO_ON);
    CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), span_of("\x07nonsense"), &why), HALT);
    CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), packed(1, 1, 1), &why), GO_ON);
    why = (struct reason){0};
    CU_ASSERT_EQUAL(combination_finish(combination, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DAMAGED"); /* no log has so many records */
    combination_clear(combination);
    CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), packed(1, 1, 1), &why), GO_ON);
    CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), packed(1, 1, 2), &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(combination_finish(combination, &why), GO_ON);
    struct span key;
    const struct cell *cell = NULL;
    combination_at(combination, 0, &key, &cell);
    CU_ASSERT_EQUAL(cell_slot(cell, 1), 3); /* nothing is left of what was refused */
    combination_close(combination);
}

/* 2.3 million events of 2^21 tokens in two partitions, or thousands of millions at the door's limits: each partition's
 * sum fits 63 bits, both together do not. */
static void no_sum_is_too_large_to_be_told(void)
{
    static const struct {
        enum measure measure;
        int64_t events, amount, told;
    } rows[] = {
        {M_TOKENS_SQUARED, 1150000, INT64_C(1) << 42, INT64_MAX},
        {M_TOKENS_PROMPT_SQUARED, 1150000, INT64_C(1) << 42, INT64_MAX},
        {M_BILLED_TOKENS, 2400000000, 2 * EVENT_TOKENS_MAX, INT64_MAX},
        {M_COST_NANO_USD, 4700000, EVENT_COST_MAX, INT64_MAX},
        {M_TOKENS_PROMPT, 1, INT64_C(1) << 62, INT64_MAX},
        {M_TOKENS_PROMPT, 1, (INT64_C(1) << 62) - 1, INT64_MAX - 1},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct combination *combination = NULL;
        struct reason why;
        struct span key;
        const struct cell *cell = NULL;
        CU_ASSERT_EQUAL_FATAL(combination_open(&combination, &why), GO_ON);
        cell_clear(&scratch);
        scratch.sums[rows[i].measure] = rows[i].events * rows[i].amount;
        struct span both = {(const char *)bytes, cell_pack(&scratch, bytes)};
        CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), both, &why), GO_ON);
        CU_ASSERT_EQUAL(combination_add(combination, span_of("a"), both, &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(combination_finish(combination, &why), GO_ON);
        combination_at(combination, 0, &key, &cell);
        CU_ASSERT_EQUAL(cell->sums[rows[i].measure], rows[i].told);
        combination_close(combination);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"equal_keys_are_added_and_rows_come_in_order", equal_keys_are_added_and_rows_come_in_order},
        {"many_keys_are_found_again", many_keys_are_found_again},
        {"no_sum_is_too_large_to_be_told", no_sum_is_too_large_to_be_told},
        {"what_is_no_cell_is_refused", what_is_no_cell_is_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
