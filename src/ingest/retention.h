/*
 * Which accounts used which display model in which month, on its way into the store: collects the pairs of all
 * partitions between two flushes, and puts them before a flush goes out (a store_barrier()).
 *
 * Traffic repeats itself: what the store has acknowledged is remembered in a direct-mapped cache, so that nearly
 * nothing is sent. What is remembered was acknowledged on a connection, and holds on that connection only: a new one
 * may lead to a server that never heard of it. So all activities of events that are not flushed yet are kept, known
 * ones too, and put again when the connection is another. See src/retention.c.
 */
#ifndef GENTALLY_RETENTION_H
#define GENTALLY_RETENTION_H

#include "gentally/base/symbols.h"
#include "gentally/core/catalog.h"
#include "gentally/core/event.h"
#include "gentally/redis/store_retention.h"

struct retention;

/* `symbols` (those of the facts) and `catalog` are borrowed until close, or the next retention_forget(). HALT:
 * NO-MEMORY. */
MUST_CHECK enum verdict retention_open(struct retention **retention, const struct symbols *symbols,
                                       const struct catalog *catalog, struct reason *why);
void retention_close(struct retention *retention);

/* Room for one more activity. If false: flush every partition, then retention_settled(). */
bool retention_has_room(const struct retention *retention);

/* Notes that the fact's account used its model in the fact's month: if it has an account, and counts in its month. Asks
 * retention_has_room(). About 10 ns. */
void retention_note(struct retention *retention, const struct fact *fact);

/* The store's barrier; `context` is a retention: puts what was noted by the next three. Verdicts of store_retain(). */
MUST_CHECK enum verdict retention_put(void *context, struct store *store, struct reason *why);

/* Begins to put what was noted, over the store's connection of that number. False if the server knows all of it. */
bool retention_begin(struct retention *retention, uint64_t connections);

/* Gives what is to be put of each shard in one round trip, from `at` on, which is moved; false if nothing is left.
 * Borrowed until the next call. */
bool retention_gather(struct retention *retention, uint32_t at[RETENTION_SHARDS], uint32_t counts[RETENTION_SHARDS],
                      const struct activity **activities);

/* All of it was acknowledged on that connection. */
void retention_acknowledged(struct retention *retention);

/* Every event that was noted is flushed, or will be read again: nothing noted is needed any more. */
void retention_settled(struct retention *retention);

/* The store may have lost some of its history: what was acknowledged may be unknown to it. */
void retention_distrust(struct retention *retention);

/* The symbols were cleared, or the tables are others (`catalog`): after retention_settled(). */
void retention_forget(struct retention *retention, const struct catalog *catalog);

/* Activities put so far, repeated ones too. */
uint64_t retention_count(const struct retention *retention);

#endif
