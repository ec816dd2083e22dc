/* A walk along the bounds: what is measured happens a few times a second. */
#include "gentally/base/durations.h"

const int64_t duration_bounds_us[DURATION_BOUNDS] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 15000000, 60000000};

void durations_note(struct durations *durations, int64_t us)
{
    size_t at = 0;

    us = us < 0 ? 0 : us;
    while (at < DURATION_BOUNDS && us > duration_bounds_us[at])
        at++;
    durations->counts[at]++;
    durations->sum_us += us;
}

void durations_add(struct durations *durations, const struct durations *other)
{
    for (size_t at = 0; at <= DURATION_BOUNDS; at++)
        durations->counts[at] += other->counts[at];
    durations->sum_us += other->sum_us;
}
