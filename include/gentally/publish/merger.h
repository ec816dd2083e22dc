/*
 * A merger brings what flushes wrote down of pairs (store_pairs.h) into retention's shards (store_retention.h): of the
 * partitions that somebody owns, who drops it then, or of all, before a month is told. What it merged it remembers as
 * long as the connection is the same: one connection leads to one server, whose history keeps what came over it in
 * order. So nothing is dropped that a history may lack, and nothing is merged twice for nothing. Primaries of a cluster
 * have a history each, and may lose what they were told last: there nothing is dropped that was merged just now.
 *
 * Where retention is damaged or full it stops for good: the shards are told, over the same connection, before anything
 * is dropped that they did not take.
 */
#ifndef GENTALLY_MERGER_H
#define GENTALLY_MERGER_H

#include "gentally/base/verdict.h"
#include "gentally/redis/partition_state.h"

struct merger;
struct retention_fill;
struct store;

/* Opens a merger that borrows the store until close; NULL is fine there. Unless it `may_stop` retention, what is wrong
 * with that is told as HALT, and the shards are left as they are. HALT: NO-MEMORY. */
MUST_CHECK enum verdict merger_open(struct merger **merger, struct store *store, bool may_stop, struct reason *why);
void merger_close(struct merger *merger);

/* Begins to gather. */
void merger_begin(struct merger *merger);

/* Gathers what a partition has that is not merged. GO_ON too where its state is missing. Other verdicts of
 * store_pairs_read(). */
MUST_CHECK enum verdict merger_gather(struct merger *merger, int32_t partition, struct reason *why);

/* True if so much is gathered that it is to be merged before more is. */
bool merger_is_full(const struct merger *merger);

/* Merges what was gathered. Blocks as store_retention_merge(). TRY_LATER: no answer, or retention has no state
 * (STORE-RETENTION-MISSING); gather again. HALT: STORE-DENIED, NO-MEMORY. A retention that stopped is GO_ON,
 * for who may stop it. */
MUST_CHECK enum verdict merger_finish(struct merger *merger, struct reason *why);

/* True if all that a partition had, when it was gathered since merger_begin(), is merged. */
bool merger_has_all(const struct merger *merger, int32_t partition);

/* Drops what was merged of a partition that the caller owns by `state`; over a cluster, what was merged a quarter of an
 * hour ago: `now_ms` is monotonic. Verdicts of store_pairs_drop(). */
MUST_CHECK enum verdict merger_drop(struct merger *merger, const struct partition_state *state, int64_t now_ms,
                                    struct reason *why);

/* Monotonic time from which on merger_drop() has more to drop of what is merged; 0: it has dropped all. */
int64_t merger_drop_ms(const struct merger *merger, int32_t partition);

/* Merges what the partitions 0 to `partitions` - 1 have: the union is complete then for all records that are counted.
 * Verdicts of merger_gather() and merger_finish(). */
MUST_CHECK enum verdict merger_run(struct merger *merger, int32_t partitions, struct reason *why);

/* Notes that retention stopped, as it was found elsewhere; copied. */
void merger_stop(struct merger *merger, const struct reason *why);

/* Why retention stopped; NULL: it was not seen to. */
const struct reason *merger_stopped(const struct merger *merger);

/* True if the fullest shard has four fifths of the pairs it may have and that was not told in the last ten minutes: it
 * is to be told now, RETENTION-NEARLY-FULL. `now_ms` is monotonic. */
bool merger_tells_fill(struct merger *merger, const struct retention_fill *fill, int64_t now_ms);

#endif
