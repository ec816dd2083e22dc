/*
 * The connection to Redis: connects, authenticates, sends commands, receives replies, and translates failures into
 * verdicts. A connection that timed out or broke is never used again: a late reply would be taken for the answer to
 * another question. Private to this room; rooms that open its doors see nothing of hiredis.
 */
#ifndef GENTALLY_STORE_LINK_H
#define GENTALLY_STORE_LINK_H

#include <hiredis/hiredis.h>

#include "gentally/base/log.h"

struct config;
struct store_link;

/* The command by which a deployer gives the worker's user the rights that the store needs. */
#define STORE_GRANT                                                                                                    \
    "ACL SETUSER NAME resetchannels -@all ~NAMESPACE:* +fcall +fcall_ro +info +time +select +hgetall +hget +hlen "     \
    "+hmget +hscan +hset +hdel +exists +unlink"

/* Reads the address; does not connect yet. `config` and `logger` are borrowed until close. HALT: STORE-URL (cannot be
 * read), STORE-TLS (rediss:// asked for, but not built in), NO-MEMORY. */
MUST_CHECK enum verdict store_link_open(struct store_link **link, const struct config *config, struct logger *logger,
                                        struct reason *why);
void store_link_close(struct store_link *link);

/* Connects, if the link is not connected, authenticates, and checks that the server is fit to count on. TRY_LATER:
 * STORE-UNREACHABLE, STORE-BUSY; HALT: STORE-AUTH, STORE-SENTINEL, STORE-VERSION, STORE-POLICY, or as
 * store_error_verdict() says. */
MUST_CHECK enum verdict store_link_up(struct store_link *link, struct reason *why);

/* Gives up the connection, with whatever is queued or still to be answered. store_link_up() makes another one. */
void store_link_drop(struct store_link *link);

/* True if the link is connected, as far as the last answer showed. */
bool store_link_is_up(const struct store_link *link);

/* The number of connections made since open: by it a reader of state across calls sees a failover. */
uint64_t store_link_count(const struct store_link *link);

/* Queues one command of `count` arguments; they are copied. `sizes` NULL: the arguments end with zero. TRY_LATER:
 * STORE-UNREACHABLE, the link is not connected. */
MUST_CHECK enum verdict store_link_send(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                        struct reason *why);

/*
 * Waits for the next reply, which the caller frees; `*reply` is NULL unless the verdict is GO_ON. TRY_LATER with
 * STORE-UNREACHABLE: no answer, the outcome is unknown, the connection is given up. An error reply is translated, as
 * store_error_verdict() says.
 */
MUST_CHECK enum verdict store_link_receive(struct store_link *link, redisReply **reply, struct reason *why);

/* Sends a command and waits for its reply, once more after a lost connection: for commands that may be repeated. */
MUST_CHECK enum verdict store_link_call(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                        redisReply **reply, struct reason *why);

/* Says what a Redis error text means for us. Pure. Every one of these errors says that nothing was done. */
enum verdict store_error_verdict(const char *text, struct reason *why);

#endif
