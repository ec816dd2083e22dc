/* hiredis 0.14 has no way to resume after a time-out, so the rule is simple: any I/O error drops the context, and the
 * next use connects anew, authenticates, and looks whether the server is fit to count on. */
#include "store_node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "gentally/config/config.h"
#include "gentally/redis/eviction.h"
#include "sentinel.h"
#include "store_error.h"
#include "store_tls.h"

#define TELLER_MS 1000
#define PLACE_SIZE 272 /* a host of an address, brackets, a port */

struct store_node {
    redisContext *context; /* NULL: not connected */
    enum store_role role;
    struct redis_url address;
    const struct config *config;
    const char *password; /* the configuration's */
    struct timeval timeout;
    struct logger *logger;
    uint64_t count;
    struct store_tls *tls; /* NULL: in the clear */
};

enum verdict store_node_open(struct store_node **node, enum store_role role, const struct redis_url *address,
                             const struct config *config, struct store_tls *tls, struct logger *logger,
                             struct reason *why)
{
    struct store_node *opened = calloc(1, sizeof(*opened));
    int64_t wait_ms = config->redis_timeout_ms;

    if (opened == NULL)
        return no_memory(why, "for the store's connection");
    if (role == STORE_TELLER && wait_ms > TELLER_MS)
        wait_ms = TELLER_MS;
    opened->role = role;
    opened->address = *address;
    opened->logger = logger;
    opened->config = config;
    opened->password = config->redis_password;
    opened->tls = tls;
    opened->timeout =
        (struct timeval){.tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
    *node = opened;
    return GO_ON;
}

void store_node_drop(struct store_node *node)
{
    if (node->context != NULL)
        redisFree(node->context);
    node->context = NULL;
}

void store_node_close(struct store_node *node)
{
    if (node == NULL)
        return;
    store_node_drop(node);
    free(node);
}

bool store_node_is_up(const struct store_node *node)
{
    return node->context != NULL;
}

uint64_t store_node_count(const struct store_node *node)
{
    return node->count;
}

struct redis_place store_node_place(const struct store_node *node)
{
    struct redis_place place = {.port = node->address.port};

    memcpy(place.host, node->address.host, sizeof(place.host));
    return place;
}

/* Prints where the server is, as people write it: servers of one machine differ by their port alone. */
static void print_place(const struct store_node *node, char place[PLACE_SIZE])
{
    const struct redis_url *address = &node->address;

    if (address->is_unix)
        snprintf(place, PLACE_SIZE, "%s", address->host);
    else
        snprintf(place, PLACE_SIZE, strchr(address->host, ':') == NULL ? "%s:%d" : "[%s]:%d", address->host,
                 address->port);
}

static enum verdict unreachable(struct store_node *node, const char *what, struct reason *why)
{
    const char *error = node->context != NULL && node->context->err != 0 ? node->context->errstr : strerror(errno);
    char place[PLACE_SIZE];

    print_place(node, place);
    enum verdict verdict = reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis at %s: %s: %s", place, what, error);
    store_node_drop(node);
    return verdict;
}

static enum verdict not_connected(const struct store_node *node, struct reason *why)
{
    char place[PLACE_SIZE];

    print_place(node, place);
    return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis at %s: not connected", place);
}

/* Which server it was and as whom we came: users are not replicated, so that after a failover another may lack ours. */
static enum verdict not_let_in(const struct store_node *node, struct reason *why)
{
    const struct reason said = *why;
    const char *user = node->address.user[0] == '\0' ? "default" : node->address.user;
    char place[PLACE_SIZE];

    print_place(node, place);
    return reason_set(why, HALT, STORE_AUTH, 0, "%.300s (Redis at %s, user %s)", said.text, place, user);
}

enum verdict store_node_send(struct store_node *node, int count, const char **arguments, const size_t *sizes,
                             struct reason *why)
{
    if (node->context == NULL)
        return not_connected(node, why);
    if (redisAppendCommandArgv(node->context, count, arguments, sizes) != REDIS_OK)
        return unreachable(node, "send", why);
    return GO_ON;
}

enum verdict store_node_push(struct store_node *node, struct reason *why)
{
    int is_done = 0;

