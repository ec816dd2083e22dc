/* The frame of every command: --help, --version, the configuration, and one clear line when it cannot go on. */
#ifndef GENTALLY_COMMAND_H
#define GENTALLY_COMMAND_H

#include "gentally/config/config.h"

struct command_help {
    const char *program; /* NULL: "gentally" */
    const char *name;
    const char *arguments; /* "[options]" */
    const char *summary;   /* one line */
    const char *text;      /* what it does, in a few lines a newcomer can act on; ends with an example */
};

/*
 * The beginning every command shares: answers --help and --version (prints, *code = EX_OK, returns false), loads the
 * configuration into `config`, and on failure prints one line with the reason id (*code = EX_CONFIG or EX_USAGE). True
 * if the command should run.
 */
bool command_begin(const struct command_help *help, struct config *config, int argc, char **argv,
                   struct command_option options[], size_t option_count, const char **positional, int *code);

/* Prints the reason and gives its sysexits code: EX_CONFIG, EX_UNAVAILABLE, EX_NOPERM, EX_DATAERR, EX_TEMPFAIL,
 * EX_SOFTWARE by the id's first word. */
int command_fail(const struct command_help *help, const struct reason *why);

#endif
