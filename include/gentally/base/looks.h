/* What bytes look like that are not the text that was expected, so that a message can say what is in hand. Pure. */
#ifndef GENTALLY_LOOKS_H
#define GENTALLY_LOOKS_H

#include "gentally/base/base.h"

#define UTF8_MARK "\xef\xbb\xbf" /* the byte order mark that some editors and shells begin a text with */

/* Names what `bytes` are by how they begin, with what makes a text of them: "gzip: unpack it with `gunzip -c`". NULL if
 * they begin like nothing that is known to be no text. */
const char *looks_like(struct span bytes);

/* The bytes without a byte order mark at their begin. */
struct span without_mark(struct span bytes);

#endif
