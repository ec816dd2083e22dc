/*
 * One record on its way into one partition's tally, or into the dead letters:
 *
 *   record -> decode -> check -> (what its id says) -> enrich -> tally
 */
#ifndef GENTALLY_FOLD_H
#define GENTALLY_FOLD_H

#include "fold_event.h"
#include "present.h"

/*
 * Folds `record` into `partition` and moves partition->next past it. An event beyond `present` by more than the
 * allowed skew is set aside (present.h). With ids kept, the record's id must have been asked for (id_lookup.h). GO_ON:
 * counted, a duplicate, or dead-lettered (acknowledged by producer_settle() before the flush that passes it).
 * TRY_LATER, and nothing changed: FOLD-NO-ROOM, or SINK-UNREACHABLE of a dead letter: flush first; FOLD-NO-CLOCK: ask
 * Redis for its time. HALT as in producer.h.
 */
MUST_CHECK enum verdict fold_record(struct fold *fold, struct partition *partition, const struct record *record,
                                    const struct present *present, struct reason *why);

#endif
