/*
 * The way to Redis: sends commands, receives replies in their order, and translates failures into verdicts. It leads to
 * one server (store_node.h) or to the primaries of a cluster (store_cluster.h), which who uses it need not know.
 * Private to this room; rooms that open its doors see nothing of hiredis.
 */
#ifndef GENTALLY_STORE_LINK_H
#define GENTALLY_STORE_LINK_H

#include <hiredis/hiredis.h>

#include "gentally/base/log.h"

struct config;
struct store_link;

/* Reads the address; does not connect yet. `config` and `logger` are borrowed until close. HALT: STORE-URL (cannot be
 * read), STORE-TLS (rediss:// asked for, but not built in), NO-MEMORY. */
MUST_CHECK enum verdict store_link_open(struct store_link **link, const struct config *config, struct logger *logger,
                                        struct reason *why);
void store_link_close(struct store_link *link);

/* Connects, if the link is not connected, authenticates, and checks that the server is fit to count on; to all of a
 * cluster. TRY_LATER: STORE-UNREACHABLE, STORE-BUSY; HALT: STORE-AUTH, STORE-SENTINEL, STORE-VERSION, STORE-POLICY,
 * STORE-CLUSTER, or as store_error_verdict() says. */
MUST_CHECK enum verdict store_link_up(struct store_link *link, struct reason *why);

/* Gives up the connection, with whatever is queued or still to be answered. store_link_up() makes another one. */
void store_link_drop(struct store_link *link);

/* True if the link is connected, as far as the last answer showed. */
bool store_link_is_up(const struct store_link *link);

/* The number of connections made since open; of a cluster, also of other changes behind which there may be another
 * history. By it a reader of state across calls sees a failover. */
uint64_t store_link_count(const struct store_link *link);

/* Queues one command of `count` arguments; they are copied. `sizes` NULL: the arguments end with zero. TRY_LATER:
 * STORE-UNREACHABLE, the link is not connected. */
MUST_CHECK enum verdict store_link_send(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                        struct reason *why);

/* Sends what is queued, so that the server works on it before its answer is waited for. That a connection was lost is
 * told by what comes next. */
void store_link_push(struct store_link *link);

/*
 * Waits for the next reply, which the caller frees; `*reply` is NULL unless the verdict is GO_ON. TRY_LATER with
 * STORE-UNREACHABLE: no answer, the outcome is unknown, the connection is given up. An error reply is translated, as
 * store_error_verdict() says.
 */
MUST_CHECK enum verdict store_link_receive(struct store_link *link, redisReply **reply, struct reason *why);

/* Sends a command and waits for its reply, once more after a lost connection, or where a cluster says that it was to be
 * sent to another node: for commands that may be repeated. */
MUST_CHECK enum verdict store_link_call(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                                        redisReply **reply, struct reason *why);

/* Whether it leads to a cluster: a call then names every key that it touches. */
bool store_link_is_cluster(const struct store_link *link);

/* The primaries there are, once it is up: one, if it is no cluster; which of them has a key; and that the next command
 * without a key goes to one of them, which else goes where the last command went. Valid as long as the count is the
 * same. */
uint32_t store_link_primaries(const struct store_link *link);
uint32_t store_link_primary_of(const struct store_link *link, struct span key);
void store_link_aim(struct store_link *link, uint32_t primary);

#endif
