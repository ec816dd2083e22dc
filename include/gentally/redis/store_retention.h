/*
 * Retention in the store: for each pair of a display model and an account the months in which the pair was active,
 * exactly, and what is counted of the pairs: accounts by (month, cohort, model). Retention belongs to the namespace and
 * topic, not to a partition, since an account's events may be in any of them. It lies in RETENTION_SHARDS shards; each
 * shard changes by a function call that first checks and then writes. Months are counted from January 1970.
 *
 *   <ns>:{<topic>:retention:<shard>}:state           inc taint ver buckets pairs models floor late, "rev:<month>"
 *   <ns>:{<topic>:retention:<shard>}:pairs           bucket -> accounts with their models and months (core/bucket.h)
 *   <ns>:{<topic>:retention:<shard>}:models          model -> number
 *   <ns>:{<topic>:retention:<shard>}:counts:<month>  "<cohort>|<model>" -> accounts
 *
 * Unless said otherwise, calls answer TRY_LATER with STORE-UNREACHABLE or STORE-BUSY, and HALT with
 * STORE-RETENTION-MISSING (names `gentally setup`), STORE-RETENTION-DAMAGED, RETENTION-FULL (it stopped for that) or
 * STORE-DENIED.
 */
#ifndef GENTALLY_STORE_RETENTION_H
#define GENTALLY_STORE_RETENTION_H

#include "gentally/core/bucket.h"

struct store;

/* Creates the state of each shard that has none. `is_late`: events were counted before, whose pairs retention will
 * never see. `*created` = how many states were created. HALT: STORE-RETENTION-DAMAGED (a shard lost its state, but not
 * its pairs). */
MUST_CHECK enum verdict store_retention_create(struct store *store, bool is_late, uint32_t *created,
                                               struct reason *why);

/* Reads the shards' states. If one was created anew since the last reading, the connection is given up, so that
 * store_connections() rises: whoever merged over the old one does it again. */
MUST_CHECK enum verdict store_retention_open(struct store *store, struct reason *why);

/*
 * Merges activities into the shards: a union, harmless to repeat, in any order and by several workers at once. Sorts
 * them. Blocks for some round trips a shard, none of which holds Redis for more than some ms. Months that were sealed
 * are passed over. TRY_LATER: some may be merged; call again with the same activities. HALT: RETENTION-FULL too, if a
 * shard has no room for new pairs by the option `retention_pairs_max`; known pairs have room always. NO-MEMORY.
 */
MUST_CHECK enum verdict store_retention_merge(struct store *store, struct activities *activities, struct reason *why);

/* How full the fullest shard is, as the last calls found it. */
struct retention_fill {
    uint32_t shard;
    int64_t pairs, pairs_max;
};

struct retention_fill store_retention_fill(const struct store *store);

/* Ends retention for good, in every shard that is left, `because` of STORE-RETENTION-DAMAGED or RETENTION-FULL: events
 * are counted from here on that it is not told of. Every call about a shard then answers with that reason. Harmless to
 * repeat. TRY_LATER: STORE-RETENTION-MISSING, there is no shard to tell it in. */
MUST_CHECK enum verdict store_retention_stop(struct store *store, const struct reason *because, struct reason *why);

/* Reads the revision of each month that was ever noted and is not collected, each shard atomically. `months` has room
 * for MONTHS_MAX, 0 = nothing noted; `*floor` = the month below which every shard is sealed. */
MUST_CHECK enum verdict store_retention_revisions(struct store *store, int64_t months[], uint32_t *floor,
                                                  struct reason *why);

/* True if retention began later than counting, as the states were read last. */
bool store_retention_is_late(const struct store *store);

/* Gets a count of one shard; `model` is borrowed for the call. `accounts` may be 0: all moved to an older cohort. */
typedef enum verdict store_count_reader(void *context, uint32_t cohort, struct span model, int64_t accounts,
                                        struct reason *why);

/* Reads a month's counts from all shards, each shard atomically; `*revision` is the sum of the shards' revisions. */
MUST_CHECK enum verdict store_retained(struct store *store, uint32_t month, store_count_reader *each, void *context,
                                       int64_t *revision, struct reason *why);

/* Seals the months before `floor` in all shards: nothing changes their counts any more. Only when all partitions have
 * sealed these months, over connection number `connections` (store_connections()): a later one may lead to a Redis that
 * rolled back, where they have not. TRY_LATER then, too. Harmless to repeat. */
MUST_CHECK enum verdict store_retention_seal(struct store *store, uint32_t floor, uint64_t connections,
                                             struct reason *why);

/* Deletes the counts of the months before `floor`, which are sealed; `months` as store_retention_revisions() read them.
 * The pairs remain. Harmless to repeat. TRY_LATER: STORE-ROLLED-BACK, a month is not sealed any more. */
MUST_CHECK enum verdict store_retention_collect(struct store *store, const int64_t months[], uint32_t floor,
                                                struct reason *why);

/* Deletes all shards, of a replay's namespace only (see store_remove()). Harmless to repeat, or without shards. */
MUST_CHECK enum verdict store_retention_remove(struct store *store, struct reason *why);

#endif
