/* The room of an array doubles, so that adding n items one by one costs O(n) copies in all. */
#include "gentally/base/grow.h"

#include <assert.h>
#include <stdlib.h>

#define ROOM_FIRST 16 /* items: below it doubling would only cost calls */

void *grow(void *items, size_t *room, size_t wanted, size_t item_size)
{
    assert(item_size > 0);
    assert((items == NULL) == (*room == 0));
    if (wanted <= *room && items != NULL)
        return items;
    size_t fresh = *room < ROOM_FIRST / 2 ? ROOM_FIRST : *room * 2;
    if (fresh < wanted)
        fresh = wanted;
    size_t bytes;
    if (__builtin_mul_overflow(fresh, item_size, &bytes))
        return NULL;
    void *grown = realloc(items, bytes);
    if (grown != NULL)
        *room = fresh;
    return grown;
}
