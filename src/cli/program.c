/* Commands are looked up by name; everything else here is what a person gets to read. */
#include "gentally/cli/program.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "completion.h"
#include "gentally/base/suggest.h"
#include "gentally/cli/output.h"
#include "gentally/config/config_print.h"
#include "manual.h"
#include "reason_page.h"
#include "versions.h"

static const struct command *find_command(const struct program *program, const char *name)
{
    for (size_t at = 0; at < program->command_count; at++)
        if (strcmp(program->commands[at]->name, name) == 0)
            return program->commands[at];
    return NULL;
}

static void print_help(const struct program *program, FILE *file)
{
    fprintf(file, "Usage: %s COMMAND [options]\n\n%s\n\nCommands:\n", program->name, program->purpose);
    for (size_t at = 0; at < program->command_count; at++)
        fprintf(file, "  %-10s %s\n", program->commands[at]->name, program->commands[at]->purpose);
    fprintf(file,
            "\n`%s help COMMAND` tells its options, and the configuration they share.\n"
            "`%s help ID` tells what an id of the log or of an error means, and what to do, like STORE-TLS.\n",
            program->name, program->name);
}

static int unknown_command(const struct program *program, const char *name)
{
    struct suggestion suggestion = suggestion_for(name);
    for (size_t at = 0; at < program->command_count; at++)
        suggestion_try(&suggestion, program->commands[at]->name);
    const char *found = suggestion_name(&suggestion);
    if (found != NULL)
        fprintf(stderr, "%s: there is no '%s'; did you mean '%s'?\n", program->name, name, found);
    else
        fprintf(stderr, "%s: there is no '%s'; `%s --help` lists the commands\n", program->name, name, program->name);
    return EX_USAGE;
}

/* Of `help`: neither a command nor an id. */
static int unknown_word(const struct program *program, const char *name)
{
    char nearest[SUGGESTION_NAME_MAX + 1];

    if (strpbrk(name, "-_") == NULL || !reason_page_suggest(name, nearest))
        return unknown_command(program, name);
    fprintf(stderr, "%s: there is no '%s'; did you mean '%s'?\n", program->name, name, nearest);
    return EX_USAGE;
}

/* What is made of the tables for others than a reader at a terminal; false: `flag` names nothing of that. */
static bool help_as(const struct program *program, const char *flag)
{
    if (strcmp(flag, "--markdown") == 0)
        config_help(stdout, CONFIG_MARKDOWN); /* as the runbook has it */
    else if (strcmp(flag, "--manual") == 0)
        manual_print(program->name, program->purpose, program->commands, program->command_count, stdout);
    else if (strcmp(flag, "--completion") == 0)
        completion_print(program->name, program->commands, program->command_count, stdout);
    else
        return false;
    return true;
}

/* `help`, `help COMMAND`, `help ID`, `help --markdown` and the like. */
static int help(const struct program *program, int argc, char **argv)
{
    static char flag[] = "--help";

    if (argc < 2) {
        print_help(program, stdout);
        return EX_OK;
    }
    if (help_as(program, argv[1]))
        return EX_OK;
    const struct command *command = find_command(program, argv[1]);
    if (command == NULL)
        return reason_page_print(stdout, argv[1]) ? EX_OK : unknown_word(program, argv[1]);
    char *arguments[] = {argv[1], flag, NULL};
    return command_run(command, program->name, 2, arguments);
}

/* Results that never reached their reader (a full disk, a closed pipe) must not look like success. */
static int finish(const struct program *program, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (code != EX_OK) /* The command has told why. */
        return code;
    if (errno == EPIPE)
        return OUTPUT_CLOSED_STATUS;
    char name[64];
    snprintf(name, sizeof(name), "%s: standard output", program->name);
    perror(name);
    return EX_IOERR;
}

/*
 * glibc gives each thread a heap of its own, and what librdkafka's threads take for records they never give back: a
 * worker that caught up kept 25 MB more so. Of one heap all is used by whoever needs it next; what that costs could not
 * be measured.
 */
static void share_one_heap(void)
{
#ifdef M_ARENA_MAX
    (void)mallopt(M_ARENA_MAX, 1);
#endif
}

int program_run(const struct program *program, int argc, char **argv)
{
    share_one_heap();
    /* A connection that is gone is an error to be told; a reader that is gone (`| head`) ends the command in silence,
     * with the status that SIGPIPE would have made. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(program, stderr);
        return EX_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return finish(program, help(program, argc - 1, argv + 1));
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        versions_print();
        return finish(program, EX_OK);
    }
    const struct command *command = find_command(program, name);
    if (command == NULL)
        return unknown_command(program, name);
    return finish(program, command_run(command, program->name, argc - 1, argv + 1));
}
