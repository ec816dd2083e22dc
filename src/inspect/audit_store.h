/* The windows of the store in an audit. */
#ifndef GENTALLY_AUDIT_STORE_H
#define GENTALLY_AUDIT_STORE_H

#include "audit_state.h"

/* Takes a window of the store. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_store_take(struct audit *audit, const struct stored_total *stored, struct reason *why);

/* Holds all of them against the ledger. */
void audit_store_finish(struct audit *audit);

#endif
