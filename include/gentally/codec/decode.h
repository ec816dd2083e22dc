/*
 * Avro bytes -> event. The writer's schema is compiled once into a plan that reads straight from the record's buffer:
 * no allocation, no copy, every length checked against the message before it is believed. Resolution follows the
 * Avro 1.11 specification (defaults, aliases, promotions, writer-only fields skipped).
 *
 * Wire form: Confluent framing, 0x00 + schema id (4 bytes, big-endian) + body. Without a registry the bundled schemas
 * have the fixed ids below.
 */
#ifndef GENTALLY_DECODE_H
#define GENTALLY_DECODE_H

#include "gentally/core/event.h"

#define SCHEMA_ID_GENERATION 1
#define SCHEMA_ID_SUMMARY_OLD 2 /* without what schemas/summary.avsc gives a default but not null */
#define SCHEMA_ID_LEDGER 3
#define SCHEMA_ID_SUMMARY 4
#define SCHEMA_ID_SIGNAL 5

struct decoder;

/* Opens a decoder that knows the bundled generation schema under SCHEMA_ID_GENERATION. Values over `message_bytes_max`
 * are set aside unread. HALT: NO-MEMORY. */
MUST_CHECK enum verdict decoder_open(struct decoder **decoder, size_t message_bytes_max, struct reason *why);
void decoder_close(struct decoder *decoder);

/*
 * Compiles `schema` (JSON text of a writer's schema) and knows it under `schema_id` from now on; the same id again
 * replaces it. Not on the hot path: allocates. HALT: SCHEMA-INVALID (not an Avro schema, deeper than 32, over 256 kB),
 * SCHEMA-INCOMPATIBLE (cannot be resolved to an event; names the field).
 */
MUST_CHECK enum verdict decoder_learn(struct decoder *decoder, uint32_t schema_id, struct span schema,
                                      struct reason *why);

/* Learns every `<id>.avsc` of a folder. HALT as above, or SCHEMA-UNREADABLE with the path (an
 * .avsc whose name is no id, too: it would be missed only when its events arrive). */
MUST_CHECK enum verdict decoder_learn_folder(struct decoder *decoder, const char *path, struct reason *why);

/*
 * Decodes one record's value. Strings of `event` borrow from `value`. O(size), no allocation, never reads beyond
 * `value`. SET_ASIDE: DECODE-EMPTY, DECODE-TOO-LARGE, DECODE-FRAMING, DECODE-SCHEMA-UNKNOWN, DECODE-TRUNCATED (ends
 * inside a value, or a length goes beyond the end), DECODE-LENGTH (negative, a block whose size is wrong, or over 65536
 * elements of no bytes), DECODE-VARINT (over 10 bytes or 64 bits),
 * DECODE-RANGE (does not fit the field, int or enum or union index out of range, boolean not 0/1, confidence not
 * finite, nested deeper than 32), DECODE-UTF8,
 * DECODE-LABELS (more than EVENT_LABELS_MAX), DECODE-TRAILING (bytes after the last field).
 */
MUST_CHECK enum verdict decode_event(const struct decoder *decoder, struct span value, struct event *event,
                                     struct reason *why);

#endif
