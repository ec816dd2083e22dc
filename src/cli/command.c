/*
 * What every command begins and fails with: --help, --version, the configuration, and one clear line when it cannot go
 * on.
 */
#include "gentally/cli/command.h"

#include <ctype.h>
#include <stdio.h>
#include <sysexits.h>

#include "versions.h"

static const char *program_of(const struct command_help *help)
{
    return help->program == NULL ? "gentally" : help->program;
}

static void print_help(const struct command_help *help, const struct command_option options[], size_t option_count)
{
    printf("Usage: %s %s %s\n\n%s\n\n%s\n", program_of(help), help->name, help->arguments, help->summary, help->text);
    if (option_count > 0)
        printf("\nOptions:\n");
    for (size_t at = 0; at < option_count; at++) {
        char flag[64];
        snprintf(flag, sizeof(flag), "--%s%s%s", options[at].name, options[at].argument == NULL ? "" : " ",
                 options[at].argument == NULL ? "" : options[at].argument);
        printf("  %-24s %s\n", flag, options[at].help);
    }
    printf("\nConfiguration:\n");
    config_help(stdout, false);
}

bool command_begin(const struct command_help *help, struct config *config, int argc, char **argv,
                   struct command_option options[], size_t option_count, const char **positional, int *code)
{
    struct reason why = {0};

    *code = EX_OK;
    if (config_wants(argc, argv, "--help")) {
        print_help(help, options, option_count);
        return false;
    }
    if (config_wants(argc, argv, "--version")) {
        char text[256];
        versions_write(text, sizeof(text));
        printf("%s\n", text);
        return false;
    }
    if (config_load(config, argc, argv, options, option_count, positional, &why) == GO_ON)
        return true;
    *code = command_fail(help, &why);
    return false;
}

int command_fail(const struct command_help *help, const struct reason *why)
{
    const char *id = reason_name(why->id);
    char anchor[64] = "";

    /* A heading's anchor, as Markdown renderers make it. */
    for (size_t at = 0; id[at] != '\0' && at < sizeof(anchor) - 1; at++) {
        anchor[at] = (char)tolower((unsigned char)id[at]);
        anchor[at + 1] = '\0';
    }
    fprintf(stderr, "%s %s: %s: %s (see runbooks/reasons.md#%s)\n", program_of(help), help->name, id, why->text,
            anchor);
    return reason_exit_status(why->id);
}
