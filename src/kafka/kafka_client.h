/*
 * A client of librdkafka, as every file of this room makes it: one way to configure a client, one table that says what
 * librdkafka's error codes mean for us, and the questions that all clients ask. Private to this room; rooms that open
 * its doors see nothing of librdkafka.
 *
 * Callbacks never work, they note down: a client's opaque is a `struct kafka_notes`, and every callback runs inside a
 * poll of the owner's thread (librdkafka's own log lines too, which librdkafka keeps in a queue for us). But for two: a
 * token is asked for on a thread that librdkafka has for it, and certificates are looked at where they arrive.
 */
#ifndef GENTALLY_KAFKA_CLIENT_H
#define GENTALLY_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "token_source.h"

/* What callbacks noted down. The owner keeps the notes at one address for as long as the client lives; they begin as
 * zero, but for the logger. */
struct kafka_notes {
    struct logger *logger;
    uint64_t outstanding;       /* messages whose delivery is not reported yet */
    uint64_t outstanding_bytes; /* of key and value */
    rd_kafka_resp_err_t error;  /* the last client error worth telling: authentication before anything else */
    bool is_cut_off;       /* no broker is connected, as librdkafka said last: in its statistics, where they are on */
    char cause[300];       /* what the last connection failed for, in librdkafka's words; empty: none did */
    char certificate[200]; /* why the last certificate was not taken, in OpenSSL's words */
    struct token_source token;
    rd_kafka_resp_err_t refused; /* the first message refused for good */
    char refused_topic[256];
    char denied_topic[256]; /* which a transaction may not write to, as librdkafka's log says; nothing else does */
};

enum kafka_setting_kind {
    SETTING_OWNED,   /* ours alone: nobody may change it */
    SETTING_TUNED,   /* our default: kafka.* may change it */
    SETTING_OPTIONAL /* tuned, and left out if this librdkafka does not know the property */
};

struct kafka_setting {
    const char *name;
    const char *value;
    enum kafka_setting_kind kind;
};

/* What a client's owner hears of. */
struct kafka_hooks {
    int events; /* RD_KAFKA_EVENT_*, to be polled as values */
    void (*delivered)(rd_kafka_t *client, const rd_kafka_message_t *message, void *notes); /* NULL: no reports */
};

/*
 * Makes a client of properties that are set in this order: those that all clients share, `settings`, the
 * configuration's kafka.* (consumers get the producers' properties too: librdkafka accepts and ignores them), and the
 * owned ones again. GO_ON gives `*client` to the caller, to be closed with kafka_close(). HALT with `config_id`
 * (SOURCE-CONFIG, SINK-CONFIG) for a property that librdkafka refuses.
 */
MUST_CHECK enum verdict kafka_open(rd_kafka_t **client, rd_kafka_type_t type, const struct config *config,
                                   const struct kafka_setting settings[], size_t setting_count,
                                   const struct kafka_hooks *hooks, struct kafka_notes *notes, enum reason_id config_id,
                                   struct reason *why);

/* Closes a client, with librdkafka's RD_KAFKA_DESTROY_F_*. A token that is being asked for is not waited for. */
void kafka_close(rd_kafka_t *client, struct kafka_notes *notes, int flags);

/* Makes such a client without brokers and destroys it: whether kafka_open() would refuse the configuration. */
MUST_CHECK enum verdict kafka_check(rd_kafka_type_t type, const struct config *config,
                                    const struct kafka_setting settings[], size_t setting_count,
                                    enum reason_id config_id, struct reason *why);

/* Who asks what a code means: a reader about its client or a request, a reader about what it got of one partition, a
 * writer of single messages, a writer inside a transaction. */
enum kafka_act { KAFKA_READ, KAFKA_FETCH, KAFKA_WRITE, KAFKA_TRANSACT, KAFKA_ACTS };

