/*
 * Where bytes go: topics. Two ways out. A `sink` delivers single messages, acknowledged one by one (dead letters,
 * produced events). A `publisher` delivers summaries and their ledger record in one Kafka transaction, and fences any
 * earlier publisher of the same name. Single-threaded use. sink.c and publisher.c include librdkafka for writing.
 */
#ifndef GENTALLY_SINK_H
#define GENTALLY_SINK_H

#include "event.h"
#include "log.h"

struct config;
struct sink;

/* An idempotent producer (acks = all). HALT: SINK-CONFIG; TRY_LATER: SINK-UNREACHABLE. */
MUST_CHECK enum verdict sink_open(struct sink **sink, const struct config *config, struct logger *logger,
                                  struct reason *why);
/* Does not wait for what is unacknowledged: sink_settle() first. */
void sink_close(struct sink *sink);

/* HALT: SINK-TOPIC-MISSING if the topic does not exist; TRY_LATER: SINK-UNREACHABLE. Blocks up to 10 s. */
MUST_CHECK enum verdict sink_check_topic(struct sink *sink, const char *topic, struct reason *why);

/* Queues one message (bytes are copied). Blocks while the queue is full. HALT: SINK-DENIED, SINK-TOO-LARGE,
 * SINK-TOPIC-MISSING, SINK-FATAL. */
MUST_CHECK enum verdict sink_put(struct sink *sink, const char *topic, struct span key, struct span value,
                                 struct reason *why);

/*
 * Queues a dead letter: the record's key and value as they were, and headers gentally.reason, gentally.detail,
 * gentally.topic, gentally.partition, gentally.offset, gentally.timestamp (decimal text), and Kafka Connect's
 * __connect.errors.topic, .partition, .offset, .stage, .exception.message. A value the broker refuses as too large is
 * sent again without it, with header gentally.value-omitted = its size. HALT as in sink_put(); TRY_LATER:
 * SINK-UNREACHABLE, the queue was full for 5 s and nothing was queued: sink_settle(), then again.
 */
MUST_CHECK enum verdict sink_dead_letter(struct sink *sink, const char *dead_topic, const char *topic,
                                         const struct record *record, const struct reason *because, struct reason *why);

/*
 * Waits until all that was queued is acknowledged, up to `timeout_ms`. GO_ON: all of it is safe. TRY_LATER:
 * SINK-UNREACHABLE, call again (nothing is sent twice by us). HALT: a message was refused for good: SINK-DENIED,
 * SINK-TOO-LARGE, SINK-TOPIC-MISSING, SINK-FATAL.
 */
MUST_CHECK enum verdict sink_settle(struct sink *sink, int timeout_ms, struct reason *why);

struct publisher;

/*
 * A transactional producer. Fences every earlier publisher of the same `name` (transactional.id) and returns with no
 * transaction open. Blocks up to 30 s. HALT: SINK-CONFIG, SINK-DENIED; TRY_LATER: SINK-UNREACHABLE.
 */
MUST_CHECK enum verdict publisher_open(struct publisher **publisher, const struct config *config, const char *name,
                                       struct logger *logger, struct reason *why);
void publisher_close(struct publisher *publisher); /* aborts what is open */

MUST_CHECK enum verdict publisher_begin(struct publisher *publisher, struct reason *why);

/* Queues one message of the transaction (bytes are copied; absent value = tombstone). REWIND and STEP_DOWN as in
 * publisher_commit(): the transaction cannot succeed any more. HALT as in sink_put(). */
MUST_CHECK enum verdict publisher_put(struct publisher *publisher, const char *topic, struct span key,
                                      struct span value, struct reason *why);

struct publisher_header {
    const char *name;
    struct span value;
};

/* Like publisher_put(), into one partition, and with headers (copied). */
MUST_CHECK enum verdict publisher_put_to(struct publisher *publisher, const char *topic, int32_t partition,
                                         struct span key, struct span value, const struct publisher_header headers[],
                                         uint32_t count, struct reason *why);

/*
 * Commits. GO_ON: all of it is visible. REWIND: it is aborted, or its outcome is unknown (SINK-TXN-ABORTED,
 * SINK-TXN-UNKNOWN): close this publisher, open a new one and read the ledger again. STEP_DOWN: SINK-FENCED, a newer
 * publisher exists. HALT: SINK-DENIED, SINK-FATAL. Blocks up to 60 s.
 */
MUST_CHECK enum verdict publisher_commit(struct publisher *publisher, struct reason *why);
/* GO_ON: nothing of it will ever be seen, or none was open. REWIND, STEP_DOWN, HALT as above. Blocks up to 30 s. */
MUST_CHECK enum verdict publisher_abort(struct publisher *publisher, struct reason *why);

/* Reads a whole topic, committed records only, from its beginning to the end as of the call; `each` gets them partition
 * by partition, in offset order (value absent for tombstones). */
typedef enum verdict topic_reader(void *context, const struct record *record, struct reason *why);
/* Blocks. What was committed before the call is given; a transaction that is open then is waited for, up to 5 s, and
 * else left out. Stops at the first verdict of `each` that is not GO_ON and returns it. HALT: SOURCE-TOPIC-MISSING,
 * SOURCE-DENIED; TRY_LATER: SOURCE-UNREACHABLE. */
MUST_CHECK enum verdict topic_read(const struct config *config, const char *topic, topic_reader *each, void *context,
                                   struct reason *why);

/*
 * The first offset of partitions [0, count) whose record's timestamp is `time_ms` or later: all before it are earlier.
 * INT64_MAX where there is none. With INT64_MIN the first offsets of the logs. Blocks up to 40 s. Verdicts as above.
 */
MUST_CHECK enum verdict topic_find(const struct config *config, const char *topic, int64_t time_ms, int32_t count,
                                   int64_t offsets[], struct reason *why);

/* A header of the record that topic_read() is giving just now, to that call of `each` alone: the last one of the name,
 * absent if there is none or it is null. Borrowed for the call. */
struct span topic_header(const struct record *record, const char *name);

#endif
