/* What a worker tells of itself to monitoring. */
#ifndef GENTALLY_WORKER_METRICS_H
#define GENTALLY_WORKER_METRICS_H

#include "worker_state.h"

/* Gives the exporter a snapshot, if there is one and it is time. Asks no server. `now_ms` is monotonic, `wall_ms` the
 * time of day. */
void worker_tell_metrics(const struct worker *worker, int64_t now_ms, int64_t wall_ms);

#endif
