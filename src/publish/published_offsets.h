/*
 * The published offsets: how far each partition had been read when something of it was last published, in whatever
 * window. A store that rolled back stands behind its offset until the lost records are read again; nothing is sealed
 * meanwhile, not even windows that have all their records: floors were rolled back too, and what is read again may
 * belong below them.
 */
#ifndef GENTALLY_PUBLISHED_OFFSETS_H
#define GENTALLY_PUBLISHED_OFFSETS_H

#include "gentally/core/summary.h"

struct published_offsets;

/* Opens the offsets of partitions 0 .. count - 1 (count >= 1), of which nothing was published. HALT: NO-MEMORY. */
MUST_CHECK enum verdict published_offsets_open(struct published_offsets **offsets, int32_t count, struct reason *why);
void published_offsets_close(struct published_offsets *offsets);

/* Remembers a partition's part of a ledger record; call in the order in which the records were published. A new
 * incarnation replaces the old one, unless it was made before it; of the same incarnation the highest offset is kept.
 * Those without an incarnation are passed over; those of other numbers are for published_offsets_check_count(). */
void published_offsets_note(struct published_offsets *offsets, const struct ledger_partition *part);

/* Whether the partitions are all that were published. GO_ON; TRY_LATER, SOURCE-METADATA-OLD: the topic has more, so
 * that windows told without these would take back what readers have. */
MUST_CHECK enum verdict published_offsets_check_count(const struct published_offsets *offsets, struct reason *why);

/* Whether a state of `partition`, read up to `next`, stands behind what was published of the partition. Never true of
 * another incarnation, which counts from 0 again. */
bool published_offsets_is_ahead(const struct published_offsets *offsets, int32_t partition, const char *incarnation,
                                int64_t next);

/* The same question as a verdict. GO_ON; TRY_LATER: STORE-ROLLED-BACK, where published_offsets_is_ahead(). */
MUST_CHECK enum verdict published_offsets_check(const struct published_offsets *offsets, int32_t partition,
                                                const char *incarnation, int64_t next, struct reason *why);

/* Whether a state may be published: none that was made later has been. GO_ON; HALT, STORE-SUPERSEDED: this store is not
 * the one that counts, and what it would tell takes back what readers have. */
MUST_CHECK enum verdict published_offsets_may_follow(const struct published_offsets *offsets, int32_t partition,
                                                     const char *incarnation, struct reason *why);

#endif
