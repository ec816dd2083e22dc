/*
 * One record on its way into one partition's tally, or into the dead letters:
 *
 *   record -> decode -> check -> (what its id says) -> enrich -> tally
 */
#ifndef GENTALLY_FOLD_H
#define GENTALLY_FOLD_H

#include "fold_event.h"

/*
 * Folds `record` into `partition` and moves partition->next past it. `wall_ms` is the time of day: an event later than
 * its record's timestamp (or than `wall_ms`, if the timestamp is later still) by more than the allowed skew is set
 * aside. With ids kept, the record's id must have been asked for (id_lookup.h). GO_ON: counted, a duplicate, or
 * dead-lettered (acknowledged by producer_settle() before the flush that passes it). TRY_LATER (FOLD-NO-ROOM, or
 * SINK-UNREACHABLE of a dead letter): nothing changed, flush first. HALT as in producer.h.
 */
MUST_CHECK enum verdict fold_record(struct fold *fold, struct partition *partition, const struct record *record,
                                    int64_t wall_ms, struct reason *why);

#endif
