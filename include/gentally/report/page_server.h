/*
 * The server of `gentally report --watch`: the page at "/", its server-sent events at "/events", and what else its
 * owner answers. No thread: all is done in turns.
 *
 * Whoever asks is hostile until proven otherwise: a Host that does not name this server is refused before anything is
 * told, so that no web site can read the page through a name of its own (DNS rebinding); where there is a token,
 * nothing is told without it.
 */
#ifndef GENTALLY_PAGE_SERVER_H
#define GENTALLY_PAGE_SERVER_H

#include "gentally/http/http_server.h"

#define PAGE_HEARTBEAT_MS 5000 /* between two "read" events, and "told" events with them */

struct page_server;

struct page_server_options {
    struct endpoint endpoint;
    const char *host;  /* what Host may say beside the address itself, "name" or "name:port"; NULL: nothing; borrowed */
    const char *token; /* what must be known, see http_knows(); NULL: nothing; borrowed */
    /* Answers what is neither the page nor its events; the status is 404 before it is asked. NULL: nobody does. */
    void (*answer)(void *context, const struct http_request *request, struct http_answer *answer);
    void *context; /* borrowed until close */
};

/* GO_ON gives `*server` to the caller, to be closed once. HALT: REPORT-PORT, NO-MEMORY. */
MUST_CHECK enum verdict page_server_open(struct page_server **server, const struct page_server_options *options,
                                         struct reason *why);

/* Drops all clients and stops listening. NULL is fine. */
void page_server_close(struct page_server *server);

/* The port that the server listens on. */
uint16_t page_server_port(const struct page_server *server);

/*
 * Replaces the page at "/", and gives document `number` (rising, from 1) to the listeners at "/events" that have an
 * older one. Copies both. HALT: NO-MEMORY, and nothing is replaced.
 */
MUST_CHECK enum verdict page_server_publish(struct page_server *server, struct span page, struct span document,
                                            uint64_t number, struct reason *why);

/* Notes that the topics were read to their end at `now_ms`: listeners are told how long ago that was, every
 * PAGE_HEARTBEAT_MS. `now_ms` is of the same monotonic clock as that of page_server_turn(). */
void page_server_is_current(struct page_server *server, int64_t now_ms);

/*
 * Notes that what the documents show was told last at `told_ms`, and whether that is live: listeners are told with each
 * heartbeat how long ago that was. `told_ms` is of the same clock as that of page_server_turn(), and may lie before its
 * beginning.
 */
enum page_state { PAGE_LIVE, PAGE_LATE, PAGE_UNSURE };
void page_server_is_told(struct page_server *server, int64_t told_ms, enum page_state state);

/* Takes one turn, without waiting: a piece of some hundred kB for each client at most. `now_ms`: any monotonic clock.
 * True while somebody waits for an answer, so that the next turn is due soon. */
bool page_server_turn(struct page_server *server, int64_t now_ms);

#endif
