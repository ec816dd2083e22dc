/*
 * Retention notes which accounts used which display model in which month, for all partitions together, and puts these
 * activities into the store before the flush that counts their events goes out (a store_barrier).
 *
 * Traffic repeats itself: activities that the store has acknowledged are remembered in a direct-mapped cache, so that
 * nearly nothing is sent. An acknowledgement holds on its connection only: a new connection may lead to a server that
 * never heard of the activity. So all activities of events that are not flushed yet are kept, known ones too, and put
 * again when the connection is another. retention.c says why no activity is lost.
 */
#ifndef GENTALLY_RETENTION_H
#define GENTALLY_RETENTION_H

#include "gentally/base/symbols.h"
#include "gentally/core/catalog.h"
#include "gentally/core/event.h"
#include "gentally/redis/store_retention.h"

struct retention;

/* Opens a retention that borrows `symbols` (those of the facts) until close, and `catalog` until close or the next
 * retention_forget(). HALT: NO-MEMORY. */
MUST_CHECK enum verdict retention_open(struct retention **retention, const struct symbols *symbols,
                                       const struct catalog *catalog, struct reason *why);
void retention_close(struct retention *retention);

/* True if one more activity can be noted. If false: flush every partition, then retention_settled(). */
bool retention_has_room(const struct retention *retention);

/* Notes that the fact's account used its model in the fact's month, if the fact has an account and counts in its month.
 * Asserts retention_has_room(). About 10 ns. */
void retention_note(struct retention *retention, const struct fact *fact);

/* Puts what was noted, over the store's connection: a store_barrier, whose `context` is a retention. Made of the next
 * ones, in retention_put.c. Blocks as store_retain(). Verdicts of store_retain(); TRY_LATER too if the connection
 * changed meanwhile. Where retention in the store is damaged, gone or full it stops: the store is told so before the
 * flush, and on each new connection again, so that no history holds a flush without its notes and no word of it. */
MUST_CHECK enum verdict retention_put(void *context, struct store *store, struct reason *why);

/* Begins to put what was noted, over the store's connection of this number (store_connections()). False if the server
 * knows all of it. */
bool retention_begin(struct retention *retention, uint64_t connections);

/* Gathers the activities to put in the next round trip: of each shard from note `at` on, which is moved, at most
 * RETENTION_CALL_PAIRS, as store_retain() takes them. Borrowed until the next call. False if nothing is left. */
bool retention_gather(struct retention *retention, uint32_t at[RETENTION_SHARDS], uint32_t counts[RETENTION_SHARDS],
                      const struct activity **activities);

/* Tells that everything noted was acknowledged on that connection. */
void retention_acknowledged(struct retention *retention);

/* Ends noting for good, for the reason `why` (copied), of which the store knows over the connection of this number (0:
 * over none): notes are dropped, and no more are taken. */
void retention_stop(struct retention *retention, const struct reason *why, uint64_t connections);

/* True if the store's fullest shard has four fifths of the pairs it may have and that was not told in the last ten
 * minutes: it is to be told now, RETENTION-NEARLY-FULL. */
bool retention_tells_fill(struct retention *retention, const struct retention_fill *fill, int64_t now_ms);

/* Why it was stopped; NULL: it was not. */
const struct reason *retention_stopped(const struct retention *retention);

/* True once on each connection: of this number the store is to be told that retention stopped. */
bool retention_begin_stop(struct retention *retention, uint64_t connections);

/* Tells that every event that was noted is flushed, or will be read again: its note is needed no more. */
void retention_settled(struct retention *retention);

/* Tells that the store may have lost some of its history: what was acknowledged may be unknown to it. */
void retention_distrust(struct retention *retention);

/* Forgets all symbols and display models, after retention_settled(): the symbols were cleared, or the catalog is
 * another, `catalog`. */
void retention_forget(struct retention *retention, const struct catalog *catalog);

#endif
