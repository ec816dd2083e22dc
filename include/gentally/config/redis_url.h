/* Where Redis is, or who knows: redis_url, read once for all. The option is checked by what the store connects by.
 * Pure. */
#ifndef GENTALLY_REDIS_URL_H
#define GENTALLY_REDIS_URL_H

#include "gentally/base/base.h"

#define REDIS_SENTINELS_MAX 8
#define REDIS_SEEDS_MAX 16

struct redis_place {
    char host[256]; /* an IPv6 address without its brackets */
    int port;
};

struct redis_url {
    bool is_unix, is_tls;
    char host[256]; /* an IPv6 address without its brackets; or the socket's path; empty: the sentinels or seeds know */
    char user[128]; /* empty: no user */
    int port, db;
    char master[128];        /* its name among the sentinels */
    uint32_t sentinel_count; /* 0: none is asked */
    struct redis_place sentinels[REDIS_SENTINELS_MAX];
    uint32_t seed_count; /* 0: no cluster */
    struct redis_place seeds[REDIS_SEEDS_MAX];
};

/*
 * Reads redis://[user@]host[:port][/db], rediss:// (TLS), unix://[user@]/path[?db=n], or
 * redis+sentinel://[user@]host[:port],.../master[/db], rediss+sentinel:// (TLS to all), or
 * redis+cluster://[user@]host[:port],..., rediss+cluster:// (TLS to all), whose hosts are nodes to ask where the others
 * are; an IPv6 address stands in brackets, and a sentinel's port is 26379 where it does not say. Returns NULL, or what
 * is allowed instead of what is in hand, which is never quoted: it may be a secret.
 */
const char *redis_url_parse(const char *text, struct redis_url *url);

#endif
