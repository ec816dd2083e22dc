/* Requests: what the head of one asks for, and whether it may. Strict, since what comes in is hostile until proven
 * otherwise. */
#ifndef GENTALLY_HTTP_ROUTES_H
#define GENTALLY_HTTP_ROUTES_H

#include "gentally/base/base.h"

enum http_target { HTTP_PAGE, HTTP_EVENTS };

struct http_request {
    int status; /* 200, or why not: 400, 403 (Host), 404, 405, 505 */
    enum http_target target;
    uint64_t after; /* of HTTP_EVENTS: the latest document the client has; 0 = none */
};

/* Routes a request by its head, which ends with the empty line. `port` is what Host must name. Pure. */
void http_route(struct span head, uint16_t port, struct http_request *request);

#endif
