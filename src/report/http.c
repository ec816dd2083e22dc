/*
 * Clients are in one of four states: a client sends its request (READS), is given an answer (WRITES), listens to events
 * (LISTENS), or is waited for (DRAINS): after an answer the socket is closed on our side first and read until the other
 * side closes too, since a close with unread bytes would throw away what is still on its way.
 *
 * Bodies are shared and counted: a document of some megabytes is in memory once, however slowly clients take it. A
 * listener has at most one document on its way; then it is given the newest, and those in between are skipped.
 */
#include "gentally/report/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_private.h"
#include "http_routes.h"

#define HEAD_MAX 512
#define DRAIN_MS 2000
#define BACKLOG 32
#define CHUNK 262144 /* bytes given to one client in a turn */

struct body {
    size_t reader_count, size;
    char bytes[];
};

enum client_state { CLIENT_READS, CLIENT_WRITES, CLIENT_LISTENS, CLIENT_DRAINS };

struct client {
    int socket;
    enum client_state state;
    char request[HTTP_REQUEST_MAX];
    size_t request_size;
    char head[HEAD_MAX];
    size_t head_size, head_sent;
    struct body *body; /* after the head */
    size_t body_sent;
    uint64_t number;  /* of the document a listener has, or is being given */
    int64_t moved_ms; /* when bytes were sent last; in CLIENT_READS, when the client connected */
    int64_t told_ms;  /* the last heartbeat */
};

struct http {
    int socket;
    uint16_t port;
    struct body *page, *document; /* the document as an event */
    uint64_t number;
    int64_t current_ms; /* INT64_MIN = never */
    int64_t told_ms;    /* INT64_MIN = nothing was */
    enum http_state state;
    size_t client_count;
    struct client *clients[HTTP_CLIENTS_MAX];
};

static struct body *body_new(size_t size)
{
    struct body *body = malloc(sizeof(*body) + size);

    if (body != NULL)
        *body = (struct body){.reader_count = 1};
    return body;
}

static struct body *body_retain(struct body *body)
{
    if (body != NULL)
        body->reader_count++;
    return body;
}

static void body_release(struct body *body)
{
    if (body != NULL && --body->reader_count == 0)
        free(body);
}

static void body_append(struct body *body, const char *bytes, size_t size)
{
    memcpy(body->bytes + body->size, bytes, size);
    body->size += size;
}

/* The event of a document: each line of the document is a data line. */
static struct body *event_new(struct span document, uint64_t number)
{
    char head[64];
    size_t lines = 1;

    for (size_t at = 0; at < document.size; at++)
        lines += document.bytes[at] == '\n';
    int size = snprintf(head, sizeof(head), "id: %" PRIu64 "\nevent: study\n", number);
    struct body *body = body_new((size_t)size + document.size + lines * strlen("data: ") + 3);
    if (body == NULL)
        return NULL;
    body_append(body, head, (size_t)size);
    body_append(body, "data: ", 6);
    for (size_t at = 0; at < document.size; at++) {
        /* A carriage return would end the line too; in JSON it is a blank like another. */
        body_append(body, document.bytes[at] == '\r' ? " " : &document.bytes[at], 1);
        if (document.bytes[at] == '\n')
            body_append(body, "data: ", 6);
    }
    body_append(body, "\n\n", 2);
    return body;
}

