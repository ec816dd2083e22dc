/*
 * The primaries of a Redis Cluster, behind what a link needs: each command goes to whoever has the slot of its key, and
 * the answers are taken in the order of the commands. Who has which slots is asked of any node, at first and whenever
 * an answer says that it was another one. Private to this room.
 *
 * A redirect is a refusal like others: nothing was done, and the caller sends the command again (TRY_LATER,
 * STORE-BUSY). So a pipeline that meets one is whole when it is sent again as a whole.
 */
#ifndef GENTALLY_STORE_CLUSTER_H
#define GENTALLY_STORE_CLUSTER_H

#include <hiredis/hiredis.h>

#include "gentally/base/log.h"
#include "gentally/config/redis_url.h"

struct config;
struct store_cluster;
struct store_tls;

/* What a cluster asks of the worker's user beside STORE_GRANT. */
#define STORE_GRANT_CLUSTER "+cluster|slots +cluster|info +asking"

/* Makes a cluster whose nodes are not known yet. All but the cluster itself is borrowed until close. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict store_cluster_open(struct store_cluster **cluster, const struct redis_url *address,
                                           const struct config *config, struct store_tls *tls, struct logger *logger,
                                           struct reason *why);
void store_cluster_close(struct store_cluster *cluster);

/*
 * Asks who has the slots, if that is not known or was found to be otherwise, and connects to all of them that are not
 * connected; a node that was silent for a second is asked whether it is of the same epoch. No answer may be
 * outstanding. Verdicts of store_node_up(), of each node that is there.
 */
MUST_CHECK enum verdict store_cluster_up(struct store_cluster *cluster, struct reason *why);

/* Gives up all connections, with whatever is queued or still to be answered. */
void store_cluster_drop(struct store_cluster *cluster);

/* True if all primaries are connected, as far as the last answers showed. */
bool store_cluster_is_up(const struct store_cluster *cluster);

/* True if an answer since store_cluster_up() showed that the command may be sent again at once: it was redirected, or a
 * connection was lost. */
bool store_cluster_may_repeat(const struct store_cluster *cluster);

/* Rises with each connection made, each slot that changed its owner, and each node that had another epoch: by it a
 * reader of state across calls sees that there may be another history. */
uint64_t store_cluster_count(const struct store_cluster *cluster);

/* Queues one command, as store_node_send(). One without a key goes where the last command went. */
MUST_CHECK enum verdict store_cluster_send(struct store_cluster *cluster, int count, const char **arguments,
                                           const size_t *sizes, struct reason *why);

/* Sends what is queued for each of them. That one was lost is told by what it was to answer. */
void store_cluster_push(struct store_cluster *cluster);

/* Waits for the answer to the next of the commands, as store_node_receive(). */
MUST_CHECK enum verdict store_cluster_receive(struct store_cluster *cluster, redisReply **reply, struct reason *why);

/* How many primaries there are; which of them has a key's slot, as far as is known (any, if nobody has); and that the
 * next command without a key goes to one of them. Valid as long as the count is the same. */
uint32_t store_cluster_primaries(const struct store_cluster *cluster);
uint32_t store_cluster_primary_of(const struct store_cluster *cluster, struct span key);
void store_cluster_aim(struct store_cluster *cluster, uint32_t primary);

#endif
