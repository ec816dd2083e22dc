/*
 * A push for librdkafka's fetching. Before 2.2 it looks only once a second whether a queue that was full has room
 * again, unless something else wakes the thread that fetches, so that a shallow queue costs nearly all of the rate. A
 * nudge is that something: a request that the partitions' leaders answer, and nobody waits for.
 */
#ifndef GENTALLY_NUDGE_H
#define GENTALLY_NUDGE_H

#include <librdkafka/rdkafka.h>

#include "position.h"

/* What is known of a queue. All zero before the first use. */
struct nudge {
    size_t queued_max; /* records that waited in it at most, since the last nudge */
    int64_t due_ms;    /* monotonic: no nudge before */
};

/* Whether a queue that holds `queued` records at `now_ms` (monotonic) was drained by half since the last nudge: then it
 * is time for the next, which the caller gives. */
bool nudge_is_due(struct nudge *nudge, size_t queued, int64_t now_ms);

/* Nudges whoever fetches into `queue`, if it is time: the leaders of the partitions of `topic` that are assigned by
 * `positions`. Does not block, and may fail, which does no harm. */
void nudge_turn(struct nudge *nudge, rd_kafka_t *client, rd_kafka_queue_t *queue, const char *topic,
                const struct position positions[PARTITIONS_MAX]);

#endif
