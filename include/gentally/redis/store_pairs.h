/*
 * The pairs of a partition: for each flush the activities of its records, as an entry (core/activities.h), written in
 * the step that moves the partition on. So a history of Redis that holds a record's count holds its pairs. They are
 * merged into retention's shards (store_retention.h) by the owner, who drops them then, and by whoever tells a month.
 *
 *   <ns>:{<topic>:<p>}:pairs     number -> entry
 */
#ifndef GENTALLY_STORE_PAIRS_H
#define GENTALLY_STORE_PAIRS_H

#include "gentally/core/activities.h"
#include "gentally/redis/partition_state.h"

struct store;

/* Which entries there are, and how far they were read. */
struct pairs_read {
    char incarnation[33];
    int64_t first, last; /* numbers; none: last = first - 1 */
    int64_t upto;        /* all entries up to this number were read now or before */
};

/*
 * Adds the entries of a partition behind number `after` to the activities; no further entry once there are `room` of
 * these, but one in any case. Anybody may read them. TRY_LATER: STORE-UNREACHABLE, STORE-BUSY, STORE-WINDOW-GREW (they
 * were dropped meanwhile). HALT: STORE-TORN, STORE-STATE-MISSING, STORE-DAMAGED, STORE-DENIED, NO-MEMORY.
 */
MUST_CHECK enum verdict store_pairs_read(struct store *store, int32_t partition, int64_t after, uint32_t room,
                                         struct activities *activities, struct pairs_read *read, struct reason *why);

/*
 * Drops the entries up to number `upto` of a partition that the caller owns by `state`, after store_retention_merge()
 * of all that they have, over connection number `connections`: on another one, which may lead to a Redis that lost what
 * was merged, nothing is dropped (TRY_LATER). REWIND: STORE-FENCED. HALT: as store_pairs_read(), and STORE-TAINTED,
 * STORE-INCARNATION.
 */
MUST_CHECK enum verdict store_pairs_drop(struct store *store, const struct partition_state *state, int64_t upto,
                                         uint64_t connections, struct reason *why);

#endif
