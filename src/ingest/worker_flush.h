/* A worker's flush, and what follows one. */
#ifndef GENTALLY_WORKER_FLUSH_H
#define GENTALLY_WORKER_FLUSH_H

#include "worker_state.h"

/* Flushes the partitions that are due, or all of them; then tells the group how far the store is, and takes the fresh
 * tables into use once no row refers to the old ones. Verdicts of pipeline_flush() and pipeline_renew_tables(). */
MUST_CHECK enum verdict worker_flush(struct worker *worker, bool is_forced, int64_t now_ms, struct reason *why);

#endif
