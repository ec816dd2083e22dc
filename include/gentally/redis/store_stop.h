/*
 * A partition that stopped, as the store tells it to everybody: its state then says why and where (partition_state.h).
 * Whoever closes windows goes on without it, and tells which windows may still get records of it; an operator may give
 * it up. The next flush that moves the partition on, or finds its log's end, takes both back. A tainted state stops by
 * itself; so does a missing one, which has nothing to tell it in.
 */
#ifndef GENTALLY_STORE_STOP_H
#define GENTALLY_STORE_STOP_H

#include "gentally/base/verdict.h"
#include "gentally/redis/partition_state.h"

struct store;

/*
 * Tells that the partition of `state`, as it was claimed, stopped at where the store stands, for the reason `id` and
 * `text`. Harmless to repeat. Worth one attempt: windows then wait for the partition without it, and no more is lost.
 * REWIND: STORE-FENCED, another owner has the partition; HALT: STORE-INCARNATION, STORE-STATE-MISSING, STORE-TAINTED.
 */
MUST_CHECK enum verdict store_stop(struct store *store, const struct partition_state *state, enum reason_id id,
                                   const char *text, struct reason *why);

/* Gives up a partition that stopped, for the `text` of an operator (not empty); NULL takes that back. HALT:
 * GIVE-UP-COUNTING, the partition counts; STORE-STATE-MISSING. */
MUST_CHECK enum verdict store_give_up(struct store *store, int32_t partition, const char *text, struct reason *why);

#endif
