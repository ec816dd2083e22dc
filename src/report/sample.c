/* Effective sample sizes: never more than the requests they are of, which are those whose tokens are known. */
#include "sample.h"

#include <math.h>

#include "gentally/base/statistics.h"
#include "quantity.h"

void sample_columns(struct figure *figure)
{
    figure_column(figure, "n_effective", "Effective sample size", TYPE_REAL);
    figure_column(figure, "low", "Low (95 %)", TYPE_SHARE);
    figure_column(figure, "high", "High (95 %)", TYPE_SHARE);
    figure->chart.low = "low";
    figure->chart.high = "high";
}

/* NaN where nothing is known, as of sums that are told as "at least". The bound by requests is for requests too long to
 * be squared whole: their squares come out too small, and the sample too large. */
static double size_of(const struct figure *figure, const int64_t sums[MEASURE_COUNT])
{
    double times = (double)figure->times; /* what was counted is the sample, however large it is told */

    bool is_known = row_tokens(sums) < SUM_TOLD_MAX && sums[M_TOKENS_SQUARED] < SUM_TOLD_MAX;
    double size =
        !is_known ? 0 : statistics_effective_n((double)row_tokens(sums) / times, (double)sums[M_TOKENS_SQUARED]);

    return size > 0 ? fmin(size, (double)quantity_requests(sums) / times) : (double)NAN;
}

void sample_size(struct figure *figure, const int64_t sums[MEASURE_COUNT])
{
    figure_estimate(figure, size_of(figure, sums));
}

void sample_interval(struct figure *figure, double share, const int64_t whole[MEASURE_COUNT])
{
    double size = size_of(figure, whole);
    struct interval interval = {(double)NAN, (double)NAN};

    if (size > 0)
        interval = statistics_share_interval(share, size);
    figure_estimate(figure, size);
    figure_estimate(figure, interval.low);
    figure_estimate(figure, interval.high);
}
