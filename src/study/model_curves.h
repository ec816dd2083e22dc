/*
 * The curves of the models that carried the study's weeks: how much each weighed when. First guesses, from the study's
 * charts and outside rankings, which budget_fit.c fits to the study's sums. Static memory; nothing can fail.
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

/* The curve of a model; NULL if it has none: one of the tail. */
const struct model_curve *model_curves_find(struct span slug);

/* The height of a curve in a week, per mille of all tokens. */
double model_curve_weight(const struct model_curve *curve, uint32_t week);

/* The column of series_top_open() (S04) that a model belongs to; -1 if none. */
int model_curves_top_column(struct span slug);

/* A row of S38. */
struct model_example {
    const char *slug;
    double tokens_m;  /* real tokens over all weeks, in 10^6 */
    double price_usd; /* effective price, USD per 10^6 tokens */
};

/* The row of S38 of a model; NULL if it is not one of the eight. */
const struct model_example *model_curves_example(struct span slug);

/* S03: real tokens of an open author's models over all weeks, in 10^9; 0 beyond the last author. */
double model_curves_author_b(uint32_t index, struct span *author);

#endif
