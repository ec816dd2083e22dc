/* Reads the topic of retention for the keys that stand in it. */
#ifndef GENTALLY_STANDING_LOAD_H
#define GENTALLY_STANDING_LOAD_H

#include "standing.h"

struct config;

/* Notes what stands in the topic, up to its end as of now. Nothing but keys is asked of its records, so that one whose
 * value cannot be read is taken back like any other. Blocks, and answers, as topic_read(); HALT: NO-MEMORY. */
MUST_CHECK enum verdict standing_load(const struct config *config, struct standing *standing, struct reason *why);

#endif
