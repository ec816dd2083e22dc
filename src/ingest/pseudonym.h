/*
 * Accounts as keyed pseudonyms: the first 16 bytes of HMAC-SHA-256(key, account). An owner of OpenSSL. Used by
 * enrich.c only.
 */
#ifndef GENTALLY_PSEUDONYM_H
#define GENTALLY_PSEUDONYM_H

#include "gentally/core/event.h"

struct pseudonyms;

/* `key` is copied, and not empty. HALT: NO-MEMORY, ACCOUNT-HMAC (libcrypto offers no HMAC-SHA-256). */
MUST_CHECK enum verdict pseudonyms_open(struct pseudonyms **pseudonyms, struct span key, struct reason *why);
void pseudonyms_close(struct pseudonyms *pseudonyms);

/* Asks the memory for where `account` may be remembered: worth it if pseudonyms_of() follows a hundred instructions
 * later. */
void pseudonyms_expect(const struct pseudonyms *pseudonyms, struct span account);

/* Cannot fail. Remembers recent accounts: about 20 ns for one of them, 0.25 us for another. */
struct pseudonym pseudonyms_of(struct pseudonyms *pseudonyms, struct span account);

#endif
