/*
 * The connection to Redis behind store.c: connects, authenticates, sends commands, receives replies, and translates
 * what went wrong into verdicts. A connection that timed out or broke is never used again: a late reply would be taken
 * for the answer to another question. Private to store*.c; together they own hiredis.
 */
#ifndef GENTALLY_STORE_LINK_H
#define GENTALLY_STORE_LINK_H

#include <hiredis/hiredis.h>

#include "gentally/base/log.h"

struct config;
struct store_link;

/* How a deployer gives a worker's user what it needs. */
#define STORE_GRANT                                                                                                    \
    "ACL SETUSER NAME resetchannels -@all ~NAMESPACE:* +fcall +fcall_ro +info +select +hgetall +hget +hmget +hset "    \
    "+hdel +exists +unlink"

/* Does not connect yet. HALT: STORE-URL (cannot be read), STORE-TLS (rediss:// asked for, not built in), NO-MEMORY. */
MUST_CHECK enum verdict store_link_open(struct store_link **link, const struct config *config, struct logger *logger,
                                        struct reason *why);
void store_link_close(struct store_link *link);

/* Connects if it is not connected. GO_ON; TRY_LATER: STORE-UNREACHABLE, STORE-BUSY; HALT: STORE-AUTH, ... */
MUST_CHECK enum verdict store_link_up(struct store_link *link, struct reason *why);

/* Gives up the connection, with whatever is queued or still to be answered. The next use makes another. */
void store_link_drop(struct store_link *link);

/* Times a connection was made since open: a reader of state across calls sees a failover by it. */
uint64_t store_link_count(const struct store_link *link);

/* Queues one command; arguments are copied. TRY_LATER: STORE-UNREACHABLE if it is not connected. */
MUST_CHECK enum verdict store_link_send(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                        struct reason *why);

/*
 * The next reply, the caller's to free. TRY_LATER: STORE-UNREACHABLE: no answer, outcome unknown, the connection is
 * dropped. An error reply is translated (see store_error_verdict) and freed.
 */
MUST_CHECK enum verdict store_link_receive(struct store_link *link, redisReply **reply, struct reason *why);

/* Send and receive in one, sent once more after a lost connection: for commands that may be repeated. */
MUST_CHECK enum verdict store_link_call(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                        redisReply **reply, struct reason *why);

/* Pure: what a Redis error text means for us. All of these say that nothing was done. */
enum verdict store_error_verdict(const char *text, struct reason *why);

/* Pure: reads redis://[user@]host[:port][/db], rediss://..., unix://[user@]/path[?db=n]. False if it is none. */
struct store_address {
    bool is_unix, is_tls;
    char host[256]; /* or the socket's path */
    char user[128]; /* empty: none */
    int port, db;
};
bool store_address_parse(const char *url, struct store_address *address);

#endif
