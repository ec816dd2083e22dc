/*
 * A bump arena of blocks: what is taken stays where it is until the arena is cleared; cleared blocks are kept for the
 * next use, so that a steady state allocates nothing.
 */
#ifndef GENTALLY_ARENA_H
#define GENTALLY_ARENA_H

#include "gentally/base/base.h"

struct arena_block;
struct arena {
    struct arena_block *first, *current;
    size_t block_size; /* bytes of an ordinary block; larger wishes get a block of their own size */
};

/* Nothing is allocated yet. */
void arena_open(struct arena *arena, size_t block_size);
void arena_close(struct arena *arena);

/* `size` bytes aligned to 16, or NULL if there is no memory. */
void *arena_take(struct arena *arena, size_t size);

/* Gives back the unused end of what was taken last: keeps `used` of its `size` bytes. */
void arena_trim(struct arena *arena, void *taken, size_t size, size_t used);

/* Forgets everything taken; poisons it under AddressSanitizer. */
void arena_clear(struct arena *arena);

#endif
