/* The closer's publishing: due windows go out in transactions, and are remembered as published. */
#ifndef GENTALLY_CLOSER_PUBLISH_H
#define GENTALLY_CLOSER_PUBLISH_H

#include "closer_state.h"

/*
 * Publishes the survey's due windows in the order in which they close, in transactions of bounded size; `*has_more`
 * when the turn's bound was reached before the last window. A window that cannot be published is put off, with an error
 * in the log, and the others go on. Verdicts as closer_turn().
 */
MUST_CHECK enum verdict closer_publish(struct closer *closer, bool is_final, bool *has_more, struct reason *why);

/* emitter_turn_over, of the closer that is its context: holds the lease, commits what was put, remembers the window as
 * under way, and begins the next transaction. */
MUST_CHECK enum verdict closer_turn_over(void *context, const struct emitter_order *order,
                                         const struct emitter_outcome *outcome, struct reason *why);

#endif
