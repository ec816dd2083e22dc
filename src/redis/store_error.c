/* By the first words, which Redis keeps the same; the rest is for people. */
#include "store_error.h"

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum verdict store_error_verdict(const char *text, struct reason *why)
{
    static const char *const busy[] = {"LOADING",    "OOM",       "READONLY",
                                       "MASTERDOWN", "BUSY",      "MISCONF",
                                       "NOREPLICAS", "UNBLOCKED", "ERR max number of clients"};

    /* A store of a cluster (store_cluster.h) takes these for itself. */
    static const char *const cluster[] = {"MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT", "TRYAGAIN"};

    for (size_t i = 0; i < LENGTH_OF(cluster); i++)
        if (starts_with(text, cluster[i]))
            return reason_set(why, HALT, STORE_CLUSTER, 0,
                              "this is a Redis Cluster, whose redis_url is redis+cluster://HOST:PORT,... (%s)", text);
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
