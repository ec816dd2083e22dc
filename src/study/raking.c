/* Iterative proportional fitting: columns and rows are scaled to their sums by turns; rows come last and are exact. */
#include "raking.h"

#include <assert.h>

static void scale_column(const struct raking *raking, uint32_t column)
{
    double sum = 0;

    for (uint32_t row = 0; row < raking->rows; row++)
        sum += raking->cells[row * raking->columns + column];
    if (sum <= 0)
        return;
    for (uint32_t row = 0; row < raking->rows; row++)
        raking->cells[row * raking->columns + column] *= raking->column_sums[column] / sum;
}

static void scale_row(const struct raking *raking, uint32_t row)
{
    double *cells = raking->cells + (size_t)row * raking->columns;
    double sum = 0;

    for (uint32_t column = 0; column < raking->columns; column++)
        sum += cells[column];
    if (sum <= 0)
        return;
    for (uint32_t column = 0; column < raking->columns; column++)
        cells[column] *= raking->row_sums[row] / sum;
}

void raking_fit(const struct raking *raking, uint32_t rounds)
{
    assert(raking->columns >= 1);
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t column = 0; column < raking->columns; column++)
            scale_column(raking, column);
        for (uint32_t row = 0; row < raking->rows; row++)
            scale_row(raking, row);
    }
}
