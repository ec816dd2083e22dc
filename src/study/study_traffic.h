/*
 * The traffic of the study's 57 weeks, 2024-10-28 to 2025-11-30, replicated at any scale: budget, demand and geography
 * turned into single events in the order of their time. Pure: no clock, no I/O; equal options give equal events
 * anywhere, and a part of the range has the very events the whole has there.
 */
#ifndef GENTALLY_STUDY_TRAFFIC_H
#define GENTALLY_STUDY_TRAFFIC_H

#include "gentally/core/catalog.h"
#include "gentally/core/event.h"

#define STUDY_TRAFFIC_FROM_MS INT64_C(1730073600000)  /* 2024-10-28 */
#define STUDY_TRAFFIC_UNTIL_MS INT64_C(1764547200000) /* 2025-12-01 */
#define STUDY_TRAFFIC_SCALE_MIN INT64_C(1000) /* a millionth: below it a week is too few requests for its charts */
#define STUDY_TRAFFIC_SCALE_MAX INT64_C(1000000000) /* all of it */

struct study_traffic_options {
    uint64_t seed;
    int64_t scale;          /* of real volume, in 10^-9: STUDY_TRAFFIC_SCALE_MIN..MAX */
    int64_t from_ms, to_ms; /* half-open, within the range above */
    bool is_exact;          /* sums to the token: sizes, countries and languages are dealt, not drawn */
    uint32_t classified;    /* share of events since 2025-05-19 the classifier saw, per million */
    uint32_t errors;        /* share of other requests than the study's examples that fail, per million */
    int64_t disorder_ms;    /* an event comes at most so long after a newer one */
};

struct study_traffic;

/* Plans all weeks, in well under a second. `catalog` is borrowed until close. To be closed once. HALT: NO-MEMORY,
 * WORKLOAD-NO-MODELS. */
MUST_CHECK enum verdict study_traffic_open(struct study_traffic **traffic, const struct study_traffic_options *options,
                                           const struct catalog *catalog, struct reason *why);
void study_traffic_close(struct study_traffic *traffic);

/* Fills the next event; its strings are borrowed until the next call. `*is_end` at the end, without an event. Takes
 * memory for some ten thousand events and for those under way by disorder. HALT: NO-MEMORY. */
MUST_CHECK enum verdict study_traffic_next(struct study_traffic *traffic, struct event *event, bool *is_end,
                                           struct reason *why);

#endif
