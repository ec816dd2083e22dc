/*
 * What one partition's flush will change, worked out from its rows alone: the deltas of every rollup, spread over their
 * windows, and the cells they go into. Pure: no store, no clock.
 */
#ifndef GENTALLY_FLUSH_PLAN_H
#define GENTALLY_FLUSH_PLAN_H

#include "correction.h"
#include "derive.h"
#include "gentally/core/window.h"
#include "gentally/redis/store_flush.h"
#include "partition_flush.h"

struct config;

/* One delta in one of its windows. */
struct cell_delta {
    struct window window;
    const struct delta *delta;
};

/* The cells of one rollup with dimensions in one window. Before its rows stand two that are always loaded: how many
 * rows it has, and the row of others. */
struct row_group {
    struct window window;
    uint32_t rollup;
    uint32_t count_cell, other_cell, first, end; /* cells; those of rows are [first, end) */
    int64_t rows_before, rows;                   /* in the store: before, and after the flush */
    bool was_closed, is_closed;                  /* there was, is a row of others */
};

/* What one partition's flush will change, worked out step by step. */
struct flush_plan {
    struct change change;
    struct deltas deltas;
    uint32_t cell_delta_count;
    struct cell_delta *cell_deltas; /* sorted: those of one cell stand together */
    uint32_t *cell_first;           /* by cell: its first cell delta; one more at the end */
    bool *is_refused;               /* by cell: it has no row of its own */
    uint32_t group_count;
    struct row_group *groups;
};

/* The keys beside the rows of one rollup. */
struct group_keys {
    struct span count, other;
    char count_text[ROLLUP_NAME_MAX + 8], other_text[ROLLUP_NAME_MAX + 64];
};

/* What planning and merging work with. */
struct flush_tools {
    const struct config *config;
    const struct symbols *symbols;
    int64_t since_ms[ROLLUPS_MAX]; /* windows that start before have no rows of the rollup */
    uint32_t total;                /* index of the rollup whose rows count each record once */
    struct group_keys keys[ROLLUPS_MAX];
    struct arena arena;             /* holds the plans, until it is cleared */
    struct accumulator accumulator; /* empty between cells */
};

/* Prepares the tools, which borrow `config` and `symbols`; the caller closes the arena. */
void flush_tools_open(struct flush_tools *tools, const struct config *config, const struct symbols *symbols);

/* Plans a flush, which is borrowed as long as the plan. HALT: NO-MEMORY. */
MUST_CHECK enum verdict flush_plan_make(struct flush_tools *tools, const struct partition_flush *flush,
                                        struct flush_plan *plan, struct reason *why);

/* True for what an amendment or a retraction took away. */
static inline bool is_taken(const struct delta *delta)
{
    return (delta->row.windows & TAKEN_BIT) != 0;
}

#endif
