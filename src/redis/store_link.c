/*
 * One connection to one Redis. hiredis 0.14 has no way to resume after a time-out, so the rule is simple: any I/O error
 * drops the context, and the next use connects anew, authenticates, and looks whether the server is fit to count on.
 */
#include "store_link.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "gentally/config/config.h"
#include "gentally/config/redis_url.h"
#include "gentally/redis/eviction.h"
#include "sentinel.h"
#include "store_tls.h"

struct store_link {
    redisContext *context; /* NULL: not connected */
    struct redis_url address;
    const struct config *config;
    const char *password; /* the configuration's */
    struct timeval timeout;
    struct logger *logger;
    uint64_t count;
    struct store_tls *tls; /* NULL: in the clear */
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum verdict store_error_verdict(const char *text, struct reason *why)
{
    static const char *const busy[] = {"LOADING",    "OOM",       "READONLY",
                                       "MASTERDOWN", "BUSY",      "MISCONF",
                                       "NOREPLICAS", "UNBLOCKED", "ERR max number of clients"};

    static const char *const cluster[] = {"MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT", "TRYAGAIN"};

    for (size_t i = 0; i < LENGTH_OF(cluster); i++)
        if (starts_with(text, cluster[i]))
            return reason_set(why, HALT, STORE_CLUSTER, 0,
                              "this is a Redis Cluster, which is not supported: use one server with its replicas (%s)",
                              text);
    for (size_t i = 0; i < LENGTH_OF(busy); i++)
        if (starts_with(text, busy[i]))
            return reason_set(why, TRY_LATER, STORE_BUSY, 0, "Redis refuses for now: %s", text);
    if (starts_with(text, "NOAUTH") || starts_with(text, "WRONGPASS") || starts_with(text, "ERR AUTH") ||
        starts_with(text, "ERR invalid password") || starts_with(text, "ERR Client sent AUTH"))
        return reason_set(why, HALT, STORE_AUTH, 0, "Redis does not accept our password: %s", text);
    /* The latter of a command inside a function, in Redis 7.0. */
    if (starts_with(text, "NOPERM") || starts_with(text, "ERR The user executing the script can't"))
        return reason_set(why, HALT, STORE_DENIED, 0, "the Redis user lacks a right: %s; give it by: " STORE_GRANT,
                          text);
    if (starts_with(text, "ERR Function not found"))
        return reason_set(why, HALT, STORE_FUNCTIONS_MISSING, 0,
                          "Redis does not have our functions; run `gentally setup`");
    return reason_set(why, HALT, STORE_ERROR, 0, "Redis: %s", text);
}

enum verdict store_link_open(struct store_link **link, const struct config *config, struct logger *logger,
                             struct reason *why)
{
    struct store_link *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for the store's connection");
    opened->logger = logger;
    opened->config = config;
    opened->password = config->redis_password;
    opened->timeout = (struct timeval){.tv_sec = (time_t)(config->redis_timeout_ms / 1000),
                                       .tv_usec = (suseconds_t)(config->redis_timeout_ms % 1000 * 1000)};
    const char *allowed = redis_url_parse(config->redis_url, &opened->address);
    if (allowed != NULL) {
        free(opened);
        return reason_set(why, HALT, STORE_URL, 0, "redis_url: allowed is %s", allowed);
    }
    if (opened->address.is_tls && store_tls_open(&opened->tls, why) != GO_ON) {
        free(opened);
        return HALT;
    }
    *link = opened;
    return GO_ON;
}

void store_link_drop(struct store_link *link)
{
    if (link->context != NULL)
        redisFree(link->context);
    link->context = NULL;
}

void store_link_close(struct store_link *link)
{
    if (link == NULL)
        return;
    store_link_drop(link);
    store_tls_close(link->tls);
    free(link);
}

bool store_link_is_up(const struct store_link *link)
{
    return link->context != NULL;
}

uint64_t store_link_count(const struct store_link *link)
{
    return link->count;
}

static enum verdict unreachable(struct store_link *link, const char *what, struct reason *why)
{
    const char *error = link->context != NULL && link->context->err != 0 ? link->context->errstr : strerror(errno);
    enum verdict verdict =
        reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis at %s: %s: %s", link->address.host, what, error);

    store_link_drop(link);
    return verdict;
}

enum verdict store_link_send(struct store_link *link, int count, const char **arguments, const size_t *sizes,
                             struct reason *why)
{
    if (link->context == NULL)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis at %s: not connected", link->address.host);
    if (redisAppendCommandArgv(link->context, count, arguments, sizes) != REDIS_OK)
        return unreachable(link, "send", why);
    return GO_ON;
}

enum verdict store_link_receive(struct store_link *link, redisReply **reply, struct reason *why)
{
    void *received = NULL;

