/* What tests see of the decoder beyond its contract: one schema, of no file. */
#ifndef GENTALLY_DECODE_PRIVATE_H
#define GENTALLY_DECODE_PRIVATE_H

#include "gentally/base/verdict.h"

struct decoder;

/* Learns a writer's schema (JSON text) under `schema_id`; the same id again replaces the schema. HALT as
 * decoder_learn_folder(), but for SCHEMA-UNREADABLE. */
MUST_CHECK enum verdict decoder_learn(struct decoder *decoder, uint32_t schema_id, struct span schema,
                                      struct reason *why);

#endif
