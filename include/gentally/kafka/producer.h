/*
 * Single messages on their way into topics, acknowledged one by one: dead letters, produced events. Single-threaded
 * use.
 */
#ifndef GENTALLY_PRODUCER_H
#define GENTALLY_PRODUCER_H

#include "gentally/base/log.h"
#include "gentally/core/event.h"

struct config;
struct producer;

/* An idempotent producer (acks = all). HALT: SINK-CONFIG; TRY_LATER: SINK-UNREACHABLE. */
MUST_CHECK enum verdict producer_open(struct producer **producer, const struct config *config, struct logger *logger,
                                      struct reason *why);
/* Does not wait for what is unacknowledged: producer_settle() first. */
void producer_close(struct producer *producer);

/* HALT: SINK-TOPIC-MISSING if the topic does not exist; TRY_LATER: SINK-UNREACHABLE. Blocks up to 10 s. */
MUST_CHECK enum verdict producer_check_topic(struct producer *producer, const char *topic, struct reason *why);

/* Queues one message (bytes are copied). Blocks while the queue is full. HALT: SINK-DENIED, SINK-TOO-LARGE,
 * SINK-TOPIC-MISSING, SINK-FATAL. */
MUST_CHECK enum verdict producer_put(struct producer *producer, const char *topic, struct span key, struct span value,
                                     struct reason *why);

/*
 * Queues a dead letter: the record's key and value as they were, and headers gentally.reason, gentally.detail,
 * gentally.topic, gentally.partition, gentally.offset, gentally.timestamp (decimal text), and Kafka Connect's
 * __connect.errors.topic, .partition, .offset, .stage, .exception.message. A value the broker refuses as too large is
 * sent again without it, with header gentally.value-omitted = its size. HALT as in producer_put(); TRY_LATER:
 * SINK-UNREACHABLE, the queue was full for 5 s and nothing was queued: producer_settle(), then again.
 */
MUST_CHECK enum verdict producer_dead_letter(struct producer *producer, const char *dead_topic, const char *topic,
                                             const struct record *record, const struct reason *because,
                                             struct reason *why);

/*
 * Waits until all that was queued is acknowledged, up to `timeout_ms`. GO_ON: all of it is safe. TRY_LATER:
 * SINK-UNREACHABLE, call again (nothing is sent twice by us). HALT: a message was refused for good: SINK-DENIED,
 * SINK-TOO-LARGE, SINK-TOPIC-MISSING, SINK-FATAL.
 */
MUST_CHECK enum verdict producer_settle(struct producer *producer, int timeout_ms, struct reason *why);

#endif
