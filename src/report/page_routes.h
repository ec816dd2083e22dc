/* What a request to the page's server wants, and whether it may. Strict, since what comes in is hostile until proven
 * otherwise. */
#ifndef GENTALLY_PAGE_ROUTES_H
#define GENTALLY_PAGE_ROUTES_H

#include "gentally/http/http_server.h"

enum page_target { PAGE_ITSELF, PAGE_EVENTS, PAGE_OTHER };

/* What is asked; NULL: the header is not there. */
struct page_question {
    const char *path, *host, *last_event_id;
    const struct http_field *fields; /* of the query */
    uint32_t field_count;
};

struct page_route {
    unsigned status; /* 200, or why not: 400, 403 (Host) */
    enum page_target target;
    uint64_t after; /* of PAGE_EVENTS: the latest document the client has; 0 = none */
};

/* Pure. `endpoint` has the port that is listened on; `host` is what Host may say beside it, NULL: nothing. */
struct page_route page_route(const struct page_question *question, const struct endpoint *endpoint, const char *host);

#endif
