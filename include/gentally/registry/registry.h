/*
 * A schema registry, as a client: the Confluent paths, which Apicurio (/apis/ccompat/v7), Karapace and Redpanda answer
 * as well. Writers' schemas are asked for by id. One request at a time, which blocks; for one thread.
 */
#ifndef GENTALLY_REGISTRY_H
#define GENTALLY_REGISTRY_H

#include "gentally/base/verdict.h"

#define REGISTRY_TIMEOUT_MS 3000       /* for a whole request */
#define REGISTRY_ANSWER_MAX (1u << 20) /* bytes */

struct config;
struct registry;

/* Prepares a client of `config->registry_url`, which is not empty; connects to nothing yet. `config` is borrowed until
 * close. HALT: REGISTRY-URL, NO-MEMORY. */
MUST_CHECK enum verdict registry_open(struct registry **registry, const struct config *config, struct reason *why);
void registry_close(struct registry *registry);

/* Looks whether the registry answers us. TRY_LATER: REGISTRY-UNREACHABLE. HALT: REGISTRY-DENIED. */
MUST_CHECK enum verdict registry_check(struct registry *registry, struct reason *why);

/*
 * Asks for the schema of an id. GO_ON: `*answer` is what the registry says of it, which decoder_learn() takes; borrowed
 * until the next call. SET_ASIDE: DECODE-SCHEMA-UNKNOWN, it has no such id. TRY_LATER: REGISTRY-UNREACHABLE (no answer,
 * or a server's own trouble). HALT: REGISTRY-DENIED (it wants other credentials, or its certificate is not trusted),
 * REGISTRY-ANSWER (more than REGISTRY_ANSWER_MAX bytes, or a status that says nothing of this).
 */
MUST_CHECK enum verdict registry_schema(struct registry *registry, uint32_t id, struct span *answer,
                                        struct reason *why);

#endif
