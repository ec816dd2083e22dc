/* A worker's answers to its consumer group. */
#ifndef GENTALLY_WORKER_REBALANCE_H
#define GENTALLY_WORKER_REBALANCE_H

#include "worker_state.h"

/* Answers the rebalance that waits in the batch, if any: claims what was assigned; flushes, if it can, and gives back
 * what was revoked. If not GO_ON, the rebalance still waits. HALT, TRY_LATER: a server as the modules say. */
MUST_CHECK enum verdict worker_answer_rebalance(struct worker *worker, int64_t now_ms, struct reason *why);

/*
 * Stays in the group through a turn in which a server did not answer: nothing is read on, but the group still wants to
 * hear of us. Partitions taken away meanwhile are given back with the flush that has no answer: their next owner claims
 * them, and then that flush can only be found done or be refused. Returns TRY_LATER and leaves `why` as it is, or HALT.
 */
MUST_CHECK enum verdict worker_keep_alive(struct worker *worker, int64_t now_ms, struct reason *why);

#endif
