/*
 * The lease of closing: which of a namespace's workers closes windows, by the store's own clock. It is for liveness
 * only: two that both believe to hold it do no harm, since the transaction of the second fences the first.
 *
 *   <ns>:{closer}:lease   holder, until (ms of Redis's clock), ttl (ms), looks, seen
 */
#ifndef GENTALLY_STORE_LEASE_H
#define GENTALLY_STORE_LEASE_H

#include "gentally/base/verdict.h"

struct store;

#define LEASE_TOKEN_SIZE 33

/* Draws a name for a holder: 128 random bits in hex. */
void store_lease_token(char holder[LEASE_TOKEN_SIZE]);

struct lease {
    int64_t taken_ms; /* how long another holder has it yet; 0: it is ours, or free */
    int64_t looks;    /* how often others have found it taken */
    int64_t seen;     /* the looks that its holder knew of with the last renewal: it lived after those */
};

/* Takes or renews the lease for `ms` (>= 1) from now, if `holder` has it or nobody has; otherwise looks, and is
 * counted. `seen` is what the last call gave as looks; 0 with the first. */
MUST_CHECK enum verdict store_lease(struct store *store, const char *holder, int64_t ms, int64_t seen,
                                    struct lease *lease, struct reason *why);

/* Takes the lease from whoever has it, or renews it: its holder finds it taken. For a command that says so in the
 * settings first, by which no worker opens a closer again. */
MUST_CHECK enum verdict store_lease_seize(struct store *store, const char *holder, int64_t ms, struct reason *why);

/* Gives the lease back, if `holder` has it, so that another worker need not wait for its end. Harmless to repeat. */
MUST_CHECK enum verdict store_lease_return(struct store *store, const char *holder, struct reason *why);

#endif
