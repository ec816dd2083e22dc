/*
 * A small HTTP server for what only reads: it answers GET and HEAD and nothing else, in a thread of its own, or in
 * turns that its owner takes. Clients and their time are bounded, so that no client, slow or hostile, takes more than a
 * socket and some kilobytes, and none takes all sockets.
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
#define HTTP_LISTENS_S 60u      /* one that listens to a stream and takes nothing for so long; its owner may be busy */
#define HTTP_QUERY_MAX 32u      /* fields of a query */

/* A name with its value: of a query, decoded; or of a header. */
struct http_field {
    const char *name, *value;
};

/* What a request asks for; borrowed for the call. */
struct http_request {
    const char *path;    /* decoded; without what follows a question mark */
    const char *accept;  /* the header Accept; NULL: there is none */
    const void *of_ours; /* the server's, for the functions below */
};

/* The value of a header, by its name in any case; NULL: it is not there, or more than once. Borrowed for the call. */
const char *http_header(const struct http_request *request, const char *name);

/* The fields of the query in their order, decoded, borrowed for the call. False: there are more than HTTP_QUERY_MAX, or
 * one has a NUL in it. A field without a value has an empty one. */
bool http_query(const struct http_request *request, struct http_field fields[HTTP_QUERY_MAX], uint32_t *count);

/* Whether whoever asks knows the token, and says it as bearer, or as the password of basic authentication under any
 * name, which browsers ask people for. Takes the same time for all tokens of one size. */
bool http_knows(const struct http_request *request, const char *token);

/* What is said as long as the client listens, instead of a body. */
struct http_stream {
    size_t (*next)(void *context, char *bytes, size_t room); /* what is there to say: its size; 0: nothing yet */
    void (*close)(void *context);                            /* the client is gone */
    void *context;
};

/* What a request is answered with: the server sets a status of 200, no headers and an open body before it asks. */
struct http_answer {
    unsigned status;
    const char *type;                 /* of the content; static */
    const struct http_field *headers; /* further ones, ended by a NULL name; static; NULL: none */
    FILE *body;                       /* of the server, which closes it */
    struct http_stream stream;        /* only of a server that is turned; without `next` the body is the answer */
};

struct http_server_options {
    struct endpoint endpoint;
    enum reason_id because; /* the reason of a port that cannot be had */
    bool is_turned;         /* no thread: all is done in http_server_turn() */
    bool has_gzip;          /* bodies are packed for those who take it */
    /* Answers a request; called in the server's thread, or in a turn, one at a time. */
    void (*answer)(void *context, const struct http_request *request, struct http_answer *answer);
    void *context; /* borrowed until close */
};

/* Listens, and answers from then on. GO_ON gives `*server` to the caller. HALT: `because`, with the address and the
 * cause; NO-MEMORY. The thread has the caller's signal mask. */
MUST_CHECK enum verdict http_server_open(struct http_server **server, const struct http_server_options *options,
                                         struct reason *why);

/* Stops listening, ends the answers under way, and frees the server; NULL is fine. */
void http_server_close(struct http_server *server);

/* Reads from, answers and writes to all clients that are ready, and asks streams for more; does not wait. */
void http_server_turn(struct http_server *server);

/* The connections at the moment. */
uint32_t http_server_clients(const struct http_server *server);

/* The port that the server listens on. */
uint16_t http_server_port(const struct http_server *server);

#endif
