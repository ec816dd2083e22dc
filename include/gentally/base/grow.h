/* Growing arrays: the one place that doubles the room, checks the multiplication, and changes nothing on failure. */
#ifndef GENTALLY_GROW_H
#define GENTALLY_GROW_H

#include "gentally/base/base.h"

/*
 * Makes room in a heap array for `wanted` items of `item_size` bytes. Returns the array, which may have moved, with
 * `*room` (in items) raised: to twice what it was, and at least to `wanted`. Where `*room` suffices, returns `items` as
 * they are. NULL: no memory, never that nothing was wanted (an array for none has room too); `items` and `*room` are as
 * before. An array without items is NULL with a room of 0.
 *
 *     struct row *rows = grow(list->rows, &list->room, list->count + 1, sizeof(*rows));
 *     if (rows == NULL)
 *         return no_memory(why, "for the rows");
 *     list->rows = rows;
 */
MUST_CHECK void *grow(void *items, size_t *room, size_t wanted, size_t item_size);

#endif
