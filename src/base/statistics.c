/*
 * Kish's effective sample size, and intervals.
 *
 * Why Wilson's interval and not share +- 1.96 standard errors: small categories have shares near 0, where the latter
 * reaches below 0 and is empty at 0 itself. Wilson's solves for the shares that the sample does not contradict.
 */
#include "gentally/base/statistics.h"

#include <math.h>

#define Z 1.959963984540054 /* the normal distribution's 97.5 % quantile */

double statistics_effective_n(double sum, double sum_of_squares)
{
    if (!(sum > 0) || !(sum_of_squares > 0))
        return 0;
    return sum / sum_of_squares * sum;
}

struct interval statistics_share_interval(double share, double n)
{
    const double square = Z * Z;

    if (!(n > 0))
        return (struct interval){0, 1};
    share = share > 0 ? share : 0;
    share = share < 1 ? share : 1;
    double middle = share + square / (2 * n), scale = 1 + square / n;
    double margin = Z * sqrt(share * (1 - share) / n + square / (4 * n * n));
    double low = (middle - margin) / scale, high = (middle + margin) / scale;
    /* At the ends both are exact on paper, and not quite in doubles. */
    return (struct interval){share <= 0 || low < 0 ? 0 : low, share >= 1 || high > 1 ? 1 : high};
}

struct interval statistics_mean_interval(double sum, double sum_of_squares, double n)
{
    if (!(n > 1))
        return (struct interval){-(double)INFINITY, (double)INFINITY};
    double mean = sum / n, variance = (sum_of_squares - sum * mean) / (n - 1);
    double margin = variance > 0 ? Z * sqrt(variance / n) : 0;
    return (struct interval){mean - margin, mean + margin};
}
