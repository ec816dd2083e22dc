/* The derived fields of the configuration: parsed rollups, windows and ids, milliseconds, switches. */
#ifndef GENTALLY_CONFIG_DERIVE_H
#define GENTALLY_CONFIG_DERIVE_H

#include "gentally/config/config.h"

/* Fills the derived fields once all sources are read. HALT: CONFIG-VALUE, CONFIG-ROLLUP. */
MUST_CHECK enum verdict config_derive(struct config *config, struct reason *why);

#endif
