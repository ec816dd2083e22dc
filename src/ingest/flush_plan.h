/*
 * What one partition's flush will write, worked out from its rows alone: the deltas of every rollup as entries of the
 * journal, and how many records each window gets. Pure: no store, no clock.
 */
#ifndef GENTALLY_FLUSH_PLAN_H
#define GENTALLY_FLUSH_PLAN_H

#include "correction.h"
#include "derive.h"
#include "gentally/core/journal_entry.h"
#include "gentally/redis/store_flush.h"
#include "partition_flush.h"

struct config;
struct retention;

/* What planning works with. */
struct flush_tools {
    const struct config *config;
    const struct symbols *symbols;
    struct retention *retention;    /* NULL: off */
    int64_t since_ms[ROLLUPS_MAX];  /* windows that start before have no rows of the rollup */
    uint32_t total;                 /* index of the rollup whose rows count each record once */
    struct arena arena;             /* holds the changes, until it is cleared */
    struct arena scratch;           /* what one change is made of: cleared by the next flush_plan_make() */
    struct accumulator accumulator; /* empty between rows */
};

/* Prepares the tools, which borrow what they are given until they are closed. */
void flush_tools_open(struct flush_tools *tools, const struct config *config, const struct symbols *symbols,
                      struct retention *retention);
void flush_tools_close(struct flush_tools *tools);

/* Plans a flush, which is borrowed as long as the change. HALT: NO-MEMORY. */
MUST_CHECK enum verdict flush_plan_make(struct flush_tools *tools, const struct partition_flush *flush,
                                        struct change *change, struct reason *why);

#endif
