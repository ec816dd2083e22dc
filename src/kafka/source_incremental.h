/*
 * The assignment of a group that gives and takes partitions one by one (cooperative-sticky, and the protocol
 * "consumer"). Beside the positions, which are what the caller wants, stands what librdkafka has: `is_held`. Private to
 * this room, like source_state.h.
 */
#ifndef GENTALLY_SOURCE_INCREMENTAL_H
#define GENTALLY_SOURCE_INCREMENTAL_H

#include "source_state.h"

/* Gives librdkafka the assigned positions that it does not have. An answer to the group, which waits for one even if
 * there is nothing to add. All three block for a moment, and answer as source_assign() does. */
MUST_CHECK enum verdict incremental_assign(struct source *source, struct reason *why);

/* Takes those of the partitions that librdkafka has from it. An answer to the group likewise. */
MUST_CHECK enum verdict incremental_unassign(struct source *source, const int32_t partitions[], uint32_t count,
                                             struct reason *why);

/* Takes partitions that were stopped from librdkafka, and has those that were moved read at their positions. All others
 * are left alone. */
MUST_CHECK enum verdict incremental_move(struct source *source, struct reason *why);

/* Gives everything back, before the group is left. */
void incremental_close(struct source *source);

#endif
