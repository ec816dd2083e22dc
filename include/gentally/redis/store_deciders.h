/*
 * Who decided which offsets of a partition (see core/decider.h), as its flushes wrote it down: one entry for each claim
 * that moved `next` on, in the same step, so that entries and counts roll back together. Some thousands are kept, the
 * latest.
 */
#ifndef GENTALLY_STORE_DECIDERS_H
#define GENTALLY_STORE_DECIDERS_H

#include "gentally/base/verdict.h"
#include "gentally/core/decider.h"

struct store;

/* Reads the deciders of a partition; a partition without a state has none. GO_ON gives `deciders->items` to the caller,
 * for free(). Verdicts as in store.h, and HALT: NO-MEMORY. */
MUST_CHECK enum verdict store_deciders(struct store *store, int32_t partition, struct deciders *deciders,
                                       struct reason *why);

#endif
