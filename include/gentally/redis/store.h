/*
 * The store: a partition's counters in Redis. All that a partition has lies under one hash tag, and changes only by a
 * call of a Redis function (schemas/store.lua) that first checks and then writes: a flush its entry of the journal,
 * counts, next offset and watermark, all of them or none. The compare-and-set on `next` gives safety, the owner token
 * liveness. The owner adds entries to cells now and then; whoever reads a window gets its cells and the entries behind
 * them. Both are opaque to Redis: they are added up in C.
 *
 *   <ns>:{<topic>:<p>}:meta      inc tok next anchor first wm idle nonce taint, counts, floors, names of id buckets,
 *                                the ranges of journal and pairs, and why it does not count
 *   <ns>:{<topic>:<p>}:deciders  offset -> owner that moved `next` on from there, see store_deciders.h
 *   <ns>:{<topic>:<p>}:windows   "<kind>:<start_ms>" -> records counted in the window
 *   <ns>:{<topic>:<p>}:journal   number -> entry, see store_journal.h
 *   <ns>:{<topic>:<p>}:behind    "<kind>:<start_ms>" -> "<number> <records>": what the cells of a window lack, and have
 *   <ns>:{<topic>:<p>}:pairs     number -> entry, see store_pairs.h
 *   <ns>:{<topic>:<p>}:<kind>:<start_ms>           row key -> packed cell; "__n" -> records in the cells, as many as
 *                                                  :behind says, or else :windows, so that a window that lost its key
 *                                                  is detected; "__rows:<rollup>" -> rows of the rollup, but for the
 *                                                  one of others
 *   <ns>:{<topic>:<p>}:ids:<width_ms>:<start_ms>   id -> what was counted for the record; "__n" -> ids
 *   <ns>:{settings}:record                         what the namespace is counted by, see store_settings.h
 *
 * This door opens a store and gives a partition's state; the other doors are about subjects of their own:
 * store_flush.h, store_journal.h, store_ids.h, store_windows.h, store_pairs.h, store_retention.h, store_stop.h,
 * store_lease.h. A store is used by one thread at a time. Every call blocks at most the configured time-out, or twice
 * that where it has to connect again; over a cluster, for each primary that does not answer. Calls answer TRY_LATER
 * with STORE-UNREACHABLE (no connection, or no answer) or STORE-BUSY (loading, out of memory, read-only, ...) where
 * nothing else is said, and HALT with STORE-DENIED, STORE-FUNCTIONS-MISSING, STORE-CLUSTER, STORE-ERROR, or
 * STORE-DAMAGED (a reply that does not read as the store writes).
 */
#ifndef GENTALLY_STORE_H
#define GENTALLY_STORE_H

#include "gentally/base/log.h"
#include "gentally/redis/partition_state.h"

struct config;
struct store;

/*
 * Opens a store: connects to Redis and checks the server: reachable, authenticated, Redis 7 or later, maxmemory-policy
 * noeviction or volatile-*. GO_ON gives `*store` to the caller, to be closed once; `config` and `logger` are borrowed
 * until then. HALT: STORE-URL, STORE-AUTH, STORE-VERSION, STORE-POLICY, STORE-TLS (asked for, but not built in),
 * STORE-CLUSTER, NO-MEMORY.
 */
MUST_CHECK enum verdict store_open(struct store **store, const struct config *config, struct logger *logger,
                                   struct reason *why);

/* Says whether store_open() would refuse the configuration, and connects to nothing. */
MUST_CHECK enum verdict store_check_config(const struct config *config, struct logger *logger, struct reason *why);

/* Closes the connection and frees the store; NULL is fine. */
void store_close(struct store *store);

/* True if the store is connected, as far as the last answer showed. */
bool store_is_connected(const struct store *store);

/* The number of connections made so far; over a cluster, also of slots that went to other primaries. When the number
 * rises, the data behind the store may have been rolled back, or be another server's. */
uint64_t store_connections(const struct store *store);

/* True if the store is a Redis Cluster, in which each primary loses its last writes without the others: that one
 * partition or shard has something says nothing of another one, unless all had it store_forgotten_ms() ago. */
bool store_is_cluster(const struct store *store);

/* Writes that a primary may lose are of no more time than this: a quarter of an hour. */
int64_t store_forgotten_ms(void);

/* Asks Redis for its time of day, in ms: after 1970, up to the year 9999. HALT: STORE-ERROR, it tells no such time. */
MUST_CHECK enum verdict store_clock(struct store *store, int64_t *ms, struct reason *why);

/* The memory of Redis, in bytes, and what it does when that is full; of a cluster's primary that is fullest. */
struct store_memory {
    int64_t used;
    int64_t limit;   /* maxmemory; 0: there is none */
    char policy[24]; /* maxmemory-policy; "": not told */
};
MUST_CHECK enum verdict store_memory(struct store *store, struct store_memory *memory, struct reason *why);

/* Loads the functions of this version into Redis, into each primary of a cluster, for `gentally setup`. Harmless to
 * repeat. */
MUST_CHECK enum verdict store_install(struct store *store, struct reason *why);

/* Checks that the functions of this version are loaded, and that our user may run the commands in them, in each
 * primary. HALT:
 * STORE-FUNCTIONS-MISSING, or STORE-DENIED with the right that is missing. */
MUST_CHECK enum verdict store_check(struct store *store, struct reason *why);

/*
 * Creates a partition's first state at offset `first`, unless the partition has one; `*created` says which. Its
 * incarnation is of this moment, by the clock of Redis. Windows that start before `floors_ms` of their kind are over
 * for the partition from the start (NO_TIME: no window is). HALT: STORE-TORN, a state was lost, and its windows were
 * not.
 */
MUST_CHECK enum verdict store_create(struct store *store, int32_t partition, int64_t first,
                                     const int64_t floors_ms[WINDOW_KINDS], bool *created, struct reason *why);

/*
 * Takes ownership of a partition under a new token: the next flush of the old owner is fenced. The partition is no
 * longer idle, since nobody knows what its log has received meanwhile. HALT: STORE-STATE-MISSING (states are created by
 * `gentally setup` alone), STORE-TAINTED.
 */
MUST_CHECK enum verdict store_claim(struct store *store, int32_t partition, struct partition_state *state,
                                    struct reason *why);

/* Reads a partition's state without claiming the partition. HALT: STORE-STATE-MISSING. */
MUST_CHECK enum verdict store_state(struct store *store, int32_t partition, struct partition_state *state,
                                    struct reason *why);

#endif
