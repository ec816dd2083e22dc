/*
 * Where partitions without a state begin: at the start of their log, and behind the windows that others have ended. A
 * partition has no state because it is new, or because the state was lost; then it may only begin anew if its log still
 * has every record that was counted and published, and by a clock that is later than the lost state.
 */
#ifndef GENTALLY_BEGINNINGS_H
#define GENTALLY_BEGINNINGS_H

#include <stdint.h>

#include "gentally/base/verdict.h"

struct config;
struct source;
struct store;

/* All pointers are borrowed for the calls. */
struct beginnings {
    const struct config *config;
    struct store *store;
    struct source *source;
    int32_t first, count; /* partitions [first, count) may begin; of [0, count) floors are taken */
    bool may_begin_again; /* from what is left of the log, even where that is less than was counted */
};

/*
 * Checks those of the partitions that have no state, all of them before the first state is made. Reads the ledger to
 * its end: blocks, and answers, as topic_read(), store_state() and source_extent() do. HALT: STORE-STATE-MISSING,
 * records that were counted and published are gone from the log; STORE-SUPERSEDED, the clock of Redis is behind the
 * state that was lost.
 */
MUST_CHECK enum verdict beginnings_check(const struct beginnings *beginnings, struct reason *why);

/* What beginnings_create() found and did. */
struct begun {
    int32_t created;
    bool has_counted; /* some partition of [0, count) has counted records */
};

/* Makes a first state for those of the partitions that have none; harmless to repeat, or to do twice at once. Verdicts
 * of store_create() and source_extent(). */
MUST_CHECK enum verdict beginnings_create(const struct beginnings *beginnings, struct begun *begun, struct reason *why);

#endif
