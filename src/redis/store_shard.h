/* What every file about the shards of retention needs: their keys, and how a damage is told. Private to this room. */
#ifndef GENTALLY_STORE_SHARD_H
#define GENTALLY_STORE_SHARD_H

#include "store_call.h"

/* Puts an argument: the key of a part of a shard ("state", "buckets"). */
void store_put_shard_key(struct store *store, uint32_t shard, const char *part);

/* HALT with STORE-RETENTION-DAMAGED, which names the shard. */
enum verdict store_shard_damaged(uint32_t shard, const char *what, const char *detail, struct reason *why);

#endif
