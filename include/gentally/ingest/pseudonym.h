/*
 * Pseudonyms stand for accounts wherever more than this process may look: the first 16 bytes of HMAC-SHA-256(key,
 * account). Opened by who counts accounts, and by who lets them in under a name that is not theirs.
 */
#ifndef GENTALLY_PSEUDONYM_H
#define GENTALLY_PSEUDONYM_H

#include "gentally/core/event.h"

struct pseudonyms;

/* Opens pseudonyms under a key, which is copied, and not empty. HALT: NO-MEMORY, ACCOUNT-HMAC (libcrypto offers no
 * HMAC-SHA-256). */
MUST_CHECK enum verdict pseudonyms_open(struct pseudonyms **pseudonyms, struct span key, struct reason *why);
void pseudonyms_close(struct pseudonyms *pseudonyms);

/* Fetches the memory in which `account` may be remembered: worth it if pseudonyms_of() follows a hundred instructions
 * later. */
void pseudonyms_expect(const struct pseudonyms *pseudonyms, struct span account);

/* The pseudonym of an account. Cannot fail. Takes about 20 ns if the account is remembered, else 0.25 us. */
struct pseudonym pseudonyms_of(struct pseudonyms *pseudonyms, struct span account);

/* The mark of a pseudonym: one of the pseudonym itself. Whoever has the key can ask of an account whether a mark is
 * its; nobody can turn one back. Cannot fail. */
struct pseudonym pseudonyms_mark(struct pseudonyms *pseudonyms, struct pseudonym pseudonym);

/* Writes a pseudonym as 32 hexadecimal digits, and a NUL. */
#define PSEUDONYM_TEXT_SIZE 33
void pseudonym_write(struct pseudonym pseudonym, char text[PSEUDONYM_TEXT_SIZE]);

#endif
