/* The counters as they stand in Redis, over all partitions: what `top` and `catalog missing` read. Claims nothing,
 * writes nothing. */
#ifndef GENTALLY_LIVE_COUNTERS_H
#define GENTALLY_LIVE_COUNTERS_H

#include "gentally/inspect/totals.h"
#include "gentally/config/config.h"
#include "gentally/redis/store.h"

struct live {
    const struct config *config; /* borrowed until close */
    struct logger logger;
    struct store *store;
    int32_t partition_count;
    uint32_t window_count, window_room;
    struct stored_window *windows; /* of all partitions, newest first, each once; records summed */
    struct cell *cell;             /* scratch */
};

/* Connects, counts the partitions, lists the windows. HALT and TRY_LATER as store.h says; STORE-STATE-MISSING if there
 * is no partition at all. */
MUST_CHECK enum verdict live_open(struct live *live, const struct config *config, struct reason *why);
void live_close(struct live *live);

/* The newest window of `kind`, or the one that holds `at_ms` (INT64_MIN = the newest). NULL if there is none with
 * records. */
const struct stored_window *live_window(const struct live *live, enum window_kind kind, int64_t at_ms);

/* Adds every row of `rollup` in `window` to `breakdown`, named by its row key. HALT: STORE-TORN, CELL-UNREADABLE, ...
 */
MUST_CHECK enum verdict live_add(struct live *live, struct window window, const struct rollup *rollup,
                                 struct breakdown *breakdown, struct reason *why);

#endif
