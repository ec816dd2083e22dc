/* Whether a worker lives, and whether it is ready, from times and a snapshot alone. Pure but for `file`. */
#ifndef GENTALLY_HEALTH_H
#define GENTALLY_HEALTH_H

#include <stdio.h>

#include "gentally/metrics/metrics.h"

/*
 * A loop that took no turn for so long is none. It is what a consumer group itself allows a member between two polls
 * (max.poll.interval.ms, by default): a turn may wait for Redis, for brokers, and for a transaction, and none of these
 * waits is longer, so no outage of another server is taken for a death.
 */
#define LIVE_MS 300000

/* A worker whose last turn began before so long is busy with something else than its work. */
#define READY_MS 60000

/* True if the loop turned lately, which is written into `file` with how long ago that was. All times are monotonic. */
bool health_is_live(FILE *file, int64_t turned_ms, int64_t now_ms);

/*
 * True if the worker has joined its group, sees Redis and a broker, and turns. What it lacks, and every partition that
 * stopped, with its reason, is written into `file`, a line each. A stopped partition is named, and no more: all others
 * are counted, and an update that waits for readiness would wait for ever.
 */
bool health_is_ready(FILE *file, const struct metrics *metrics, int64_t turned_ms, int64_t now_ms);

#endif
