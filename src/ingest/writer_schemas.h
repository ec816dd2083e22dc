/*
 * Writers' schemas that come with the records that need them. A record of an unknown schema has its partition wait
 * until the registry answers: then it is read again. What the registry does not know is a dead letter, and so is what
 * it has not answered for long: `registry_wait_ms`. Schemas that are known need no registry.
 */
#ifndef GENTALLY_WRITER_SCHEMAS_H
#define GENTALLY_WRITER_SCHEMAS_H

#include "gentally/base/log.h"
#include "gentally/metrics/metrics.h"

struct config;
struct decoder;
struct writer_schemas;

/* Opens what asks `config->registry_url` and teaches the decoder. All are borrowed until close; NULL is fine there.
 * HALT: REGISTRY-URL, NO-MEMORY. */
MUST_CHECK enum verdict writer_schemas_open(struct writer_schemas **schemas, const struct config *config,
                                            struct decoder *decoder, struct logger *logger, struct reason *why);
void writer_schemas_close(struct writer_schemas *schemas);

/* Looks whether the registry answers us. GO_ON: it does, or is away, which is logged. HALT: REGISTRY-DENIED. */
MUST_CHECK enum verdict writer_schemas_check(struct writer_schemas *schemas, struct reason *why);

/*
 * Says what becomes of a record whose schema the decoder does not know, at `now_ms` (monotonic). May block for a
 * request. TRY_LATER: REGISTRY-UNREACHABLE: nothing of its partition is to be folded before writer_schemas_due(), and
 * then the record is to be read again; the schema is known by then, or is asked for again. SET_ASIDE:
 * DECODE-SCHEMA-UNKNOWN, with the cause. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict writer_schemas_ask(struct writer_schemas *schemas, struct span value, int64_t now_ms,
                                           struct reason *why);

/* Teaches the decoder what the registry answered since: between two batches, since what a batch has is decoded more
 * than once. True if partitions that wait may be read again. */
bool writer_schemas_due(struct writer_schemas *schemas, int64_t now_ms);

/* What came of the requests since open, by enum registry_outcome. Borrowed until close. */
const uint64_t *writer_schemas_requests(const struct writer_schemas *schemas);

#endif
