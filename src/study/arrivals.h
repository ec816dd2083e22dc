/*
 * The times of a workload's events: spread over the hours as the study's weeks grow and as people work, and handed out
 * in order of time, or a bounded way out of order. Pure; integers only.
 */
#ifndef GENTALLY_ARRIVALS_H
#define GENTALLY_ARRIVALS_H

#include "gentally/base/verdict.h"

#define ARRIVALS_MS_MAX (INT64_C(3660) * 86400000) /* ten years: hours are weighed in 64 bits */

struct arrivals_options {
    uint64_t seed;
    int64_t events;
    int64_t from_ms, to_ms; /* half-open, at most ARRIVALS_MS_MAX apart */
    int64_t disorder_ms;    /* an event comes at most so long after a newer one; 0 = in order */
};

struct arrivals;

/* Takes memory for as many events as can be under way at once, to be closed once. HALT: NO-MEMORY. */
MUST_CHECK enum verdict arrivals_open(struct arrivals **arrivals, const struct arrivals_options *options,
                                      struct reason *why);
void arrivals_close(struct arrivals *arrivals);

/* Gives the next event's number (0.., by time) and its time, within [from_ms, to_ms). False at the end, after exactly
 * `events` events. */
bool arrivals_next(struct arrivals *arrivals, uint64_t *number, int64_t *event_ms);

#endif
