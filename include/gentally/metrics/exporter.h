/*
 * The exporter: serves what a worker knows of itself, from a thread of its own.
 *
 *   GET /metrics   the latest snapshot: OpenMetrics, or Prometheus' older text format for who accepts no other
 *   GET /livez     200 as long as the worker's loop turns, whatever else is wrong; 503
 *   GET /readyz    200 if the worker has joined and sees Redis and Kafka; 503. Says what lacks, and what stopped
 *
 * The loop pays for it with one atomic store a turn, and a snapshot at most once a second, which changes hands under a
 * mutex that nobody holds for longer than it takes to copy one. A scrape never waits for the loop, nor the loop for a
 * scrape.
 */
#ifndef GENTALLY_EXPORTER_H
#define GENTALLY_EXPORTER_H

#include "gentally/base/endpoint.h"
#include "gentally/metrics/metrics.h"

struct exporter;

#define EXPORTER_INTERVAL_MS 1000 /* between two snapshots */

/* Listens and answers from now on, at first with an empty snapshot. `version` is static. GO_ON gives `*exporter` to the
 * caller; HALT: METRICS-PORT, with the address and the cause; NO-MEMORY. */
MUST_CHECK enum verdict exporter_open(struct exporter **exporter, const struct endpoint *endpoint, const char *version,
                                      struct reason *why);

/* Stops listening and frees the exporter; NULL is fine. */
void exporter_close(struct exporter *exporter);

/* The port that it listens on. */
uint16_t exporter_port(const struct exporter *exporter);

/* The loop turns, at `now_ms` (CLOCK_MONOTONIC). */
void exporter_beat(struct exporter *exporter, int64_t now_ms);

/* A cleared snapshot to be filled and given to exporter_put(), if the last is old enough at `now_ms` (as above), else
 * NULL. Borrowed until then; one thread alone fills. */
struct metrics *exporter_due(struct exporter *exporter, int64_t now_ms);

/* Makes the snapshot that exporter_due() gave the latest. */
void exporter_put(struct exporter *exporter);

#endif
