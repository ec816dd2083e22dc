/* Halves of surrogate pairs, which no JSON reader takes. Private to this room. */
#ifndef GENTALLY_SURROGATES_H
#define GENTALLY_SURROGATES_H

#include "gentally/base/base.h"

/* Writes U+FFFD for each \ud83d (or its like) in `json` (`size` bytes) that is not a half of a pair: JavaScript leaves
 * them where it cuts a text within an emoji, in what people wrote and nobody is to see. Returns how many there were. */
size_t surrogates_mend(char *json, size_t size);

#endif