    *reply = NULL;
    if (link->context == NULL)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis at %s: not connected", link->address.host);
    if (redisGetReply(link->context, &received) != REDIS_OK)
        return unreachable(link, "no answer", why);
    *reply = received;
    if ((*reply)->type != REDIS_REPLY_ERROR)
        return GO_ON;
    enum verdict verdict = store_error_verdict((*reply)->str, why);
    bool is_elsewhere = starts_with((*reply)->str, "READONLY") || starts_with((*reply)->str, "MASTERDOWN");
    freeReplyObject(*reply);
    *reply = NULL;
    if (is_elsewhere) /* After a failover the name may lead to the new primary: ask again. */
        store_link_drop(link);
    return verdict;
}

/* One command on a fresh connection, whose reply only matters if it is an error. */
static enum verdict greet(struct store_link *link, int count, const char **arguments, redisReply **reply,
                          struct reason *why)
{
    enum verdict verdict = store_link_send(link, count, arguments, NULL, why);

    if (verdict == GO_ON)
        verdict = store_link_receive(link, reply, why);
    return verdict;
}

static enum verdict authenticate(struct store_link *link, struct reason *why)
{
    redisReply *reply = NULL;
    const char *with_user[] = {"AUTH", link->address.user, link->password};
    const char *without[] = {"AUTH", link->password};

    /* A user without a password may be one of Redis that needs none. To leave it out would be to act as another. */
    if (link->password[0] == '\0' && link->address.user[0] == '\0')
        return GO_ON;
    enum verdict verdict =
        link->address.user[0] != '\0' ? greet(link, 3, with_user, &reply, why) : greet(link, 2, without, &reply, why);
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
static enum verdict inspect(struct store_link *link, struct reason *why)
{
    redisReply *reply = NULL;
    char version[32], policy[32], loading[8], role[16];
    const char *info[] = {"INFO"};
    enum verdict verdict = greet(link, 1, info, &reply, why);

    if (verdict != GO_ON)
        return verdict;
    info_value(reply, "redis_version", version, sizeof(version));
    info_value(reply, "maxmemory_policy", policy, sizeof(policy));
    info_value(reply, "loading", loading, sizeof(loading));
    info_value(reply, "role", role, sizeof(role));
    freeReplyObject(reply);
    if (link->address.sentinel_count > 0 && strcmp(role, "master") != 0)
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0,
                          "the sentinels name %.100s:%d, which is a replica: a failover is under way",
                          link->address.host, link->address.port);
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

static enum verdict connect_once(struct store_link *link, struct reason *why)
{
    const struct redis_url *address = &link->address;

    link->context = address->is_unix ? redisConnectUnixWithTimeout(address->host, link->timeout)
                                     : redisConnectWithTimeout(address->host, address->port, link->timeout);
    if (link->context == NULL || link->context->err != 0)
        return unreachable(link, "connect", why);
    if (redisSetTimeout(link->context, link->timeout) != REDIS_OK)
        return unreachable(link, "time-out", why);
    if (link->tls != NULL && store_tls_greet(link->tls, address->host, link->context, why) != GO_ON) {
        store_link_drop(link);
        return TRY_LATER;
    }
    if (!address->is_unix)
        (void)redisEnableKeepAlive(link->context); /* A half-open peer is found sooner; nothing rests on it. */
    return GO_ON;
}

/* Where the master is now; that another one is, is news. */
static enum verdict find_master(struct store_link *link, struct reason *why)
{
    struct redis_url *address = &link->address;
    struct redis_place master;
    enum verdict verdict = sentinel_ask(address, link->config, link->tls, &master, why);

    if (verdict != GO_ON || (master.port == address->port && strcmp(master.host, address->host) == 0))
        return verdict;
    memcpy(address->host, master.host, sizeof(address->host));
    address->port = master.port;
    log_line(link->logger, LOG_LEVEL_INFO, "STORE-MASTER", "name=%s address=%s:%d", address->master, address->host,
             address->port);
    return GO_ON;
}

enum verdict store_link_up(struct store_link *link, struct reason *why)
{
    char number[16];
    redisReply *reply = NULL;

    if (link->context != NULL)
        return GO_ON;
    enum verdict verdict = link->address.sentinel_count > 0 ? find_master(link, why) : GO_ON;
    if (verdict == GO_ON)
        verdict = connect_once(link, why);
    if (verdict == GO_ON)
        verdict = authenticate(link, why);
    if (verdict == GO_ON && link->address.db != 0) {
        snprintf(number, sizeof(number), "%d", link->address.db);
        verdict = greet(link, 2, (const char *[]){"SELECT", number}, &reply, why);
        freeReplyObject(reply);
    }
    if (verdict == GO_ON)
        verdict = inspect(link, why);
    /* Whoever counts waits until a server that was good is good again: nothing is written to it meanwhile. */
    if (verdict == HALT && link->count > 0 && reason_stops(why->id) == STOPS_START)
        verdict = TRY_LATER;
    if (verdict != GO_ON) {
        store_link_drop(link);
        return verdict;
    }
    link->count++;
    if (link->count > 1)
        log_line(link->logger, LOG_LEVEL_INFO, "STORE-RECONNECTED", "address=%s", link->address.host);
    return GO_ON;
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
        if (verdict != TRY_LATER || link->context != NULL)
            break;
    }
    return verdict;
}
