/* Each part that is wrong has a sentence of its own: "redis_url is wrong" would be told to somebody who looks at it. */
#include "gentally/config/redis_url.h"

#include <arpa/inet.h>

#define PORT_DEFAULT 6379
#define PORT_MAX 65535
#define DB_MAX 65535

#define FORMS "redis://[USER@]HOST[:PORT][/DB], rediss://... or unix://[USER@]/PATH[?db=N]"
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
    size_t size = strcspn(host, has_brackets ? "]" : ":/?#");

    if (has_brackets && host[size] != ']')
        return "an IPv6 address with both its brackets: redis://[::1]:6379";
    *behind = host + size + has_brackets;
    if (!copy(url->host, sizeof(url->host), host, size))
        return "a host of at most 255 bytes";
    if (has_brackets)
        return is_v6(url->host) ? NULL : "an IPv6 address in brackets, like redis://[::1]:6379";
    if (**behind == ':' && strchr(*behind + 1, ':') != NULL)
        return "an IPv6 address in brackets: redis://[::1]:6379";
    if (size == 0)
        return "redis://[USER@]HOST[:PORT][/DB]: the host is missing";
    return is_host_name(url->host) ? NULL : "a host of letters, digits, '.', '-' and '_'";
}

static const char *parse_port(const char **rest, struct redis_url *url)
{
    char number[8];
    size_t size = strcspn(*rest, "/?#");

    if (**rest != ':')
        return NULL;
    if (!copy(number, sizeof(number), *rest + 1, size - 1) || !parse_number(number, PORT_MAX, &url->port) ||
        url->port == 0)
        return "a port of 1..65535, or none for 6379: redis://HOST:PORT[/DB]";
    *rest += size;
    return NULL;
}

const char *redis_url_parse(const char *text, struct redis_url *url)
{
    *url = (struct redis_url){.port = PORT_DEFAULT};
    if (strncmp(text, "unix://", 7) == 0)
        return parse_unix(text + 7, url);
    url->is_tls = strncmp(text, "rediss://", 9) == 0;
    if (!url->is_tls && strncmp(text, "redis://", 8) != 0)
        return FORMS;
    const char *rest = text + (url->is_tls ? 9 : 8);
    const char *problem = parse_user(&rest, url);
    if (problem == NULL)
        problem = parse_host(rest, url, &rest);
    if (problem == NULL)
        problem = parse_port(&rest, url);
    if (problem != NULL)
        return problem;
    if (strpbrk(rest, "?#") != NULL)
        return "a URL without a query: TLS is rediss://, a database is /DB, all else has options of its own";
    if (rest[0] == '\0' || strcmp(rest, "/") == 0)
        return NULL;
    return rest[0] == '/' && parse_number(rest + 1, DB_MAX, &url->db) ? NULL : NUMBERED_DB;
}
