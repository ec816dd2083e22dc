/* Standard output for results: bytes that did not reach it are an error, so that a full disk never looks like success.
 */
#ifndef GENTALLY_OUTPUT_H
#define GENTALLY_OUTPUT_H

#include "gentally/base/verdict.h"

/* Writes the bytes to standard output. HALT: OUTPUT-FAILED. */
MUST_CHECK enum verdict output_write(struct span bytes, struct reason *why);

/* Brings what was printed so far to standard output. HALT: OUTPUT-FAILED. */
MUST_CHECK enum verdict output_flush(struct reason *why);

#endif
