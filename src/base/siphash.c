/* SipHash-2-4 with 128 bits, step by step as in the authors' reference implementation. */
#include "gentally/base/siphash.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void round_once(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void absorb(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    round_once(s);
    round_once(s);
    s->v0 ^= word;
}

static uint64_t finish(struct state *s)
{
    for (unsigned i = 0; i < 4; i++)
        round_once(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* The first `size` bytes as a little-endian number, whatever the machine's order. */
static uint64_t load(const char *bytes, size_t size)
{
    uint64_t word = 0;

    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return word;
}

static void store(uint64_t word, uint8_t bytes[8])
{
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

void siphash128(const struct siphash_key *key, struct span text, uint8_t hash[16])
{
    struct state s = {
        UINT64_C(0x736f6d6570736575) ^ key->words[0],
        UINT64_C(0x646f72616e646f6d) ^ key->words[1] ^ 0xee,
        UINT64_C(0x6c7967656e657261) ^ key->words[0],
        UINT64_C(0x7465646279746573) ^ key->words[1],
    };
    size_t at = 0;

    for (; at + 8 <= text.size; at += 8)
        absorb(&s, load(text.bytes + at, 8));
    absorb(&s, (uint64_t)text.size << 56 | (at < text.size ? load(text.bytes + at, text.size - at) : 0));
    s.v2 ^= 0xee;
    store(finish(&s), hash);
    s.v1 ^= 0xdd;
    store(finish(&s), hash + 8);
}
