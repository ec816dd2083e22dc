/*
 * A digest stands for what an event says, so that the record of an id that comes again can be told from one that says
 * something else. It is of all that counts: every field but `id` and `op`, labels in any order, the account as its
 * pseudonym; the app also while no rollup names it, since one may do so tomorrow. Pure.
 *
 *   6 bytes    of the whole: that two other contents have the same is one case in 2^48
 *   8 bytes    one for each group of fields, by which a difference is named; that a group that differs goes unnamed is
 *              one case in 256
 *
 * Redis takes as much room for 14 bytes as for 7.
 */
#ifndef GENTALLY_DIGEST_H
#define GENTALLY_DIGEST_H

#include "gentally/base/siphash.h"
#include "gentally/core/event.h"

#define DIGEST_SIZE 14
#define DIGEST_WHOLE_SIZE 6 /* of them, the first, for the whole */

struct digest {
    char bytes[DIGEST_SIZE];
};

/* The digest of an event that has passed event_check(). `account` is the pseudonym of its account (0: none, or accounts
 * are not counted); the account itself is not read. */
struct digest digest_of(const struct event *event, struct pseudonym account, const struct siphash_key *key);

/* Makes it the digest of the same event where it is left out: that says something else than where it counts. */
void digest_leave_out(struct digest *digest);

/* True if both stand for the same content. */
bool digest_same(const struct digest *left, const struct digest *right);

/* Writes the names of the fields in which two digests differ, like "model, tokens_prompt or tokens_cached", to `text`,
 * which has DIGEST_NAMES_MAX bytes; something true if none can be named. */
#define DIGEST_NAMES_MAX 320
void digest_difference(const struct digest *left, const struct digest *right, char text[DIGEST_NAMES_MAX]);

#endif
