/* The counters as they stand in Redis, over all partitions: what `top` and `catalog missing` read. Claims nothing,
 * writes nothing. */
#ifndef GENTALLY_LIVE_COUNTERS_H
#define GENTALLY_LIVE_COUNTERS_H

#include "gentally/config/config.h"
#include "gentally/inspect/totals.h"
#include "gentally/redis/store_windows.h"

struct live_counters {
    const struct config *config; /* borrowed until close */
    struct logger logger;
    struct store *store;
    int32_t partition_count;
    uint32_t window_count, window_room;
    struct stored_window *windows; /* of all partitions, latest first, each once; records summed */
    struct cell *cell;             /* scratch */
};

/* Connects, counts the partitions, lists the windows. HALT and TRY_LATER as store.h says; STORE-STATE-MISSING if there
 * is no partition at all. */
MUST_CHECK enum verdict live_counters_open(struct live_counters *counters, const struct config *config,
                                           struct reason *why);
void live_counters_close(struct live_counters *counters);

/* The latest window of `kind`, or the one that holds `at_ms` (INT64_MIN = the latest). NULL if there is none with
 * records. */
const struct stored_window *live_counters_window(const struct live_counters *counters, enum window_kind kind,
                                                 int64_t at_ms);

/* Adds every row of `rollup` in `window` to `totals`, named by its row key. HALT: STORE-TORN, CELL-UNREADABLE, ...
 */
MUST_CHECK enum verdict live_counters_add(struct live_counters *counters, struct window window,
                                          const struct rollup *rollup, struct totals *totals, struct reason *why);

#endif
