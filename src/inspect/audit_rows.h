/* The rows of an audit: by key, each with its latest version. */
#ifndef GENTALLY_AUDIT_ROWS_H
#define GENTALLY_AUDIT_ROWS_H

#include "audit_state.h"
#include "gentally/codec/avro_read.h"

/* The row of a key; a new one (`*is_new`) if there was none. NULL: no memory. Borrowed until the next call. */
struct audited_row *audit_rows_add(struct audit *audit, struct span key, bool *is_new);

/* The row of a key, or NULL. Borrowed until the next audit_rows_add(). */
const struct audited_row *audit_rows_find(const struct audit *audit, struct span key);

/* Where the latest version of a row was read. */
struct audit_place audit_rows_place(const struct audit *audit, const struct audited_row *row);

/* Takes a summary of a configured rollup. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_rows_take(struct audit *audit, const struct audit_place *place,
                                        const struct rollup *rollup, const struct summary_read *read,
                                        struct reason *why);

/* Takes a tombstone. */
void audit_rows_drop(struct audit *audit, const struct audit_place *place);

/* Holds all rows against the ledger, and the rollups of each window against its total. */
void audit_rows_finish(struct audit *audit);

#endif
