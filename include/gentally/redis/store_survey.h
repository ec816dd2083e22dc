/*
 * Where partitions stand and which windows they have, many at a time: a round trip for all of them, where
 * store_state() and store_windows() take two for each.
 */
#ifndef GENTALLY_STORE_SURVEY_H
#define GENTALLY_STORE_SURVEY_H

#include "gentally/redis/store_windows.h"

#define STORE_SURVEY_MAX 32 /* partitions of a call */

/* What is asked of a partition, and what came. */
struct store_survey {
    struct partition_state *state;
    struct stored_window *windows; /* with `room` */
    uint32_t room, count;          /* count: as of store_windows() */
    bool is_read;                  /* false: nothing above holds, and whoever asks for it alone is told why */
};

/* Asks for the partitions `first` to `first` + `count` - 1, of which there are 1 to STORE_SURVEY_MAX, before the first
 * answer is waited for. Each state is from before its windows. Verdicts of store_link_up(). */
MUST_CHECK enum verdict store_survey(struct store *store, int32_t first, uint32_t count, struct store_survey surveys[],
                                     struct reason *why);

#endif
