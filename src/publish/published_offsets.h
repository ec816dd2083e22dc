/*
 * How far each partition had been read when something of it was last published. A store that rolled back stands behind
 * that until the lost records are read again; whatever were published meanwhile would take back what readers have seen
 * of that partition, under a revision that may well be higher, since other partitions went on.
 */
#ifndef GENTALLY_PUBLISHED_OFFSETS_H
#define GENTALLY_PUBLISHED_OFFSETS_H

#include "gentally/core/summary.h"

struct published_offsets;

/* For partitions 0 .. count - 1. HALT: NO-MEMORY. */
MUST_CHECK enum verdict published_offsets_open(struct published_offsets **offsets, int32_t count, struct reason *why);
void published_offsets_close(struct published_offsets *offsets);

/* Remembers a part of a ledger record, in the order they were published. A new incarnation replaces the old one; of the
 * same one the highest offset is kept. Partitions that are not there are passed over. */
void published_offsets_note(struct published_offsets *offsets, const struct ledger_partition *part);

/* Does this state stand behind what was published of it? Never true of another incarnation: it is another count. */
bool published_offsets_is_ahead(const struct published_offsets *offsets, int32_t partition, const char *incarnation,
                                int64_t next);

/* GO_ON, or TRY_LATER: STORE-ROLLED-BACK, as published_offsets_is_ahead(). */
MUST_CHECK enum verdict published_offsets_check(const struct published_offsets *offsets, int32_t partition,
                                                const char *incarnation, int64_t next, struct reason *why);

#endif
