/*
 * How far a figure of a sample can be trusted: effective sample sizes and 95 % intervals, from the sums that a summary
 * carries. Pure; doubles.
 */
#ifndef GENTALLY_STATISTICS_H
#define GENTALLY_STATISTICS_H

#include "gentally/base/base.h"

struct interval {
    double low, high;
};

/*
 * The size of a sample of equal weights that knows as much as this one: (sum t)^2 / (sum t^2), Kish 1965, "Survey
 * Sampling", section 11.7. Of tokens and tokens_squared of a row: at most its requests, 1 if one request has nearly all
 * tokens. 0 if a sum is not positive, or is not a number. A request over 2^21 tokens has a smaller square than it
 * should (see measure.h), so of such rows the result is too large; callers bound it by their requests.
 */
double effective_n(double sum, double sum_of_squares);

/*
 * The 95 % score interval of a share, Wilson 1927, "Probable inference, the law of succession, and statistical
 * inference", JASA 22: `share` in [0, 1] of `n` > 0 independent draws, which need not be a whole number: an
 * effective_n() where draws weigh differently. Within [0, 1], holds `share`, and is not empty at 0 and at 1 either. A
 * share beyond its range counts as its end; n <= 0 (nothing is known) gives [0, 1].
 */
struct interval interval_of_share(double share, double n);

/*
 * The 95 % interval of a mean, sum / n, by its standard error: variance (sum_of_squares - sum^2 / n) / (n - 1), normal
 * quantile. For n of dozens and more; for fewer it is too narrow. n = 1 says nothing of the spread: low = -infinity,
 * high = infinity, and n <= 0 as well. A variance that rounding made negative is 0.
 */
struct interval interval_of_mean(double sum, double sum_of_squares, double n);

#endif
