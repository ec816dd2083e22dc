/* A few lines each: whether it is one server or a cluster is asked here, and nowhere above. */
#include "store_link.h"

#include <stdlib.h>

#include "gentally/config/config.h"
#include "gentally/config/redis_url.h"
#include "store_cluster.h"
#include "store_node.h"
#include "store_tls.h"

struct store_link {
    struct store_node *node;       /* or */
    struct store_cluster *cluster; /* the other is NULL */
    struct store_tls *tls;         /* NULL: in the clear */
};

enum verdict store_link_open(struct store_link **link, const struct config *config, struct logger *logger,
                             struct reason *why)
{
    struct store_link *opened = calloc(1, sizeof(*opened));
    struct redis_url address;
    enum verdict verdict = GO_ON;

    if (opened == NULL)
        return no_memory(why, "for the store's connection");
    const char *allowed = redis_url_parse(config->redis_url, &address);
    if (allowed != NULL)
        verdict = reason_set(why, HALT, STORE_URL, 0, "redis_url: allowed is %s", allowed);
    if (verdict == GO_ON && address.is_tls)
        verdict = store_tls_open(&opened->tls, why);
    if (verdict == GO_ON && address.seed_count > 0)
        verdict = store_cluster_open(&opened->cluster, &address, config, opened->tls, logger, why);
    else if (verdict == GO_ON)
        verdict = store_node_open(&opened->node, STORE_SERVER, &address, config, opened->tls, logger, why);
    if (verdict != GO_ON) {
        store_link_close(opened);
        return verdict;
    }
    *link = opened;
    return GO_ON;
}

void store_link_drop(struct store_link *link)
{
    if (link->cluster != NULL)
        store_cluster_drop(link->cluster);
    else
        store_node_drop(link->node);
}

void store_link_close(struct store_link *link)
{
    if (link == NULL)
        return;
    store_cluster_close(link->cluster);
    store_node_close(link->node);
    store_tls_close(link->tls);
    free(link);
}

bool store_link_is_up(const struct store_link *link)
{
    return link->cluster != NULL ? store_cluster_is_up(link->cluster) : store_node_is_up(link->node);
}

uint64_t store_link_count(const struct store_link *link)
{
    return link->cluster != NULL ? store_cluster_count(link->cluster) : store_node_count(link->node);
}

enum verdict store_link_up(struct store_link *link, struct reason *why)
{
    bool was_good = store_link_count(link) > 0;
    enum verdict verdict =
        link->cluster != NULL ? store_cluster_up(link->cluster, why) : store_node_up(link->node, why);

    /* Whoever counts waits until a server that was good is good again: nothing is written to it meanwhile. */
    return verdict == HALT && was_good && reason_stops(why->id) == STOPS_START ? TRY_LATER : verdict;
}

enum verdict store_link_send(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                             struct reason *why)
{
    return link->cluster != NULL ? store_cluster_send(link->cluster, count, arguments, sizes, why)
                                 : store_node_send(link->node, count, arguments, sizes, why);
}

void store_link_push(struct store_link *link)
{
    struct reason other;

    if (link->cluster != NULL)
        store_cluster_push(link->cluster);
    else
        (void)!store_node_push(link->node, &other);
}

enum verdict store_link_receive(struct store_link *link, redisReply **reply, struct reason *why)
{
    return link->cluster != NULL ? store_cluster_receive(link->cluster, reply, why)
                                 : store_node_receive(link->node, reply, why);
}

enum verdict store_link_call(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                             redisReply **reply, struct reason *why)
{
    enum verdict verdict = TRY_LATER;

    for (int attempt = 0; attempt < 2; attempt++) {
        verdict = store_link_up(link, why);
        if (verdict == GO_ON)
            verdict = store_link_send(link, count, arguments, sizes, why);
        if (verdict == GO_ON)
            verdict = store_link_receive(link, reply, why);
        bool may_repeat =
            link->cluster != NULL ? store_cluster_may_repeat(link->cluster) : !store_node_is_up(link->node);
        if (verdict != TRY_LATER || !may_repeat)
            break;
    }
    return verdict;
}

bool store_link_is_cluster(const struct store_link *link)
{
    return link->cluster != NULL;
}

uint32_t store_link_primaries(const struct store_link *link)
{
    return link->cluster != NULL ? store_cluster_primaries(link->cluster) : 1;
}

uint32_t store_link_primary_of(const struct store_link *link, struct span key)
{
    return link->cluster != NULL ? store_cluster_primary_of(link->cluster, key) : 0;
}

void store_link_aim(struct store_link *link, uint32_t primary)
{
    if (link->cluster != NULL)
        store_cluster_aim(link->cluster, primary);
}
