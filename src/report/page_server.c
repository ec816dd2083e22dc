/*
 * Bodies are shared and counted: a document of some megabytes is in memory once, however slowly listeners take it. A
 * listener has at most one document on its way; then it is given the newest, and those in between are skipped.
 */
#include "gentally/report/page_server.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "page_routes.h"

#define SAID_MAX 256 /* bytes of heartbeats */

struct body {
    size_t reader_count, size;
    char bytes[];
};

/* A client at "/events". */
struct listener {
    struct page_server *server;
    char said[SAID_MAX]; /* what is to be said next, before the body */
    size_t said_size, said_sent;
    struct body *body;
    size_t body_sent;
    uint64_t number; /* of the document it has, or is being given */
    int64_t told_ms; /* the last heartbeat; INT64_MIN = none yet */
};

struct page_server {
    struct page_server_options options;
    struct http_server *http;
    struct body *page, *document; /* the document as an event */
    uint64_t number;
    int64_t now_ms;
    int64_t current_ms; /* INT64_MIN = never */
    int64_t told_ms;    /* INT64_MIN = nothing was */
    enum page_state state;
    uint32_t listener_count;
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

/* ---- listeners ---- */

static const char *const states[] = {[PAGE_LIVE] = "live", [PAGE_LATE] = "late", [PAGE_UNSURE] = "unsure"};

static int64_t age(const struct page_server *server, int64_t since_ms)
{
    return server->now_ms > since_ms ? server->now_ms - since_ms : 0;
}

static void say_heartbeat(const struct page_server *server, struct listener *listener)
{
    listener->told_ms = server->now_ms;
    listener->said_sent = 0;
    listener->said_size = (size_t)snprintf(listener->said, SAID_MAX, "event: read\ndata: %" PRId64 "\n\n",
                                           age(server, server->current_ms));
    if (server->told_ms != INT64_MIN)
        listener->said_size += (size_t)snprintf(listener->said + listener->said_size, SAID_MAX - listener->said_size,
                                                "event: told\ndata: %" PRId64 " %s\n\n", age(server, server->told_ms),
                                                states[server->state]);
}

/* Gives a listener that has nothing on its way a newer document, or a heartbeat. */
static void feed(const struct page_server *server, struct listener *listener)
{
    bool is_due = listener->told_ms == INT64_MIN || server->now_ms - listener->told_ms >= PAGE_HEARTBEAT_MS;

    if (listener->number != server->number && server->document != NULL) {
        listener->number = server->number;
        listener->body = body_retain(server->document);
        listener->body_sent = 0;
    } else if (server->current_ms != INT64_MIN && is_due) {
        say_heartbeat(server, listener);
    }
}

static size_t take_some(char *bytes, size_t room, struct span rest)
{
    size_t size = rest.size < room ? rest.size : room;

    memcpy(bytes, rest.bytes, size);
    return size;
}

static size_t listener_next(void *context, char *bytes, size_t room)
{
    struct listener *listener = context;

    if (listener->said_sent == listener->said_size && listener->body == NULL)
        feed(listener->server, listener);
    if (listener->said_sent < listener->said_size) {
        size_t size =
            take_some(bytes, room,
                      (struct span){listener->said + listener->said_sent, listener->said_size - listener->said_sent});
        listener->said_sent += size;
        return size;
    }
    if (listener->body == NULL)
        return 0;
    size_t size = take_some(
        bytes, room,
        (struct span){listener->body->bytes + listener->body_sent, listener->body->size - listener->body_sent});
    listener->body_sent += size;
    if (listener->body_sent == listener->body->size) {
        body_release(listener->body);
        listener->body = NULL;
    }
    return size;
}

static void listener_close(void *context)
{
    struct listener *listener = context;

    listener->server->listener_count--;
    body_release(listener->body);
    free(listener);
}

/* ---- answers ---- */

#define COMMON_HEADERS                                                                                                 \
    {"Referrer-Policy", "no-referrer"}, {"Cross-Origin-Resource-Policy", "same-origin"}, {"X-Frame-Options", "DENY"},  \
    {                                                                                                                  \
        "Connection", "close"                                                                                          \
    }

static const struct http_field common_headers[] = {COMMON_HEADERS, {NULL, NULL}};
static const struct http_field challenge_headers[] = {
    COMMON_HEADERS, {"WWW-Authenticate", "Basic realm=\"gentally\", charset=\"UTF-8\""}, {NULL, NULL}};

static void refuse(struct http_answer *answer, unsigned status, const char *because)
{
    answer->status = status;
    fprintf(answer->body, "%s\n", because);
}

static void listen_to(struct page_server *server, struct http_answer *answer, uint64_t after)
{
    static const char begin[] = "retry: 2000\n\n";
    struct listener *listener = calloc(1, sizeof(*listener));

    if (listener == NULL) {
        refuse(answer, 503, "there is no memory to listen");
        return;
    }
    *listener = (struct listener){.server = server, .number = after, .told_ms = INT64_MIN};
    memcpy(listener->said, begin, sizeof(begin));
    listener->said_size = sizeof(begin) - 1;
    server->listener_count++;
    answer->type = "text/event-stream; charset=utf-8";
    answer->stream = (struct http_stream){listener_next, listener_close, listener};
}

static void answer_allowed(struct page_server *server, const struct http_request *request,
                           const struct page_route *route, struct http_answer *answer)
{
    if (route->target == PAGE_OTHER) {
        answer->status = 404;
        if (server->options.answer != NULL)
            server->options.answer(server->options.context, request, answer);
        if (answer->status == 404)
            fputs("there is nothing here\n", answer->body);
    } else if (server->page == NULL) {
        refuse(answer, 503, "there is nothing to show yet");
    } else if (route->target == PAGE_EVENTS) {
        listen_to(server, answer, route->after);
    } else {
        answer->type = "text/html; charset=utf-8";
        fwrite(server->page->bytes, 1, server->page->size, answer->body);
    }
}

static void answer(void *context, const struct http_request *request, struct http_answer *answer)
{
    struct page_server *server = context;
    struct http_field fields[HTTP_QUERY_MAX];
    struct page_question question = {.path = request->path,
                                     .host = http_header(request, "Host"),
                                     .last_event_id = http_header(request, "Last-Event-ID"),
                                     .fields = fields};
    struct endpoint endpoint = server->options.endpoint;
    bool is_query = http_query(request, fields, &question.field_count);

    endpoint.port = page_server_port(server);
    struct page_route route = page_route(&question, &endpoint, server->options.host);
    answer->headers = common_headers;
    if (route.status == 403) {
        refuse(answer, 403, "that is not the name of this server");
    } else if (server->options.token != NULL && !http_knows(request, server->options.token)) {
        answer->headers = challenge_headers;
        refuse(answer, 401, "say the token, as bearer, or as the password of basic authentication");
    } else if (route.status != 200 || !is_query) {
        refuse(answer, 400, !is_query ? "the query has too many fields, or a NUL" : "that cannot be understood");
    } else {
        answer_allowed(server, request, &route, answer);
    }
}

/* ---- the server ---- */

enum verdict page_server_open(struct page_server **server, const struct page_server_options *options,
                              struct reason *why)
{
    struct page_server *opened = calloc(1, sizeof(*opened));

