/*
 * gentally: one binary, one word says what to do. Each command is a file of src/commands/; this one only finds it.
 */
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "commands/commands.h"
#include "gentally/nearest.h"
#include "gentally/versions.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

/* In the order in which a newcomer needs them. */
static const struct command commands[] = {
    {"setup", command_setup, "create what is missing: topics, Redis functions, the partitions' first state"},
    {"worker", command_worker, "count events: Kafka to Redis to summaries; run as many as you need"},
    {"produce", command_produce, "send events, JSON lines on standard input, to the topic"},
    {"generate", command_generate, "make events with the shape of real traffic, from a seed"},
    {"summaries", command_summaries, "show the summaries of a rollup, as a table, CSV or JSON"},
    {"signals", command_signals, "find what is worth a look in the summaries, and publish it"},
    {"top", command_top, "show the live counters, straight from Redis"},
    {"report", command_report, "write the study's figures and tables from the summaries"},
    {"catalog", command_catalog, "look models up; list those the catalog does not know"},
    {"verify", command_verify, "prove from the ledger and the summaries that nothing was lost or counted twice"},
    {"replay", command_replay, "count the log again, beside the live counters, and compare cell by cell"},
    {"dlq", command_dlq, "look at dead letters; send them back once their cause is repaired"},
    {"broker", command_broker, "run a throw-away Kafka broker in memory, to try things out"},
};

static const struct command *find_command(const char *name)
{
    for (size_t at = 0; at < LENGTH_OF(commands); at++)
        if (strcmp(commands[at].name, name) == 0)
            return &commands[at];
    return NULL;
}

static void print_help(FILE *file)
{
    fprintf(file, "Usage: gentally COMMAND [options]\n\n"
                  "Exact, live usage statistics from a stream of LLM generation records.\n\nCommands:\n");
    for (size_t at = 0; at < LENGTH_OF(commands); at++)
        fprintf(file, "  %-10s %s\n", commands[at].name, commands[at].summary);
    fprintf(file, "\n`gentally help COMMAND` tells its options, and the configuration they share.\n"
                  "What an error's name means: runbooks/reasons.md\n");
}

static void print_version(void)
{
    char text[256];
    versions_write(text, sizeof(text));
    printf("%s\n", text);
}

static int unknown_command(const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t at = 0; at < LENGTH_OF(commands); at++)
        nearest_try(&nearest, commands[at].name);
    const char *found = nearest_name(&nearest);
    if (found != NULL)
        fprintf(stderr, "gentally: there is no '%s'; did you mean '%s'?\n", name, found);
    else
        fprintf(stderr, "gentally: there is no '%s'; `gentally --help` lists the commands\n", name);
    return EX_USAGE;
}

/* `gentally help`, `gentally help COMMAND`, and `gentally help --markdown`: the configuration as README.md has it. */
static int help(int argc, char **argv)
{
    static char flag[] = "--help";

    if (argc < 2) {
        print_help(stdout);
        return EX_OK;
    }
    if (strcmp(argv[1], "--markdown") == 0) {
        config_help(stdout, true);
        return EX_OK;
    }
    const struct command *command = find_command(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    char *arguments[] = {argv[1], flag, NULL};
    return command->run(2, arguments);
}

/* Results that never reached their reader (a full disk, a closed pipe) must not look like success. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (code != EX_OK) /* The command has told why. */
        return code;
    perror("gentally: standard output");
    return EX_IOERR;
}

int main(int argc, char **argv)
{
    /* A connection or a reader that is gone is an error to be told, with a status of its own. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return EX_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return finish(help(argc - 1, argv + 1));
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        print_version();
        return finish(EX_OK);
    }
    const struct command *command = find_command(name);
    if (command == NULL)
        return unknown_command(name);
    return finish(command->run(argc - 1, argv + 1));
}
