/* Lines end with CR LF, names with a colon, and no control character is let through: leniency has no use here. */
#include "http_routes.h"

#include <strings.h>

/* Takes the text up to `end` off the front of `*rest`; absent if it is not there. */
static struct span take_until(struct span *rest, const char *end)
{
    size_t size = strlen(end);
    const char *found = memmem(rest->bytes, rest->size, end, size);

    if (found == NULL)
        return (struct span){NULL, 0};
    struct span taken = {rest->bytes, (size_t)(found - rest->bytes)};
    rest->bytes = found + size;
    rest->size -= taken.size + size;
    return taken;
}

static bool is_text(struct span text, const char *word)
{
    return span_equal(text, span_of(word));
}

static bool begins(struct span text, const char *word)
{
    return text.size >= strlen(word) && memcmp(text.bytes, word, strlen(word)) == 0;
}

static bool is_clean(struct span line)
{
    for (size_t at = 0; at < line.size; at++) {
        unsigned char byte = (unsigned char)line.bytes[at];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

static bool read_number(struct span text, uint64_t *number)
{
    uint64_t value = 0;

    if (text.size == 0 || text.size > 19)
        return false;
    for (size_t at = 0; at < text.size; at++) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.bytes[at] - '0');
    }
    *number = value;
    return true;
}

static struct span trimmed(struct span text)
{
    while (text.size > 0 && (text.bytes[0] == ' ' || text.bytes[0] == '\t'))
        text = (struct span){text.bytes + 1, text.size - 1};
    while (text.size > 0 && (text.bytes[text.size - 1] == ' ' || text.bytes[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static bool is_our_host(struct span host, uint16_t port)
{
    static const char *const names[] = {"127.0.0.1", "localhost"};

    for (size_t at = 0; at < LENGTH_OF(names); at++) {
        size_t size = strlen(names[at]);
        uint64_t named = 80; /* as without a port */
        if (host.size < size || strncasecmp(host.bytes, names[at], size) != 0)
            continue;
        struct span rest = {host.bytes + size, host.size - size};
        if (rest.size > 0 &&
            (rest.bytes[0] != ':' || !read_number((struct span){rest.bytes + 1, rest.size - 1}, &named)))
            return false;
        return named == port;
    }
    return false;
}

static int judge_target(struct span target, struct http_request *request)
{
    const char *query = memchr(target.bytes, '?', target.size);
    struct span path = {target.bytes, query == NULL ? target.size : (size_t)(query - target.bytes)};
    struct span rest = {path.bytes + path.size, target.size - path.size};

    if (target.size == 0 || target.bytes[0] != '/')
        return 400;
    if (is_text(path, "/"))
        return 200;
    if (!is_text(path, "/events"))
        return 404;
    request->target = HTTP_EVENTS;
    if (begins(rest, "?after=") && !read_number((struct span){rest.bytes + 7, rest.size - 7}, &request->after))
        return 400;
    return 200;
}

static int judge_line(struct span line, struct http_request *request)
{
    struct span method = take_until(&line, " ");
    struct span target = take_until(&line, " ");

    if (method.size == 0 || target.bytes == NULL)
        return 400;
    if (!begins(line, "HTTP/"))
        return 400;
    if (!is_text(line, "HTTP/1.1") && !is_text(line, "HTTP/1.0"))
        return 505;
    if (!is_text(method, "GET"))
        return 405;
    return judge_target(target, request);
}

/* One header line. Moves `*hosts`, the number of Host lines. */
static int judge_header(struct span line, uint16_t port, int *hosts, struct http_request *request)
{
    struct span value = line;
    struct span name = take_until(&value, ":");

    if (name.size == 0 || memchr(name.bytes, ' ', name.size) != NULL || memchr(name.bytes, '\t', name.size) != NULL)
        return 400;
    value = trimmed(value);
    if (name.size == 4 && strncasecmp(name.bytes, "host", 4) == 0) {
        ++*hosts;
        return is_our_host(value, port) ? 200 : 403;
    }
    /* A listener that comes back says what it heard last: that is newer than what its address says. */
    if (name.size == 13 && strncasecmp(name.bytes, "last-event-id", 13) == 0)
        return value.size == 0 || read_number(value, &request->after) ? 200 : 400;
    return 200;
}

void http_route(struct span head, uint16_t port, struct http_request *request)
{
    struct span rest = head;
    struct span line = take_until(&rest, "\r\n");
    int hosts = 0;

    *request = (struct http_request){.status = 400};
    if (line.bytes == NULL || !is_clean(line))
        return;
    int status = judge_line(line, request);
    for (line = take_until(&rest, "\r\n"); line.size > 0; line = take_until(&rest, "\r\n")) {
        int judged = is_clean(line) ? judge_header(line, port, &hosts, request) : 400;
        /* Whoever asks under another name learns nothing, not even what there is. */
        if (judged == 403 || (judged != 200 && status != 403))
            status = judged;
    }
    if (line.bytes == NULL || (hosts != 1 && status != 403))
        status = 400;
    request->status = status;
}
