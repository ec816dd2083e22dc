/* Packing is zlib's. `*` counts as no wish for gzip: who writes it takes anything, and what is not packed, too. */
#include "gentally/http/http_gzip.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16) /* the largest window; with gzip's header and checksum */
#define MEMORY_LEVEL 8

/* Whether the weight among the parameters of a coding, up to `end`, is nothing: "q=0", "q=0.000". */
static bool weighs_nothing(const char *from, const char *end)
{
    const char *weight = NULL;

    for (const char *at = from; at + 1 < end; at++)
        if ((at[0] == 'q' || at[0] == 'Q') && at[1] == '=')
            weight = at + 2;
    for (; weight != NULL && weight < end && *weight != ' ' && *weight != '\t'; weight++)
        if (*weight != '0' && *weight != '.')
            return false;
    return weight != NULL;
}

bool http_takes_gzip(const char *accept_encoding)
{
    const char *at = accept_encoding == NULL ? "" : accept_encoding;

    while (*at != '\0') {
        at += strspn(at, " \t,");
        size_t name = strcspn(at, " \t,;"), all = strcspn(at, ",");
        if (name == 4 && strncasecmp(at, "gzip", name) == 0)
            return !weighs_nothing(at + name, at + all);
        at += all;
    }
    return false;
}

bool http_gzip(struct span bytes, bool is_kept, char **packed, size_t *size)
{
    z_stream stream = {0};

    if (bytes.size > UINT32_MAX || deflateInit2(&stream, is_kept ? Z_BEST_COMPRESSION : Z_DEFAULT_COMPRESSION,
                                                Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    *packed = malloc(bytes.size + 1);
    if (*packed != NULL) {
        union {
            const char *borrowed;
            Bytef *taken; /* zlib's field is not const, and yet it only reads */
        } in = {.borrowed = bytes.bytes};
        stream.next_in = in.taken;
        stream.avail_in = (uInt)bytes.size;
        stream.next_out = (Bytef *)*packed;
        stream.avail_out = (uInt)bytes.size;
    }
    bool is_done = *packed != NULL && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *size = stream.total_out;
    (void)deflateEnd(&stream);
    if (!is_done) {
        free(*packed);
        *packed = NULL;
    }
    return is_done;
}
