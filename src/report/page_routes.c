/* Host names the address that is listened on, or what the owner says; without a port it is 80. */
#include "page_routes.h"

#include <arpa/inet.h>
#include <strings.h>

static bool read_number(const char *text, uint64_t *number)
{
    size_t size = strspn(text, "0123456789");
    uint64_t value = 0;

    if (size == 0 || size > 19 || text[size] != '\0')
        return false;
    for (size_t at = 0; at < size; at++)
        value = value * 10 + (uint64_t)(text[at] - '0');
    *number = value;
    return true;
}

/* Whether `said` is `name`, and the port behind it the one listened on. */
static bool names(const char *said, const char *name, uint16_t port)
{
    size_t size = strlen(name);
    uint64_t said_port = 80;

    if (strncasecmp(said, name, size) != 0)
        return false;
    if (said[size] != '\0' && (said[size] != ':' || !read_number(said + size + 1, &said_port)))
        return false;
    return said_port == port;
}

static bool is_unspecified(const struct endpoint *endpoint)
{
    static const uint8_t zeros[16];

    return memcmp(endpoint->address, zeros, endpoint->is_v6 ? 16 : 4) == 0;
}

static bool is_ours(const char *said, const struct endpoint *endpoint, const char *host)
{
    char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 2];

    if (host != NULL && (strcasecmp(said, host) == 0 || names(said, host, endpoint->port)))
        return true;
    if (endpoint_is_local(endpoint) && names(said, "localhost", endpoint->port))
        return true;
    if (is_unspecified(endpoint) ||
        inet_ntop(endpoint->is_v6 ? AF_INET6 : AF_INET, endpoint->address, address, sizeof(address)) == NULL)
        return false;
    snprintf(text, sizeof(text), endpoint->is_v6 ? "[%s]" : "%s", address);
    return names(said, text, endpoint->port);
}

/* A listener that comes back says what it heard last: that is newer than what its address says. */
static bool read_after(const struct page_question *question, uint64_t *after)
{
    const char *last = question->last_event_id;

    for (uint32_t at = 0; at < question->field_count; at++)
        if (strcmp(question->fields[at].name, "after") == 0 && !read_number(question->fields[at].value, after))
            return false;
    return last == NULL || *last == '\0' || read_number(last, after);
}

struct page_route page_route(const struct page_question *question, const struct endpoint *endpoint, const char *host)
{
    struct page_route route = {.status = 200, .target = PAGE_OTHER};

    if (question->host == NULL) {
        route.status = 400;
    } else if (!is_ours(question->host, endpoint, host)) {
        route.status = 403; /* Whoever asks under another name learns nothing, not even what there is. */
    } else if (strcmp(question->path, "/") == 0) {
        route.target = PAGE_ITSELF;
    } else if (strcmp(question->path, "/events") == 0) {
        route.target = PAGE_EVENTS;
        route.status = read_after(question, &route.after) ? 200 : 400;
    }
    return route;
}
