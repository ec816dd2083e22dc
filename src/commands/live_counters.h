/*
 * The live counters: what stands in Redis at this moment, over all partitions. `top` and `catalog missing` read them.
 * Partitions are not claimed, and nothing is written.
 */
#ifndef GENTALLY_LIVE_COUNTERS_H
#define GENTALLY_LIVE_COUNTERS_H

#include "gentally/config/config.h"
#include "gentally/inspect/totals.h"
#include "window_list.h"

struct live_counters {
    const struct config *config; /* borrowed until close */
    struct logger logger;
    struct store *store;
    int32_t partition_count;
    struct window_list list; /* windows of all partitions, latest first, each once; records summed */
    struct cell *cell;       /* scratch */
    /* Whether a row counts, by its key; NULL: all do. May be set once the counters are open. */
    bool (*takes)(void *context, struct span key);
    void *context; /* of that */
};

/*
 * Connects, counts the partitions, lists the windows; the log says it as `program`. Close the counters also when this
 * fails. HALT and TRY_LATER as store_open() and store_windows() answer; HALT, STORE-STATE-MISSING: there is no
 * partition at all.
 */
MUST_CHECK enum verdict live_counters_open(struct live_counters *counters, const struct config *config,
                                           const char *program, struct reason *why);
void live_counters_close(struct live_counters *counters);

/* The window of `kind` that holds `at_ms` (INT64_MIN: the latest one). NULL if no such window has records. */
const struct stored_window *live_counters_window(const struct live_counters *counters, enum window_kind kind,
                                                 int64_t at_ms);

/* Adds every row of `rollup` in `window` that `takes` takes to `totals`, named by its row key. HALT: CELL-UNREADABLE,
 * NO-MEMORY, and what store_snapshot() answers. */
MUST_CHECK enum verdict live_counters_add(struct live_counters *counters, struct window window,
                                          const struct rollup *rollup, struct totals *totals, struct reason *why);

#endif
