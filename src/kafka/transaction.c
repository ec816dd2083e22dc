/*
 * A transactional producer. The rule: after anything but a clean answer nobody guesses. The caller closes the
 * transaction, opens a new one, which fences whatever the old one may still have under way, and reads in the ledger how
 * the old one ended. The rule is also the defence against delayed commits of the old transaction protocol (KIP-890).
 */
#include "gentally/kafka/transaction.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/core/event.h"
#include "kafka_client.h"
#include "transaction_offsets.h"

#define OPEN_MS 30000
#define ABORT_MS 30000
#define OFFSETS_MS 30000
#define CLOSE_MS 2000  /* of the ten seconds that a worker has to leave */
#define FLUSH_MS 40000 /* FLUSH_MS and COMMIT_MS together keep the promised 60 s. */
#define COMMIT_MS 20000
#define TURN_MS 100

struct transaction {
    rd_kafka_t *client;
    struct kafka_notes notes;
    char name[256]; /* the transactional id */
    bool is_open;   /* begun, and neither committed nor aborted */
    bool is_broken; /* cannot succeed any more */
};

static const struct kafka_setting settings[] = {
    {"enable.idempotence", "true", SETTING_OWNED},
    {"acks", "all", SETTING_OWNED},
    {"transaction.timeout.ms", "60000", SETTING_OWNED},
    {"message.timeout.ms", "60000", SETTING_OWNED}, /* Not above the transaction's. */
    {"queue.buffering.max.messages", "200000", SETTING_OWNED},
    {"queue.buffering.max.kbytes", "65536", SETTING_OWNED},
    {"message.max.bytes", "16777216", SETTING_TUNED},
    {"compression.codec", "lz4", SETTING_TUNED},
    {"linger.ms", "1000", SETTING_TUNED},
    {"batch.num.messages", "100000", SETTING_TUNED},
};

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_notes *notes = opaque;

    (void)client;
    assert(notes->outstanding > 0);
    notes->outstanding--;
    notes->outstanding_bytes -= message->key_len + message->len;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        kafka_note_refused(notes, message->err, rd_kafka_topic_name(message->rkt));
}

/* The meaning of an answer of the transaction API; frees it. A fatal one is told by its cause. */
static enum verdict judge(struct transaction *transaction, rd_kafka_error_t *error, const char *what,
                          struct reason *why)
{
    char text[256];
    enum reason_id id;

    if (error == NULL)
        return GO_ON;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    snprintf(text, sizeof(text), "%s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(transaction->client, text, sizeof(text));
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
        code = fatal;
    enum verdict verdict =
        kafka_verdict(KAFKA_TRANSACT, kafka_root_error(transaction->client, &transaction->notes, code), &id);
    transaction->is_broken = true;
    reason_set(why, verdict, id, code, "%s: %s (%s)", what, text, rd_kafka_err2name(code));
    kafka_add_cause(&transaction->notes, why);
    kafka_name_right(why, &(struct kafka_right){"Write", "transactional-id", transaction->name});
    return verdict;
}

enum verdict transaction_check_config(const struct config *config, struct reason *why)
{
    struct kafka_setting all[LENGTH_OF(settings) + 1];

    memcpy(all, settings, sizeof(settings));
    all[LENGTH_OF(settings)] = (struct kafka_setting){"transactional.id", config->namespace_, SETTING_OWNED};
    return kafka_check(RD_KAFKA_PRODUCER, config, all, LENGTH_OF(all), SINK_CONFIG, why);
}

enum verdict transaction_open(struct transaction **transaction, const struct config *config, const char *name,
                              struct logger *logger, struct reason *why)
{
    const struct kafka_hooks hooks = {0, delivered};
    struct kafka_setting all[LENGTH_OF(settings) + 1];
    struct transaction *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "the publisher needs %zu bytes", sizeof(*made));
    memcpy(all, settings, sizeof(settings));
    all[LENGTH_OF(settings)] = (struct kafka_setting){"transactional.id", name, SETTING_OWNED};
    made->notes.logger = logger;
    snprintf(made->name, sizeof(made->name), "%s", name);
    enum verdict verdict = kafka_open(&made->client, RD_KAFKA_PRODUCER, config, all, LENGTH_OF(all), &hooks,
                                      &made->notes, SINK_CONFIG, why);
    if (verdict != GO_ON) {
        free(made);
        return verdict;
    }
    verdict = judge(made, rd_kafka_init_transactions(made->client, OPEN_MS), "opening", why);
    if (verdict == GO_ON) {
        *transaction = made;
        return GO_ON;
    }
    transaction_close(made);
    /* Nothing was begun, so nothing is in doubt: opening can be tried again. */
    if (verdict == REWIND && why != NULL)
        why->id = SINK_UNREACHABLE;
    return verdict == REWIND ? TRY_LATER : verdict;
}

