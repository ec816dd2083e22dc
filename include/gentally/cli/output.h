/* Standard output for results: bytes that do not reach it are an error. A full disk never looks like success. */
#ifndef GENTALLY_OUTPUT_H
#define GENTALLY_OUTPUT_H

#include "gentally/base/verdict.h"

/* The exit status of a command whose reader has gone, as after `| head`: as if SIGPIPE had ended it. Nothing is told.
 */
#define OUTPUT_CLOSED_STATUS 141

/* Writes the bytes to standard output, behind what was printed before. HALT: OUTPUT-FAILED. */
MUST_CHECK enum verdict output_write(struct span bytes, struct reason *why);

/* Brings what was printed to the file, pipe or terminal behind standard output. HALT: OUTPUT-FAILED. */
MUST_CHECK enum verdict output_flush(struct reason *why);

#endif
