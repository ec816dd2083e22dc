/*
 * Interning by open addressing.
 *
 *   slots   a power of two, at least twice as many as texts: [ upper half of the hash | id ], 0 = free
 *   texts   id -> place in the arena and size; id 0 is the absent text
 *   arena   the bytes, one after another, never moved
 *
 * A slot holds half of the hash, so a probe of another text almost never leaves the slots, and a probe of the same text
 * reads one text. Texts are never removed singly, so there are no tombstones and linear probing stays short.
 */
#include "gentally/base/symbols.h"

#include <assert.h>
#include <stdlib.h>

#include "gentally/base/hash.h"

#define ID_MASK UINT64_C(0xffffffff)

struct text {
    uint32_t begin; /* in the arena */
    uint32_t size;  /* bytes */
};

struct symbols {
    uint64_t *slots;
    struct text *texts;
    char *arena;
    uint64_t slot_mask;
    uint32_t count; /* ids in use, the absent one included */
    uint32_t count_max;
    size_t arena_size;
    size_t arena_size_max;
};

static bool is_sane(const struct symbols *symbols)
{
    return symbols->count >= 1 && symbols->count - 1 <= symbols->count_max &&
           symbols->arena_size <= symbols->arena_size_max;
}

enum verdict symbols_open(struct symbols **symbols, uint32_t count_max, size_t bytes_max, struct reason *why)
{
    assert(count_max < UINT32_MAX / 4);
    assert(bytes_max <= UINT32_MAX);
    uint64_t slot_count = 8;
    while (slot_count < 2 * (uint64_t)count_max)
        slot_count *= 2;

    struct symbols *opened = calloc(1, sizeof(*opened));
    if (opened != NULL) {
        opened->slots = calloc(slot_count, sizeof(opened->slots[0]));
        opened->texts = calloc((size_t)count_max + 1, sizeof(opened->texts[0]));
        opened->arena = malloc(bytes_max + 1); /* never of size 0 */
    }
    if (opened == NULL || opened->slots == NULL || opened->texts == NULL || opened->arena == NULL) {
        symbols_close(opened);
        return reason_set(why, HALT, NO_MEMORY, 0, "symbols: no room for %u texts", (unsigned)count_max);
    }
    opened->slot_mask = slot_count - 1;
    opened->count = 1;
    opened->count_max = count_max;
    opened->arena_size_max = bytes_max;
    *symbols = opened;
    return GO_ON;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols == NULL)
        return;
    free(symbols->slots);
    free(symbols->texts);
    free(symbols->arena);
    free(symbols);
}

/* The id of `text`, or 0; `*slot` is where it is or would be. */
static inline uint32_t find(const struct symbols *symbols, struct span text, uint64_t hash, uint64_t *slot)
{
    for (uint64_t at = hash & symbols->slot_mask;; at = (at + 1) & symbols->slot_mask) {
        uint64_t found = symbols->slots[at];

        *slot = at;
        if (found == 0)
            return 0;
        if ((found ^ hash) > ID_MASK)
            continue;
        const struct text *known = &symbols->texts[found & ID_MASK];
        if (known->size == text.size && hash_same(symbols->arena + known->begin, text.bytes, text.size))
            return (uint32_t)(found & ID_MASK);
    }
}

static uint32_t add(struct symbols *symbols, struct span text, uint64_t hash, uint64_t slot)
{
    assert(symbols_has_room(symbols, 1, text.size));
    assert(symbols->slots[slot] == 0);
    uint32_t id = symbols->count++;

    symbols->texts[id] = (struct text){(uint32_t)symbols->arena_size, (uint32_t)text.size};
    memcpy(symbols->arena + symbols->arena_size, text.bytes, text.size);
    symbols->arena_size += text.size;
    symbols->slots[slot] = (hash & ~ID_MASK) | id;
    assert(is_sane(symbols));
    return id;
}

uint32_t symbols_intern(struct symbols *symbols, struct span text)
{
    if (text.size == 0)
        return 0;
    uint64_t hash = hash_text(text), slot;
    uint32_t id = find(symbols, text, hash, &slot);
    return id != 0 ? id : add(symbols, text, hash, slot);
}

uint32_t symbols_find(const struct symbols *symbols, struct span text)
{
    uint64_t slot;

    return text.size == 0 ? 0 : find(symbols, text, hash_text(text), &slot);
}

struct span symbols_text(const struct symbols *symbols, uint32_t id)
{
    assert(id < symbols->count);
    if (id == 0)
        return (struct span){NULL, 0};
    return (struct span){symbols->arena + symbols->texts[id].begin, symbols->texts[id].size};
}

bool symbols_has_room(const struct symbols *symbols, uint32_t count, size_t bytes)
{
    assert(is_sane(symbols));
    return count <= symbols->count_max - (symbols->count - 1) && bytes <= symbols->arena_size_max - symbols->arena_size;
}

uint32_t symbols_count(const struct symbols *symbols)
{
    return symbols->count;
}

void symbols_clear(struct symbols *symbols)
{
    assert(is_sane(symbols));
    if (symbols->count > 1)
        memset(symbols->slots, 0, (symbols->slot_mask + 1) * sizeof(symbols->slots[0]));
    symbols->count = 1;
    symbols->arena_size = 0;
}
