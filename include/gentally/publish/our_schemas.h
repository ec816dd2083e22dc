/*
 * Our own schemas in a schema registry: registered by `setup` under `<topic>-value`, which keeps their ids among the
 * namespace's settings, so that a worker writes with them while the registry is away; and asked for by whoever reads a
 * record whose id is not a bundled one. Without a `registry_url` nobody is asked, and the bundled ids are those that
 * are written and read.
 */
#ifndef GENTALLY_OUR_SCHEMAS_H
#define GENTALLY_OUR_SCHEMAS_H

#include "gentally/core/schema_ids.h"
#include "gentally/kafka/topic_read.h"

struct config;
struct encoder;
struct our_schemas;

enum our_schema { OUR_SUMMARY, OUR_LEDGER, OUR_SIGNAL, OUR_SCHEMAS };

/* Opens what asks; connects to nothing yet. `config` is borrowed until close; NULL is fine there. HALT: REGISTRY-URL,
 * NO-MEMORY. */
MUST_CHECK enum verdict our_schemas_open(struct our_schemas **schemas, const struct config *config, struct reason *why);
void our_schemas_close(struct our_schemas *schemas);

/* What our_schemas_register() did. */
struct our_registered {
    uint32_t subjects, made; /* how many there are, and how many of them were registered just now */
    struct schema_ids ids;
};

/*
 * Registers our schemas under the subjects of all topics that we publish: what is there already is left alone, and the
 * compatibility that a subject asks for is the registry's to judge. Safe to repeat; blocks up to 23 s a subject. HALT:
 * REGISTRY-REFUSED, with the subject, what the registry said and how many were registered before; REGISTRY-DENIED,
 * REGISTRY-ANSWER. TRY_LATER: REGISTRY-UNREACHABLE.
 */
MUST_CHECK enum verdict our_schemas_register(struct our_schemas *schemas, struct our_registered *done,
                                             struct reason *why);

/* Asks for the ids to write with. Blocks up to 3 s a schema. HALT: REGISTRY-UNREGISTERED (`setup` is missing),
 * REGISTRY-DENIED, REGISTRY-ANSWER; TRY_LATER: REGISTRY-UNREACHABLE. */
MUST_CHECK enum verdict our_schemas_ids(struct our_schemas *schemas, struct schema_ids *ids, struct reason *why);

/* The same, for an encoder, which frames with them from then on; without a registry nothing is changed. */
MUST_CHECK enum verdict our_schemas_use(struct our_schemas *schemas, struct encoder *encoder, struct reason *why);

/*
 * Gives a record of a topic of ours as one with the bundled id: `*taken` is the record as it is, or, where the registry
 * says that its id is that of this schema, with a value that is borrowed until the next call. An id that the registry
 * does not know, or knows as another schema's, stays as it is, for whoever decodes it to refuse. Each id is asked for
 * once; blocks up to 3 s for it. TRY_LATER: REGISTRY-UNREACHABLE; HALT: REGISTRY-DENIED, REGISTRY-ANSWER, NO-MEMORY.
 */
MUST_CHECK enum verdict our_schemas_take(struct our_schemas *schemas, enum our_schema schema,
                                         const struct record *record, struct record *taken, struct reason *why);

/* The same of a value alone, which is led to the other bytes. */
MUST_CHECK enum verdict our_schemas_value(struct our_schemas *schemas, enum our_schema schema, struct span *value,
                                          struct reason *why);

/* topic_read() of a topic whose values are of that schema; `each` is given what our_schemas_take() gives, so that
 * topic_header() is not for it. `known`: ids that are ours; NULL: none is known. Verdicts of both, and of
 * our_schemas_open(). */
MUST_CHECK enum verdict our_schemas_read(const struct config *config, const struct schema_ids *known,
                                         enum our_schema schema, const char *topic, topic_reader *each, void *context,
                                         struct reason *why);

#endif
