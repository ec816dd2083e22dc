/*
 * The options told to people and shells: --print-config, --help, the manual page, completion, and the table of
 * runbooks/configuration.md, all from config_table.c. Secrets are never written; a set one becomes a comment, so that
 * the print can be read back.
 */
#include "gentally/config/config_print.h"

#include <inttypes.h>
#include <stdio.h>

#include "config_kafka.h"
#include "config_table.h"
#include "config_value.h"
#include "gentally/base/troff.h"

#define HELP_COLUMNS 96

static const char pass_through[] =
    "Passed to librdkafka as it is (security.protocol, sasl.mechanism, ssl.ca.location, client.rack, ...), except "
    "what gentally must set itself to be exact; that is refused by name. Secrets also as NAME_file. If unsure, "
    "give only what your cluster's security asks for.";

static const char of_file[] =
    "File of `key = value` lines, '#' before a comment. What is --redis-url here is redis_url there and "
    "GENTALLY_REDIS_URL in the environment. Flags win over the environment, the environment over the file. Also "
    "GENTALLY_CONFIG.";

void config_print(const struct config *config, FILE *file)
{
    char text[CONFIG_TEXT_MAX];

    for (size_t at = 0; at < config_option_count; at++) {
        const struct option *option = &config_options[at];
        config_get(config, option, text, sizeof(text));
        if (option->secret_file != NULL && text[0] != '\0')
            fprintf(file, "# %s = (set)\n", option->name);
        else
            fprintf(file, "%s = %s\n", option->name, text);
    }
    for (uint32_t at = 0; at < config->kafka_count; at++) {
        const struct kafka_property *property = &config->kafka[at];
        if (config_kafka_is_secret(property->name))
            fprintf(file, "# kafka.%s = (set)\n", property->name);
        else
            fprintf(file, "kafka.%s = %s\n", property->name, property->value);
    }
}

static void print_flag(FILE *file, const char *name)
{
    fprintf(file, "--");
    for (; *name != '\0'; name++)
        fputc(*name == '_' ? '-' : *name, file);
}

/* Breaks at blanks, each line behind `indent` columns. */
static void print_wrapped(FILE *file, const char *text, size_t indent)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        if (column > 0 && column + 1 + size > HELP_COLUMNS) {
            fputc('\n', file);
            column = 0;
        }
        if (column == 0)
            column = (size_t)fprintf(file, "%*s%.*s", (int)indent, "", (int)size, text);
        else
            column += (size_t)fprintf(file, " %.*s", (int)size, text);
        text += size + strspn(text + size, " ");
    }
    fputc('\n', file);
}

static void print_range(FILE *file, const struct option *option)
{
    if (option->kind == OPTION_INTEGER)
        fprintf(file, "%" PRId64 "..%" PRId64 " %s", option->min, option->max, option->unit);
    else if (option->kind == OPTION_CHOICE)
        for (size_t at = 0; option->choices[at] != NULL; at++)
            fprintf(file, "%s%s", at == 0 ? "" : ", ", option->choices[at]);
    else
        fprintf(file, "%s", option->secret_file == NULL ? "text" : "secret text");
}

static void print_option(FILE *file, const struct option *option)
{
    fprintf(file, "  ");
    print_flag(file, option->name);
    fprintf(file, " %s", option->argument);
    if (option->secret_file != NULL) {
        fprintf(file, ", ");
        print_flag(file, option->secret_file);
        fprintf(file, " PATH");
    }
    fprintf(file, "\n");
    print_wrapped(file, option->help, 6);
    fprintf(file, "      [");
    print_range(file, option);
    if (option->secret_file == NULL)
        fprintf(file, "; default %s", option->initial[0] == '\0' ? "empty" : option->initial);
    fprintf(file, "]\n");
}

