/* Entries of a journal, read a few a call. Private to this room. */
#ifndef GENTALLY_STORE_ENTRIES_H
#define GENTALLY_STORE_ENTRIES_H

#include "store_call.h"

/* Zero before store_entries_read(); store_entries_close() always. */
struct store_entries {
    struct span *items;
    size_t count, item_room;
    redisReply **replies; /* which the items borrow from */
    size_t reply_count, reply_room;
};

/* Reads the entries of these numbers, none if `last` < `first`. An entry does not change as long as it is there.
 * TRY_LATER: STORE-WINDOW-GREW, one is gone: it was applied. HALT: STORE-DAMAGED, NO-MEMORY. */
MUST_CHECK enum verdict store_entries_read(struct store_entries *entries, struct store *store, int32_t partition,
                                           int64_t first, int64_t last, struct reason *why);
void store_entries_close(struct store_entries *entries);

#endif
