/*
 * Applying: what flushes wrote into a partition's journal is added to its cells, window by window. A change of
 * representation only: what the store counted is the same before and after, and readers see no difference. So it may be
 * put off, left to the next owner, or break off anywhere.
 *
 * Of a rollup in a window the first `rows_max` rows stand by themselves (core/admission.h); what is of others goes to
 * one row. ROLLUP-NEARLY-FULL and ROLLUP-FULL are logged when it comes to that: once for each window.
 */
#ifndef GENTALLY_APPLY_H
#define GENTALLY_APPLY_H

#include "gentally/base/verdict.h"

#define APPLY_RUN_US 2000000 /* of a loop's turn, which has more to do */

struct applier;
struct config;
struct logger;
struct partition_state;
struct store;

/* Opens an applier that borrows what it is given until close; NULL is fine there. HALT: NO-MEMORY. */
MUST_CHECK enum verdict applier_open(struct applier **applier, const struct config *config, struct store *store,
                                     struct logger *logger, struct reason *why);
void applier_close(struct applier *applier);

/*
 * Applies what the partition's journal has by now: all of it (`*is_done`), or what could be done in `run_us` and a
 * little more, where the store is slow to answer: call again. No call changes more than 1,023
 * cells and then one window's, of `flush_rows_max` rows. TRY_LATER: no answer, or the journal changed meanwhile: call
 * again at leisure. REWIND: STORE-FENCED, another owner has the partition. HALT: STORE-DAMAGED (an entry or a cell does
 * not read), STORE-TORN and the like of this partition; STORE-DENIED, NO-MEMORY.
 */
MUST_CHECK enum verdict applier_run(struct applier *applier, const struct partition_state *state, int64_t run_us,
                                    bool *is_done, struct reason *why);

#endif
