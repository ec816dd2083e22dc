/* A secret that an option names the file of, so that no list of processes shows it. */
#ifndef GENTALLY_OPTION_SECRET_H
#define GENTALLY_OPTION_SECRET_H

#include "gentally/config/config_load.h"

#define OPTION_SECRET_SIZE 4096

/* Reads the file that the option, which was given, names: one line, without its end. HALT: CONFIG-UNREADABLE. */
MUST_CHECK enum verdict option_secret_read(const struct command_option *option, char text[OPTION_SECRET_SIZE],
                                           struct reason *why);

#endif