    *server = opened;
    if (opened == NULL)
        return no_memory(why, "for the server of the page");
    *opened = (struct page_server){.options = *options, .current_ms = INT64_MIN, .told_ms = INT64_MIN};
    const struct http_server_options wanted = {.endpoint = options->endpoint,
                                               .because = REPORT_PORT,
                                               .is_turned = true,
                                               .has_gzip = true,
                                               .answer = answer,
                                               .context = opened};
    enum verdict verdict = http_server_open(&opened->http, &wanted, why);
    if (verdict != GO_ON) {
        page_server_close(opened);
        *server = NULL;
    }
    return verdict;
}

void page_server_close(struct page_server *server)
{
    if (server == NULL)
        return;
    http_server_close(server->http);
    assert(server->listener_count == 0);
    body_release(server->page);
    body_release(server->document);
    free(server);
}

uint16_t page_server_port(const struct page_server *server)
{
    return http_server_port(server->http);
}

enum verdict page_server_publish(struct page_server *server, struct span page, struct span document, uint64_t number,
                                 struct reason *why)
{
    struct body *whole = body_new(page.size);
    struct body *event = event_new(document, number);

    assert(number > server->number);
    if (whole == NULL || event == NULL) {
        body_release(whole);
        body_release(event);
        return reason_set(why, HALT, NO_MEMORY, 0, "publishing a page of %zu bytes", page.size);
    }
    body_append(whole, page.bytes, page.size);
    body_release(server->page);
    body_release(server->document);
    server->page = whole;
    server->document = event;
    server->number = number;
    return GO_ON;
}

void page_server_is_current(struct page_server *server, int64_t now_ms)
{
    server->current_ms = now_ms;
}

void page_server_is_told(struct page_server *server, int64_t told_ms, enum page_state state)
{
    server->told_ms = told_ms;
    server->state = state;
}

bool page_server_turn(struct page_server *server, int64_t now_ms)
{
    server->now_ms = now_ms;
    http_server_turn(server->http);
    return http_server_clients(server->http) > server->listener_count;
}
