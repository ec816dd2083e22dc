/* The questions that store_survey() asks of many partitions at once: begun, and their replies taken. Private to this
 * room. */
#ifndef GENTALLY_STORE_SURVEY_PARTS_H
#define GENTALLY_STORE_SURVEY_PARTS_H

#include <hiredis/hiredis.h>

#include "gentally/redis/store_windows.h"

/* Put a question together. HALT: NO-MEMORY. */
MUST_CHECK enum verdict store_state_begin(struct store *store, int32_t partition, struct reason *why);
MUST_CHECK enum verdict store_windows_begin(struct store *store, int32_t partition, struct reason *why);

/* Read a reply, and free it. Reading windows is as store_windows() has it. HALT: STORE-DAMAGED. */
MUST_CHECK enum verdict store_state_take(int32_t partition, redisReply *reply, struct partition_state *state,
                                         struct reason *why);
MUST_CHECK enum verdict store_windows_take(int32_t partition, redisReply *reply, struct stored_window windows[],
                                           uint32_t room, uint32_t *count, struct reason *why);

#endif
