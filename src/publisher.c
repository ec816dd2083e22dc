/*
 * A transactional producer. Whatever is not a plain yes ends in an abort or in a new publisher: after a time-out nobody knows whether the transaction was committed, and only the
 * ledger, read again behind a new epoch, can tell (KIP-890 describes how guessing goes wrong).
 *
 * No delivery reports are asked for: librdkafka fails the transaction as a whole if one of its messages fails.
 */
#include <assert.h>
#include <stdlib.h>

#include "gentally/kafka.h"
#include "gentally/sink.h"

#define OPEN_MS 30000
#define COMMIT_MS 60000
#define FULL_WAIT_MS 50
#define READ_WAIT_MS 30000 /* no record and no end of a partition for so long: nobody is there */

struct publisher {
    rd_kafka_t *client;
    struct kafka_notes notes;
    bool is_open; /* a transaction */
};

enum verdict publisher_open(struct publisher **publisher, const struct config *config, const char *name,
                            struct logger *logger, struct reason *why)
{
    const struct kafka_setting settings[] = {
        {"transactional.id", name, SETTING_OWNED},
        {"transaction.timeout.ms", "60000", SETTING_OWNED},
        {"message.max.bytes", "16777216", SETTING_OWNED},
        {"linger.ms", "20", SETTING_TUNED},
        {"compression.type", "lz4", SETTING_TUNED},
        {"queue.buffering.max.messages", "200000", SETTING_TUNED},
        {"queue.buffering.max.kbytes", "131072", SETTING_TUNED},
    };
    struct publisher *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for the publisher");
    opened->notes.logger = logger;
    enum verdict verdict = kafka_open(&opened->client, RD_KAFKA_PRODUCER, config, settings, LENGTH_OF(settings), 0,
                                      &opened->notes, "SINK-CONFIG", why);
    if (verdict != GO_ON) {
        free(opened);
        return verdict;
    }
    rd_kafka_error_t *error = rd_kafka_init_transactions(opened->client, OPEN_MS);
    if (error != NULL) {
        verdict = kafka_reason(KAFKA_WRITE, rd_kafka_error_code(error), "opening transactions", why);
        if (verdict == HALT && rd_kafka_error_is_retriable(error))
            verdict = TRY_LATER;
        rd_kafka_error_destroy(error);
        publisher_close(opened);
        return verdict;
    }
    *publisher = opened;
    return GO_ON;
}

/* The meaning of an error object: its flags say more than its code. */
static enum verdict meaning(struct publisher *publisher, rd_kafka_error_t *error, const char *what, struct reason *why)
{
    if (error == NULL)
        return GO_ON;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    enum verdict verdict;

    if (rd_kafka_error_txn_requires_abort(error)) {
        verdict = kafka_reason(KAFKA_TRANSACT, code, what, why);
        if (verdict != HALT && verdict != STEP_DOWN)
            verdict = reason_set(why, REWIND, "SINK-TXN-ABORTED", code, "%s: %s", what, rd_kafka_error_string(error));
    } else {
        verdict = kafka_reason(KAFKA_TRANSACT, code, what, why);
    }
    (void)publisher;
    rd_kafka_error_destroy(error);
    return verdict;
}

