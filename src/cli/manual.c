/* Texts are shown as they were broken into lines; what an option does is filled. */
#include "manual.h"

#include <ctype.h>

#include "gentally/base/troff.h"
#include "gentally/config/config_print.h"

static void print_title(const char *name, const char *purpose, FILE *file)
{
    fputs(".TH \"", file);
    for (const char *at = name; *at != '\0'; at++)
        fputc(toupper((unsigned char)*at), file);
    fprintf(file, "\" 1 \"\" \"%s %s\"\n.SH NAME\n%s \\- ", name, GENTALLY_VERSION, name);
    troff_print(file, purpose);
    fprintf(file, "\n.SH SYNOPSIS\n.B %s\n.I COMMAND\n[options]\n", name);
}

static void print_command(const char *name, const struct command *command, FILE *file)
{
    fprintf(file, ".SS \"%s %s\"\n", name, command->name);
    troff_print(file, command->summary);
    fprintf(file, "\n.PP\n.B %s %s\n", name, command->name);
    troff_print(file, command->arguments);
    fputs("\n.PP\n.nf\n", file);
    troff_print(file, command->text);
    fputs("\n.fi\n", file);
    for (size_t at = 0; at < command->option_count; at++) {
        const struct command_option *option = &command->options[at];
        if (option->help == NULL) /* one that may be given again */
            continue;
        fputs(".TP\n\\fB\\-\\-", file);
        troff_print(file, option->name);
        fprintf(file, "\\fR \\fI%s\\fR\n", option->argument == NULL ? "" : option->argument);
        troff_print(file, option->help);
        fputc('\n', file);
    }
}

void manual_print(const char *name, const char *purpose, const struct command *const commands[], size_t count,
                  FILE *file)
{
    print_title(name, purpose, file);
    fputs(".SH COMMANDS\n", file);
    for (size_t at = 0; at < count; at++)
        print_command(name, commands[at], file);
    fputs(".SH CONFIGURATION\nAll commands share it.\n", file);
    config_help(file, CONFIG_MANUAL);
    fprintf(file,
            ".SH EXIT STATUS\n"
            "0, or what sysexits has: 64 usage, 65 data, 69 unavailable, 70 software, 71 system, 74 input or output,\n"
            "75 try again, 77 permission, 78 configuration. What fails says so with an id, and\n"
            ".B %s help ID\n"
            "says what it means and what to do.\n",
            name);
}
