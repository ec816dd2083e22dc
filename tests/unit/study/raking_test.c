/* Iterative proportional fitting: sums that can be had are, zeros stay, and proportions are kept (odds ratios). */
#include "raking.h"

#include "suite.h"

static bool is_near(double got, double want, double within)
{
    return got - want < within && want - got < within;
}

static void rows_and_columns_get_their_sums(void)
{
    double cells[6] = {1, 2, 3, 4, 5, 6};
    const double rows[2] = {30, 70}, columns[3] = {20, 30, 50};
    struct raking raking = {cells, 2, 3, rows, columns};

    raking_fit(&raking, 100);
    for (uint32_t row = 0; row < 2; row++)
        CU_ASSERT(is_near(cells[3 * row] + cells[3 * row + 1] + cells[3 * row + 2], rows[row], 1e-9));
    for (uint32_t column = 0; column < 3; column++)
        CU_ASSERT(is_near(cells[column] + cells[3 + column], columns[column], 1e-6));
    /* What fitting never changes: (1 * 5) / (2 * 4). */
    CU_ASSERT(is_near(cells[0] * cells[4] / (cells[1] * cells[3]), 5.0 / 8.0, 1e-9));
}

static void zeros_stay_and_rows_hold_even_if_columns_cannot(void)
{
    double cells[4] = {0, 1, 1, 0};
    const double rows[2] = {10, 20}, columns[2] = {15, 15}; /* only 20 and 10 can be had */
    struct raking raking = {cells, 2, 2, rows, columns};

    raking_fit(&raking, 50);
    CU_ASSERT_EQUAL(cells[0], 0);
    CU_ASSERT_EQUAL(cells[3], 0);
    CU_ASSERT(is_near(cells[1], 10, 1e-9));
    CU_ASSERT(is_near(cells[2], 20, 1e-9));
}

static void an_empty_row_or_column_is_left_alone(void)
{
    double cells[4] = {0, 0, 0, 3};
    const double rows[2] = {5, 9}, columns[2] = {4, 9};
    struct raking raking = {cells, 2, 2, rows, columns};

    raking_fit(&raking, 3);
    CU_ASSERT_EQUAL(cells[0] + cells[1] + cells[2], 0);
    CU_ASSERT_EQUAL(cells[3], 9);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"rows_and_columns_get_their_sums", rows_and_columns_get_their_sums},
        {"zeros_stay_and_rows_hold_even_if_columns_cannot", zeros_stay_and_rows_hold_even_if_columns_cannot},
        {"an_empty_row_or_column_is_left_alone", an_empty_row_or_column_is_left_alone},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