void transaction_close(struct transaction *transaction)
{
    if (transaction == NULL)
        return;
    if (transaction->is_open) {
        rd_kafka_error_t *error = rd_kafka_abort_transaction(transaction->client, CLOSE_MS);
        if (error != NULL)
            rd_kafka_error_destroy(error); /* The next transaction's fence, or the timeout, aborts it. */
    }
    rd_kafka_purge(transaction->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    kafka_close(transaction->client, &transaction->notes, 0);
    free(transaction);
}

enum verdict transaction_begin(struct transaction *transaction, struct reason *why)
{
    assert(!transaction->is_open);
    assert(transaction->notes.outstanding == 0);
    transaction->notes.refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    transaction->notes.error = RD_KAFKA_RESP_ERR_NO_ERROR;
    enum verdict verdict = judge(transaction, rd_kafka_begin_transaction(transaction->client), "beginning", why);
    transaction->is_open = verdict == GO_ON;
    return verdict;
}

/* What broke an open transaction: each of its messages only says that it was purged. To begin one more is refused while
 * one is open, with that cause. */
static rd_kafka_resp_err_t cause_of(struct transaction *transaction, rd_kafka_resp_err_t code)
{
    char text[256];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(transaction->client, text, sizeof(text));
    rd_kafka_error_t *error = rd_kafka_begin_transaction(transaction->client);

    if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR && error != NULL && rd_kafka_error_txn_requires_abort(error) &&
        (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT))
        code = rd_kafka_error_code(error);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    return fatal != RD_KAFKA_RESP_ERR_NO_ERROR ? fatal : code;
}

static enum verdict refuse(struct transaction *transaction, rd_kafka_resp_err_t code, const char *topic,
                           struct reason *why)
{
    char what[300];

    assert(transaction->is_open);
    transaction->is_broken = true;
    snprintf(what, sizeof(what), "topic \"%.249s\" refused a message", topic);
    enum verdict verdict = kafka_reason(KAFKA_TRANSACT, cause_of(transaction, code), what, why);
    rd_kafka_poll(transaction->client, 0); /* Serves the notes. */
    if (transaction->notes.denied_topic[0] != '\0')
        topic = transaction->notes.denied_topic;
    kafka_name_right(why, &(struct kafka_right){"Write", "topic", topic});
    return verdict;
}

/* Waits for room in the queue. The message's headers are taken if the answer is GO_ON. */
static enum verdict put(struct transaction *transaction, const struct kafka_message *message, struct reason *why)
{
    struct kafka_notes *notes = &transaction->notes;
    rd_kafka_resp_err_t code;

