/*
 * A producer sends single messages into topics, which the broker acknowledges one by one: dead letters, produced
 * events. One thread at a time uses a producer.
 */
#ifndef GENTALLY_PRODUCER_H
#define GENTALLY_PRODUCER_H

#include "gentally/base/log.h"
#include "gentally/core/event.h"

struct config;
struct letter_sealer;
struct producer;

/*
 * Opens an idempotent producer (acks = all) and asks the broker whether it is there, up to 10 s. GO_ON gives
 * `*producer` to the caller, to be closed once; `logger` is borrowed until then. HALT: SINK-CONFIG, SINK-DENIED,
 * NO-MEMORY; TRY_LATER: SINK-UNREACHABLE.
 */
MUST_CHECK enum verdict producer_open(struct producer **producer, const struct config *config, struct logger *logger,
                                      struct reason *why);

/* Has dead letters sealed, for dead_letters_keep = sealed; the sealer is borrowed until close. Whoever writes letters
 * under that setting calls it first. */
void producer_seal_letters(struct producer *producer, const struct letter_sealer *sealer);

/* Says whether producer_open() would refuse the configuration, and connects to nothing. */
MUST_CHECK enum verdict producer_check_config(const struct config *config, struct reason *why);

/* Frees the producer, with whatever is not acknowledged: producer_settle() first. NULL is fine. */
void producer_close(struct producer *producer);

/* Checks that a topic exists. Blocks up to 10 s. HALT: SINK-TOPIC-MISSING, SINK-DENIED; TRY_LATER: SINK-UNREACHABLE. */
MUST_CHECK enum verdict producer_check_topic(struct producer *producer, const char *topic, struct reason *why);

/* Queues one message (bytes are copied; an absent value is a tombstone). Blocks while the queue is full. HALT, also for
 * a message that was queued before: SINK-DENIED, SINK-TOO-LARGE, SINK-TOPIC-MISSING, SINK-FATAL. */
MUST_CHECK enum verdict producer_put(struct producer *producer, const char *topic, struct span key, struct span value,
                                     struct reason *why);

/*
 * Queues a dead letter: the record's key and value as they were, and headers gentally.reason, gentally.detail,
 * gentally.topic, gentally.partition, gentally.offset, gentally.timestamp (decimal text), gentally.decided-by (as
 * decider_write() has it: a letter is written before what it says is decided), and Kafka Connect's
 * __connect.errors.topic, .partition, .offset, .stage, .exception.message. A dead letter that the broker refuses as too
 * large is sent again without its value, and with header gentally.value-omitted = the value's size in bytes. With
 * dead_letters_keep = headers it has neither key nor value, that header, and gentally.kept = headers. With sealed it
 * has no key, its value is what letter_seal() makes of key, value, headers and detail, and headers gentally.kept =
 * sealed, gentally.sealed-form, gentally.sealed-for and gentally.value-size tell how. HALT as in producer_put(), and
 * of letter_seal(); TRY_LATER: SINK-UNREACHABLE, the queue was full for 5 s and nothing was queued: producer_settle(),
 * then again.
 */
MUST_CHECK enum verdict producer_dead_letter(struct producer *producer, const char *dead_topic, const char *topic,
                                             const struct record *record, const char *decided_by,
                                             const struct reason *because, struct reason *why);

/* Waits up to `timeout_ms` until all queued messages are acknowledged. GO_ON: they are. TRY_LATER: SINK-UNREACHABLE,
 * call again (no message is sent twice by us). HALT: a message was refused for good, as in producer_put(). */
MUST_CHECK enum verdict producer_settle(struct producer *producer, int timeout_ms, struct reason *why);

#endif
