/*
 * One account taken out of the summaries: each of its rows that stands in a topic is added to the row of all that were
 * erased, of the same window and other dimensions, and gets a tombstone. Versions stay what they are, so no other row
 * is told again; where that makes one row of two, the window's ledger record says so. A window's rows change in one
 * transaction. Harmless to repeat: what was added has no row any more.
 */
#ifndef GENTALLY_RESTATE_H
#define GENTALLY_RESTATE_H

#include "gentally/base/log.h"
#include "gentally/core/rollup.h"
#include "gentally/core/schema_ids.h"
#include "gentally/publish/closer_hold.h"

struct config;

/* All pointers are borrowed for the call. */
struct restate_order {
    const struct config *config;
    const struct rollups *rollups; /* that name accounts */
    const char *account;           /* as rows name it */
    struct schema_ids ids;         /* to write with */
    struct closer_hold hold;       /* by which no closer publishes meanwhile */
    struct logger *logger;
    bool is_dry; /* only count */
};

struct restate_counts {
    uint64_t rows;    /* of the account that stood in topics */
    uint64_t joined;  /* of them, that were added to a row that was there */
    uint64_t windows; /* whose rows changed */
};

/*
 * Restates all rows of the account. Blocks as long as reading the topics takes. Fences every closer of the namespace.
 * Verdicts of transaction_open(), transaction_commit(), our_schemas_read() and the hold; a topic that is not there has
 * no rows. HALT: NO-MEMORY; LEDGER-UNREADABLE, a window that needs it has no ledger record.
 */
MUST_CHECK enum verdict restate_erased(const struct restate_order *order, struct restate_counts *counts,
                                       struct reason *why);

#endif