void publisher_close(struct publisher *publisher)
{
    struct reason why;

    if (publisher == NULL)
        return;
    if (publisher->is_open)
        (void)!publisher_abort(publisher, &why); /* If it cannot, the next publisher's fence does. */
    rd_kafka_purge(publisher->client,
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_destroy(publisher->client);
    free(publisher);
}

enum verdict publisher_begin(struct publisher *publisher, struct reason *why)
{
    assert(!publisher->is_open);
    enum verdict verdict =
        meaning(publisher, rd_kafka_begin_transaction(publisher->client), "beginning a transaction", why);
    publisher->is_open = verdict == GO_ON;
    return verdict;
}

enum verdict publisher_put(struct publisher *publisher, const char *topic, struct span key, struct span value,
                           struct reason *why)
{
    rd_kafka_vu_t message[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key.bytes, key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value.bytes, value.size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    char what[300];

    assert(publisher->is_open);
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_produceva(publisher->client, message, LENGTH_OF(message));
        if (error == NULL || rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            snprintf(what, sizeof(what), "topic \"%.249s\"", topic);
            return meaning(publisher, error, what, why);
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(publisher->client, FULL_WAIT_MS);
    }
}

enum verdict publisher_commit(struct publisher *publisher, struct reason *why)
{
    assert(publisher->is_open);
    enum verdict verdict =
        meaning(publisher, rd_kafka_commit_transaction(publisher->client, COMMIT_MS), "committing", why);
    publisher->is_open = verdict != GO_ON;
    rd_kafka_poll(publisher->client, 0);
    return verdict;
}

enum verdict publisher_abort(struct publisher *publisher, struct reason *why)
{
    enum verdict verdict =
        meaning(publisher, rd_kafka_abort_transaction(publisher->client, OPEN_MS), "aborting", why);
    publisher->is_open = false;
    return verdict;
}

/* ---- reading a topic ---- */

static enum verdict give(const rd_kafka_message_t *message, topic_reader *each, void *context, struct reason *why)
{
    struct record record = {
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
    };

    return each(context, &record, why);
}

/* Reads until each of `count` partitions has said that it is at its end. */
static enum verdict read_all(rd_kafka_t *client, int32_t count, topic_reader *each, void *context, struct reason *why)
{
    enum verdict verdict = GO_ON;
    int32_t ended = 0;

    while (ended < count && verdict == GO_ON) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, READ_WAIT_MS);
        if (message == NULL)
            return reason_set(why, TRY_LATER, "SOURCE-UNREACHABLE", 0, "a topic does not come to its end");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            ended++;
        else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            verdict = give(message, each, context, why);
        else
            verdict = kafka_reason(KAFKA_READ, message->err, "reading a topic", why);
        rd_kafka_message_destroy(message);
    }
    return verdict;
}

enum verdict topic_read(const struct config *config, const char *topic, topic_reader *each, void *context,
                        struct reason *why)
{
    const struct kafka_setting settings[] = {
        {"group.id", config->group, SETTING_OWNED}, /* never joined: librdkafka assigns nothing without a name */
        {"enable.auto.commit", "false", SETTING_OWNED},
        {"enable.partition.eof", "true", SETTING_OWNED},
        {"auto.offset.reset", "earliest", SETTING_OWNED},
        {"isolation.level", "read_committed", SETTING_OWNED},
        {"check.crcs", "true", SETTING_TUNED},
        {"fetch.wait.max.ms", "20", SETTING_TUNED},
        {"queued.max.messages.kbytes", "65536", SETTING_TUNED},
    };
    struct kafka_notes notes = {0};
    rd_kafka_t *client = NULL;
    int32_t count = 0;
    enum verdict verdict = kafka_open(&client, RD_KAFKA_CONSUMER, config, settings, LENGTH_OF(settings), 0, &notes,
                                      "SOURCE-CONFIG", why);

    if (verdict != GO_ON)
        return verdict;
    rd_kafka_poll_set_consumer(client);
    verdict = kafka_partitions(client, &notes, KAFKA_READ, topic, OPEN_MS, &count, why);
    if (verdict == GO_ON) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
        for (int32_t i = 0; i < count; i++)
            rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
        rd_kafka_resp_err_t code = rd_kafka_assign(client, list);
        rd_kafka_topic_partition_list_destroy(list);
        verdict = code == RD_KAFKA_RESP_ERR_NO_ERROR ? read_all(client, count, each, context, why)
                                                      : kafka_reason(KAFKA_READ, code, "reading a topic", why);
        rd_kafka_assign(client, NULL);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return verdict;
}
