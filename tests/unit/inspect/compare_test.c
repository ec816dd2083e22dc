/* Two readings of a window against each other: what is found, and under which name. */
#include "gentally/inspect/compare.h"

#include <stdio.h>

#include "cells.h"
#include "suite.h"

struct told {
    uint32_t count;
    char key[64];
    const char *field;
    int64_t left, right;
};

static void note(void *context, const struct difference *difference)
{
    struct told *told = context;

    if (told->count++ > 0)
        return;
    snprintf(told->key, sizeof(told->key), "%.*s", (int)difference->key.size, difference->key.bytes);
    told->field = difference->field;
    told->left = difference->left;
    told->right = difference->right;
}

/* One row: its key, a sum, and a slot. */
struct row {
    const char *key;
    enum measure measure;
    int64_t sum;
    uint32_t slot, value;
};

static void put(struct cells *cells, const struct row *row)
{
    static struct cell cell;
    static uint8_t packed[CELL_PACKED_MAX];
    struct reason why;

    cell_clear(&cell);
    cell.sums[M_REQUESTS] = 1;
    cell.sums[row->measure] = row->sum;
    cell.slot_count = 1;
    cell.slots[0] = (struct slot){row->slot, row->value};
    struct span bytes = {(const char *)packed, cell_pack(&cell, packed)};
    CU_ASSERT_EQUAL(cells_put(cells, span_of(row->key), bytes, &why), GO_ON);
}

#define ROWS_MAX 3

static const struct {
    struct row left[ROWS_MAX], right[ROWS_MAX];
    uint32_t cells, differing;
    const char *key, *field;
    int64_t left_value, right_value;
    uint32_t foreign;
} rows[] = {
    {{{"total", M_FAILED, 1, 3, 1}}, {{"total", M_FAILED, 1, 3, 1}}, 1, 0, NULL, NULL, 0, 0, 0},
    {{{"total", M_FAILED, 1, 3, 1}, {"model|a", M_FAILED, 0, 3, 1}},
     {{"model|a", M_FAILED, 0, 3, 1}, {"total", M_FAILED, 1, 3, 1}},
     2,
     0,
     NULL,
     NULL,
     0,
     0,
     0},
    {{{"total", M_FAILED, 1, 3, 1}}, {{"total", M_FAILED, 0, 3, 1}}, 1, 1, "total", "failed", 1, 0, 0},
    {{{"total", M_TOKENS_PROMPT, 7, 3, 1}},
     {{"total", M_TOKENS_PROMPT, 7, 3, 2}},
     1,
     1,
     "total",
     "latency_ms_histogram",
     1,
     2,
     0},
    {{{"total", M_FAILED, 1, 3, 1}},
     {{"total", M_FAILED, 1, HISTOGRAM_BUCKETS *H_TOKENS_TOTAL, 1}},
     1,
     1,
     "total",
     "latency_ms_histogram",
     1,
     0,
     0},
    {{{"total", M_FAILED, 1, ACCOUNT_SLOT + 9, 4}},
     {{"total", M_FAILED, 1, ACCOUNT_SLOT + 9, 5}},
     1,
     1,
     "total",
     "account registers",
     4,
     5,
     0},
    {{{"total", M_FAILED, 1, 3, 1}, {"model|a", M_FAILED, 0, 3, 1}},
     {{"total", M_FAILED, 1, 3, 1}},
     2,
     1,
     "model|a",
     "row",
     1,
     0,
     0},
    {{{0}}, {{"model|a", M_FAILED, 0, 3, 1}, {"model|b", M_FAILED, 0, 3, 1}}, 2, 2, "model|a", "row", 0, 1, 0},
    {{{"total", M_FAILED, 1, 3, 1}, {"old|a", M_FAILED, 0, 3, 1}},
     {{"total", M_FAILED, 1, 3, 1}},
     1,
     0,
     NULL,
     NULL,
     0,
     0,
     1},
};

/* Both are told alike; the store's bytes know better. */
static void test_beyond_what_is_told(void)
{
    static const char *const packed[] = {"\3\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\2",
                                         "\3\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\4"};
    struct rollups rollups;
    struct comparison comparison = {0};
    struct cells *cells[2] = {NULL};
    struct told told = {0};
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(cells_open(&cells[i], &why), GO_ON);
        struct span bytes = {packed[i], strlen(packed[i]) + 1}; /* no slots: the ending 0 */
        CU_ASSERT_EQUAL(cells_put(cells[i], span_of("total"), bytes, &why), GO_ON);
    }
    CU_ASSERT_EQUAL(cells_compare(cells[0], cells[1], &rollups, note, &told, &comparison, &why), GO_ON);
    CU_ASSERT_EQUAL(comparison.differing, 1);
    CU_ASSERT_EQUAL_FATAL(told.count, 1);
    CU_ASSERT_STRING_EQUAL(told.field, "sums beyond 2^63 - 1");
    cells_close(cells[0]);
    cells_close(cells[1]);
}

static void test_differences(void)
{
    static struct rollups rollups;
    struct cells *left = NULL, *right = NULL;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=,model=model", &rollups, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(cells_open(&left, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(cells_open(&right, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct comparison comparison = {0};
        struct told told = {0};
        cells_clear(left);
        cells_clear(right);
        for (size_t at = 0; at < ROWS_MAX; at++) {
            if (rows[i].left[at].key != NULL)
                put(left, &rows[i].left[at]);
            if (rows[i].right[at].key != NULL)
                put(right, &rows[i].right[at]);
        }
        CU_ASSERT_EQUAL(cells_compare(left, right, &rollups, note, &told, &comparison, &why), GO_ON);
        CU_ASSERT_EQUAL(comparison.cells, rows[i].cells);
        CU_ASSERT_EQUAL(comparison.differing, rows[i].differing);
        CU_ASSERT_EQUAL(comparison.foreign, rows[i].foreign);
        CU_ASSERT_EQUAL(told.count, rows[i].differing);
        if (rows[i].key == NULL || told.count == 0)
            continue;
        CU_ASSERT_STRING_EQUAL(told.key, rows[i].key);
        CU_ASSERT_STRING_EQUAL(told.field, rows[i].field);
        CU_ASSERT_EQUAL(told.left, rows[i].left_value);
        CU_ASSERT_EQUAL(told.right, rows[i].right_value);
    }
    cells_close(left);
    cells_close(right);
}

static void test_bytes_that_are_no_cell(void)
{
    static struct rollups rollups;
    struct cells *left = NULL, *right = NULL;
    struct comparison comparison = {0};
    struct told told = {0};
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(rollups_parse("total=", &rollups, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(cells_open(&left, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(cells_open(&right, &why), GO_ON);
    put(left, &(struct row){"total", M_FAILED, 1, 3, 1});
    CU_ASSERT_EQUAL(cells_put(right, span_of("total"), span_of("?"), &why), GO_ON);
    CU_ASSERT_EQUAL(cells_compare(left, right, &rollups, note, &told, &comparison, &why), GO_ON);
    CU_ASSERT_EQUAL(comparison.differing, 1);
    CU_ASSERT_STRING_EQUAL(told.field, "cell");
    CU_ASSERT(told.left == 1 && told.right == 0);
    cells_close(left);
    cells_close(right);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"differences", test_differences},
        {"beyond what is told", test_beyond_what_is_told},
        {"bytes that are no cell", test_bytes_that_are_no_cell},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
