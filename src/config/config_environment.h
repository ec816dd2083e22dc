/* The environment as a source of the configuration. */
#ifndef GENTALLY_CONFIG_ENVIRONMENT_H
#define GENTALLY_CONFIG_ENVIRONMENT_H

#include "gentally/config/config.h"

/*
 * Reads every GENTALLY_ variable of `environment` ("NAME=value" texts, NULL-terminated). HALT: CONFIG-UNKNOWN-KEY, and
 * what config_set_key() answers.
 */
MUST_CHECK enum verdict config_read_environment(struct config *config, char **environment, struct reason *why);

#endif
