/*
 * Capacity: how full Redis is, told while there is time to do something about it. At 80 % of `maxmemory`, at 90 %, and
 * again every ten minutes as long as it is so: STORE-NEARLY-FULL, with the rate at which it fills and the largest
 * window. Nothing stops for it, and where Redis has no limit nothing is told. The same look sees a maxmemory-policy
 * that was changed while the connection stands: STORE-POLICY, each minute.
 */
#ifndef GENTALLY_CAPACITY_H
#define GENTALLY_CAPACITY_H

#include "assignment.h"
#include "gentally/base/log.h"
#include "gentally/redis/store.h"

#define CAPACITY_INTERVAL_MS 10000 /* between two looks */
#define CAPACITY_AGAIN_MS 600000
#define CAPACITY_POLICY_AGAIN_MS 60000

/* Zero before the first look. */
struct capacity {
    int64_t due_ms;                /* of the next look; monotonic, like all times here */
    int64_t first_ms, first_bytes; /* of the first look since the last that was told */
    uint32_t told_percent;         /* 80 or 90; 0: nothing is to be told */
    int64_t told_ms;
    bool may_evict; /* its policy became one that drops counters */
    int64_t policy_told_ms;
    uint64_t looks;             /* that were answered */
    struct store_memory memory; /* as of the last of them, and how long that took, by the clock */
    int64_t round_trip_us;
};

/* Notes what Redis uses of what it may. Returns the percent to tell now: 80 or 90; 0: nothing is to be told. Pure. */
uint32_t capacity_note(struct capacity *capacity, const struct store_memory *memory, int64_t now_ms);

/* Whether the policy is news, or bad and to be told again; `may_evict` is how it is. Pure. */
bool capacity_note_policy(struct capacity *capacity, const struct store_memory *memory, int64_t now_ms);

/* Bytes an hour by which it has grown since it was told last; 0: not known, or it did not. Pure. */
int64_t capacity_rate(const struct capacity *capacity, const struct store_memory *memory, int64_t now_ms);

/* Looks, if it is time, and tells. Partitions are those whose windows may be named as the largest. Blocks for a call to
 * the store; once there is something to tell, for one a window. */
void capacity_watch(struct capacity *capacity, struct store *store, const struct assignment *assignment,
                    struct logger *logger, int64_t now_ms);

#endif
