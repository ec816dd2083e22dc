/* Each part that is wrong has a sentence of its own: "redis_url is wrong" would be told to somebody who looks at it. */
#include "gentally/config/redis_url.h"

#include <arpa/inet.h>

#define PORT_DEFAULT 6379
#define SENTINEL_PORT_DEFAULT 26379
#define PORT_MAX 65535
#define DB_MAX 65535

#define FORMS                                                                                                          \
    "redis://[USER@]HOST[:PORT][/DB], rediss://..., unix://[USER@]/PATH[?db=N], "                                      \
    "redis+sentinel://[USER@]HOST[:PORT],.../MASTER[/DB] or redis+cluster://[USER@]HOST[:PORT],..."
#define SENTINEL_FORM "redis+sentinel://[USER@]HOST[:PORT],.../MASTER[/DB]"
#define CLUSTER_FORM "redis+cluster://[USER@]HOST[:PORT],..."
#define NO_PASSWORD "a URL without a password: take it out and put it into a file named by redis_password_file"
#define NUMBERED_DB "a number as database, 0..65535: redis://HOST:PORT/DB"

/* Digits alone: strtol() takes blanks and signs, which nobody means here. */
static bool parse_number(const char *text, int max, int *number)
{
    int value = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (*text - '0');
        if (value > max)
            return false;
    }
    *number = value;
    return true;
}

static bool copy(char *target, size_t room, const char *text, size_t size)
{
    if (size >= room)
        return false;
    memcpy(target, text, size);
    target[size] = '\0';
    return true;
}

/* What stands before the '@' of `*rest`, which moves behind it. */
static const char *parse_user(const char **rest, struct redis_url *url)
{
    const char *at = strrchr(*rest, '@');

    if (at == NULL)
        return NULL;
    size_t size = (size_t)(at - *rest);
    if (memchr(*rest, ':', size) != NULL)
        return NO_PASSWORD;
    if (!copy(url->user, sizeof(url->user), *rest, size))
        return "a user of at most 127 bytes";
    *rest = at + 1;
    return NULL;
}

static const char *parse_unix(const char *rest, struct redis_url *url)
{
    const char *path = strchr(rest, '/');

    url->is_unix = true;
    if (path == NULL || path[1] == '\0' || (path != rest && path[-1] != '@'))
        return "unix://[USER@]/PATH[?db=N]";
    if (path != rest) {
        size_t size = (size_t)(path - rest) - 1;
        if (memchr(rest, ':', size) != NULL)
            return NO_PASSWORD;
        if (!copy(url->user, sizeof(url->user), rest, size))
            return "a user of at most 127 bytes";
    }
    const char *query = strstr(path, "?db=");
    size_t size = query == NULL ? strlen(path) : (size_t)(query - path);
    if (!copy(url->host, sizeof(url->host), path, size))
        return "a path of at most 255 bytes";
    return query == NULL || parse_number(query + 4, DB_MAX, &url->db) ? NULL
                                                                      : "a number as database: unix:///PATH?db=N";
}

/* An address in brackets, perhaps with the link that it is of: fe80::1%eth0. */
static bool is_v6(const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    char bare[INET6_ADDRSTRLEN];

    return copy(bare, sizeof(bare), text, strcspn(text, "%")) && inet_pton(AF_INET6, bare, address) == 1;
}

static bool is_host_name(const char *text)
{
    static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    return text[strspn(text, legal)] == '\0';
}

/* Reads the host at `rest`; `*behind` is what follows it. */
static const char *parse_host(const char *rest, struct redis_url *url, const char **behind)
{
    bool has_brackets = rest[0] == '[';
    const char *host = rest + has_brackets;
    size_t size = strcspn(host, has_brackets ? "]" : ":/?#,");

    if (has_brackets && host[size] != ']')
        return "an IPv6 address with both its brackets: redis://[::1]:6379";
    *behind = host + size + has_brackets;
    if (!copy(url->host, sizeof(url->host), host, size))
        return "a host of at most 255 bytes";
    if (has_brackets)
        return is_v6(url->host) ? NULL : "an IPv6 address in brackets, like redis://[::1]:6379";
    if (**behind == ':' && memchr(*behind + 1, ':', strcspn(*behind + 1, ",/")) != NULL)
        return "an IPv6 address in brackets: redis://[::1]:6379";
    if (size == 0)
        return "redis://[USER@]HOST[:PORT][/DB]: the host is missing";
    return is_host_name(url->host) ? NULL : "a host of letters, digits, '.', '-' and '_'";
}

static const char *parse_port(const char **rest, struct redis_url *url)
{
    char number[8];
    size_t size = strcspn(*rest, "/?#,");

    if (**rest != ':')
        return NULL;
    if (!copy(number, sizeof(number), *rest + 1, size - 1) || !parse_number(number, PORT_MAX, &url->port) ||
        url->port == 0)
        return "a port of 1..65535, or none for 6379: redis://HOST:PORT[/DB]";
    *rest += size;
    return NULL;
}

