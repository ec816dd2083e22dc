/*
 * Intervals against values of another origin: Wilson's as the roots of (p - x)^2 = z^2 x (1 - x) / n, means from the
 * values themselves, both in decimals of 50 digits (Python's decimal), z = 1.9599639845400542355.
 */
#include "gentally/base/statistics.h"

#include <math.h>

#include "suite.h"

static bool is_near(double have, double want)
{
    bool is = fabs(have - want) <= 1e-12 * (1 + fabs(want));

    if (!is)
        printf("%.17g, not %.17g\n", have, want);
    return is;
}

static void shares_have_wilsons_interval(void)
{
    static const struct {
        double share, n, low, high;
    } rows[] = {
        {0, 10, 0, 0.27753279986288926},
        {1, 10, 0.7224672001371107, 1},
        {0.1, 10, 0.01787621, 0.40415003}, /* as textbooks have it; the others to the last digit */
        {0.5, 1, 0.05462075552885196, 0.9453792444711481},
        {0.5, 100, 0.4038315303659956, 0.5961684696340044},
        {0.01, 1000, 0.005440754445529248, 0.018309468870314774},
        {0.25, 12.5, 0.09075438114722875, 0.5267828247670151},
        {0.999, 50, 0.9268077839223146, 0.9999873121425934},
        {0.3, 1000000, 0.29910260135349614, 0.30089893522412947},
        {0.2, 0.5, 0.004975299176709044, 0.9259235041080276},
        {0.4, 0, 0, 1},
        {0.4, -3, 0, 1},
        {0.4, (double)NAN, 0, 1},
        {-0.1, 10, 0, 0.27753279986288926},
        {1.5, 10, 0.7224672001371107, 1},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct interval have = statistics_share_interval(rows[i].share, rows[i].n);
        double slack = rows[i].share == 0.1 ? 1e-8 : 0;
        CU_ASSERT(slack > 0 ? fabs(have.low - rows[i].low) < slack : is_near(have.low, rows[i].low));
        CU_ASSERT(slack > 0 ? fabs(have.high - rows[i].high) < slack : is_near(have.high, rows[i].high));
    }
}

/* Whatever the numbers, a share lies in its interval, the interval in [0, 1], and more draws never widen it. */
static void shares_lie_in_their_intervals(void)
{
    uint64_t state = suite_seed();

    for (int i = 0; i < 20000; i++) {
        double share = (double)suite_below(&state, 1001) / 1000, n = ldexp(1, (int)suite_below(&state, 60)) / 16;
        struct interval less = statistics_share_interval(share, n), more = statistics_share_interval(share, n * 2);
        CU_ASSERT(less.low >= 0 && less.low <= share && share <= less.high && less.high <= 1);
        CU_ASSERT(more.high - more.low <= less.high - less.low);
    }
}

static void means_have_the_interval_of_their_spread(void)
{
    static const struct {
        double sum, squares, n, low, high;
    } rows[] = {
        {55, 385, 10, 3.623477350975228, 7.376522649024772},        /* 1 ... 10 */
        {2000, 200000, 20, 100, 100},                               /* all the same */
        {1000, 1000000, 4, -239.99099613501355, 739.9909961350136}, /* one of four */
        {8, 34, 2, 2.040036015459946, 5.959963984540054},
        {3, 8.99999, 10, 0.3 - 0.58798850, 0.3 + 0.58798850}, /* nearly one of ten */
        {30, 89.9999999, 10, 3, 3},                           /* a variance just below 0 */
        {7, 49, 1, -(double)INFINITY, (double)INFINITY},
        {0, 0, 0, -(double)INFINITY, (double)INFINITY},
        {0, 0, (double)NAN, -(double)INFINITY, (double)INFINITY},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct interval have = statistics_mean_interval(rows[i].sum, rows[i].squares, rows[i].n);
        bool is_rough = rows[i].squares == 8.99999;
        if (isinf(rows[i].low)) {
            CU_ASSERT(have.low == rows[i].low && have.high == rows[i].high);
            continue;
        }
        CU_ASSERT(is_rough ? fabs(have.low - rows[i].low) < 1e-6 : is_near(have.low, rows[i].low));
        CU_ASSERT(is_rough ? fabs(have.high - rows[i].high) < 1e-6 : is_near(have.high, rows[i].high));
    }
}

static void equal_weights_count_each_and_one_heavy_one_alone(void)
{
    CU_ASSERT(is_near(statistics_effective_n(7, 7), 7));
    CU_ASSERT(is_near(statistics_effective_n(7000, 7000000), 7));
    CU_ASSERT(is_near(statistics_effective_n(4, 6), 2.6666666666666665));          /* 1 1 2 */
    CU_ASSERT(is_near(statistics_effective_n(1003, 1000003), 1.0060059819820542)); /* 1000 1 1 1 */
    CU_ASSERT(is_near(statistics_effective_n(5, 25), 1));
    CU_ASSERT(is_near(statistics_effective_n(1e200, 1e300), 1e100)); /* whose square is no double */
    CU_ASSERT_EQUAL(statistics_effective_n(0, 0), 0);
    CU_ASSERT_EQUAL(statistics_effective_n(5, 0), 0);
    CU_ASSERT_EQUAL(statistics_effective_n(-5, 25), 0);
    CU_ASSERT_EQUAL(statistics_effective_n((double)NAN, 25), 0);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"shares have Wilson's interval", shares_have_wilsons_interval},
        {"shares lie in their intervals", shares_lie_in_their_intervals},
        {"means have the interval of their spread", means_have_the_interval_of_their_spread},
        {"equal weights count each, and one heavy one alone", equal_weights_count_each_and_one_heavy_one_alone},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
