/* The configuration told to people: --print-config, --help, and the table of runbooks/configuration.md. */
#ifndef GENTALLY_CONFIG_PRINT_H
#define GENTALLY_CONFIG_PRINT_H

#include <stdio.h>

#include "gentally/config/config.h"

/*
 * Writes every option as "key = value" lines that config_load() reads back; a secret that is set as a comment, "# key =
 * (set)".
 */
void config_print(const struct config *config, FILE *file);

/*
 * Writes the options' help for `--help`; `markdown` writes the table of runbooks/configuration.md instead (a test holds
 * the two together).
 */
void config_help(FILE *file, bool markdown);

#endif
