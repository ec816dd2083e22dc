/* Which records the live workers set aside because their time had not come: what clocks said then nobody can ask now,
 * but it is in the dead letters. */
#ifndef GENTALLY_REPLAY_FUTURES_H
#define GENTALLY_REPLAY_FUTURES_H

#include "gentally/config/config.h"
#include "gentally/core/event.h"

struct replay_futures;
struct store;

/* Reads the dead letters of the live namespace to their end, and asks its `store` whether they are final. GO_ON gives
 * `*futures` to the caller, to be closed once; NULL is fine to close. Blocks; verdicts of topic_read() and
 * store_deciders(). HALT: NO-MEMORY. */
MUST_CHECK enum verdict replay_futures_open(struct replay_futures **futures, const struct config *live,
                                            struct store *store, struct reason *why);
void replay_futures_close(struct replay_futures *futures);

/* True if the record was set aside so; `futures` is a struct replay_futures. For replay_recall(). */
bool replay_futures_has(void *futures, const struct record *record);

#endif
