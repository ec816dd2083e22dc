/* Where Redis is: redis_url, read once for all. The option is checked by what the store connects by. Pure. */
#ifndef GENTALLY_REDIS_URL_H
#define GENTALLY_REDIS_URL_H

#include "gentally/base/base.h"

struct redis_url {
    bool is_unix, is_tls;
    char host[256]; /* an IPv6 address without its brackets; or the socket's path */
    char user[128]; /* empty: no user */
    int port, db;
};

/*
 * Reads redis://[user@]host[:port][/db], rediss:// (TLS), or unix://[user@]/path[?db=n]; an IPv6 address stands in
 * brackets. Returns NULL, or what is allowed instead of what is in hand, which is never quoted: it may be a secret.
 */
const char *redis_url_parse(const char *text, struct redis_url *url);

#endif
