/* The manual page of a program, from the tables that --help is made of. Private to this room. */
#ifndef GENTALLY_MANUAL_H
#define GENTALLY_MANUAL_H

#include <stdio.h>

#include "gentally/cli/command.h"

/* Writes the page in section 1, for `man`, of the program `name`: every command with its options, and the
 * configuration. `purpose` is one sentence. */
void manual_print(const char *name, const char *purpose, const struct command *const commands[], size_t count,
                  FILE *file);

#endif
