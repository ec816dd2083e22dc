/* The retention of a replay, compared with the live one. */
#ifndef GENTALLY_REPLAY_RETENTION_H
#define GENTALLY_REPLAY_RETENTION_H

#include "gentally/publish/retention_rows.h"

#define REPLAY_RETENTION_SHOWN 10

/* A row in which both sides differ: so many accounts on each; 0: the side has no such row. */
struct replay_retention_difference {
    uint32_t month, cohort;
    char model[EVENT_TEXT_MAX + 1];
    int64_t live, replay;
};

struct replay_retention {
    bool is_compared;
    uint64_t rows, differing;
    struct replay_retention_difference shown[REPLAY_RETENTION_SHOWN]; /* the first of them */
};

/*
 * Merges what is not merged yet of the pairs of either store's partitions 0 to `partitions` - 1, and compares every
 * month that one of them has. Nothing is compared (`is_compared` is false) where the live state has
 * sealed months, whose pairs a replay cannot see any more, or began later than counting. HALT: NO-MEMORY; verdicts of
 * merger_run(), store_retention_revisions() and retention_rows_read().
 */
MUST_CHECK enum verdict replay_retention_compare(struct store *live, struct store *replay, int32_t partitions,
                                                 struct replay_retention *comparison, struct reason *why);

#endif
