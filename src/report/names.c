/* Texts by number in an array; numbers by text in an open-addressing table of them, at most half full. */
#include "names.h"

#include <stdlib.h>

#include "gentally/base/hash.h"

static uint32_t slot_of(const struct names *names, struct span text)
{
    uint32_t mask = 2 * names->room - 1;
    uint32_t slot = (uint32_t)hash_text(text) & mask;

    while (names->slots[slot] != 0 && !span_equal(names->texts[names->slots[slot] - 1], text))
        slot = (slot + 1) & mask;
    return slot;
}

static bool make_room(struct names *names)
{
    if (names->count < names->room)
        return true;
    uint32_t room = names->room == 0 ? 1024 : 2 * names->room;
    struct span *texts = realloc(names->texts, room * sizeof(*texts));
    if (texts != NULL)
        names->texts = texts;
    uint32_t *slots = calloc(2 * (size_t)room, sizeof(*slots));
    if (texts == NULL || slots == NULL) {
        free(slots);
        return false;
    }
    free(names->slots);
    names->slots = slots;
    names->room = room;
    for (uint32_t index = 0; index < names->count; index++)
        names->slots[slot_of(names, names->texts[index])] = index + 1;
    return true;
}

uint32_t names_put(struct names *names, struct span text)
{
    if (text.bytes == NULL || text.size == 0)
        return 0;
    if (!make_room(names)) {
        *names->has_failed = true;
        return 0;
    }
    uint32_t slot = slot_of(names, text);
    if (names->slots[slot] != 0)
        return names->slots[slot];
    char *copy = malloc(text.size + 1);
    if (copy == NULL) {
        *names->has_failed = true;
        return 0;
    }
    memcpy(copy, text.bytes, text.size);
    copy[text.size] = '\0';
    names->texts[names->count++] = (struct span){copy, text.size};
    names->slots[slot] = names->count;
    return names->count;
}

uint32_t names_find(const struct names *names, struct span text)
{
    return names->room == 0 || text.size == 0 ? 0 : names->slots[slot_of(names, text)];
}

struct span names_text(const struct names *names, uint32_t id)
{
    return id == 0 ? (struct span){NULL, 0} : names->texts[id - 1];
}

void names_close(struct names *names)
{
    for (uint32_t index = 0; index < names->count; index++)
        free((char *)(uintptr_t)names->texts[index].bytes);
    free(names->texts);
    free(names->slots);
    *names = (struct names){0};
}
