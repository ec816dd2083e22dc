/* The configuration told to people: --print-config, --help, manual page, completion, and runbooks/configuration.md. */
#ifndef GENTALLY_CONFIG_PRINT_H
#define GENTALLY_CONFIG_PRINT_H

#include <stdio.h>

#include "gentally/config/config.h"

/*
 * Writes every option as "key = value" lines that config_load() reads back; a secret that is set as a comment, "# key =
 * (set)".
 */
void config_print(const struct config *config, FILE *file);

enum config_form {
    CONFIG_HELP,         /* as --help has it */
    CONFIG_HELP_READERS, /* the same of what only reads: options that it looks at */
    CONFIG_MARKDOWN,     /* the table of runbooks/configuration.md; a test holds the two together */
    CONFIG_MANUAL        /* paragraphs of a manual page */
};

/* Writes the options' help. */
void config_help(FILE *file, enum config_form form);

/* Writes the flags of all options for a shell, " --redis-url --topic ...", those of secrets' files among them. */
void config_flags(FILE *file);

/* Writes the cases of a shell's `case $before in`, for flags whose value is one of a few words, which become `words`,
 * or a path, which sets `paths=yes`. */
void config_flag_cases(FILE *file);

#endif
