/*
 * Replies of the functions in schemas/store.lua, turned into verdicts, numbers and states. Pure: a reply is read and
 * nothing else. Private to this room.
 */
#ifndef GENTALLY_STORE_REPLY_H
#define GENTALLY_STORE_REPLY_H

#include <hiredis/hiredis.h>

#include "gentally/base/verdict.h"
#include "gentally/redis/partition_state.h"

/* Whether the first word of the reply is `status`. */
bool store_reply_is(const redisReply *reply, const char *status);

/*
 * The verdict that the first word of the reply stands for: GO_ON for OK and ALREADY, else as the doors say of their
 * calls. `expected` is the offset at which the caller stands, by which a fence is told from a rollback; -1 for a
 * call that does not say it, or is never fenced.
 */
enum verdict store_reply_verdict(const redisReply *reply, int32_t partition, int64_t expected, struct reason *why);

/* Returns HALT (STORE-DENIED); the reason names the command and what to grant. */
enum verdict store_reply_denied(const char *command, struct reason *why);

/* Reads a decimal number in text. False if the reply is anything else. */
bool store_reply_number(const redisReply *reply, int64_t *number);

/* Reads the name of a window, "<kind>:<start_ms>". False if the reply is anything else. */
bool store_reply_window(const redisReply *reply, struct window *window);

/* Reads the state of a partition from fields in the order of STATE in store.lua. False if they do not read so. */
bool store_reply_state(const redisReply *fields, int32_t partition, struct partition_state *state);

/* Returns HALT (STORE-DAMAGED) for `what` of the partition, which does not read as we write it. */
enum verdict store_reply_damaged(int32_t partition, const char *what, struct reason *why);

/* Returns HALT for what Redis refused of one partition: `refusal`, with the partition's name. */
enum verdict store_reply_refused(int32_t partition, const struct reason *refusal, struct reason *why);

#endif
