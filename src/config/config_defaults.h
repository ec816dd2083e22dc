/* The defaults of all options, which config_load() begins with. */
#ifndef GENTALLY_CONFIG_DEFAULTS_H
#define GENTALLY_CONFIG_DEFAULTS_H

#include "gentally/config/config.h"

/* Fills the whole struct, derived fields too, as if nothing were given. */
void config_defaults(struct config *config);

#endif
