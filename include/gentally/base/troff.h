/* Text for manual pages, as troff's macros `man` read it. */
#ifndef GENTALLY_TROFF_H
#define GENTALLY_TROFF_H

#include <stdio.h>

/* Writes `text` so that a page shows just that: nothing in it is an escape or, at a line's beginning, a request. No
 * newline is added. The text begins at the beginning of a line. */
void troff_print(FILE *file, const char *text);

#endif
