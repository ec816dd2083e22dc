/*
 * The audit proves that what was published adds up. Ledger records and summaries, as read from their topics, are held
 * against each other and against what each says of itself; every violation is told as it is found, with its place, what
 * was expected there and what was found. Pure: no Kafka, no Redis, no clock.
 *
 * Calls come in this order: audit_ledger() for every ledger record, audit_summary() for every summary (those of rollup
 * `total` first), audit_again() for every ledger record once more, audit_finish(). The second reading of the ledger
 * tells which windows were published anew in between; of those, the rows that were read prove nothing.
 *
 * Both topics are compacted, so older records of a window may be gone. Ledger records are cumulative, so each record
 * that is left can be proven alone, and any two records of one partition and incarnation are points of one history,
 * whatever was between them.
 */
#ifndef GENTALLY_AUDIT_H
#define GENTALLY_AUDIT_H

#include "gentally/codec/avro_read.h"
#include "gentally/inspect/audit_terms.h"

/* The name of a check, as `verify` prints it: "identity", "offsets", ... */
const char *audit_check_name(enum audit_check check);

struct audit;

/* Opens an audit that has seen nothing. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_open(struct audit **audit, const struct audit_options *options, struct reason *why);
void audit_close(struct audit *audit);

/* Takes a ledger record. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_ledger(struct audit *audit, const struct audit_place *place, const struct ledger *ledger,
                                     struct reason *why);

/* Takes a summary of `rollup`, which is one of the options' rollups. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_summary(struct audit *audit, const struct audit_place *place, const struct rollup *rollup,
                                      const struct summary_read *read, struct reason *why);

/* Takes a summary of the rollup retention. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_retained(struct audit *audit, const struct audit_place *place,
                                       const struct summary_read *read, struct reason *why);

/* Takes a tombstone of a summary: the key is gone. The closer writes them where a later version of the window has no
 * such row; of the latest version they are a violation. */
void audit_dropped(struct audit *audit, const struct audit_place *place);

/* Takes a tombstone of the ledger, which only others write: a violation, unless the window is told again behind it. A
 * key that is no window's is nothing of ours. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_ledger_dropped(struct audit *audit, const struct audit_place *place, struct reason *why);

/* Tells that something is not there which was: a topic, its first records. */
void audit_lacks(struct audit *audit, const struct audit_place *place, const char *field, const char *expected,
                 const char *found);

/* Tells that a message of a summary is in another partition than the one its key `belongs` to: there are two last
 * values of its key, or will be with its next one. */
void audit_elsewhere(struct audit *audit, const struct audit_place *place, int32_t belongs);

/*
 * Takes a window as the store had it before anything was read. What the ledger says cannot be younger. A window that is
 * sealed was published; so was one whose records are in a larger window that is closed and published with all the
 * store had of it; and in a strict audit, which asks that nothing is under way, one that is closed. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict audit_stored(struct audit *audit, const struct stored_total *stored, struct reason *why);

/* Takes a ledger record of the second reading. HALT: NO-MEMORY. */
MUST_CHECK enum verdict audit_again(struct audit *audit, const struct ledger *ledger, struct reason *why);

/* Tells of a record that decode_ledger() or decode_summary() refused, for the reason `because`. */
void audit_unreadable(struct audit *audit, enum audit_check check, const struct audit_place *place,
                      const struct reason *because);

/* Tells of a ledger record whose outcomes do not add up to what was consumed. */
void audit_misfit(struct audit *audit, const struct audit_place *place, const struct ledger_misfit *misfit);

/* Holds against each other what only shows when all is read. Call once. */
void audit_finish(struct audit *audit);

/* What was counted so far, borrowed until close. */
const struct audit_counts *audit_counts(const struct audit *audit);

#endif