static enum verdict listen_on(struct http *http, uint16_t port, struct reason *why)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof(address);
    const int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    http->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (http->socket < 0 || setsockopt(http->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(http->socket, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(http->socket, BACKLOG) != 0 || getsockname(http->socket, (struct sockaddr *)&address, &size) != 0)
        return reason_set(why, HALT, REPORT_PORT, errno, "127.0.0.1:%u: %s", port, strerror(errno));
    http->port = ntohs(address.sin_port);
    return GO_ON;
}

enum verdict http_open(struct http **http, uint16_t port, struct reason *why)
{
    *http = malloc(sizeof(**http));
    if (*http == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "opening the server of the page");
    **http = (struct http){.socket = -1, .current_ms = INT64_MIN, .told_ms = INT64_MIN};
    enum verdict verdict = listen_on(*http, port, why);
    if (verdict != GO_ON) {
        http_close(*http);
        *http = NULL;
    }
    return verdict;
}

static void drop_client(struct http *http, size_t index)
{
    struct client *client = http->clients[index];

    body_release(client->body);
    close(client->socket);
    free(client);
    http->clients[index] = http->clients[--http->client_count];
}

void http_close(struct http *http)
{
    if (http == NULL)
        return;
    while (http->client_count > 0)
        drop_client(http, http->client_count - 1);
    body_release(http->page);
    body_release(http->document);
    if (http->socket >= 0)
        close(http->socket);
    free(http);
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

size_t http_client_count(const struct http *http)
{
    return http->client_count;
}

enum verdict http_publish(struct http *http, struct span page, struct span document, uint64_t number,
                          struct reason *why)
{
    struct body *whole = body_new(page.size);
    struct body *event = event_new(document, number);

    assert(number > http->number);
    if (whole == NULL || event == NULL) {
        body_release(whole);
        body_release(event);
        return reason_set(why, HALT, NO_MEMORY, 0, "publishing a page of %zu bytes", page.size);
    }
    body_append(whole, page.bytes, page.size);
    body_release(http->page);
    body_release(http->document);
    http->page = whole;
    http->document = event;
    http->number = number;
    return GO_ON;
}

void http_is_current(struct http *http, int64_t now_ms)
{
    http->current_ms = now_ms;
}

void http_is_told(struct http *http, int64_t told_ms, enum http_state state)
{
    http->told_ms = told_ms;
    http->state = state;
}

/* ---- answers ---- */

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
        {200, "200 OK"},
        {400, "400 Bad Request"},
        {403, "403 Forbidden"},
        {404, "404 Not Found"},
        {405, "405 Method Not Allowed"},
        {408, "408 Request Timeout"},
        {431, "431 Request Header Fields Too Large"},
        {503, "503 Service Unavailable"},
        {505, "505 HTTP Version Not Supported"},
    };
    for (size_t at = 0; at < LENGTH_OF(rows); at++)
        if (rows[at].status == status)
            return rows[at].text;
    assert(!"a status without a text");
    return NULL;
}

#define COMMON_HEADERS                                                                                                 \
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"                   \
    "Cross-Origin-Resource-Policy: same-origin\r\nX-Frame-Options: DENY\r\nConnection: close\r\n"

static int write_refusal(char *head, int status)
{
    const char *text = status_text(status);

    return snprintf(head, HEAD_MAX,
                    "HTTP/1.1 %s\r\n%s" COMMON_HEADERS
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s\n",
                    text, status == 405 ? "Allow: GET\r\n" : "", strlen(text) + 1, text);
}

static void refuse(struct client *client, int status)
{
    client->state = CLIENT_WRITES;
    client->head_size = (size_t)write_refusal(client->head, status);
}

static void answer(struct http *http, struct client *client, const struct http_request *request)
{
    if (request->status != 200 || http->page == NULL) {
        refuse(client, request->status != 200 ? request->status : 503);
    } else if (request->target == HTTP_PAGE) {
        client->state = CLIENT_WRITES;
        client->body = body_retain(http->page);
        client->head_size = (size_t)snprintf(client->head, HEAD_MAX,
                                             "HTTP/1.1 200 OK\r\n" COMMON_HEADERS
                                             "Content-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
                                             http->page->size);
    } else {
        client->state = CLIENT_LISTENS;
        client->number = request->after;
        client->told_ms = INT64_MIN;
        client->head_size = (size_t)snprintf(client->head, HEAD_MAX,
                                             "HTTP/1.1 200 OK\r\n" COMMON_HEADERS
                                             "Content-Type: text/event-stream; charset=utf-8\r\n\r\nretry: 2000\n\n");
    }
}

/* ---- reading and writing; false: the client is gone ---- */

static bool read_some(struct http *http, struct client *client)
{
    char *end = client->request + client->request_size;
    ssize_t size = recv(client->socket, end, sizeof(client->request) - client->request_size, 0);

    if (size == 0)
        return false;
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    if (client->state != CLIENT_READS)
        return true; /* bytes after the request are thrown away: request_size stays as it is */
    client->request_size += (size_t)size;
    const char *found = memmem(client->request, client->request_size, "\r\n\r\n", 4);
    if (found != NULL) {
        struct http_request request;
        http_route((struct span){client->request, (size_t)(found - client->request) + 4}, http->port, &request);
        client->request_size = 0;
        answer(http, client, &request);
    } else if (client->request_size == sizeof(client->request)) {
        client->request_size = 0;
        refuse(client, 431);
    }
    return true;
}

static bool is_idle(const struct client *client)
{
    return client->head_sent == client->head_size && client->body == NULL;
}

/* Sends some of [*sent, size). False: the client is gone. */
static bool send_some(struct client *client, const char *bytes, size_t size, size_t *sent, int64_t now_ms)
{
    size_t most = size - *sent < CHUNK ? size - *sent : CHUNK;
    ssize_t count = send(client->socket, bytes + *sent, most, MSG_NOSIGNAL);

    if (count < 0)
        return errno == EAGAIN || errno == EINTR;
    if (count > 0)
        client->moved_ms = now_ms;
    *sent += (size_t)count;
    return true;
}

