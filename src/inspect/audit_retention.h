/* The rows of retention in an audit. */
#ifndef GENTALLY_AUDIT_RETENTION_H
#define GENTALLY_AUDIT_RETENTION_H

#include "audit_state.h"
#include "gentally/codec/avro_read.h"

/* Takes a row of the rollup retention. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_retention_take(struct audit *audit, const struct audit_place *place,
                                             const struct summary_read *read, struct reason *why);

/* Holds all rows of retention against the ledger and against their cohort's first month. */
void audit_retention_finish(struct audit *audit);

#endif
