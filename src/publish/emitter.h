/*
 * The emitter: one window on its way out. The cells of all partitions are combined, joined with the tables, encoded and
 * put into the open transaction, and the ledger record of the window last. The same contents give the same bytes.
 */
#ifndef GENTALLY_EMITTER_H
#define GENTALLY_EMITTER_H

#include "gentally/core/summary.h"

struct config;
struct emitter;
struct store;
struct told_rows;
struct transaction;

/* All pointers are borrowed until emitter_close(). */
struct emitter_options {
    const struct config *config;
    struct store *store;
    const struct catalog *catalog;
    const struct countries *countries;
    const char *tables_version; /* stamped on every summary */
    struct told_rows *told;     /* what was told of windows before; its transactions are the caller's */
    int32_t partitions;         /* of the input, >= 1 */
    const int64_t *since_ms;    /* by rollup: windows that start before have no rows of it; borrowed until close */
};

/* Opens an emitter. HALT: NO-MEMORY, SCHEMA-INVALID. */
MUST_CHECK enum verdict emitter_open(struct emitter **emitter, const struct emitter_options *options,
                                     struct reason *why);
void emitter_close(struct emitter *emitter);

struct emitter_order {
    struct window window;
    enum pane pane;
    int64_t generation;
    bool is_whole;           /* put every row, not only those that are not known to stand in the topics as they are */
    bool was_told;           /* it was published before, by whomever: rows that are gone now may stand in the topics */
    bool was_retention_told; /* the same of its rows of retention */
    const int64_t *ends;     /* of the input's logs, by partition; -1: not known; borrowed for the call */
    /* The revision that was published last: if the window still has as many records, only its retention has risen, and
     * the other rows are not put again: they stand in the topics, in `unchanged_pane`. 0: put all rows. */
    int64_t unchanged_revision;
    enum pane unchanged_pane;
};

struct emitter_outcome {
    enum pane pane;
    int64_t revision;   /* the records the summaries were made of; 0: there are none, and nothing was put */
    int64_t retention;  /* revision of a month's retention rows; 0: none */
    uint32_t summaries; /* rows that the window has in all: those with requests or accounts */
    uint32_t sent;      /* those among them that were put */
    bool has_put;       /* something was put, be it in vain: where nothing was, the transaction may go on without it */
};

/* Puts the summaries of a window into the open transaction, of a month its retention rows too, and its ledger record.
 * Where retention is damaged it is stopped for good, and rows of it that were put before stay, as if it were switched
 * off. Blocks for a round trip to the store a partition. Verdicts of store_snapshot(), but for a state that is missing:
 * its partition has no part in the window; of store_retained() and transaction_put(). */
MUST_CHECK enum verdict emitter_put(struct emitter *emitter, struct transaction *transaction,
                                    const struct emitter_order *order, struct emitter_outcome *outcome,
                                    struct reason *why);

/* What each partition contributed to the window that was put last, by partition. Borrowed until the next
 * emitter_put(). */
const struct ledger_partition *emitter_parts(const struct emitter *emitter);

#endif
