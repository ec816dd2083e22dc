/*
 * Which models carried the study's weeks and how much each weighed when: first guesses, from the study's charts and
 * outside rankings, that budget.c then fits to the study's sums. Static memory.
 */
#ifndef GENTALLY_MODEL_CURVES_H
#define GENTALLY_MODEL_CURVES_H

#include "series.h"

struct model_curve {
    const char *slug;
    bool is_free; /* given away while it is on offer */
    struct {
        uint8_t week;
        double weight; /* per mille of all tokens; straight lines between */
    } knots[8];        /* by week; unused ones are 0 */
};
const struct model_curve *model_curves_find(struct span slug); /* NULL: one of the tail */
double model_curve_weight(const struct model_curve *entry, uint32_t week);

/* S04: the column of series_top_open() a model belongs to (-1: none), and its part of it in a week. */
int model_curves_top_column(struct span slug, uint32_t week, double *part);

/* S38: real tokens in all, in 10^6, and effective price, USD per million tokens. */
struct model_example {
    const char *slug;
    double tokens_m, price_usd;
};
const struct model_example *model_curves_example(struct span slug); /* NULL: not one of the eight */

/* S03: real tokens in all of an open author's models, in 10^9; 0: not listed. */
double model_curves_author_b(uint32_t index, struct span *author);

#endif
