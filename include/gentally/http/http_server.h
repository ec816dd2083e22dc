/*
 * A small HTTP server for what only reads: a thread of its own, which answers GET and HEAD and nothing else. Clients
 * and their time are bounded, so that no client, slow or hostile, takes more than a socket and some kilobytes, and none
 * takes all sockets.
 */
#ifndef GENTALLY_HTTP_SERVER_H
#define GENTALLY_HTTP_SERVER_H

#include <stdio.h>

#include "gentally/base/endpoint.h"
#include "gentally/base/verdict.h"

struct http_server;

#define HTTP_CLIENTS 64u        /* at a time */
#define HTTP_CLIENTS_OF_ONE 32u /* from one address, so that another is always let in */
#define HTTP_SILENT_S 10u       /* a client that sends or takes nothing for so long is dropped */

/* What a request asks for; borrowed for the call. */
struct http_request {
    const char *path;   /* decoded; without what follows a question mark */
    const char *accept; /* the header Accept; NULL: there is none */
};

/* What it is answered with: the server sets a status of 200 and an open body before it asks. */
struct http_answer {
    unsigned status;
    const char *type; /* of the content; static */
    FILE *body;       /* of the server, which closes it */
};

struct http_server_options {
    struct endpoint endpoint;
    enum reason_id because; /* the reason of a port that cannot be had */
    /* Answers a request; called in the server's thread, one at a time. */
    void (*answer)(void *context, const struct http_request *request, struct http_answer *answer);
    void *context; /* borrowed until close */
};

/* Listens, and answers from then on. GO_ON gives `*server` to the caller. HALT: `because`, with the address and the
 * cause; NO-MEMORY. The thread has the caller's signal mask. */
MUST_CHECK enum verdict http_server_open(struct http_server **server, const struct http_server_options *options,
                                         struct reason *why);

/* Stops listening, ends the answers under way, and frees the server; NULL is fine. */
void http_server_close(struct http_server *server);

/* The port that the server listens on. */
uint16_t http_server_port(const struct http_server *server);

#endif
