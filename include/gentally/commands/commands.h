/* The subcommands of gentally. cli/command.h says what a command is, and runs it. */
#ifndef GENTALLY_COMMANDS_H
#define GENTALLY_COMMANDS_H

#include "gentally/cli/command.h"

extern const struct command command_setup;
extern const struct command command_worker;
extern const struct command command_produce;
extern const struct command command_adapt;
extern const struct command command_summaries;
extern const struct command command_signals;
extern const struct command command_top;
extern const struct command command_report, command_figures;
extern const struct command command_catalog;
extern const struct command command_verify;
extern const struct command command_replay;
extern const struct command command_registry;
extern const struct command command_erase;
extern const struct command command_remove;
extern const struct command command_dlq;
extern const struct command command_give_up;
extern const struct command command_health;

#endif
