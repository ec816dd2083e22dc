/*
 * Iterative proportional fitting, or raking: a matrix is scaled row by row and column by column until its sums are
 * those wanted, and stays as near as can be to the proportions it began with (Deming and Stephan, 1940). Pure.
 */
#ifndef GENTALLY_RAKING_H
#define GENTALLY_RAKING_H

#include "gentally/base/base.h"

struct raking {
    double *cells; /* rows * columns, row by row, none negative */
    uint32_t rows, columns;
    const double *row_sums, *column_sums; /* wanted; their totals should agree */
};

/* Scales the cells, `rounds` times columns and then rows. Row sums then hold exactly, column sums as far as the zeros
 * of the matrix let them. A row or column of zeros stays. */
void raking_fit(const struct raking *raking, uint32_t rounds);

#endif
