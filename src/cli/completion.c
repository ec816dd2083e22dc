/* One function that bash calls: what may follow depends on the command and on the word before. */
#include "completion.h"

#include "gentally/config/config_print.h"

/* The function is called as the program, with what a function's name cannot have made an underscore. */
static void print_function(const char *name, FILE *file)
{
    fputc('_', file);
    for (; *name != '\0'; name++)
        fputc(*name == '-' ? '_' : *name, file);
}

static void print_names(const struct command *const commands[], size_t count, FILE *file)
{
    fputs("    local commands=\"", file);
    for (size_t at = 0; at < count; at++)
        fprintf(file, "%s ", commands[at]->name);
    fputs("help version\"\n    local configuration=\"", file);
    config_flags(file);
    fputs(" --help --version\"\n", file);
}

static void print_options(const struct command *command, FILE *file)
{
    fprintf(file, "    %s) words=\"", command->name);
    for (size_t at = 0; at < command->option_count; at++)
        if (command->options[at].help != NULL) /* else it is one that may be given again */
            fprintf(file, "--%s ", command->options[at].name);
    fputs("$configuration\" ;;\n", file);
}

void completion_print(const char *name, const struct command *const commands[], size_t count, FILE *file)
{
    fprintf(file, "# bash completion of %s: made by `%s help --completion`\n", name, name);
    print_function(name, file);
    fputs(
        "() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words= paths=\n",
        file);
    print_names(commands, count, file);
    fputs(
        "    COMPREPLY=()\n"
        "    case $before in\n",
        file);
    config_flag_cases(file);
    fputs(
        "    esac\n"
        "    if [ -z \"$words$paths\" ] && [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        words=$commands\n"
        "    elif [ -z \"$words$paths\" ]; then\n"
        "        case ${COMP_WORDS[1]} in\n",
        file);
    for (size_t at = 0; at < count; at++)
        print_options(commands[at], file);
    fputs(
        "    help) words=$commands ;;\n"
        "        esac\n"
        "    fi\n"
        "    [ -z \"$paths\" ] || compopt -o filenames 2>/dev/null\n"
        "    if [ -n \"$paths\" ]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
        "    else\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
        "    fi\n"
        "}\n"
        "complete -F ",
        file);
    print_function(name, file);
    fprintf(file, " %s\n", name);
}
