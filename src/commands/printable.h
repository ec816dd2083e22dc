/* Bytes of unknown origin, made printable: as they can be shown on any terminal. */
#ifndef GENTALLY_PRINTABLE_H
#define GENTALLY_PRINTABLE_H

#include "gentally/base/base.h"

/* The room, in bytes, that the printable form of `size` bytes needs, with the NUL. */
#define PRINTABLE_MAX(size) (4 * (size) + 1)

/* Writes as many bytes as fit to `text` (`room` bytes), those that are not printable ASCII as \xNN, and a NUL. */
void printable_text(struct span bytes, char *text, size_t room);

/* Prints `"name":"text"` and `end` to standard output, the text as printable_text() makes it, at most 512 bytes. */
void printable_json(const char *name, struct span bytes, const char *end);

#endif
