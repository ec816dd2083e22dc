/*
 * The closer's decision on one window: its facts are gathered from survey and ledger, emit_rule.h decides, and the
 * emitter's order follows from both.
 */
#ifndef GENTALLY_CLOSER_DUE_H
#define GENTALLY_CLOSER_DUE_H

#include "closer_state.h"
#include "emit_rule.h"

/* Gathers the facts of a window of the survey for emit_rule.h; `is_final` and `is_late_due` are the turn's, and the
 * round of early tellings is as it stands. */
struct window_facts closer_facts(const struct closer *closer, const struct stored_window *stored, bool is_final,
                                 bool is_late_due);

/* What is to be done with a window on this turn. */
struct due {
    enum emit_decision decision;
    struct emitter_order order; /* where the decision is to emit */
    bool is_rebuilt;            /* from states that began anew: the revision may be any */
    bool is_again;              /* it was published before */
    bool is_put_off;            /* it would be emitted, were it not for its trouble */
};

/* Decides on a window of the survey. */
struct due closer_due(const struct closer *closer, const struct stored_window *stored, bool is_final, bool is_late_due);

/* What is left to be told of windows that were sealed a moment ago, after the survey: retention, or the rest of what
 * was begun. */
struct sealed_rest {
    bool is_there; /* they are not collected before */
    bool is_due;   /* some of it on the next turn, and not only when a trouble is over */
};

/* Adds what is left of one of them. */
void closer_add_rest(const struct closer *closer, const struct stored_window *stored, struct sealed_rest *rest);

/* Whether this store is the one that counts. GO_ON; HALT: STORE-SUPERSEDED, for one of its partitions. */
MUST_CHECK enum verdict closer_check_states(const struct closer *closer, struct reason *why);

/* Whether no partition stands behind what was published of it. GO_ON; TRY_LATER: STORE-ROLLED-BACK. */
MUST_CHECK enum verdict closer_check_offsets(const struct closer *closer, struct reason *why);

#endif