    while (node->context != NULL && !is_done)
        if (redisBufferWrite(node->context, &is_done) != REDIS_OK)
            return unreachable(node, "send", why);
    return GO_ON;
}

enum verdict store_node_answer(struct store_node *node, redisReply **reply, struct reason *why)
{
    void *received = NULL;

    *reply = NULL;
    if (node->context == NULL)
        return not_connected(node, why);
    if (redisGetReply(node->context, &received) != REDIS_OK)
        return unreachable(node, "no answer", why);
    *reply = received;
    return GO_ON;
}

enum verdict store_node_refused(struct store_node *node, redisReply **reply, struct reason *why)
{
    enum verdict verdict = store_error_verdict((*reply)->str, why);
    bool is_elsewhere = strncmp((*reply)->str, "READONLY", 8) == 0 || strncmp((*reply)->str, "MASTERDOWN", 10) == 0;

    freeReplyObject(*reply);
    *reply = NULL;
    if (is_elsewhere) /* After a failover the name may lead to the new primary: ask again. */
        store_node_drop(node);
    return verdict;
}

enum verdict store_node_receive(struct store_node *node, redisReply **reply, struct reason *why)
{
    enum verdict verdict = store_node_answer(node, reply, why);

    return verdict == GO_ON && (*reply)->type == REDIS_REPLY_ERROR ? store_node_refused(node, reply, why) : verdict;
}

/* One command on a fresh connection, whose reply only matters if it is an error. */
static enum verdict greet(struct store_node *node, int count, const char **arguments, redisReply **reply,
                          struct reason *why)
{
    enum verdict verdict = store_node_send(node, count, arguments, NULL, why);

    if (verdict == GO_ON)
        verdict = store_node_receive(node, reply, why);
    return verdict;
}

static enum verdict authenticate(struct store_node *node, struct reason *why)
{
    redisReply *reply = NULL;
    const char *with_user[] = {"AUTH", node->address.user, node->password};
    const char *without[] = {"AUTH", node->password};

    /* A user without a password may be one of Redis that needs none. To leave it out would be to act as another. */
    if (node->password[0] == '\0' && node->address.user[0] == '\0')
        return GO_ON;
    enum verdict verdict =
        node->address.user[0] != '\0' ? greet(node, 3, with_user, &reply, why) : greet(node, 2, without, &reply, why);
    freeReplyObject(reply);
    return verdict;
}

/* Reads "name:value\r\n" out of INFO; empty if it is not there. */
static void info_value(const redisReply *info, const char *name, char *value, size_t size)
{
    char pattern[64];

    value[0] = '\0';
    snprintf(pattern, sizeof(pattern), "\n%s:", name);
    const char *at = info->type == REDIS_REPLY_STRING ? strstr(info->str, pattern) : NULL;
    if (at == NULL)
        return;
    at += strlen(pattern);
    size_t length = strcspn(at, "\r\n");
    if (length >= size)
        length = size - 1;
    memcpy(value, at, length);
    value[length] = '\0';
}

/* Looks before the first write whether the server may evict counters, or has no functions. */
static enum verdict inspect(struct store_node *node, struct reason *why)
{
    redisReply *reply = NULL;
    char version[32], policy[32], loading[8], role[16], is_clustered[8];
    const char *info[] = {"INFO"};
    enum verdict verdict = greet(node, 1, info, &reply, why);

