/*
 * The emitter: one window on its way out. The cells of all partitions are combined, joined with the tables, encoded and
 * put into the open transaction, and the ledger record of the window last. The same contents give the same bytes.
 *
 * A window of more rows than one transaction takes goes out in several. The first one has a ledger record which says
 * that it is under way, and the last one the record that says of what it was made.
 */
#ifndef GENTALLY_EMITTER_H
#define GENTALLY_EMITTER_H

#include "gentally/core/schema_ids.h"
#include "gentally/core/summary.h"

struct config;
struct emitter;
struct emitter_order;
struct emitter_outcome;
struct merger;
struct store;
struct standing;
struct told_rows;
struct transaction;

/* Commits the open transaction, with the first rows of a window, and begins the next. Its verdicts are emitter_put()'s.
 */
typedef enum verdict emitter_turn_over(void *context, const struct emitter_order *order,
                                       const struct emitter_outcome *outcome, struct reason *why);

/* All pointers are borrowed until emitter_close(). */
struct emitter_options {
    const struct config *config;
    struct store *store;
    struct merger *merger;      /* NULL: without retention */
    struct join_tables tables;  /* joined to rows */
    const char *tables_version; /* stamped on every summary */
    struct told_rows *told;     /* what was told of windows before; its transactions are the caller's */
    struct standing *standing;  /* the same of rows of retention; NULL: without retention */
    int32_t partitions;         /* of the input, >= 1 */
    emitter_turn_over *turn_over;
    void *context;           /* of that */
    const int64_t *since_ms; /* by rollup: windows that start before have no rows of it; borrowed until close */
    struct schema_ids ids;   /* what is put is framed with; 0: the bundled one */
};

/* Opens an emitter. HALT: NO-MEMORY, SCHEMA-INVALID. */
MUST_CHECK enum verdict emitter_open(struct emitter **emitter, const struct emitter_options *options,
                                     struct reason *why);
void emitter_close(struct emitter *emitter);

struct emitter_order {
    struct window window;
    enum pane pane;
    int64_t generation;
    bool is_whole;       /* put every row, not only those that are not known to stand in the topics as they are */
    bool was_told;       /* it was published before, by whomever: rows that are gone now may stand in the topics */
    const int64_t *ends; /* of the input's logs, by partition; -1: not known; borrowed for the call */
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
    uint32_t models, unknown_models; /* of those: that name a model, and one that the catalog does not have */
    bool has_put;      /* something was put, be it in vain: where nothing was, the transaction may go on without it */
    bool is_under_way; /* a transaction with some of its rows has committed, or may have */
};

/* Has the emitter look at the partitions anew before the next window is read: what is in their journals alone is as of
 * one moment of this turn (store_view.h). */
void emitter_begin_turn(struct emitter *emitter);

/* Reads the window that `order` names from all partitions, and a month's retention, which is brought up to them first.
 * Where that is damaged it is stopped for good, and rows of it that were put before stay, as if it were switched off.
 * Fills `outcome` but for the rows. Blocks for the round trips of store_snapshots(), whose verdicts it has, and those
 * of store_retained() and merger_run(). A partition whose state is missing has no part in the window. */
MUST_CHECK enum verdict emitter_gather(struct emitter *emitter, const struct emitter_order *order,
                                       struct emitter_outcome *outcome, struct reason *why);

/* Puts the summaries of the window that was gathered, of the same order and with the same outcome, into the open
 * transaction, of a month its retention rows too, and its ledger record. After each `transaction_rows_max` rows but the
 * last ones the transaction is turned over. Verdicts of transaction_put() and emitter_turn_over. */
MUST_CHECK enum verdict emitter_put(struct emitter *emitter, struct transaction *transaction,
                                    const struct emitter_order *order, struct emitter_outcome *outcome,
                                    struct reason *why);

/* What each partition contributed to the window that was gathered last, by partition. Borrowed until the next
 * emitter_gather(). */
const struct ledger_partition *emitter_parts(const struct emitter *emitter);

#endif
