/*
 * Seeded draws. Everything is integer arithmetic, so that a workload's bytes are the same under every compiler and
 * C library: only the exponential curve needed floating point, and it is a table.
 */
#include "random.h"

#include <assert.h>
#include <stdlib.h>

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
    struct draw draw = {bits};

    return draw_bits(&draw);
}

struct draw draw_stream(uint64_t seed, uint64_t number)
{
    /* Both are mixed, or neighbouring seeds would share their streams shifted by one. */
    return (struct draw){mixed(mixed(seed) ^ (number * UINT64_C(0xd1342543de82ef95) + 1))};
}

int64_t draw_spread(struct draw *draw, int64_t mean)
{
    uint64_t bits = draw_bits(draw);
    uint32_t step = (uint32_t)(bits >> 58);
    int64_t part = (int64_t)(bits >> 42 & 0xffff); /* of 2^16: where between two quantiles */
    int64_t low = spread_quantiles[step], high = spread_quantiles[step + 1];

    assert(mean >= 0);
    assert(mean < INT64_C(1) << 40);
    return mean * (low + (((high - low) * part) >> 16)) >> 12;
}

enum verdict lottery_open(struct lottery *lottery, uint32_t room, struct reason *why)
{
    assert(room >= 1);
    *lottery = (struct lottery){.room = room};
    lottery->edges = calloc(room, sizeof *lottery->edges);
    lottery->others = calloc(room, sizeof *lottery->others);
    lottery->queue = calloc(room, sizeof *lottery->queue);
    if (lottery->edges == NULL || lottery->others == NULL || lottery->queue == NULL) {
        lottery_close(lottery);
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for %u weights", room);
    }
    return GO_ON;
}

void lottery_close(struct lottery *lottery)
{
    free(lottery->edges);
    free(lottery->others);
    free(lottery->queue);
    *lottery = (struct lottery){0};
}

void lottery_fill(struct lottery *lottery, const uint32_t weights[], uint32_t count)
{
    uint64_t total = 0;
    uint32_t poor = 0, rich = count; /* The queue holds the poor from its front, the rich from its back. */

    assert(count >= 1);
    assert(count <= lottery->room);
    for (uint32_t index = 0; index < count; index++)
        total += weights[index];
    assert(total >= 1);
    assert(total <= UINT32_MAX);
    lottery->count = count;
    lottery->total = (uint32_t)total;
    for (uint32_t index = 0; index < count; index++) {
        lottery->edges[index] = (uint64_t)weights[index] * count;
        lottery->others[index] = index;
        if (lottery->edges[index] < total)
            lottery->queue[poor++] = index;
        else
            lottery->queue[--rich] = index;
    }
    while (poor > 0 && rich < count) {
        uint32_t needy = lottery->queue[--poor], giver = lottery->queue[rich];
        lottery->others[needy] = giver;
        lottery->edges[giver] -= total - lottery->edges[needy];
        if (lottery->edges[giver] < total) {
            rich++;
            lottery->queue[poor++] = giver;
        }
    }
    /* Integers leave no remainder: whoever is still queued fills a column alone. */
}
