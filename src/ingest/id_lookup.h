/*
 * What the store knows of the ids of a batch, asked for before any of it is folded: one round trip for all partitions,
 * however many records. The fold then decides from memory.
 */
#ifndef GENTALLY_ID_LOOKUP_H
#define GENTALLY_ID_LOOKUP_H

#include "assignment.h"
#include "gentally/codec/decode.h"

/* Notes the ids of the batch's records from index `first` on, where a partition wants the record. `event` is scratch.
 * HALT: NO-MEMORY. */
MUST_CHECK enum verdict id_lookup_note(struct assignment *assignment, const struct decoder *decoder,
                                       const struct batch *batch, uint32_t first, struct event *event,
                                       struct reason *why);

/* Asks the store for the ids that were noted. Partitions that the store refuses are stopped, or marked for
 * assignment_reclaim(). TRY_LATER: no answer; ask again before any record is folded. */
MUST_CHECK enum verdict id_lookup_ask(struct assignment *assignment, struct store *store, struct reason *why);

#endif
