/* The subcommands. Each gets its own argv (argv[0] = its name) and returns a sysexits code. Standard output is for
 * results, standard error for the log. */
#ifndef GENTALLY_COMMANDS_H
#define GENTALLY_COMMANDS_H

int command_setup(int argc, char **argv);
int command_worker(int argc, char **argv);
int command_produce(int argc, char **argv);
int command_summaries(int argc, char **argv);
int command_signals(int argc, char **argv);
int command_top(int argc, char **argv);
int command_report(int argc, char **argv);
int command_catalog(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_dlq(int argc, char **argv);
int command_replay(int argc, char **argv);

#endif
