/*
 * Where a partition without a state may begin to count: `gentally setup` makes states for all that there are, a worker
 * for those that were added since.
 */
#ifndef GENTALLY_BEGINNINGS_H
#define GENTALLY_BEGINNINGS_H

#include "gentally/base/log.h"
#include "gentally/core/window.h"

struct config;
struct source;
struct store;

/* What the states that there are say of one that is to be made. */
struct beginnings {
    /* The windows that partitions have sealed already: in a window that others have collected a new one could only
     * count records that no summary can hold any more. */
    int64_t floors_ms[WINDOW_KINDS];
    int64_t made_ms;  /* when the last of them was made; NO_TIME: none says */
    bool has_counted; /* some partition has counted records */
};

/* Looks at the states of `count` partitions. Verdicts of store_state(), a missing state being none. */
MUST_CHECK enum verdict beginnings_look(struct store *store, int32_t count, struct beginnings *found,
                                        struct reason *why);

/*
 * Makes the first state of those of `partitions` that lack one, and of which nothing can have been lost: their number
 * is `known` or higher, which is how many `setup` has seen; no summary holds anything of them; and their logs begin
 * with offset 0. `count` is how many partitions the topic has. Others are left as they are. Such a state is as old as
 * those beside it: a worker that still reaches a server of before must not make it the one that counts (runbooks'
 * decision 0024). Blocks for some round trips, and while the ledger is read. TRY_LATER: Redis or a broker did not
 * answer; call again. HALT: as of ledger_offsets_read() and store_create().
 */
MUST_CHECK enum verdict beginnings_make(const struct config *config, struct store *store, struct source *source,
                                        const int32_t partitions[], uint32_t partition_count, int32_t known,
                                        int32_t count, struct logger *logger, struct reason *why);

#endif
