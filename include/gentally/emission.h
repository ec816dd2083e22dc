/*
 * One window on its way out: its cells of all partitions, merged, joined with the tables, encoded and put into the
 * publisher's open transaction, with the ledger record last.
 */
#ifndef GENTALLY_EMISSION_H
#define GENTALLY_EMISSION_H

#include "closer.h"
#include "summary.h"

struct publisher;
struct emission;

/* All borrowed until close. HALT: NO-MEMORY, SCHEMA-INVALID. */
MUST_CHECK enum verdict emission_open(struct emission **emission, const struct config *config, struct store *store,
                                      const struct closer_tables *tables, int32_t partitions, struct reason *why);
void emission_close(struct emission *emission);

/*
 * Puts the summaries of `window` and its ledger record. `*revision` = the records they were made of, `*summaries` = how
 * many rows; a row without requests is a tombstone, and not among them. A window without records puts nothing (revision
 * 0). Verdicts of store_snapshot() and publisher_put().
 */
MUST_CHECK enum verdict emission_put(struct emission *emission, struct publisher *publisher, struct window window,
                                     enum pane pane, int64_t generation, int64_t *revision, uint32_t *summaries,
                                     struct reason *why);

/* What each partition contributed to the window put last, of as many partitions as there were at open. Borrowed until
 * the next one is put. */
const struct ledger_partition *emission_parts(const struct emission *emission);

#endif