/* What follows the place: the database, or nothing. */
static const char *parse_db(const char *rest, struct redis_url *url)
{
    if (strpbrk(rest, "?#") != NULL)
        return "a URL without a query: TLS is rediss://, a database is /DB, all else has options of its own";
    if (rest[0] == '\0' || strcmp(rest, "/") == 0)
        return NULL;
    return rest[0] == '/' && parse_number(rest + 1, DB_MAX, &url->db) ? NULL : NUMBERED_DB;
}

/* Places behind commas, at most `max` of them, with the port that each has which does not say. */
static const char *parse_places(const char **rest, struct redis_url *url, int port, struct redis_place places[],
                                uint32_t max, uint32_t *count)
{
    const char *problem = NULL;

    do {
        if (*count == max)
            return max == REDIS_SENTINELS_MAX ? "at most eight sentinels" : "at most sixteen nodes to begin with";
        *rest += *count > 0; /* the comma */
        url->port = port;
        problem = parse_host(*rest, url, rest);
        if (problem == NULL)
            problem = parse_port(rest, url);
        memcpy(places[*count].host, url->host, sizeof(url->host));
        places[*count].port = url->port;
        *count += 1;
    } while (problem == NULL && **rest == ',');
    url->host[0] = '\0';
    url->port = 0;
    return problem;
}

/* The nodes to begin with, and nothing else. */
static const char *parse_cluster(const char *rest, struct redis_url *url)
{
    const char *problem = parse_places(&rest, url, PORT_DEFAULT, url->seeds, REDIS_SEEDS_MAX, &url->seed_count);

    if (problem != NULL)
        return problem;
    return *rest == '\0' || strcmp(rest, "/") == 0 ? NULL
                                                   : "a cluster without a database, which has only 0: " CLUSTER_FORM;
}

/* The sentinels, the master's name, and the database. */
static const char *parse_sentinels(const char *rest, struct redis_url *url)
{
    const char *problem =
        parse_places(&rest, url, SENTINEL_PORT_DEFAULT, url->sentinels, REDIS_SENTINELS_MAX, &url->sentinel_count);

    if (problem != NULL)
        return problem;
    size_t size = *rest == '/' ? strcspn(rest + 1, "/?#") : 0;
    if (size == 0)
        return "the master's name behind the sentinels: " SENTINEL_FORM;
    if (!copy(url->master, sizeof(url->master), rest + 1, size) || !is_host_name(url->master))
        return "a master's name of at most 127 letters, digits, '.', '-' and '_'";
    return parse_db(rest + 1 + size, url);
}

/* Reads what follows a scheme and a user. */
typedef const char *rest_reader(const char *rest, struct redis_url *url);

/* One server, and its database. */
static const char *parse_server(const char *rest, struct redis_url *url)
{
    const char *problem = parse_host(rest, url, &rest);

    if (problem == NULL)
        problem = parse_port(&rest, url);
    if (problem == NULL && *rest == ',')
        return "one host; of several sentinels: " SENTINEL_FORM "; of a cluster: " CLUSTER_FORM;
    return problem != NULL ? problem : parse_db(rest, url);
}

/* Takes the scheme off; NULL: it is none of them. */
static const char *parse_scheme(const char *text, struct redis_url *url, rest_reader **parse_rest)
{
    static const struct {
        const char *name;
        bool is_tls;
        rest_reader *parse_rest;
    } schemes[] = {
        {"redis://", false, parse_server},
        {"rediss://", true, parse_server},
        {"redis+sentinel://", false, parse_sentinels},
        {"rediss+sentinel://", true, parse_sentinels},
        {"redis+cluster://", false, parse_cluster},
        {"rediss+cluster://", true, parse_cluster},
    };

    for (size_t i = 0; i < LENGTH_OF(schemes); i++) {
        if (strncmp(text, schemes[i].name, strlen(schemes[i].name)) != 0)
            continue;
        url->is_tls = schemes[i].is_tls;
        *parse_rest = schemes[i].parse_rest;
        return text + strlen(schemes[i].name);
    }
    return NULL;
}

const char *redis_url_parse(const char *text, struct redis_url *url)
{
    rest_reader *parse_rest = NULL;

    *url = (struct redis_url){.port = PORT_DEFAULT};
    if (strncmp(text, "unix://", 7) == 0)
        return parse_unix(text + 7, url);
    const char *rest = parse_scheme(text, url, &parse_rest);
    if (rest == NULL)
        return FORMS;
    const char *problem = parse_user(&rest, url);
    return problem != NULL ? problem : parse_rest(rest, url);
}
