/* What every file about the shards of retention needs: their keys and calls, and how a damage is told. Private to this
 * room. */
#ifndef GENTALLY_STORE_SHARD_H
#define GENTALLY_STORE_SHARD_H

#include "store_call.h"

/* Puts an argument: the key of a part of a shard ("state", "buckets"). */
void store_put_shard_key(struct store *store, uint32_t shard, const char *part);

/* HALT with STORE-RETENTION-DAMAGED, which names the shard. */
enum verdict store_shard_damaged(uint32_t shard, const char *what, const char *detail, struct reason *why);

/* Puts the key of a month's counts. */
void store_put_counts_key(struct store *store, uint32_t shard, int64_t month);

/* Begins a function's call about a shard. Over a cluster the caller then puts `keys` keys that the function touches
 * beside the state, each on its own; in any case the arguments, of which `printed` bytes are printed. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict store_shard_begin(struct store *store, const char *function, bool is_read, uint32_t shard,
                                          size_t keys, size_t arguments, size_t printed, struct reason *why);

/* Calls the function that was begun; the caller frees `*reply`, which is NULL unless the verdict is GO_ON. */
MUST_CHECK enum verdict store_shard_call(struct store *store, uint32_t shard, redisReply **reply, struct reason *why);

/* The same of a plain command. */
MUST_CHECK enum verdict store_shard_ask(struct store *store, uint32_t shard, redisReply **reply, struct reason *why);

/* Waits for the answer to a plain command that was queued by store_send(); the caller frees `*reply`, as above. A lost
 * connection is TRY_LATER (STORE-UNREACHABLE) at once. */
MUST_CHECK enum verdict store_shard_receive(struct store *store, uint32_t shard, redisReply **reply,
                                            struct reason *why);

/* Waits for the answer to a function that was queued, which is a status only. */
MUST_CHECK enum verdict store_shard_written(struct store *store, uint32_t shard, struct reason *why);

/* Reads the state of a shard anew. If it was made anew since, the connection is given up. */
MUST_CHECK enum verdict store_shard_read(struct store *store, uint32_t shard, struct reason *why);

#endif
