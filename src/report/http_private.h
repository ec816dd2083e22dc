/* What tests see of the server beyond its contract. */
#ifndef GENTALLY_HTTP_PRIVATE_H
#define GENTALLY_HTTP_PRIVATE_H

#include <stddef.h>

struct http;

/* The connections at the moment, in all states. */
size_t http_client_count(const struct http *http);

#endif
