/*
 * The offsets from which the input's partitions were counted, as the ledger has them. A state that is gone from Redis
 * may only be made anew where the log still has every record that was counted and published: otherwise windows would be
 * stated again with fewer records than they had, and nobody would be told.
 */
#ifndef GENTALLY_LEDGER_OFFSETS_H
#define GENTALLY_LEDGER_OFFSETS_H

#include "gentally/base/calendar.h"
#include "gentally/kafka/source.h"

#define LEDGER_OFFSETS_NOTHING INT64_C(-1)

struct ledger_offsets {
    /* Of each partition, the lowest offset that published windows were counted from, or LEDGER_OFFSETS_NOTHING. */
    int64_t first[PARTITIONS_MAX];
    /* And when the last of its states was made that windows were published from, in ms; NO_TIME: it is not known. */
    int64_t made_ms[PARTITIONS_MAX];
};

/* Reads the ledger topic to its end. Blocks, and answers, as topic_read() does; HALT: NO-MEMORY. */
MUST_CHECK enum verdict ledger_offsets_read(struct ledger_offsets *offsets, const struct config *config,
                                            struct reason *why);

/*
 * Checks that a partition without a state may begin at `first`, the first offset its log still has. HALT,
 * STORE-STATE-MISSING: records that were counted and published would be lost.
 */
MUST_CHECK enum verdict ledger_offsets_may_begin(const struct ledger_offsets *offsets, int32_t partition, int64_t first,
                                                 struct reason *why);

/*
 * Checks that a state made at `now_ms`, by the clock of Redis, is later than those that were published: an earlier one
 * would be taken for superseded. HALT, STORE-SUPERSEDED: the clock is wrong, or was.
 */
MUST_CHECK enum verdict ledger_offsets_may_follow(const struct ledger_offsets *offsets, int32_t partition,
                                                  int64_t now_ms, struct reason *why);

#endif
