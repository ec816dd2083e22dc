/*
 * A command of a program: what --help says of it, which options it has beside the configuration, and what it does. The
 * frame around every command stands here once: --help, --version, the configuration, and one clear line where the
 * command cannot go on.
 */
#ifndef GENTALLY_COMMAND_H
#define GENTALLY_COMMAND_H

#include "gentally/config/config_load.h"

#define COMMAND_OPTIONS_MAX 24

/* What a command is run with. All pointers are borrowed until it returns. */
struct command_call {
    const struct config *config;
    const struct command_option *options; /* the command's rows, now with the values that were given */
    const char *verb;                     /* "" if none was given */
    const char *positional;               /* NULL if none was given */
    int status; /* exit status after GO_ON: EX_OK, unless the command told what was wrong itself and says another */
};

struct command {
    const char *name;
    const char *purpose;   /* one line, beside the name in the program's list of commands */
    const char *arguments; /* "[options]" */
    const char *summary;   /* one line, for the command's own help */
    const char *text;      /* what it does, in a few lines a newcomer can act on; ends with an example */
    const struct command_option *options;
    size_t option_count; /* at most COMMAND_OPTIONS_MAX */
    bool has_verb;       /* the first argument, if it is no flag, says what to do: "show" of `catalog show SLUG` */
    bool is_reader;      /* it reads what others made: --help tells that part of the configuration alone */
    bool has_positional; /* one argument that is no flag may be given, anywhere */
    enum verdict (*run)(struct command_call *call, struct reason *why); /* all but GO_ON end the process with `why` */
};

/*
 * Runs `command` of `program` ("gentally") with its own arguments (argv[0] is the command's name) and returns a
 * sysexits code: EX_OK, what the command set, or the one of the reason, which is printed as one line on standard error.
 * Answers --help and --version by itself.
 */
int command_run(const struct command *command, const char *program, int argc, char **argv);

#endif
