/* Bytes that came from anywhere, as they can be shown on any terminal. */
#ifndef GENTALLY_PRINTABLE_H
#define GENTALLY_PRINTABLE_H

#include "gentally/base/base.h"

/* Room that `size` bytes need, with the NUL. */
#define PRINTABLE_MAX(size) (4 * (size) + 1)

/* Writes the bytes to `text` (`room` bytes), what is not printable ASCII as \xNN, as many as fit, and a NUL. */
void printable_text(struct span bytes, char *text, size_t room);

/* Prints `"name":"text"` and `end`, the bytes shown as above. */
void printable_json(const char *name, struct span bytes, const char *end);

#endif
