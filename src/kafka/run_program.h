/* A program of the operator's, run for what it prints. Private to this room. */
#ifndef GENTALLY_RUN_PROGRAM_H
#define GENTALLY_RUN_PROGRAM_H

#include <stdatomic.h>

#include "gentally/base/base.h"

#define PROGRAM_PROBLEM_SIZE 400

/*
 * Runs `line`, a program (found by PATH, if it names no folder) and its arguments, parted by blanks; no shell is asked.
 * It has our environment, no input, and none of our files. What it prints goes to `out` (`room` bytes) and `*size`.
 * Blocks up to `timeout_ms`, or until somebody sets `*is_unwanted`; a program that still runs then is killed with all
 * its group. False unless it ended in time with exit status 0: `problem` says how it ended, with the first line of its
 * standard error.
 */
bool run_program(const char *line, int timeout_ms, const atomic_bool *is_unwanted, char *out, size_t room, size_t *size,
                 char problem[PROGRAM_PROBLEM_SIZE]);

#endif
