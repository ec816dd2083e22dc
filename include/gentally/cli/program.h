/*
 * A program of several commands: the first word of its command line says what to do. Answers help and version itself,
 * and suggests a command where there is none of the name.
 */
#ifndef GENTALLY_PROGRAM_H
#define GENTALLY_PROGRAM_H

#include "gentally/base/base.h"

/* A command as the program lists it. `run` gets its own argv (argv[0] = its name) and returns a sysexits code; standard
 * output is for results, standard error for the log. */
struct program_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* one line */
};

struct program {
    const char *name;    /* "gentally" */
    const char *purpose; /* one sentence */
    const struct program_command *commands;
    size_t command_count;
};

/* Runs the command that `argv` names and returns the exit status of the process, a sysexits code: EX_USAGE where there
 * is no such command, EX_IOERR where results did not reach standard output. */
int program_run(const struct program *program, int argc, char **argv);

#endif
