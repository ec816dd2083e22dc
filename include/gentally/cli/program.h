/*
 * A program of several commands: the first word of its command line says what to do. The program answers help and
 * version itself, and suggests a command where the word names none.
 */
#ifndef GENTALLY_PROGRAM_H
#define GENTALLY_PROGRAM_H

#include "gentally/cli/command.h"

struct program {
    const char *name;                      /* "gentally" */
    const char *purpose;                   /* one sentence */
    const struct command *const *commands; /* in the order in which help lists them */
    size_t command_count;
};

/*
 * Runs the command that `argv` names and returns the exit status of the process, a sysexits code: the command's own;
 * EX_USAGE where no command has the name; EX_IOERR where results did not reach standard output. Standard output is for
 * results, standard error for the log.
 */
int program_run(const struct program *program, int argc, char **argv);

#endif
