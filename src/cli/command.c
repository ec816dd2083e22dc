/*
 * The frame of a command: help and version first, then the configuration with the command's own options, then the
 * command. Where the command cannot go on, its reason becomes one line on standard error, with the anchor of the
 * reason's heading in the runbook, and the exit status.
 */
#include "gentally/cli/command.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "gentally/cli/output.h"
#include "gentally/config/config_print.h"
#include "versions.h"

static bool takes_time(const struct command *command)
{
    for (size_t at = 0; at < command->option_count; at++)
        if (command->options[at].argument != NULL && strcmp(command->options[at].argument, "TIME") == 0)
            return true;
    return false;
}

static void print_help(const struct command *command, const char *program)
{
    printf("Usage: %s %s %s\n\n%s\n\n%s\n", program, command->name, command->arguments, command->summary,
           command->text);
    if (command->option_count > 0)
        printf("\nOptions:\n");
    for (size_t at = 0; at < command->option_count; at++) {
        const struct command_option *option = &command->options[at];
        char flag[64];
        if (option->help == NULL)
            continue;
        snprintf(flag, sizeof(flag), "--%s%s%s", option->name, option->argument == NULL ? "" : " ",
                 option->argument == NULL ? "" : option->argument);
        printf("  %-24s %s\n", flag, option->help);
    }
    if (takes_time(command))
        printf(
            "\nTIME is like 2025-11-24, 2025-11-24T10:00:00Z or 2025-11-24 11:00+01:00, UTC where it has no zone; or\n"
            "milliseconds since 1970.\n");
    printf("\nConfiguration%s:\n", command->is_reader ? ", as far as it matters here" : "");
    config_help(stdout, command->is_reader ? CONFIG_HELP_READERS : CONFIG_HELP);
    if (command->is_reader)
        printf("  All of it: %s help worker\n", program);
}

/* Prints the reason as one line, with the anchor of its heading in the runbook, and returns its exit status. */
static int fail(const struct command *command, const char *program, enum log_format format, const struct reason *why)
{
    const char *id = reason_name(why->id);
    char anchor[64] = "";

    if (why->id == OUTPUT_FAILED && why->code == EPIPE)
        return OUTPUT_CLOSED_STATUS; /* whoever reads has enough */

    /* A heading's anchor, as Markdown renderers make it. */
    for (size_t at = 0; id[at] != '\0' && at < sizeof(anchor) - 1; at++) {
        anchor[at] = (char)tolower((unsigned char)id[at]);
        anchor[at + 1] = '\0';
    }
    if (format == LOG_TEXT) {
        fprintf(stderr, "%s %s: %s: %s (see runbooks/reasons.md#%s)\n", program, command->name, id, why->text, anchor);
        return reason_exit_status(why->id);
    }
    struct logger logger;
    log_open_as(&logger, LOG_LEVEL_ERROR, format, command->name);
    log_line(&logger, LOG_LEVEL_ERROR, id, "see=runbooks/reasons.md#%s code=%ld text=\"%s\"", anchor, why->code,
             why->text);
    return reason_exit_status(why->id);
}

/* Reads the configuration and the command's options, and runs it with them. */
static enum verdict load_and_run(const struct command *command, struct config *config, int argc, char **argv,
                                 int *status, struct reason *why)
{
    struct command_option options[COMMAND_OPTIONS_MAX];
    struct command_call call = {.config = config, .options = options, .verb = "", .status = EX_OK};
    const char **positional = command->has_positional ? &call.positional : NULL;

    assert(command->option_count <= COMMAND_OPTIONS_MAX);
    if (command->option_count > 0)
        memcpy(options, command->options, command->option_count * sizeof(*options));
    /* The verb stands where a program's name does; what follows is read as for any other command. */
    if (command->has_verb && argc > 1 && argv[1][0] != '-') {
        call.verb = argv[1];
        argc--;
        argv++;
    }
    enum verdict verdict = config_load(config, argc, argv, options, command->option_count, positional, why);
    if (verdict == GO_ON)
        verdict = command->run(&call, why);
    *status = call.status;
    return verdict;
}

int command_run(const struct command *command, const char *program, int argc, char **argv)
{
    if (config_wants(argc, argv, "--help")) {
        print_help(command, program);
        return EX_OK;
    }
    if (config_wants(argc, argv, "--version")) {
        versions_print();
        return EX_OK;
    }
    struct config *config = calloc(1, sizeof(*config)); /* too large for a stack */
    struct reason why = {0};
    int status = EX_OK;
    enum verdict verdict = config == NULL ? no_memory(&why, "for the configuration")
                                          : load_and_run(command, config, argc, argv, &status, &why);
    enum log_format format = config == NULL ? LOG_TEXT : config->log_format;
    free(config);
    return verdict == GO_ON ? status : fail(command, program, format, &why);
}
