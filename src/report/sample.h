/*
 * Kish's effective sample size and the 95 % interval of a share, as columns and cells of a figure. A share of tokens is
 * a mean over requests, weighted by their tokens: see statistics.h.
 */
#ifndef GENTALLY_SAMPLE_H
#define GENTALLY_SAMPLE_H

#include "figure.h"

/* Adds the three columns of an interval: effective size, low, high; the chart draws low and high. */
void sample_columns(struct figure *figure);

/* Three cells: of a share of the tokens in `whole`. Empty where nothing is known. */
void sample_interval(struct figure *figure, double share, const int64_t whole[MEASURE_COUNT]);

/* One cell: the effective sample size of the sums, at most their requests. Empty where nothing is known. */
void sample_size(struct figure *figure, const int64_t sums[MEASURE_COUNT]);

#endif
