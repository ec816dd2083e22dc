/*
 * Writes events, summaries, ledger records and signals as Avro bytes in Confluent framing. The bytes
 * depend on the contents alone: no clock, no host. One owner.
 */
#ifndef GENTALLY_AVRO_WRITE_H
#define GENTALLY_AVRO_WRITE_H

#include "gentally/core/event.h"
#include "gentally/core/schema_ids.h"
#include "gentally/core/signal.h"
#include "gentally/core/summary.h"

struct encoder;

/* Opens an encoder for the bundled schemas. GO_ON gives `*encoder` to the caller, to be closed once. HALT: NO-MEMORY.
 */
MUST_CHECK enum verdict encoder_open(struct encoder **encoder, struct reason *why);
void encoder_close(struct encoder *encoder);

/* Frames what is encoded from now on with these ids; at first they are the bundled ones. */
void encoder_use(struct encoder *encoder, const struct schema_ids *ids);

/* Encodes summaries as JSON from now on (summary_json.h), unframed. */
void encoder_use_json(struct encoder *encoder);

/* Encode one event, summary (with a cell: a tombstone has no value), ledger record or signal as a message. `*bytes`
 * borrows from the encoder until its next call. HALT: ENCODE-FAILED, beyond 64 MiB. */
MUST_CHECK enum verdict encode_event(struct encoder *encoder, const struct event *event, struct span *bytes,
                                     struct reason *why);
MUST_CHECK enum verdict encode_summary(struct encoder *encoder, const struct summary *summary, struct span *bytes,
                                       struct reason *why);
MUST_CHECK enum verdict encode_ledger(struct encoder *encoder, const struct ledger *ledger, struct span *bytes,
                                      struct reason *why);
MUST_CHECK enum verdict encode_signal(struct encoder *encoder, const struct signal *signal, struct span *bytes,
                                      struct reason *why);

#endif
