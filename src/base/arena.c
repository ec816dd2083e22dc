/* A list of blocks: `current` is the block being filled; the blocks after it are empty, kept from a larger past. */
#include "gentally/base/arena.h"

#include <assert.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(bytes, size) ((void)(bytes), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(bytes, size) ((void)(bytes), (void)(size))
#endif

struct arena_block {
    struct arena_block *next;
    size_t size, used; /* bytes */
    _Alignas(16) uint8_t bytes[];
};

void arena_open(struct arena *arena, size_t block_size)
{
    *arena = (struct arena){.block_size = block_size};
}

static void free_blocks(struct arena_block *first)
{
    for (struct arena_block *block = first; block != NULL;) {
        struct arena_block *next = block->next;
        ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
        free(block);
        block = next;
    }
}

void arena_close(struct arena *arena)
{
    free_blocks(arena->first);
    *arena = (struct arena){0};
}

static struct arena_block *block_open(size_t size)
{
    struct arena_block *block = malloc(sizeof(*block) + size);

    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->size = size;
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    return block;
}

/* The block that `size` bytes will be taken from. */
static struct arena_block *block_for(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->current;

    while (block != NULL && block->size - block->used < size && block->next != NULL)
        block = block->next;
    if (block == NULL || block->size - block->used < size) {
        struct arena_block *fresh = block_open(size > arena->block_size ? size : arena->block_size);
        if (fresh == NULL)
            return NULL;
        if (block == NULL)
            arena->first = fresh;
        else
            block->next = fresh;
        block = fresh;
    }
    arena->current = block;
    return block;
}

static size_t aligned(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t room = aligned(size);
    struct arena_block *block = block_for(arena, room);

    if (block == NULL)
        return NULL;
    void *taken = block->bytes + block->used;
    block->used += room;
    ASAN_UNPOISON_MEMORY_REGION(taken, size);
    return taken;
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    void *copy = arena_take(arena, size);

    if (copy != NULL && size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

void arena_trim(struct arena *arena, void *taken, size_t size, size_t used)
{
    struct arena_block *block = arena->current;

    assert(used <= size);
    assert((uint8_t *)taken + aligned(size) == block->bytes + block->used);
    block->used -= aligned(size) - aligned(used);
    ASAN_POISON_MEMORY_REGION((uint8_t *)taken + used, size - used);
}

void arena_clear(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block != NULL; block = block->next) {
        ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
        block->used = 0;
    }
    arena->current = arena->first;
}

void arena_shrink(struct arena *arena)
{
    if (arena->first != NULL) {
        free_blocks(arena->first->next);
        arena->first->next = NULL;
    }
    arena_clear(arena);
}
