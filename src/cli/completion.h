/* What bash may offer where a program's command line is typed, from the tables of --help. Private to this room. */
#ifndef GENTALLY_COMPLETION_H
#define GENTALLY_COMPLETION_H

#include <stdio.h>

#include "gentally/cli/command.h"

/* Writes a script that bash reads: commands, their options, the configuration's, words and paths where those are known.
 */
void completion_print(const char *name, const struct command *const commands[], size_t count, FILE *file);

#endif
