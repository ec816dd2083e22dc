/*
 * A schema registry, as a client: the Confluent paths, which Apicurio (/apis/ccompat/v7), Karapace and Redpanda answer
 * as well. Schemas are asked for by id; our own are registered, and asked for by subject. One request at a time, which
 * blocks; for one thread.
 */
#ifndef GENTALLY_REGISTRY_H
#define GENTALLY_REGISTRY_H

#include "gentally/base/verdict.h"

#define REGISTRY_TIMEOUT_MS 3000       /* for a whole request */
#define REGISTRY_WRITE_MS 20000        /* for one that registers: the registry looks through what it has */
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
 * until the next call. SET_ASIDE: DECODE-SCHEMA-UNKNOWN, it has no such id, or a schema of more than
 * REGISTRY_ANSWER_MAX bytes. TRY_LATER: REGISTRY-UNREACHABLE (no answer,
 * or a server's own trouble). HALT: REGISTRY-DENIED (it wants other credentials, or its certificate is not trusted),
 * REGISTRY-ANSWER (a status that says nothing of this).
 */
MUST_CHECK enum verdict registry_schema(struct registry *registry, uint32_t id, struct span *answer,
                                        struct reason *why);

struct registry_reply {
    long status;      /* HTTP's, but for those that the verdicts stand for */
    struct span body; /* borrowed until the next call */
};

/* Looks a schema (JSON text) up under a subject, which changes nothing there: 200 with its id, or 404. TRY_LATER and
 * HALT as registry_schema(), and HALT: REGISTRY-ANSWER (more than REGISTRY_ANSWER_MAX bytes). */
MUST_CHECK enum verdict registry_look_up(struct registry *registry, const char *subject, struct span schema,
                                         struct registry_reply *reply, struct reason *why);

/* Registers a schema under a subject: 200 with its id, also if it is there already; 409 if it is not compatible with
 * what is there. Verdicts of registry_look_up(). */
MUST_CHECK enum verdict registry_register(struct registry *registry, const char *subject, struct span schema,
                                          struct registry_reply *reply, struct reason *why);

#endif
