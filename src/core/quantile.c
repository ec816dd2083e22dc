/* Quantiles of log-linear histograms, in whole numbers alone, so that whoever has the buckets finds the same. */
#include <assert.h>
#include <stdio.h>

#include "gentally/core/cell.h"

#define BUCKET_LAST 254u                     /* what is larger than all floors ends here */
#define BUCKET_COUNT_MAX (UINT64_C(1) << 31) /* times a bucket's width this has 64 bits */

uint32_t quantile_percent(enum quantile quantile)
{
    static const uint32_t percents[QUANTILE_COUNT] = {[QUANTILE_50] = 50, [QUANTILE_90] = 90, [QUANTILE_99] = 99};

    assert(quantile < QUANTILE_COUNT);
    return percents[quantile];
}

size_t quantile_name(enum histogram histogram, enum quantile quantile, char text[QUANTILE_NAME_MAX])
{
    const char *name = histogram_name(histogram);
    int size = (int)(strlen(name) - strlen("_histogram"));

    return (size_t)snprintf(text, QUANTILE_NAME_MAX, "%.*s_p%u", size, name, quantile_percent(quantile));
}

/* The value at place `rank` (1..count) of a bucket's values. */
static int64_t value_at(uint32_t bucket, uint64_t rank, uint64_t count)
{
    int64_t floor = histogram_floor(bucket);

    if (bucket >= BUCKET_LAST)
        return floor;
    uint64_t width = (uint64_t)(histogram_floor(bucket + 1) - 1 - floor);
    for (; count > BUCKET_COUNT_MAX; count >>= 1)
        rank >>= 1;
    uint64_t before = rank == 0 ? 0 : 2 * rank - 1; /* in halves of a value's share of the bucket */
    return floor + (int64_t)((width * before + count) / (2 * count));
}

bool slots_quantile(const struct slot slots[], uint32_t count, uint32_t percent, int64_t *value)
{
    uint64_t values = 0, before = 0;

    assert(percent >= 1);
    assert(percent <= 100);
    for (uint32_t index = 0; index < count; index++)
        values += slots[index].value;
    uint64_t rank = values / 100 * percent + (values % 100 * percent + 99) / 100;
    for (uint32_t index = 0; index < count; before += slots[index++].value) {
        if (rank > before + slots[index].value)
            continue;
        *value = value_at(slots[index].id % HISTOGRAM_BUCKETS, rank - before, slots[index].value);
        return true;
    }
    return false;
}

struct quantiles cell_quantiles(const struct cell *cell, enum histogram histogram)
{
    const uint32_t first = (uint32_t)histogram * HISTOGRAM_BUCKETS;
    struct quantiles quantiles = {0};
    uint32_t begin = 0;

    while (begin < cell->slot_count && cell->slots[begin].id < first)
        begin++;
    uint32_t end = begin;
    while (end < cell->slot_count && cell->slots[end].id < first + HISTOGRAM_BUCKETS)
        end++;
    for (enum quantile quantile = 0; quantile < QUANTILE_COUNT; quantile++)
        quantiles.are_known =
            slots_quantile(&cell->slots[begin], end - begin, quantile_percent(quantile), &quantiles.values[quantile]);
    return quantiles;
}