static bool write_some(struct client *client, int64_t now_ms)
{
    if (client->head_sent < client->head_size)
        return send_some(client, client->head, client->head_size, &client->head_sent, now_ms);
    if (client->body == NULL)
        return true;
    if (!send_some(client, client->body->bytes, client->body->size, &client->body_sent, now_ms))
        return false;
    if (client->body_sent == client->body->size) {
        body_release(client->body);
        client->body = NULL;
        client->body_sent = 0;
    }
    return true;
}

static const char *const states[] = {[HTTP_LIVE] = "live", [HTTP_LATE] = "late", [HTTP_UNSURE] = "unsure"};

/* Gives a listener that has nothing on its way a newer document, or a heartbeat. */
static void feed(const struct http *http, struct client *client, int64_t now_ms)
{
    if (client->number != http->number && http->document != NULL) {
        client->number = http->number;
        client->body = body_retain(http->document);
        client->moved_ms = now_ms;
        return;
    }
    if (http->current_ms == INT64_MIN || (client->told_ms != INT64_MIN && now_ms - client->told_ms < HTTP_HEARTBEAT_MS))
        return;
    client->told_ms = client->moved_ms = now_ms;
    client->head_sent = 0;
    client->head_size = (size_t)snprintf(client->head, HEAD_MAX, "event: read\ndata: %" PRId64 "\n\n",
                                         now_ms > http->current_ms ? now_ms - http->current_ms : 0);
    if (http->told_ms != INT64_MIN)
        client->head_size += (size_t)snprintf(client->head + client->head_size, HEAD_MAX - client->head_size,
                                              "event: told\ndata: %" PRId64 " %s\n\n",
                                              now_ms > http->told_ms ? now_ms - http->told_ms : 0, states[http->state]);
}

static bool is_late(const struct client *client, int64_t now_ms)
{
    switch (client->state) {
    case CLIENT_READS:
        return now_ms - client->moved_ms >= HTTP_REQUEST_MS;
    case CLIENT_WRITES:
        return now_ms - client->moved_ms >= HTTP_STALLED_MS;
    case CLIENT_LISTENS:
        return !is_idle(client) && now_ms - client->moved_ms >= HTTP_STALLED_MS;
    case CLIENT_DRAINS:
        return now_ms - client->moved_ms >= DRAIN_MS;
    }
    return true;
}

/* Reads, writes and moves a client to its next state. False: the client is to be dropped. */
static bool serve(struct http *http, struct client *client, short events, int64_t now_ms)
{
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_some(http, client) && client->state != CLIENT_WRITES)
        return false;
    if ((events & POLLERR) != 0 || is_late(client, now_ms))
        return false;
    if (client->state == CLIENT_LISTENS && is_idle(client))
        feed(http, client, now_ms);
    if ((client->state == CLIENT_WRITES || client->state == CLIENT_LISTENS) && !write_some(client, now_ms))
        return false;
    if (client->state == CLIENT_WRITES && is_idle(client)) {
        client->state = CLIENT_DRAINS;
        client->moved_ms = now_ms;
        shutdown(client->socket, SHUT_WR);
    }
    return true;
}

static void accept_all(struct http *http, int64_t now_ms)
{
    for (;;) {
        int socket = accept4(http->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0)
            return;
        struct client *client = http->client_count < HTTP_CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
        if (client == NULL) {
            char head[HEAD_MAX];
            int size = write_refusal(head, 503);
            ssize_t sent = send(socket, head, (size_t)size, MSG_NOSIGNAL);
            (void)sent; /* a refusal is not worth waiting for */
            close(socket);
            continue;
        }
        client->socket = socket;
        client->moved_ms = now_ms;
        http->clients[http->client_count++] = client;
    }
}

void http_turn(struct http *http, int wait_ms, int64_t now_ms)
{
    struct pollfd polled[HTTP_CLIENTS_MAX + 1];
    size_t count = http->client_count;

    polled[0] = (struct pollfd){.fd = http->socket, .events = POLLIN};
    for (size_t at = 0; at < count; at++) {
        const struct client *client = http->clients[at];
        /* A client that is given an answer is not read from. */
        short events = client->state == CLIENT_WRITES ? 0 : POLLIN;
        if (client->state == CLIENT_WRITES || (client->state == CLIENT_LISTENS && !is_idle(client)))
            events |= POLLOUT;
        polled[at + 1] = (struct pollfd){.fd = client->socket, .events = events};
    }
    if (poll(polled, (nfds_t)count + 1, wait_ms) < 0)
        return;
    /* From the last: a dropped client is replaced by the last one, which was served already. */
    for (size_t at = count; at-- > 0;)
        if (!serve(http, http->clients[at], polled[at + 1].revents, now_ms))
            drop_client(http, at);
    if (polled[0].revents != 0)
        accept_all(http, now_ms);
}
