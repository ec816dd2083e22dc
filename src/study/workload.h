/*
 * The demo's workload: a seeded stream of events that looks like the study's last weeks. Pure: no clock, no I/O; an
 * event depends on the seed, its number and its time alone, so equal options give equal bytes anywhere.
 */
#ifndef GENTALLY_WORKLOAD_H
#define GENTALLY_WORKLOAD_H

#include "gentally/core/catalog.h"
#include "gentally/core/event.h"
#include "gentally/core/taxonomy.h"

#define WORKLOAD_EVENTS_MAX INT64_C(10000000000)
#define WORKLOAD_ACCOUNTS_MAX INT64_C(1000000)
#define WORKLOAD_DISORDER_MS_MAX INT64_C(86400000)

struct workload_options {
    uint64_t seed;
    int64_t events;         /* 1..WORKLOAD_EVENTS_MAX */
    int64_t from_ms, to_ms; /* half-open, at most ten years (ARRIVALS_MS_MAX) */
    int64_t accounts;       /* 1..WORKLOAD_ACCOUNTS_MAX */
    uint32_t classified;    /* share of events the classifier saw, per million; the study's is 2500 */
    uint32_t errors;        /* share that fails, per million */
    bool is_loyal;          /* each account keeps to two to five models; else it uses any */
    int64_t disorder_ms;    /* 0..WORKLOAD_DISORDER_MS_MAX: an event comes at most so long after a newer one */
};

struct workload;

/* Fixes shares and takes all memory, to be closed once. `catalog` is only read here; `taxonomy` is borrowed until
 * close. HALT: NO-MEMORY, WORKLOAD-NO-MODELS. */
MUST_CHECK enum verdict workload_open(struct workload **workload, const struct workload_options *options,
                                      const struct catalog *catalog, const struct taxonomy *taxonomy,
                                      struct reason *why);
void workload_close(struct workload *workload);

/* Fills the next event, whose strings are borrowed until the next call. False at the end, after `events` events. */
bool workload_next(struct workload *workload, struct event *event);

#endif
