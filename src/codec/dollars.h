/* Amounts of money as decimal texts. Private to this room; pure. */
#ifndef GENTALLY_DOLLARS_H
#define GENTALLY_DOLLARS_H

#include "gentally/base/base.h"

/* Reads "12.5" dollars as 12500000000 nano-dollars, through no float; refuses rather than rounds. NULL, or what is
 * wrong, as the end of a sentence that begins with the field. */
const char *dollars_read(struct span text, int64_t *nano_usd);

#endif
