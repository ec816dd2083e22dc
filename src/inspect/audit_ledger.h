/* The ledger's part of an audit: the functions of the same meaning in audit.h. */
#ifndef GENTALLY_AUDIT_LEDGER_H
#define GENTALLY_AUDIT_LEDGER_H

#include "audit_state.h"

/* Takes a ledger record. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_ledger_take(struct audit *audit, const struct audit_place *place,
                                          const struct ledger *ledger, struct reason *why);

/* Takes a tombstone. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_ledger_drop(struct audit *audit, const struct audit_place *place, struct reason *why);

/* Takes a ledger record of the second reading. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_ledger_again(struct audit *audit, const struct ledger *ledger, struct reason *why);

/* Holds the histories against the windows once all records are taken, and counts both. */
void audit_ledger_finish(struct audit *audit);

#endif
