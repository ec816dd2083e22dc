/* The subcommands. Each gets its own argv (argv[0] = its name) and returns a sysexits code. Standard output is for
 * results, standard error for the log. */
#ifndef GENTALLY_COMMANDS_H
#define GENTALLY_COMMANDS_H

#include "gentally/config.h"

int command_setup(int argc, char **argv);
int command_worker(int argc, char **argv);
int command_produce(int argc, char **argv);
int command_generate(int argc, char **argv);
int command_summaries(int argc, char **argv);
int command_signals(int argc, char **argv);
int command_top(int argc, char **argv);
int command_report(int argc, char **argv);
int command_catalog(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_dlq(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_broker(int argc, char **argv); /* the embedded broker of the quickstart: librdkafka's mock cluster */

struct command_help {
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
int command_fail(const char *name, const struct reason *why);

#endif
