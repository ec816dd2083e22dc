/* Bodies packed for whoever takes them so (RFC 9110, 12.5.3). Pure but for memory. */
#ifndef GENTALLY_HTTP_GZIP_H
#define GENTALLY_HTTP_GZIP_H

#include "gentally/base/base.h"

/* Whether a header Accept-Encoding (NULL: there is none) takes gzip: by its name, and not with a weight of 0. */
bool http_takes_gzip(const char *accept_encoding);

/* Packs `bytes`, as small as it gets if that `is_kept`, else soon. True gives `*packed` to the caller, to be freed;
 * false: there is no memory, or it got no smaller. */
bool http_gzip(struct span bytes, bool is_kept, char **packed, size_t *size);

#endif
