/*
 * Two hashes of bytes. hash_fnv1a() names content: it is the same on every machine, so versions are made of it.
 * hash_text() is for tables in memory: fast on 2..40 bytes, but it follows the machine's byte order, so it is never
 * stored. Neither has a key: where strangers choose the texts and could make them collide, use siphash.h.
 */
#ifndef GENTALLY_HASH_H
#define GENTALLY_HASH_H

#include "gentally/base/base.h"

#define HASH_FNV1A_START UINT64_C(0xcbf29ce484222325)

/* The 64-bit FNV-1a hash of `bytes` (draft-eastlake-fnv). */
static inline uint64_t hash_fnv1a(struct span bytes)
{
    uint64_t hash = HASH_FNV1A_START;

    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ (unsigned char)bytes.bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static inline uint64_t hash_load8(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static inline uint32_t hash_load4(const char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Mixes two words: multiplies them to 128 bits and folds the halves, so every input bit reaches every output bit. */
static inline uint64_t hash_fold(uint64_t left, uint64_t right)
{
    __extension__ unsigned __int128 product = (unsigned __int128)left * right;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * The hash of a text for tables in memory. Reads the text as words of eight bytes; the last two words overlap what was
 * read before, so that no byte beyond the text is touched and no byte is left to a loop. The constants are fractions of
 * pi (as in Blowfish): any odd numbers with mixed bits would do.
 */
static inline uint64_t hash_text(struct span text)
{
    uint64_t hash = UINT64_C(0x243f6a8885a308d3) ^ text.size;
    const char *at = text.bytes;
    size_t left = text.size;

    for (; left > 16; at += 16, left -= 16)
        hash = hash_fold(hash_load8(at) ^ hash, hash_load8(at + 8) ^ UINT64_C(0x13198a2e03707345));
    uint64_t first = 0, last = 0;
    if (left >= 8) {
        first = hash_load8(at);
        last = hash_load8(at + left - 8);
    } else if (left >= 4) {
        first = hash_load4(at);
        last = hash_load4(at + left - 4);
    } else if (left > 0) {
        first = (unsigned char)at[0];
        last = (uint64_t)(unsigned char)at[left / 2] << 8 | (unsigned char)at[left - 1];
    }
    hash = hash_fold(first ^ hash, last ^ UINT64_C(0xa4093822299f31d1));
    return hash_fold(hash, UINT64_C(0x082efa98ec4e6c89));
}

/*
 * True if two texts of `size` >= 1 bytes are the same: what a hash table asks after a hit. A call of memcmp() would
 * cost more than the comparison. Words overlap as in hash_text().
 */
static inline bool hash_same(const char *left, const char *right, size_t size)
{
    if (size < 4)
        return left[0] == right[0] && left[size / 2] == right[size / 2] && left[size - 1] == right[size - 1];
    if (size < 8)
        return hash_load4(left) == hash_load4(right) && hash_load4(left + size - 4) == hash_load4(right + size - 4);
    for (size_t at = 0; at + 8 < size; at += 8)
        if (hash_load8(left + at) != hash_load8(right + at))
            return false;
    return hash_load8(left + size - 8) == hash_load8(right + size - 8);
}

#endif
