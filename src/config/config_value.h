/* One option at a time: text -> checked value -> text. */
#ifndef GENTALLY_CONFIG_VALUE_H
#define GENTALLY_CONFIG_VALUE_H

#include "config_table.h"

/*
 * Sets one option from text. `place` says where the text came from, for the message ("--topic", "gentally.conf:3").
 * HALT: CONFIG-VALUE.
 */
MUST_CHECK enum verdict config_set(struct config *config, const struct option *option, const char *text,
                                   const char *place, struct reason *why);

/* Writes the option's value as a user would write it to `text`; `size` >= CONFIG_TEXT_MAX. */
void config_get(const struct config *config, const struct option *option, char *text, size_t size);

#endif