    if (verdict != GO_ON)
        return verdict;
    info_value(reply, "redis_version", version, sizeof(version));
    info_value(reply, "maxmemory_policy", policy, sizeof(policy));
    info_value(reply, "loading", loading, sizeof(loading));
    info_value(reply, "role", role, sizeof(role));
    info_value(reply, "cluster_enabled", is_clustered, sizeof(is_clustered));
    freeReplyObject(reply);
    if (node->role != STORE_SERVER && strcmp(is_clustered, "1") != 0)
        return reason_set(why, HALT, STORE_CLUSTER, 0, "Redis at %.100s:%d is of no cluster: its redis_url is redis://",
                          node->address.host, node->address.port);
    if (node->role == STORE_PRIMARY && strcmp(role, "master") != 0)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0,
                          "the cluster names %.100s:%d, which is a replica: a failover is under way",
                          node->address.host, node->address.port);
    if (node->address.sentinel_count > 0 && strcmp(role, "master") != 0)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0,
                          "the sentinels name %.100s:%d, which is a replica: a failover is under way",
                          node->address.host, node->address.port);
    if (strcmp(loading, "1") == 0)
        return reason_set(why, TRY_LATER, STORE_BUSY, 0, "Redis is loading its data");
    if (strtol(version, NULL, 10) < 7)
        return reason_set(why, HALT, STORE_VERSION, 0, "Redis %s has no functions; 7.0 or newer is needed", version);
    if (eviction_is_possible(policy))
        return reason_set(why, HALT, STORE_POLICY, 0,
                          "maxmemory-policy is %s: Redis could drop counters unseen; set it to noeviction, or to a "
                          "volatile one: our keys do not expire",
                          policy);
    return GO_ON;
}

static enum verdict connect_once(struct store_node *node, struct reason *why)
{
    const struct redis_url *address = &node->address;

    node->context = address->is_unix ? redisConnectUnixWithTimeout(address->host, node->timeout)
                                     : redisConnectWithTimeout(address->host, address->port, node->timeout);
    if (node->context == NULL || node->context->err != 0)
        return unreachable(node, "connect", why);
    if (redisSetTimeout(node->context, node->timeout) != REDIS_OK)
        return unreachable(node, "time-out", why);
    if (node->tls != NULL && store_tls_greet(node->tls, address->host, node->context, why) != GO_ON) {
        store_node_drop(node);
        return TRY_LATER;
    }
    if (!address->is_unix)
        (void)redisEnableKeepAlive(node->context); /* A half-open peer is found sooner; nothing rests on it. */
    return GO_ON;
}

/* Where the master is now; that another one is, is news. */
static enum verdict find_master(struct store_node *node, struct reason *why)
{
    struct redis_url *address = &node->address;
    struct redis_place master;
    enum verdict verdict = sentinel_ask(address, node->config, node->tls, &master, why);

    if (verdict != GO_ON || (master.port == address->port && strcmp(master.host, address->host) == 0))
        return verdict;
    memcpy(address->host, master.host, sizeof(address->host));
    address->port = master.port;
    log_line(node->logger, LOG_LEVEL_INFO, "STORE-MASTER", "name=%s address=%s:%d", address->master, address->host,
             address->port);
    return GO_ON;
}

enum verdict store_node_up(struct store_node *node, struct reason *why)
{
    char number[16], place[PLACE_SIZE];
    redisReply *reply = NULL;

    if (node->context != NULL)
        return GO_ON;
    enum verdict verdict = node->address.sentinel_count > 0 ? find_master(node, why) : GO_ON;
    if (verdict == GO_ON)
        verdict = connect_once(node, why);
    if (verdict == GO_ON)
        verdict = authenticate(node, why);
    if (verdict == GO_ON && node->address.db != 0) {
        snprintf(number, sizeof(number), "%d", node->address.db);
        verdict = greet(node, 2, (const char *[]){"SELECT", number}, &reply, why);
        freeReplyObject(reply);
    }
    if (verdict == GO_ON)
        verdict = inspect(node, why);
    if (verdict != GO_ON) {
        store_node_drop(node);
        return verdict == HALT && why->id == STORE_AUTH ? not_let_in(node, why) : verdict;
    }
    node->count++;
    print_place(node, place);
    if (node->count > 1)
        log_line(node->logger, LOG_LEVEL_INFO, "STORE-RECONNECTED", "address=%s", place);
    return GO_ON;
}
