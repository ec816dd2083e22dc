/* Retention of a replay laid beside the live one. */
#ifndef GENTALLY_REPLAYED_RETENTION_H
#define GENTALLY_REPLAYED_RETENTION_H

#include "gentally/publish/retention_rows.h"

#define RETENTION_SHOWN 10

/* What the two say of one row; 0: it is not there. */
struct retention_difference {
    uint32_t month, cohort;
    char model[EVENT_TEXT_MAX + 1];
    int64_t live, replay;
};

struct retention_comparison {
    bool is_compared;
    uint64_t rows, differing;
    struct retention_difference shown[RETENTION_SHOWN]; /* the first of them */
};

/*
 * Compares every month that is in either. Nothing is compared where the live state has sealed months, whose pairs a
 * replay cannot see any more, or began later than counting. Verdicts of store_retention_open(), store_retained().
 */
MUST_CHECK enum verdict retention_compare(struct store *live, struct store *replay,
                                          struct retention_comparison *comparison, struct reason *why);

#endif
