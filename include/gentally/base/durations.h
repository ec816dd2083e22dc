/* Durations of one kind of work, counted by length, as a histogram has them: how many took no longer than each bound.
 * All zero before the first. One owner, no locks. */
#ifndef GENTALLY_DURATIONS_H
#define GENTALLY_DURATIONS_H

#include "gentally/base/base.h"

#define DURATION_BOUNDS 15

struct durations {
    uint64_t counts[DURATION_BOUNDS + 1]; /* by the first bound that is not exceeded; the last: none is */
    int64_t sum_us;
};

/* The bounds in microseconds, ascending: 500 us to a minute. */
extern const int64_t duration_bounds_us[DURATION_BOUNDS];

/* Counts one that took `us`; a negative one, of a clock that went back, counts as 0. */
void durations_note(struct durations *durations, int64_t us);

/* Adds what `other` counted. */
void durations_add(struct durations *durations, const struct durations *other);

#endif
