/*
 * Decodes events from Avro bytes of any writer whose schema was learned. A schema is compiled once into a plan, which
 * reads straight from the record's buffer: no allocation, no copy, and every length is checked before it is believed.
 * Resolution follows the Avro 1.11 specification: defaults, aliases and promotions apply, fields that only the writer
 * knows are skipped.
 *
 * A message is in Confluent framing: 0x00, the schema's id (4 bytes, big-endian), the body. The bundled schemas have
 * the fixed ids below. Or it begins with '{' and is an event in JSON, as json_read.h has it.
 */
#ifndef GENTALLY_DECODE_H
#define GENTALLY_DECODE_H

#include "gentally/base/log.h"
#include "gentally/core/event.h"

#define SCHEMA_ID_GENERATION_OLD 1 /* schemas/generation.1.avsc: two fields less, and tokens and cost always known */
#define SCHEMA_ID_SUMMARY 6        /* 2 to 5 were summaries, ledger records and signals before the record was changed */
#define SCHEMA_ID_LEDGER 7
#define SCHEMA_ID_SIGNAL 8
#define SCHEMA_ID_GENERATION 9

struct decoder;

/* Opens a decoder that knows the bundled generation schemas, SCHEMA_ID_GENERATION and the one of before. Values of more
 * than `message_bytes_max` bytes will be set aside unread. GO_ON gives `*decoder` to the caller. HALT: NO-MEMORY. */
MUST_CHECK enum verdict decoder_open(struct decoder **decoder, size_t message_bytes_max, struct reason *why);
void decoder_close(struct decoder *decoder);

/*
 * Learns the writers' schemas of a folder, each from a file `<id>.avsc`, as it is written or as a schema registry
 * answers it; an id that is known gets the new schema.
 * Blocks as reading does, and allocates, so it is not for the hot path. HALT: SCHEMA-INVALID (no Avro schema, deeper
 * than 32, over 256 kB), SCHEMA-INCOMPATIBLE (does not resolve to an event; names the field), SCHEMA-UNREADABLE with
 * the path (also for an .avsc whose name is no id, since it would otherwise be missed only when its events arrive),
 * NO-MEMORY.
 */
MUST_CHECK enum verdict decoder_learn_folder(struct decoder *decoder, const char *path, struct reason *why);

/* Learns a writer's schema (JSON text, or a registry's answer) under `schema_id`; the same id again replaces the
 * schema. HALT as decoder_learn_folder(), but for SCHEMA-UNREADABLE. */
MUST_CHECK enum verdict decoder_learn(struct decoder *decoder, uint32_t schema_id, struct span schema,
                                      struct reason *why);

/* The schema's id of a framed message; 0 if it is none. */
uint32_t decoder_schema_id(struct span value);

/* What became of a writer's schema that was learned. The texts are lists of names, NULL where there are none, and the
 * decoder's as long as it learns no schema. */
struct learned_schema {
    uint32_t id;
    const char *read;      /* our fields that it gives */
    const char *skipped;   /* its fields that we do not read */
    const char *defaulted; /* our fields that nothing is read for */
    const char *doubts;    /* which of the skipped may be meant for which of the defaulted */
    bool is_bundled;
};

/* The schemas that were learned, the bundled ones among them, by rising id; `index` is below their number. */
size_t decoder_schema_count(const struct decoder *decoder);
struct learned_schema decoder_schema(const struct decoder *decoder, size_t index);

/* Logs what is read of a schema, what is skipped and what has its default: a field that is called otherwise than ours
 * counts as nothing, without a dead letter. */
void decoder_tell_schema(const struct decoder *decoder, uint32_t schema_id, struct logger *logger);

/*
 * Decodes the value of one record. Texts of `event` borrow from `value`; those of JSON with escapes or fractions borrow
 * from the decoder until it decodes the next event, and such JSON alone allocates. O(size), never reads beyond `value`.
 * SET_ASIDE:
 *
 *   DECODE-EMPTY, DECODE-TOO-LARGE, DECODE-FRAMING, DECODE-SCHEMA-UNKNOWN
 *   DECODE-TRUNCATED   the message ends inside a value, or a length goes beyond its end
 *   DECODE-LENGTH      a length is negative, a block has another size than it says, or over 65536 elements of no bytes
 *   DECODE-VARINT      a number has over 10 bytes or 64 bits
 *   DECODE-RANGE       a value does not fit the field: an int, enum or union index out of range, a boolean that is not
 *                      0 or 1, a confidence that is not finite; or values are nested deeper than 32
 *   DECODE-UTF8        a text is not UTF-8
 *   DECODE-NUL         a text holds U+0000 (text.h)
 *   DECODE-LABELS      there are more than EVENT_LABELS_MAX labels
 *   DECODE-TRAILING    bytes follow the last field
 *   LINE-FIELD, LINE-NOT-JSON: it is JSON, or should be, as json_read.h says
 */
MUST_CHECK enum verdict decode_event(const struct decoder *decoder, struct span value, struct event *event,
                                     struct reason *why);

#endif
