/* Keys with their values, one by one or as a whole configuration file; secrets that stand in files of their own. */
#ifndef GENTALLY_CONFIG_FILE_H
#define GENTALLY_CONFIG_FILE_H

#include "gentally/config/config.h"

/*
 * Sets `key` of a file, a variable or a flag: an option, a secret's NAME_file, or kafka.PROPERTY. `*is_known` is false,
 * and nothing is set, if the key is none of these. HALT: as config_set() and config_kafka_set(); CONFIG-UNREADABLE: a
 * secret's file.
 */
MUST_CHECK enum verdict config_set_key(struct config *config, const char *key, const char *text, const char *place,
                                       bool *is_known, struct reason *why);

/* Reads a whole configuration file. HALT: CONFIG-UNREADABLE, CONFIG-UNKNOWN-KEY, and what config_set_key() answers. */
MUST_CHECK enum verdict config_read_file(struct config *config, const char *path, struct reason *why);

#endif