static void print_row(FILE *file, const struct option *option)
{
    fprintf(file, "| `%s`", option->name);
    if (option->secret_file != NULL)
        fprintf(file, ", `%s`", option->secret_file);
    fprintf(file, " | ");
    if (option->initial[0] != '\0')
        fprintf(file, "`%s`", option->initial);
    fprintf(file, " | ");
    print_range(file, option);
    fprintf(file, " | %s |\n", option->help);
}

/* "\fB--name\fR \fIARGUMENT\fR", as a manual page has it. */
static void print_manual_flag(FILE *file, const char *name, const char *argument)
{
    fputs("\\fB", file);
    print_flag(file, name);
    fprintf(file, "\\fR \\fI%s\\fR", argument);
}

static void print_paragraph(FILE *file, const struct option *option)
{
    fputs(".TP\n", file);
    print_manual_flag(file, option->name, option->argument);
    if (option->secret_file != NULL) {
        fputs(", ", file);
        print_manual_flag(file, option->secret_file, "PATH");
    }
    fputc('\n', file);
    troff_print(file, option->help);
    fputs("\n.br\n[", file);
    print_range(file, option);
    if (option->secret_file == NULL) {
        fputs("; default ", file);
        troff_print(file, option->initial[0] == '\0' ? "empty" : option->initial);
    }
    fputs("]\n", file);
}

/* Whether the option's value is a path; of secrets only the one of their file is. */
static bool is_path(const struct option *option)
{
    return strcmp(option->argument, "PATH") == 0 || strcmp(option->argument, "FOLDER") == 0;
}

void config_flags(FILE *file)
{
    for (size_t at = 0; at < config_option_count; at++) {
        fputc(' ', file);
        print_flag(file, config_options[at].name);
        if (config_options[at].secret_file == NULL)
            continue;
        fputc(' ', file);
        print_flag(file, config_options[at].secret_file);
    }
    fputs(" --config", file);
}

void config_flag_cases(FILE *file)
{
    for (size_t at = 0; at < config_option_count; at++) {
        const struct option *option = &config_options[at];
        if (option->kind != OPTION_CHOICE)
            continue;
        fputs("    ", file);
        print_flag(file, option->name);
        fputs(") words=\"", file);
        for (size_t word = 0; option->choices[word] != NULL; word++)
            fprintf(file, "%s%s", word == 0 ? "" : " ", option->choices[word]);
        fputs("\" ;;\n", file);
    }
    fputs("    ", file);
    for (size_t at = 0; at < config_option_count; at++) {
        const struct option *option = &config_options[at];
        if (option->secret_file == NULL && !is_path(option))
            continue;
        print_flag(file, option->secret_file != NULL ? option->secret_file : option->name);
        fputs(" | ", file);
    }
    fputs("--config) paths=yes ;;\n", file);
}

static void print_manual(FILE *file)
{
    for (size_t at = 0; at < config_option_count; at++)
        print_paragraph(file, &config_options[at]);
    fputs(".TP\n\\fB--kafka.PROPERTY\\fR \\fIVALUE\\fR\n", file);
    troff_print(file, pass_through);
    fputs("\n.TP\n\\fB--config\\fR \\fIFILE\\fR\n", file);
    troff_print(file, of_file);
    fputc('\n', file);
}

void config_help(FILE *file, enum config_form form)
{
    if (form == CONFIG_MANUAL) {
        print_manual(file);
        return;
    }
    if (form == CONFIG_MARKDOWN) {
        fprintf(file, "| option | default | allowed | what it is |\n|---|---|---|---|\n");
        for (size_t at = 0; at < config_option_count; at++)
            print_row(file, &config_options[at]);
        fprintf(file, "| `kafka.PROPERTY` |  | librdkafka's | %s |\n", pass_through);
        return;
    }
    for (size_t at = 0; at < config_option_count; at++)
        if (form == CONFIG_HELP || config_options[at].is_for_readers)
            print_option(file, &config_options[at]);
    fprintf(file, "  --kafka.PROPERTY VALUE\n");
    print_wrapped(file, pass_through, 6);
    fprintf(file, "  --config FILE\n");
    print_wrapped(file, of_file, 6);
}
