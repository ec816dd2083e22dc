/*
 * SipHash-2-4 with 128 bits (Aumasson and Bernstein 2012, "SipHash: a fast short-input PRF"; the 128-bit variant is
 * from their reference implementation). The hash has a key, so a stranger who chooses the texts cannot choose the
 * hashes. It is the same on every machine, so it may be stored.
 */
#ifndef GENTALLY_SIPHASH_H
#define GENTALLY_SIPHASH_H

#include "gentally/base/base.h"

struct siphash_key {
    uint64_t words[2]; /* the key's bytes, little-endian */
};

/* Writes the 16 bytes of the hash of `text` under `key`. Pure. */
void siphash128(const struct siphash_key *key, struct span text, uint8_t hash[16]);

#endif
