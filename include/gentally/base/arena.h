/*
 * A bump arena. Memory taken from an arena stays where it is until the arena is cleared or closed; nothing is freed
 * singly. The blocks of a cleared arena are kept for the next use, so a steady state allocates nothing. One owner.
 */
#ifndef GENTALLY_ARENA_H
#define GENTALLY_ARENA_H

#include "gentally/base/base.h"

struct arena_block;
struct arena {
    struct arena_block *first, *current;
    size_t block_size; /* bytes of an ordinary block; a larger request gets a block of its own size */
};

/* Prepares an arena whose blocks have `block_size` bytes. Allocates nothing yet, so it cannot fail. */
void arena_open(struct arena *arena, size_t block_size);

/* Frees every block, and with them all that was taken. */
void arena_close(struct arena *arena);

/* Takes `size` bytes, aligned to 16, not cleared. Returns NULL if there is no memory. */
void *arena_take(struct arena *arena, size_t size);

/* A copy of `size` bytes, as arena_take() takes them. Returns NULL if there is no memory. */
void *arena_copy(struct arena *arena, const void *bytes, size_t size);

/* Shrinks the piece taken last from `size` to `used` bytes. Asserts that `taken` is that piece. */
void arena_trim(struct arena *arena, void *taken, size_t size, size_t used);

/* Takes back every piece at once and keeps the blocks. Under AddressSanitizer their bytes are poisoned. */
void arena_clear(struct arena *arena);

/* The same, but keeps the first block alone: for what needs much now and then. */
void arena_shrink(struct arena *arena);

#endif
