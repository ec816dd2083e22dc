/*
 * One window's hash read in portions, so that Redis is never held for long, however many cells there are. Private to
 * this room.
 */
#ifndef GENTALLY_STORE_PORTIONS_H
#define GENTALLY_STORE_PORTIONS_H

#include "gentally/base/arena.h"
#include "store_call.h"

struct field {
    struct span name, value;
};

/* All fields of a hash. Zero before portions_read(); portions_close() always. */
struct portions {
    struct arena arena; /* holds the bytes */
    struct field *fields;
    size_t count, room;
};

/*
 * Reads the fields of a window, some `store->portion` a call. A hash that changes meanwhile may give a field twice, or
 * not at all: whoever asks must see to that. `fields_max` is more than the caller would believe: then reading ends.
 * HALT: STORE-DAMAGED, NO-MEMORY.
 */
MUST_CHECK enum verdict portions_read(struct portions *portions, struct store *store, int32_t partition,
                                      struct window window, size_t fields_max, struct reason *why);
void portions_close(struct portions *portions);

#endif
