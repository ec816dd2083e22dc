/*
 * The weeks and months of which the ledger says that they are under way: some of their rows may be there, and others
 * still to come, so whoever needs a window whole has to wait.
 */
#ifndef GENTALLY_UNDER_WAY_H
#define GENTALLY_UNDER_WAY_H

#include "gentally/base/verdict.h"
#include "gentally/core/event.h"

struct under_way;

/* Opens an empty set. HALT: NO-MEMORY; under_way_close() then, too. */
MUST_CHECK enum verdict under_way_open(struct under_way **under_way, struct reason *why);
void under_way_close(struct under_way *under_way);

/* Takes a record of the ledger topic, in its order. Verdicts of ledger_record_read(); HALT: NO-MEMORY. */
MUST_CHECK enum verdict under_way_take(struct under_way *under_way, const struct record *record, struct reason *why);

/* GO_ON: none is. TRY_LATER: WINDOW-UNDER-WAY. */
MUST_CHECK enum verdict under_way_check(const struct under_way *under_way, struct reason *why);

#endif
