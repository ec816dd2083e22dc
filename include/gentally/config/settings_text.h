/* Settings as text: the fields in which they are kept, legible for people. */
#ifndef GENTALLY_SETTINGS_TEXT_H
#define GENTALLY_SETTINGS_TEXT_H

#include "gentally/config/settings.h"

/* One setting. */
struct settings_field {
    char name[48], value[LEAVE_OUT_SIZE];
};

/* Writes all fields; returns how many there are. */
#define SETTINGS_FIELDS_MAX (20 + WINDOW_KINDS + ROLLUPS_MAX)
uint32_t settings_write(const struct settings *settings, struct settings_field fields[SETTINGS_FIELDS_MAX]);

/* Reads one field into settings that were zero before the first; false for what settings_write() does not write. */
bool settings_read(struct settings *settings, struct span name, struct span value);

/* Whether who counts by the one counts as by the other: they differ in no more than version and partitions. */
bool settings_are_alike(const struct settings *left, const struct settings *right);

#endif