/*
 * Says what `code` means for `act`: the verdict, and in `*id` the reason id. Pure. A code that is not listed leans to
 * the safe side: TRY_LATER for a reader, HALT for a writer of single messages (librdkafka retries these for ever, so an
 * error it reports is final), REWIND in a transaction. Never GO_ON, not even for code 0. SOURCE-UNREADABLE and
 * SOURCE-CORRUPT are only said of what was fetched, and concern that batch alone.
 */
enum verdict kafka_verdict(enum kafka_act act, rd_kafka_resp_err_t code, enum reason_id *id);

/* Fills `why` with the verdict's id, the code, and "<what>: <librdkafka's words>". */
enum verdict kafka_reason(enum kafka_act act, rd_kafka_resp_err_t code, const char *what, struct reason *why);

/* A right of Kafka: an operation ("Read") on a resource ("topic", "group", "transactional-id") of a name. */
struct kafka_right {
    const char *operation, *resource, *name;
};

/* If `why` says by its code that a right lacks on such a resource, says in it which, and what grants it. `why` may be
 * NULL. */
void kafka_name_right(struct reason *why, const struct kafka_right *right);

/* Returns the error behind a request that failed with `code`: a broker that lets nobody in never becomes usable, and
 * the request just times out. `code` itself, if the notes hold no weightier error. */
rd_kafka_resp_err_t kafka_root_error(rd_kafka_t *client, const struct kafka_notes *notes, rd_kafka_resp_err_t code);

/* rd_kafka_metadata(), which waits on where a broker refuses us for good: what it noted by a fifth of `timeout_ms` ends
 * the wait. */
rd_kafka_resp_err_t kafka_ask_metadata(rd_kafka_t *client, const struct kafka_notes *notes, bool is_all,
                                       rd_kafka_topic_t *topic, const struct rd_kafka_metadata **metadata,
                                       int timeout_ms);

/* Says in `why` what the connection failed for, if that is noted, and in whose words; TRY_LATER for want of a token
 * becomes KAFKA-TOKEN. For who has the root error. `why` may be NULL. */
void kafka_add_cause(const struct kafka_notes *notes, struct reason *why);

/* kafka_reason() of the root error, with its cause. */
enum verdict kafka_root_reason(rd_kafka_t *client, const struct kafka_notes *notes, enum kafka_act act,
                               rd_kafka_resp_err_t code, const char *what, struct reason *why);
/* Makes `list` (NULL: nothing) the assignment of a consumer, once the one before is stopped. */
rd_kafka_resp_err_t kafka_assign(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list);

struct kafka_message {
    const char *topic;
    struct span key, value;      /* absent = null */
    rd_kafka_headers_t *headers; /* NULL = none; taken if the answer is GO_ON */
    bool has_partition;          /* else the partitioner chooses, by the key */
    int32_t partition;
    int64_t timestamp_ms; /* 0: now */
    void *opaque;         /* given back with the delivery report */
};

/* Queues a message (its bytes are copied) and counts it as outstanding. TRY_LATER: the queue is full; HALT: look at
 * `*code`. */
MUST_CHECK enum verdict kafka_put(rd_kafka_t *client, struct kafka_notes *notes, const struct kafka_message *message,
                                  rd_kafka_resp_err_t *code);

/* Notes a message that was refused for good; the first refusal stays. */
void kafka_note_refused(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *topic);

/* Asks for the number of partitions of `topic`, without creating the topic. Blocks up to `timeout_ms`. A failure is
 * told by its root error, as kafka_verdict() says for `act`. */
MUST_CHECK enum verdict kafka_partitions(rd_kafka_t *client, struct kafka_notes *notes, enum kafka_act act,
                                         const char *topic, int timeout_ms, int32_t *count, struct reason *why);

/* Asks for the first and the next offset of partitions [first, first + count) of a topic, as the client's isolation
 * level sees them. Blocks up to four times `timeout_ms`. Verdicts of a reader. */
MUST_CHECK enum verdict kafka_extents(rd_kafka_t *client, const char *topic, int32_t first, int32_t count,
                                      int timeout_ms, int64_t begins[], int64_t ends[], struct reason *why);

#endif
