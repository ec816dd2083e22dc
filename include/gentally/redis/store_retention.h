/*
 * Retention in the store: of each pair of a display model and an account the months in which it was active, exactly,
 * and what is counted of them: accounts by (month, cohort, model). It is the namespace's and topic's own, not a
 * partition's, since an account's events may be in any of them; it lies in RETENTION_SHARDS shards, each changed by one
 * function call that checks, then writes. Months are counted from January 1970.
 *
 *   <ns>:{<topic>:retention:<shard>}:state           inc taint buckets floor late, "rev:<month>" -> revision
 *   <ns>:{<topic>:retention:<shard>}:buckets         bucket -> pairs in it
 *   <ns>:{<topic>:retention:<shard>}:counts:<month>  "<cohort>|<model>" -> accounts
 *   <ns>:{<topic>:retention:<shard>}:pairs:<bucket>  pair (12 bytes) -> first month (2 bytes), a bit for each from it
 * on
 *
 * A pair's 12 bytes and the bucket are 96 + some 14 bits of a hash that is keyed by the account key: among a billion
 * pairs the chance that two are taken for one is below 10^-14.
 */
#ifndef GENTALLY_STORE_RETENTION_H
#define GENTALLY_STORE_RETENTION_H

#include "gentally/redis/store.h"

#define RETENTION_SHARDS 8u
#define RETENTION_BUCKET_PAIRS 64 /* on average, once there are as many as were expected */
#define RETENTION_CALL_PAIRS 512u /* of one shard in one call: some 6 ms of Redis */

/* One pair and a month in which it was active. */
struct activity {
    uint64_t high, low; /* 128 bits that name the pair, evenly spread */
    struct span model;  /* the display model, at most EVENT_TEXT_MAX bytes */
    uint32_t month;     /* < MONTHS_MAX */
};

static inline uint32_t activity_shard(const struct activity *activity)
{
    return (uint32_t)(activity->low % RETENTION_SHARDS);
}

/* Makes the state of each shard that has none, for `pairs` pairs in all. `is_late`: events were counted before, whose
 * pairs it will never see. `*created` = how many were made. HALT: STORE-RETENTION-DAMAGED (a shard lost its state, not
 * its pairs). */
MUST_CHECK enum verdict store_retention_create(struct store *store, int64_t pairs, bool is_late, uint32_t *created,
                                               struct reason *why);

/* Reads the shards' states: before store_retain(). Where one was made anew since the last reading, what comes next goes
 * over another connection (store_connections()). HALT: STORE-RETENTION-MISSING (names `gentally setup`),
 * STORE-RETENTION-DAMAGED. */
MUST_CHECK enum verdict store_retention_open(struct store *store, struct reason *why);

/*
 * Notes activities, at most RETENTION_CALL_PAIRS of each shard (`activities` are all of shard `i` where `counts[i]` of
 * them are, one shard after the other), in one round trip. A union: harmless to repeat, in any order. Months that were
 * sealed are passed over. TRY_LATER: STORE-UNREACHABLE, STORE-BUSY: some may be noted: call again with the same.
 * HALT: STORE-RETENTION-MISSING, STORE-RETENTION-DAMAGED, STORE-DENIED.
 */
MUST_CHECK enum verdict store_retain(struct store *store, const struct activity activities[],
                                     const uint32_t counts[RETENTION_SHARDS], struct reason *why);

/* The revision of each month that was ever noted and is not collected; of each shard by itself atomically. `months` has
 * room for MONTHS_MAX; `*floor` = the month below which every shard is sealed. */
MUST_CHECK enum verdict store_retention_revisions(struct store *store, int64_t months[], uint32_t *floor,
                                                  struct reason *why);

/* Whether it began later than counting, as it was read last. */
bool store_retention_is_late(const struct store *store);

/* Gives a count of one shard: borrowed for the call. `accounts` may be 0: all have moved to an older cohort. */
typedef enum verdict store_count_reader(void *context, uint32_t cohort, struct span model, int64_t accounts,
                                        struct reason *why);

/* Reads a month's counts from all shards, each of them atomically; `*revision` is the sum of theirs. HALT as above. */
MUST_CHECK enum verdict store_retained(struct store *store, uint32_t month, store_count_reader *each, void *context,
                                       int64_t *revision, struct reason *why);

/* Ends the months before the floor in all shards: nothing changes their counts any more. Only when all partitions have
 * sealed them. Harmless to repeat. */
MUST_CHECK enum verdict store_retention_seal(struct store *store, uint32_t floor, struct reason *why);

/* Deletes the counts of the months before the floor, which are sealed; the pairs keep them. Harmless to repeat.
 * TRY_LATER: STORE-ROLLED-BACK, they are not sealed any more. */
MUST_CHECK enum verdict store_retention_collect(struct store *store, const int64_t months[], uint32_t floor,
                                                struct reason *why);

/* Deletes all shards, of a replay's namespace only. Harmless to repeat, also where there are none. */
MUST_CHECK enum verdict store_retention_remove(struct store *store, struct reason *why);

#endif
