/*
 * What an id has to say about its record: counted once, replaced, amended, retracted. The answer follows from the
 * partition's log alone, so a replay decides alike.
 */
#ifndef GENTALLY_FOLD_IDS_H
#define GENTALLY_FOLD_IDS_H

#include "fold_event.h"

/* True if ids, symbols and the tally of what is taken back have room for whatever one record may need there. */
bool fold_ids_have_room(const struct fold *fold, const struct partition *partition);

/*
 * Counts fold->event once for its id. A create whose id is known, and which says what a version of it said already, is
 * a duplicate. One that says something else is set aside, or, with ids_keep = last, replaces what counts, unless that
 * is newer by created_at or was retracted. An amendment takes back what was counted and counts anew, a retraction takes
 * back. An event that is left out takes back what it would replace; where it would replace nothing, it is filtered. An
 * id that is left out is in the way of no record that counts. GO_ON: `*outcome` is counted, duplicate or filtered.
 * SET_ASIDE: EVENT-ID-CONFLICT, EVENT-AMEND-UNKNOWN, EVENT-AMEND-RETRACTED, EVENT-TOO-LATE, with `*outcome`. HALT:
 * STORE-DAMAGED, NO-MEMORY.
 */
MUST_CHECK enum verdict fold_by_id(struct fold *fold, struct partition *partition, enum outcome *outcome,
                                   struct reason *why);

#endif