    assert(transaction->is_open);
    rd_kafka_poll(transaction->client, 0);
    if (notes->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refuse(transaction, notes->refused, notes->refused_topic, why);
    enum verdict verdict = kafka_put(transaction->client, notes, message, &code);
    /* Ends by itself: what does not leave the queue times out, and is then reported as refused. */
    while (verdict == TRY_LATER && notes->refused == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_poll(transaction->client, TURN_MS);
        verdict = kafka_put(transaction->client, notes, message, &code);
    }
    if (verdict == GO_ON)
        return GO_ON; /* A refusal that came meanwhile is told by the next call. */
    if (notes->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refuse(transaction, notes->refused, notes->refused_topic, why);
    return refuse(transaction, code, message->topic, why);
}

enum verdict transaction_put(struct transaction *transaction, const char *topic, struct span key, struct span value,
                             struct reason *why)
{
    const struct kafka_message message = {.topic = topic, .key = key, .value = value};

    return put(transaction, &message, why);
}

static enum verdict put_with(struct transaction *transaction, struct kafka_message *message,
                             const struct transaction_header headers[], uint32_t count, struct reason *why)
{
    message->headers = rd_kafka_headers_new(count);
    for (uint32_t i = 0; i < count; i++)
        rd_kafka_header_add(message->headers, headers[i].name, -1, headers[i].value.bytes,
                            (ssize_t)headers[i].value.size);
    enum verdict verdict = put(transaction, message, why);
    if (verdict != GO_ON)
        rd_kafka_headers_destroy(message->headers);
    return verdict;
}

enum verdict transaction_put_to(struct transaction *transaction, const char *topic, int32_t partition, struct span key,
                                struct span value, const struct transaction_header headers[], uint32_t count,
                                struct reason *why)
{
    struct kafka_message message = {
        .topic = topic, .key = key, .value = value, .has_partition = true, .partition = partition};

    return put_with(transaction, &message, headers, count, why);
}

enum verdict transaction_put_again(struct transaction *transaction, const char *topic, const struct record *record,
                                   const struct transaction_header headers[], uint32_t count, struct reason *why)
{
    struct kafka_message message = {.topic = topic,
                                    .key = record->key,
                                    .value = record->value,
                                    .has_partition = true,
                                    .partition = record->partition,
                                    .timestamp_ms = record->timestamp_ms > 0 ? record->timestamp_ms : 0};

    return put_with(transaction, &message, headers, count, why);
}

/* Every report before the commit: a message refused for good halts under its own reason, and one that librdkafka would
 * not even queue (which its commit does not know of) is not lost behind a yes. */
static enum verdict settle(struct transaction *transaction, struct reason *why)
{
    const struct kafka_notes *notes = &transaction->notes;

    rd_kafka_flush(transaction->client, FLUSH_MS);
    if (notes->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refuse(transaction, notes->refused, notes->refused_topic, why);
    if (notes->outstanding > 0)
        return reason_set(why, REWIND, SINK_TXN_UNKNOWN, notes->error,
                          "%" PRIu64 " messages of the transaction are not acknowledged (%s)", notes->outstanding,
                          rd_kafka_err2name(notes->error));
    if (transaction->is_broken)
        return reason_set(why, REWIND, SINK_TXN_ABORTED, 0, "a message of the transaction was refused before");
    return GO_ON;
}

enum verdict transaction_try(struct transaction *transaction, const char *topic, struct reason *why)
{
    const struct span nothing = {NULL, 0};
    enum verdict verdict = transaction_begin(transaction, why);

    if (verdict == GO_ON)
        verdict = transaction_put(transaction, topic, span_of("gentally.try"), nothing, why);
    if (verdict == GO_ON)
        verdict = settle(transaction, why);
    return verdict == GO_ON ? transaction_abort(transaction, why) : verdict;
}

enum verdict transaction_put_offsets(struct transaction *transaction, rd_kafka_t *consumer,
                                     const rd_kafka_topic_partition_list_t *offsets, struct reason *why)
{
    rd_kafka_consumer_group_metadata_t *member = rd_kafka_consumer_group_metadata(consumer);

    assert(transaction->is_open);
    if (member == NULL) {
        transaction->is_broken = true;
        return reason_set(why, REWIND, SINK_TXN_ABORTED, 0, "the consumer is in no group");
    }
    rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(transaction->client, offsets, member, OFFSETS_MS);
    rd_kafka_consumer_group_metadata_destroy(member);
    return judge(transaction, error, "handing over offsets", why);
}

enum verdict transaction_commit(struct transaction *transaction, struct reason *why)
{
    assert(transaction->is_open);
    enum verdict verdict = settle(transaction, why);
    if (verdict != GO_ON)
        return verdict; /* Still open: transaction_close() aborts it. */
    verdict = judge(transaction, rd_kafka_commit_transaction(transaction->client, COMMIT_MS), "committing", why);
    transaction->is_open = verdict != GO_ON;
    return verdict;
}

enum verdict transaction_abort(struct transaction *transaction, struct reason *why)
{
    if (!transaction->is_open)
        return GO_ON;
    enum verdict verdict =
        judge(transaction, rd_kafka_abort_transaction(transaction->client, ABORT_MS), "aborting", why);
    if (verdict == GO_ON) {
        transaction->is_open = false;
        transaction->is_broken = false;
    }
    return verdict;
}
