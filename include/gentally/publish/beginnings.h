/*
 * Where a partition without a state may begin to count: `gentally setup` makes states for all that there are, a worker
 * for those that were added since.
 */
#ifndef GENTALLY_BEGINNINGS_H
#define GENTALLY_BEGINNINGS_H

#include "gentally/base/log.h"
#include "gentally/core/window.h"

struct config;
struct source;
struct store;

/*
 * Finds the windows that partitions with a state, of `count`, have sealed already. A new partition begins with the same
 * floors: in a window that others have collected it could only count records that no summary can hold any more.
 * `*has_counted`: some partition has counted records. Verdicts of store_state(), a missing state being none.
 */
MUST_CHECK enum verdict beginnings_floors(struct store *store, int32_t count, int64_t floors_ms[WINDOW_KINDS],
                                          bool *has_counted, struct reason *why);

/*
 * Makes the first state of those of `partitions` that lack one, and of which nothing can have been lost: their number
 * is `known` or higher, which is how many `setup` has seen; no summary holds anything of them; and their logs begin
 * with offset 0. `count` is how many partitions the topic has. Others are left as they are. Blocks for some round
 * trips, and while the ledger is read. TRY_LATER: Redis or a broker did not answer; call again. HALT: as of
 * ledger_offsets_read() and store_create().
 */
MUST_CHECK enum verdict beginnings_make(const struct config *config, struct store *store, struct source *source,
                                        const int32_t partitions[], uint32_t partition_count, int32_t known,
                                        int32_t count, struct logger *logger, struct reason *why);

#endif
