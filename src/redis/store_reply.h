/*
 * What the functions of schemas/store.lua reply, turned into verdicts, states, windows and cells. Pure. Private to
 * store.c.
 */
#ifndef GENTALLY_STORE_REPLY_H
#define GENTALLY_STORE_REPLY_H

#include <hiredis/hiredis.h>

#include "gentally/redis/store.h"

/* True if the reply's first word is `status`. */
bool store_reply_is(const redisReply *reply, const char *status);

/* What the first word asks of the caller: GO_ON for OK and ALREADY, else as store.h says of the verbs. `expected` is
 * the offset the caller stands at, by which a fence is told from a rollback; of no meaning where nothing is fenced. */
enum verdict store_reply_verdict(const redisReply *reply, int32_t partition, int64_t expected, struct reason *why);

/* Returns HALT (STORE-DENIED), naming the command and what to grant. */
enum verdict store_reply_denied(const char *command, struct reason *why);

/* A decimal number as text. False if it is none. */
bool store_reply_number(const redisReply *reply, int64_t *number);

/* The fields in the order of STANDING in store.lua. False if they do not read so. */
bool store_reply_standing(const redisReply *fields, int32_t partition, struct partition_state *state);

/* "<kind>:<start_ms>". False if it is none. */
bool store_reply_window(const redisReply *name, struct window *window);

/* Gives each cell of an HGETALL to `each`, but not the count of records. HALT: STORE-DAMAGED. */
MUST_CHECK enum verdict store_reply_cells(const redisReply *pairs, int32_t partition, store_cell_reader *each,
                                          void *context, struct reason *why);

/* Returns HALT (STORE-DAMAGED). */
enum verdict store_reply_damaged(int32_t partition, const char *what, struct reason *why);

#endif
