/* When an account's pairs of retention may go. */
#ifndef GENTALLY_ERASURE_WAIT_H
#define GENTALLY_ERASURE_WAIT_H

#include "gentally/ingest/erasure.h"

/*
 * Waits, over a cluster, until the account's pairs of retention may go: until none of what flushes noted has held it
 * for store_forgotten_ms(). A note of before may be all that is left of a pair, if the primary that it was merged into
 * fails over; or it comes back, if its own does, and would be merged anew. Workers count, merge and drop meanwhile.
 * Elsewhere it is GO_ON at once. TRY_LATER: ERASE-TOO-EARLY, that cannot be within `wait_ms`, nothing was changed; or
 * no answer. HALT: as store_pairs_read(); NO-MEMORY.
 */
MUST_CHECK enum verdict erasure_await(const struct erasure_order *order, int64_t wait_ms, struct reason *why);

#endif
