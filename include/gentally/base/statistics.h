/*
 * How far a figure of a sample can be trusted: effective sample sizes and 95 % intervals, made of the sums that a
 * summary carries. Pure; doubles.
 */
#ifndef GENTALLY_STATISTICS_H
#define GENTALLY_STATISTICS_H

#include "gentally/base/base.h"

struct interval {
    double low, high;
};

/*
 * Kish's effective sample size: (sum t)^2 / (sum t^2), the size of a sample of equal weights that tells as much as this
 * one of weights t (Kish 1965, "Survey Sampling", section 11.7). Made of a row's tokens and tokens_squared it is at
 * most the row's requests, and near 1 if one request has nearly all tokens. Returns 0 if a sum is not positive or NaN.
 * A request over 2^21 tokens has a smaller square than it should (see measure.h), which makes the result too large, so
 * callers bound it by the requests.
 */
double statistics_effective_n(double sum, double sum_of_squares);

/*
 * Wilson's 95 % score interval of a share (Wilson 1927, "Probable inference, the law of succession, and statistical
 * inference", JASA 22). `share` in [0, 1], of `n` > 0 independent draws; `n` need not be whole, and is a
 * statistics_effective_n() where draws weigh differently. The interval lies within [0, 1], holds `share`, and is not
 * empty at 0 and 1 either. A share out of range counts as the end it is beyond; n <= 0 (nothing is known) gives [0, 1].
 */
struct interval statistics_share_interval(double share, double n);

/*
 * The 95 % interval of a mean, sum / n, by its standard error: variance (sum_of_squares - sum^2 / n) / (n - 1), normal
 * quantile. Good for n of dozens and more; too narrow for fewer. n <= 1 says nothing of the spread: low = -infinity,
 * high = infinity. A variance that rounding made negative is 0.
 */
struct interval statistics_mean_interval(double sum, double sum_of_squares, double n);

#endif
