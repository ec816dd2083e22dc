/*
 * The accounts that were erased, as a log is counted again: records of theirs before the erasure count in the rows of
 * all that were erased, and have no name. What comes later is of a new account.
 */
#ifndef GENTALLY_ERASED_H
#define GENTALLY_ERASED_H

#include "gentally/core/event.h"

struct config;
struct erased;
struct store;

/*
 * Reads the marks of the namespace that `store` is of; `*erased` is NULL if there is none, else the caller's. HALT:
 * ERASE-UNDER-WAY, where one is not finished; STORE-DAMAGED, NO-MEMORY, ACCOUNT-HMAC.
 */
MUST_CHECK enum verdict erased_open(struct erased **erased, const struct config *config, struct store *store,
                                    struct reason *why);
void erased_close(struct erased *erased);

/*
 * If what `account` did at this place was erased: makes it a stand-in, by which the account's records can be told
 * together in this process and nowhere else, and returns true. About 20 ns, before the last erasure's offset.
 */
bool erased_take(struct erased *erased, int32_t partition, int64_t offset, struct pseudonym *account);

#endif
