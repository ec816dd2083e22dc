/*
 * Random streams. Everything is integer arithmetic, so that a workload's bytes are the same under every compiler and C
 * library: only the exponential curve needed floating point, and the curve is a table.
 */
#include "random.h"

#include <assert.h>

/*
 * Quantiles 0, 1/64, ..., 1 of exp(1.1 * normal), scaled so that straight lines between them have the mean 4096. The
 * two ends stand at the quantiles 0.003 and 0.9985.
 */
static const uint16_t spread_quantiles[65] = {
    107,  206,  284,  349,  408,  464,  517,  570,  622,   674,   726,   778,   831,   884,  939,  994,  1050,
    1107, 1166, 1226, 1288, 1351, 1416, 1484, 1553, 1624,  1698,  1775,  1854,  1937,  2023, 2112, 2205, 2302,
    2403, 2510, 2621, 2739, 2862, 2992, 3130, 3277, 3432,  3598,  3775,  3965,  4169,  4390, 4630, 4892, 5179,
    5497, 5850, 6247, 6697, 7213, 7815, 8529, 9398, 10488, 11919, 13932, 17110, 23568, 57694};

static uint64_t mixed(uint64_t bits)
{
    struct random_stream stream = {bits};

    return random_bits(&stream);
}

struct random_stream random_stream(uint64_t seed, uint64_t number)
{
    /* Both are mixed, or neighbouring seeds would share their streams shifted by one. */
    return (struct random_stream){mixed(mixed(seed) ^ (number * UINT64_C(0xd1342543de82ef95) + 1))};
}

int64_t random_spread(struct random_stream *stream, int64_t mean)
{
    uint64_t bits = random_bits(stream);
    uint32_t step = (uint32_t)(bits >> 58);
    int64_t part = (int64_t)(bits >> 42 & 0xffff); /* of 2^16: where between two quantiles */
    int64_t low = spread_quantiles[step], high = spread_quantiles[step + 1];

    assert(mean >= 0);
    assert(mean < INT64_C(1) << 40);
    return mean * (low + (((high - low) * part) >> 16)) >> 12;
}
