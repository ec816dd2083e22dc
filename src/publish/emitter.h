/*
 * One window on its way out: its cells of all partitions, merged, joined with the tables, encoded and put into the
 * transaction's open transaction, with the ledger record last.
 */
#ifndef GENTALLY_EMITTER_H
#define GENTALLY_EMITTER_H

#include "gentally/core/summary.h"
#include "gentally/kafka/transaction.h"
#include "gentally/publish/closer.h"

struct transaction;
struct emitter;

/* All borrowed until close. HALT: NO-MEMORY, SCHEMA-INVALID. */
MUST_CHECK enum verdict emitter_open(struct emitter **emitter, const struct config *config, struct store *store,
                                     const struct closer_tables *tables, int32_t partitions, struct reason *why);
void emitter_close(struct emitter *emitter);

struct emitter_order {
    struct window window;
    enum pane pane;
    int64_t generation;
    /* Of what was published: if the records are still these, only retention has risen, and nothing else is put again:
     * its rows are there already, in this pane. 0: put all. */
    int64_t unchanged_revision;
    enum pane unchanged_pane;
};

struct emitter_outcome {
    enum pane pane;
    int64_t revision;   /* the records the summaries were made of; 0: there are none, and nothing was put */
    int64_t retention;  /* revision of a month's retention rows; 0: none */
    uint32_t summaries; /* rows in all; one without requests or accounts is a tombstone, and not among them */
};

/* Puts the summaries of a window, of a month its retention rows too, and its ledger record. Verdicts of
 * store_snapshot(), store_retained() and transaction_put(). */
MUST_CHECK enum verdict emitter_put(struct emitter *emitter, struct transaction *transaction,
                                    const struct emitter_order *order, struct emitter_outcome *outcome,
                                    struct reason *why);

/* What each partition contributed to the window put last, of as many partitions as there were at open. Borrowed until
 * the next one is put. */
const struct ledger_partition *emitter_parts(const struct emitter *emitter);

#endif
