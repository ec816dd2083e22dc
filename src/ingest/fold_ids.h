/* The part of fold.c that decides by id. Private to fold*.c. */
#ifndef GENTALLY_FOLD_IDS_H
#define GENTALLY_FOLD_IDS_H

#include "fold.h"

/* Counts fold->event as a create. SET_ASIDE: too late (`*outcome`). Shared. */
MUST_CHECK enum verdict fold_event(struct fold *fold, struct partition *partition, enum outcome *outcome,
                                   struct reason *why);

/* Room for whatever one record may ask for beyond a create. */
bool fold_ids_have_room(const struct fold *fold, const struct partition *partition);

/*
 * Counts fold->event once for its id: a create that is known is a duplicate, an amendment takes back what was counted
 * and counts anew, a retraction takes back. GO_ON: `*outcome` is counted or duplicate. SET_ASIDE: EVENT-AMEND-UNKNOWN,
 * EVENT-AMEND-RETRACTED, EVENT-TOO-LATE, with `*outcome`. HALT: STORE-DAMAGED, NO-MEMORY.
 */
MUST_CHECK enum verdict fold_by_id(struct fold *fold, struct partition *partition, enum outcome *outcome,
                                   struct reason *why);

#endif
