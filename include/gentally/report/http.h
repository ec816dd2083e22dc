/*
 * The HTTP server of `gentally report --watch`: on loopback, GET only, one page at "/" and its server-sent events at
 * "/events". One thread, one poll() a turn, nothing blocks longer than the caller says.
 *
 * Clients are hostile until proven otherwise: requests are bounded in size and time, clients in number, slow ones are
 * dropped, and a Host header that does not name this machine is refused, so that no web site can read the page through
 * a name of its own (DNS rebinding).
 */
#ifndef GENTALLY_HTTP_H
#define GENTALLY_HTTP_H

#include "gentally/base/verdict.h"

#define HTTP_REQUEST_MAX 8192  /* bytes of request line and headers; more are told 431 */
#define HTTP_CLIENTS_MAX 64    /* at a time; more are told 503 */
#define HTTP_REQUEST_MS 10000  /* for a whole request; then the client is dropped */
#define HTTP_STALLED_MS 20000  /* a client that takes nothing for so long is dropped */
#define HTTP_HEARTBEAT_MS 5000 /* between two "read" events, and "told" events with them */

struct http;

/* Listens on 127.0.0.1; port 0 = any free one. GO_ON gives `*http` to the caller, to be closed once. HALT: REPORT-PORT,
 * NO-MEMORY. */
MUST_CHECK enum verdict http_open(struct http **http, uint16_t port, struct reason *why);

/* Drops all clients and stops listening. NULL is fine. */
void http_close(struct http *http);

/* The port the server listens on. */
uint16_t http_port(const struct http *http);

/*
 * Replaces the page at "/", and gives document `number` (rising, from 1) to the listeners at "/events" that have an
 * older one. Copies both. HALT: NO-MEMORY, and nothing is replaced.
 */
MUST_CHECK enum verdict http_publish(struct http *http, struct span page, struct span document, uint64_t number,
                                     struct reason *why);

/* Notes that the topics were read to their end at `now_ms`: listeners are told how long ago that was, every
 * HTTP_HEARTBEAT_MS. `now_ms` is of the same monotonic clock as that of http_turn(). */
void http_is_current(struct http *http, int64_t now_ms);

/*
 * Notes that what the documents show was told last at `told_ms`, and whether that is live: listeners are told with each
 * heartbeat how long ago that was. `told_ms` is of the same clock as that of http_turn(), and may lie before its
 * beginning.
 */
enum http_state { HTTP_LIVE, HTTP_LATE, HTTP_UNSURE };
void http_is_told(struct http *http, int64_t told_ms, enum http_state state);

/* Takes one turn: waits up to `wait_ms` for sockets that are ready, then reads from and writes to all of them, at most
 * some hundred kB each, accepts clients and drops late ones. `now_ms`: any monotonic clock. */
void http_turn(struct http *http, int wait_ms, int64_t now_ms);

#endif
