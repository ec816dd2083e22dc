/*
 * Shares that topics have among the tokens of some of a week's models, beside the sums of all: an author's (S24 to
 * S29), a source's (S08, S09). Between two rounds of raking they pull the cells they speak of towards themselves. Pure.
 */
#ifndef GENTALLY_WEEK_BANDS_H
#define GENTALLY_WEEK_BANDS_H

#include "author_charts.h"
#include "budget_models.h"

struct week_bands {
    uint32_t week, count;
    struct author_share shares[AUTHOR_SHARES];
};

/* A part of a matrix: models' rows of TOPIC_COUNT cells. */
struct band_rows {
    double *cells;
    const double *sums;      /* by row */
    const uint32_t *members; /* by row: a bit for each share it belongs to */
    uint32_t count;
    const double *wanted; /* by topic: the sums of the columns */
    const double *fixed;  /* by share: tokens of its topic in other rows; and, from AUTHOR_SHARES on, of all topics */
};

void week_bands_open(struct week_bands *bands, uint32_t week);

/* The shares that a model belongs to, a bit each. */
uint32_t week_bands_members(const struct week_bands *bands, const struct budget_model *model);

/* Adds a row that stays as it is to `fixed`, of 2 * AUTHOR_SHARES. */
void week_bands_fix(const struct week_bands *bands, uint32_t members, const double cells[TOPIC_COUNT], double *fixed);

/* Scales the cells of each share's topic. Sums of rows and columns change: a round of raking is to follow. */
void week_bands_pull(const struct week_bands *bands, const struct band_rows *rows);

#endif
