/* runbooks/reasons.md, as `help` prints it: what an id of the log or of an error means, and what to do. */
#ifndef GENTALLY_REASON_PAGE_H
#define GENTALLY_REASON_PAGE_H

#include <stdio.h>

#include "gentally/base/suggest.h"

/* Prints what the page has under the heading `name`, upper or lower case, and what it says of the heading's group.
 * False: there is no such heading, and nothing was printed. */
bool reason_page_print(FILE *file, const char *name);

/* Writes the heading nearest to `name` into `nearest`; false if none is near. */
bool reason_page_suggest(const char *name, char nearest[SUGGESTION_NAME_MAX + 1]);

#endif
