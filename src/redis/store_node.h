/*
 * One connection to one server: connects, authenticates, looks whether the server is fit to count on, sends commands
 * and takes replies. A connection that timed out or broke is never used again: a late reply would be taken for the
 * answer to another question. Private to this room; a store has a link (store_link.h), which has one node or, of a
 * cluster, several.
 */
#ifndef GENTALLY_STORE_NODE_H
#define GENTALLY_STORE_NODE_H

#include <hiredis/hiredis.h>

#include "gentally/base/log.h"
#include "gentally/config/redis_url.h"

struct config;
struct store_node;
struct store_tls;

/* What a server is for. */
enum store_role {
    STORE_SERVER,  /* the only one, or the master that sentinels name */
    STORE_PRIMARY, /* one of a cluster's */
    STORE_TELLER,  /* any node of a cluster, asked where the slots are */
};

/* Makes a node that is not connected. All but the node itself is borrowed until close; `address` is copied, and `tls`
 * NULL is in the clear. HALT: NO-MEMORY. */
MUST_CHECK enum verdict store_node_open(struct store_node **node, enum store_role role, const struct redis_url *address,
                                        const struct config *config, struct store_tls *tls, struct logger *logger,
                                        struct reason *why);
void store_node_close(struct store_node *node);

/* Connects, if the node is not connected. Blocks for `redis_timeout_ms`; a teller has at most a second. TRY_LATER:
 * STORE-UNREACHABLE, STORE-BUSY; HALT: STORE-AUTH, STORE-SENTINEL, STORE-VERSION, STORE-POLICY, STORE-CLUSTER (a node
 * that is of no cluster), or as store_error_verdict() says. */
MUST_CHECK enum verdict store_node_up(struct store_node *node, struct reason *why);

/* Gives up the connection, with whatever is queued or still to be answered. store_node_up() makes another one. */
void store_node_drop(struct store_node *node);

/* True if the node is connected, as far as the last answer showed. */
bool store_node_is_up(const struct store_node *node);

/* The number of connections made since open. */
uint64_t store_node_count(const struct store_node *node);

/* Where it is. */
struct redis_place store_node_place(const struct store_node *node);

/* Queues one command of `count` arguments; they are copied. `sizes` NULL: the arguments end with zero. TRY_LATER:
 * STORE-UNREACHABLE, the node is not connected. */
MUST_CHECK enum verdict store_node_send(struct store_node *node, int count, const char **arguments, const size_t *sizes,
                                        struct reason *why);

/* Sends what is queued, so that the server works on it while answers of others are waited for. TRY_LATER:
 * STORE-UNREACHABLE, the connection is given up. */
MUST_CHECK enum verdict store_node_push(struct store_node *node, struct reason *why);

/* Waits for the next reply, which the caller frees; it may be an error. `*reply` is NULL unless the verdict is GO_ON.
 * TRY_LATER with STORE-UNREACHABLE: no answer, the outcome is unknown, the connection is given up. */
MUST_CHECK enum verdict store_node_answer(struct store_node *node, redisReply **reply, struct reason *why);

/* The same; an error reply is translated, as store_error_verdict() says. */
MUST_CHECK enum verdict store_node_receive(struct store_node *node, redisReply **reply, struct reason *why);

/* Frees an error reply and says what it means; one of a server that is no primary any more gives the connection up. */
enum verdict store_node_refused(struct store_node *node, redisReply **reply, struct reason *why);

#endif
