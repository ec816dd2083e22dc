/* The consumer group of the workers, from outside: who is in it, and what it leaves behind. */
#ifndef GENTALLY_GROUP_H
#define GENTALLY_GROUP_H

#include "gentally/base/log.h"

struct config;

/* Asks for the members of the configured group; 0: nobody is in it, or there is no such group. Blocks up to 30 s.
 * TRY_LATER: SOURCE-UNREACHABLE; HALT: SOURCE-DENIED, SOURCE-CONFIG. */
MUST_CHECK enum verdict group_members(const struct config *config, int *count, struct reason *why);

/* Deletes the offsets that the group committed of the input topic. Harmless to repeat. `partitions` of the topic.
 * Blocks up to 35 s. TRY_LATER: SINK-UNREACHABLE; HALT: REMOVE-BUSY (somebody is in the group), SETUP-DENIED. */
MUST_CHECK enum verdict group_forget(const struct config *config, int32_t partitions, struct reason *why);

#endif
