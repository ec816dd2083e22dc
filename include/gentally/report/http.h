/*
 * A very small HTTP server for `gentally report --watch`: on loopback, GET only, one page at "/" and its server-sent
 * events at "/events". One thread, one poll() a turn, nothing blocks. What comes in is hostile until proven otherwise:
 * requests are bounded in size and time, clients in number, slow ones are dropped, and a Host header that does not name
 * this machine is refused, so that no web site can read the page through a name of its own (DNS rebinding).
 */
#ifndef GENTALLY_HTTP_H
#define GENTALLY_HTTP_H

#include "gentally/base/verdict.h"

#define HTTP_REQUEST_MAX 8192  /* bytes of request line and headers */
#define HTTP_CLIENTS_MAX 64    /* at a time; more are told 503 */
#define HTTP_REQUEST_MS 10000  /* for a whole request */
#define HTTP_STALLED_MS 20000  /* a client that takes nothing for so long is dropped */
#define HTTP_HEARTBEAT_MS 5000 /* between two "read" events */

enum http_target { HTTP_PAGE, HTTP_EVENTS };

struct http_request {
    int status; /* 200, or why not: 400, 403 (Host), 404, 405, 505 */
    enum http_target target;
    uint64_t after; /* of HTTP_EVENTS: the latest document the client has; 0 = none */
};

/* Judges a request's head, up to and with the empty line. `port` is what Host must name. Pure. */
void http_judge(struct span head, uint16_t port, struct http_request *request);

struct http;

/* Listens on 127.0.0.1; port 0 = any free one. GO_ON gives `*http` to the caller, to be closed once. HALT: REPORT-PORT,
 * NO-MEMORY. */
MUST_CHECK enum verdict http_open(struct http **http, uint16_t port, struct reason *why);
void http_close(struct http *http);

/* The port it listens on. */
uint16_t http_port(const struct http *http);

/* What "/" gives from now on, and document `number` (rising, from 1) for those who listen at "/events" and have an
 * older one: both copied. HALT: NO-MEMORY. */
MUST_CHECK enum verdict http_publish(struct http *http, struct span page, struct span document, uint64_t number,
                                     struct reason *why);

/* That at `now_ms` all there is was read: listeners hear how long ago that was. Any monotonic clock, of http_turn(). */
void http_is_current(struct http *http, int64_t now_ms);

/* One turn: waits up to `wait_ms` for something to do, takes and gives what can be taken and given at `now_ms`. */
void http_turn(struct http *http, int wait_ms, int64_t now_ms);

/* Connections at the moment. */
size_t http_client_count(const struct http *http);

#endif
