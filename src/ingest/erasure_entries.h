/* What flushes noted of an account's pairs, and nobody has dropped yet (gentally/redis/store_pairs.h). */
#ifndef GENTALLY_ERASURE_ENTRIES_H
#define GENTALLY_ERASURE_ENTRIES_H

#include "gentally/core/activities.h"
#include "gentally/core/event.h"

struct store;

/* An account as pairs name it: the first bytes of its pseudonym. */
void erasure_account(struct pseudonym account, uint8_t bytes[ACCOUNT_SIZE]);

/* Adds to `*noted` how many activities of the account the entries of a partition have; a partition without a state has
 * none. `scratch` is cleared. Anybody may ask. Verdicts of store_pairs_read(). */
MUST_CHECK enum verdict erasure_entries(struct store *store, int32_t partition, struct pseudonym account,
                                        struct activities *scratch, uint64_t *noted, struct reason *why);

#endif
