/*
 * Kish's effective sample size and Wilson's interval.
 *
 * Why Wilson's and not share +- 1.96 standard errors: shares of small categories are near 0, where that one reaches
 * below 0 and is empty at 0 itself; Wilson's solves for the shares that the sample does not contradict.
 */
#include "gentally/base/statistics.h"

#include <math.h>

#define Z 1.959963984540054 /* the normal distribution's 97.5 % quantile */

double effective_n(double sum, double sum_of_squares)
{
    if (!(sum > 0) || !(sum_of_squares > 0))
        return 0;
    return sum / sum_of_squares * sum;
}

struct interval interval_of_share(double share, double n)
{
    const double square = Z * Z;

    if (!(n > 0))
        return (struct interval){0, 1};
    share = share > 0 ? share : 0;
    share = share < 1 ? share : 1;
    double middle = share + square / (2 * n), scale = 1 + square / n;
    double reach = Z * sqrt(share * (1 - share) / n + square / (4 * n * n));
    double low = (middle - reach) / scale, high = (middle + reach) / scale;
    /* At the ends both are exact on paper, and not quite in doubles. */
    return (struct interval){share <= 0 || low < 0 ? 0 : low, share >= 1 || high > 1 ? 1 : high};
}

struct interval interval_of_mean(double sum, double sum_of_squares, double n)
{
    if (!(n > 1))
        return (struct interval){-(double)INFINITY, (double)INFINITY};
    double mean = sum / n, variance = (sum_of_squares - sum * mean) / (n - 1);
    double reach = variance > 0 ? Z * sqrt(variance / n) : 0;
    return (struct interval){mean - reach, mean + reach};
}
