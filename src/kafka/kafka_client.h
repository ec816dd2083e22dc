/*
 * What source.c, producer.c, transaction.c and topics.c share: one way to configure a librdkafka client, and one table
 * that says what its error codes mean for us. Private to those files; the only header of ours that includes librdkafka.
 *
 * Callbacks never work, they note down: a client's opaque is a `struct kafka_notes`, and every callback runs inside a
 * poll of the owner's thread (librdkafka's own log lines too, which it keeps in a queue for us).
 */
#ifndef GENTALLY_KAFKA_CLIENT_H
#define GENTALLY_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "gentally/base/log.h"
#include "gentally/config/config.h"

/* The owner keeps it at one address for as long as the client lives. Zero, but for the logger. */
struct kafka_notes {
    struct logger *logger;
    uint64_t outstanding;        /* messages whose delivery is not reported yet */
    uint64_t outstanding_bytes;  /* of key and value */
    rd_kafka_resp_err_t error;   /* the last client error worth telling: authentication before anything else */
    rd_kafka_resp_err_t refused; /* the first message refused for good */
    char refused_topic[256];
};

enum kafka_setting_kind {
    SETTING_OWNED,   /* ours alone: nobody may change it */
    SETTING_TUNED,   /* our default: kafka.* may change it */
    SETTING_OPTIONAL /* tuned, and left out where this librdkafka does not know it */
};

struct kafka_setting {
    const char *name;
    const char *value;
    enum kafka_setting_kind kind;
};

/* What a client's owner hears of: RD_KAFKA_EVENT_* to be polled as values, and (or NULL) delivery reports. */
struct kafka_hooks {
    int events;
    void (*delivered)(rd_kafka_t *client, const rd_kafka_message_t *message, void *notes);
};

/*
 * Makes a client: what all clients share, then `settings`, then the configuration's kafka.* (which also gives the
 * producer's properties to consumers: librdkafka accepts and ignores those), then the owned ones. GO_ON gives `*client`
 * to the caller, to be closed with rd_kafka_destroy(). HALT with `config_id` (SOURCE-CONFIG, SINK-CONFIG) for a
 * property that librdkafka refuses.
 */
MUST_CHECK enum verdict kafka_open(rd_kafka_t **client, rd_kafka_type_t type, const struct config *config,
                                   const struct kafka_setting settings[], size_t setting_count,
                                   const struct kafka_hooks *hooks, struct kafka_notes *notes, const char *config_id,
                                   struct reason *why);

/* Who asks what a code means: a reader, a writer of single messages, a writer inside a transaction. */
enum kafka_act { KAFKA_READ, KAFKA_WRITE, KAFKA_TRANSACT, KAFKA_ACTS };

/*
 * What `code` means for `act`: the verdict, and in `*id` the reason id. Pure. A code it does not know leans to the safe
 * side: TRY_LATER for a reader, HALT for a writer of single messages (they are retried inside librdkafka for ever, so
 * what is reported is final), REWIND in a transaction. Never GO_ON, not even for code 0.
 */
enum verdict kafka_verdict(enum kafka_act act, rd_kafka_resp_err_t code, const char **id);

/* Fills `why` with the verdict's id, the code, and "<what>: <librdkafka's words>". */
enum verdict kafka_reason(enum kafka_act act, rd_kafka_resp_err_t code, const char *what, struct reason *why);

/* The error behind a request that found no answer: a broker that lets nobody in never becomes usable, and the request
 * just times out. `code` itself, if nothing weightier is in the notes. */
rd_kafka_resp_err_t kafka_root_error(rd_kafka_t *client, const struct kafka_notes *notes, rd_kafka_resp_err_t code);

struct kafka_message {
    const char *topic;
    struct span key, value;      /* absent = null */
    rd_kafka_headers_t *headers; /* NULL = none; taken if the answer is GO_ON */
    bool has_partition;          /* else the partitioner chooses, by the key */
    int32_t partition;
    void *opaque; /* given back with the delivery report */
};

/* Queues a message (its bytes are copied) and counts it as outstanding. TRY_LATER: the queue is full; HALT: look at
 * `*code`. */
MUST_CHECK enum verdict kafka_put(rd_kafka_t *client, struct kafka_notes *notes, const struct kafka_message *message,
                                  rd_kafka_resp_err_t *code);

/* Keeps the first refusal. */
void kafka_note_refused(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *topic);

/* Logs a line of librdkafka's own, under KAFKA-CLIENT. */
void kafka_log(struct logger *logger, int syslog_level, const char *facility, const char *text);

/*
 * Number of partitions of `topic`, without creating it. Blocks up to `timeout_ms`. On failure the meaning for `act` of
 * what went wrong, an authentication failure in the notes before the timeout that it leads to.
 */
MUST_CHECK enum verdict kafka_partitions(rd_kafka_t *client, struct kafka_notes *notes, enum kafka_act act,
                                         const char *topic, int timeout_ms, int32_t *count, struct reason *why);

/* First and next offset (for a read_committed reader) of partitions [first, first + count) of a topic. Blocks up to
 * four times `timeout_ms`. */
MUST_CHECK enum verdict kafka_extents(rd_kafka_t *client, const char *topic, int32_t first, int32_t count,
                                      int timeout_ms, int64_t begins[], int64_t ends[], struct reason *why);

#endif
