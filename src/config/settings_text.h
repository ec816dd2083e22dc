/* Settings as text: the words that are kept, and that differences are told with. Private to this room. */
#ifndef GENTALLY_SETTINGS_TEXT_H
#define GENTALLY_SETTINGS_TEXT_H

#include "gentally/config/config.h"

/* Writes the dimensions of a rollup as they are configured: "category+model". */
#define SETTINGS_DIMS_SIZE 96
void settings_dims_write(const struct rollup *rollup, char text[SETTINGS_DIMS_SIZE]);

/* The word of a mode: "off", "dedup" or "amend". */
const char *settings_ids_name(enum ids_mode mode);

/* The word of what is kept of an id: "first" or "last". */
const char *settings_ids_keep_name(enum ids_keep keep);

#endif
