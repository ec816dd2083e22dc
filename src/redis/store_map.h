/*
 * Who has which slots of a cluster, as a node tells it, and what an answer says of where else to go. Pure: replies are
 * read without trust, and nothing else is done. Private to this room.
 */
#ifndef GENTALLY_STORE_MAP_H
#define GENTALLY_STORE_MAP_H

#include <hiredis/hiredis.h>

#include "gentally/base/verdict.h"
#include "gentally/config/redis_url.h"
#include "store_slot.h"

#define STORE_PRIMARIES_MAX 64
#define STORE_NOBODY 255 /* has the slot */

struct store_map {
    uint32_t count; /* of primaries that have slots */
    struct redis_place primaries[STORE_PRIMARIES_MAX];
    uint8_t owners[STORE_SLOTS]; /* index of a primary, or STORE_NOBODY */
};

bool store_place_is(const struct redis_place *left, const struct redis_place *right);

/* Reads the answer to CLUSTER SLOTS of the node at `asked`. TRY_LATER: STORE-BUSY, it knows of no primary. HALT:
 * STORE-CLUSTER, more than STORE_PRIMARIES_MAX of them, or what does not read. */
MUST_CHECK enum verdict store_map_read(struct store_map *map, const redisReply *reply, const struct redis_place *asked,
                                       struct reason *why);

/* Whether some slot has another owner. */
bool store_map_differs(const struct store_map *left, const struct store_map *right);

/* Reads "MOVED <slot> <host>:<port>", or the same with ASK: `word`. A host that is left out is the one that was
 * `asked`. False if the text is anything else. */
bool store_redirect_read(const char *text, const char *word, const struct redis_place *asked, uint16_t *slot,
                         struct redis_place *place);

#endif
