/*
 * An idempotent producer. Messages never time out inside librdkafka: an outage delays them, and a message that is
 * reported as failed was refused for good. So every message is acknowledged, or still on its way, or a reason to halt.
 *
 * Room: at most OUTSTANDING_MAX messages and OUTSTANDING_BYTES_MAX bytes wait for their acknowledgement, half of what
 * librdkafka's queue holds. The other half is the room in which a delivery report may send a dead letter once more.
 */
#include "gentally/kafka/producer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/kafka/letter_keys.h"
#include "gentally/kafka/topic_read.h"
#include "kafka_client.h"

#define ANSWER_MS 10000
#define TURN_MS 100
#define FOREVER (-1)
#define LETTER_MS 5000 /* a worker whose letters find no room must go on polling, and hear a signal */
#define OUTSTANDING_MAX 100000u
#define OUTSTANDING_BYTES_MAX (UINT64_C(64) << 20)

struct producer {
    rd_kafka_t *client;
    struct kafka_notes notes;
    char topic[256];                    /* asked for, or written to, last */
    enum letters_keep keep;             /* of a record that becomes a dead letter */
    const struct letter_sealer *sealer; /* NULL: nothing is sealed */
};

static const struct kafka_setting settings[] = {
    {"enable.idempotence", "true", SETTING_OWNED},
    {"acks", "all", SETTING_OWNED},
    {"message.timeout.ms", "0", SETTING_OWNED},
    {"queue.buffering.max.messages", "200000", SETTING_OWNED},
    {"queue.buffering.max.kbytes", "131072", SETTING_OWNED},
    {"message.max.bytes", "16777216", SETTING_TUNED}, /* A dead letter is as large as its record was, and more. */
    {"compression.codec", "lz4", SETTING_TUNED},
    {"linger.ms", "20", SETTING_TUNED},
    {"batch.num.messages", "100000", SETTING_TUNED},
};

/* Marks a dead letter in its delivery report: the address says it, the byte is never read. */
static const char dead_letter_mark = 0;

static enum verdict refuse(rd_kafka_resp_err_t code, const char *topic, struct reason *why)
{
    char what[300];
    enum reason_id id;

    snprintf(what, sizeof(what), "topic \"%.249s\" refused a message", topic);
    /* A refusal is final, whatever the code: TRY_LATER would wait for a message that is gone. */
    if (kafka_verdict(KAFKA_WRITE, code, &id) == HALT) {
        enum verdict verdict = kafka_reason(KAFKA_WRITE, code, what, why);
        kafka_name_right(why, &(struct kafka_right){"Write", "topic", topic});
        return verdict;
    }
    return reason_set(why, HALT, SINK_FATAL, code, "%s: %s", what, rd_kafka_err2str(code));
}

/* A record's own headers are kept in its letter, up to so many, and so large. */
#define HEADERS_MAX TOPIC_HEADERS_MAX
#define HEADERS_BYTES_MAX ((size_t)16 << 10)

/* How many headers a message has that are none of a letter's; the first so many go to `kept`, if they fit. */
static size_t keep_headers(const rd_kafka_headers_t *headers, rd_kafka_headers_t *kept)
{
    const char *name;
    const void *value;
    size_t size, count = 0, bytes = 0;

    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        if (topic_header_is_ours(name))
            continue;
        count++;
        bytes += strlen(name) + size;
        if (count <= HEADERS_MAX && bytes <= HEADERS_BYTES_MAX)
            rd_kafka_header_add(kept, name, -1, value, (ssize_t)size);
    }
    return count <= HEADERS_MAX && bytes <= HEADERS_BYTES_MAX ? 0 : count;
}

/* Those of the record, or none, and how many there were. */
static rd_kafka_headers_t *record_headers(const struct record *record, bool is_kept)
{
    rd_kafka_headers_t *headers, *kept = rd_kafka_headers_new(24);
    char count[24];

    if (record->message == NULL || !is_kept ||
        rd_kafka_message_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kept;
    size_t left_out = keep_headers(headers, kept);
    if (left_out == 0)
        return kept;
    rd_kafka_headers_destroy(kept);
    kept = rd_kafka_headers_new(24);
    snprintf(count, sizeof(count), "%zu", left_out);
    rd_kafka_header_add(kept, "gentally.headers-omitted", -1, count, -1);
    return kept;
}

/* Copies a letter's own. */
static void keep_ours(const rd_kafka_headers_t *headers, rd_kafka_headers_t *kept)
{
    const char *name;
    const void *value;
    size_t size;

    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        if (topic_header_is_ours(name))
            rd_kafka_header_add(kept, name, -1, value, (ssize_t)size);
}

/* Sends a dead letter without the value that was too large for its topic, and without the record's headers. Of a value
 * that was sealed, a header tells how large it was before. */
static rd_kafka_resp_err_t put_without_value(rd_kafka_t *client, struct kafka_notes *notes, const char *topic,
                                             struct span key, size_t value_size, const rd_kafka_headers_t *headers)
{
    char text[24];
    struct kafka_message message = {.topic = topic, .key = key, .headers = rd_kafka_headers_new(24)};
    rd_kafka_resp_err_t code;
    const void *size = text;

    keep_ours(headers, message.headers);
    snprintf(text, sizeof(text), "%zu", value_size);
    (void)rd_kafka_header_get_last(headers, "gentally.value-size", &size, &(size_t){0});
    rd_kafka_header_add(message.headers, "gentally.value-omitted", -1, size, -1);
    if (kafka_put(client, notes, &message, &code) != GO_ON)
        rd_kafka_headers_destroy(message.headers);
    return code;
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_notes *notes = opaque;
    rd_kafka_resp_err_t code = message->err;
    rd_kafka_headers_t *headers;

    assert(notes->outstanding > 0);
    notes->outstanding--;
    notes->outstanding_bytes -= message->key_len + message->len;
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && message->_private == &dead_letter_mark &&
        rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = put_without_value(client, notes, rd_kafka_topic_name(message->rkt),
                                 (struct span){message->key, message->key_len}, message->len, headers);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        kafka_note_refused(notes, code, rd_kafka_topic_name(message->rkt));
}

enum verdict producer_check_config(const struct config *config, struct reason *why)
{
    return kafka_check(RD_KAFKA_PRODUCER, config, settings, LENGTH_OF(settings), SINK_CONFIG, why);
}

enum verdict producer_open(struct producer **producer, const struct config *config, struct logger *logger,
                           struct reason *why)
{
    const struct kafka_hooks hooks = {0, delivered};
    const struct rd_kafka_metadata *metadata;
    struct producer *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "the sink needs %zu bytes", sizeof(*made));
    made->notes.logger = logger;
    made->keep = config->dead_letters_keep;
    enum verdict verdict = kafka_open(&made->client, RD_KAFKA_PRODUCER, config, settings, LENGTH_OF(settings), &hooks,
                                      &made->notes, SINK_CONFIG, why);
    if (verdict != GO_ON) {
        free(made);
        return verdict;
    }
    rd_kafka_resp_err_t code = kafka_ask_metadata(made->client, &made->notes, false, NULL, &metadata, ANSWER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        verdict = kafka_root_reason(made->client, &made->notes, KAFKA_WRITE, code, "connecting", why);
        producer_close(made);
        return verdict;
    }
    rd_kafka_metadata_destroy(metadata);
    *producer = made;
    return GO_ON;
}

void producer_seal_letters(struct producer *producer, const struct letter_sealer *sealer)
{
    producer->sealer = sealer;
}

void producer_close(struct producer *producer)
{
    if (producer == NULL)
        return;
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    kafka_close(producer->client, &producer->notes, 0);
    free(producer);
}

enum verdict producer_check_topic(struct producer *producer, const char *topic, struct reason *why)
{
    int32_t count;

    snprintf(producer->topic, sizeof(producer->topic), "%s", topic);
    return kafka_partitions(producer->client, &producer->notes, KAFKA_WRITE, topic, ANSWER_MS, &count, why);
}

static enum verdict trouble(struct producer *producer, struct reason *why)
{
    char text[256];

    if (producer->notes.refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refuse(producer->notes.refused, producer->notes.refused_topic, why);
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->client, text, sizeof(text));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return GO_ON;
    if (code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
        return refuse(code, producer->topic, why);
    return reason_set(why, HALT, SINK_FATAL, code, "%s", text);
}

static enum verdict unsettled(const struct producer *producer, struct reason *why)
{
    enum verdict verdict = reason_set(why, TRY_LATER, SINK_UNREACHABLE, producer->notes.error,
                                      "%" PRIu64 " messages are not acknowledged yet (%s)", producer->notes.outstanding,
                                      rd_kafka_err2name(producer->notes.error));

    kafka_add_cause(&producer->notes, why);
    return verdict;
}

/* Waits until there is room for one more: for ever, or for about `patience_ms`. */
static enum verdict make_room(struct producer *producer, int patience_ms, struct reason *why)
{
    const struct kafka_notes *notes = &producer->notes;

    rd_kafka_poll(producer->client, 0);
    enum verdict verdict = trouble(producer, why);
    while (verdict == GO_ON &&
           (notes->outstanding >= OUTSTANDING_MAX || notes->outstanding_bytes >= OUTSTANDING_BYTES_MAX)) {
        if (patience_ms == 0)
            return unsettled(producer, why);
        if (patience_ms > 0)
            patience_ms -= TURN_MS;
        rd_kafka_poll(producer->client, TURN_MS);
        verdict = trouble(producer, why);
    }
    return verdict;
}

enum verdict producer_put(struct producer *producer, const char *topic, struct span key, struct span value,
                          struct reason *why)
{
    const struct kafka_message message = {.topic = topic, .key = key, .value = value};
    rd_kafka_resp_err_t code;

    if (strcmp(producer->topic, topic) != 0)
        snprintf(producer->topic, sizeof(producer->topic), "%s", topic);
    enum verdict verdict = make_room(producer, FOREVER, why);

    if (verdict != GO_ON)
        return verdict;
    return kafka_put(producer->client, &producer->notes, &message, &code) == GO_ON ? GO_ON : refuse(code, topic, why);
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    rd_kafka_header_add(headers, name, -1, text, -1);
}

/* Of JSON a detail tells a name that is no field's: the record's own word, and anybody's name perhaps. */
static bool has_words_of_record(enum reason_id id)
{
    return id == LINE_FIELD || id == LINE_NOT_JSON;
}

/* Kafka Connect's names beside ours, so that tools made for its dead letters read these too. */
static rd_kafka_headers_t *dead_letter_headers(const char *topic, const struct record *record, const char *decided_by,
                                               const struct reason *because, enum letters_keep keep)
{
    rd_kafka_headers_t *headers = record_headers(record, keep == LETTERS_FULL);
    const char *id = because->id == REASON_NONE ? "" : reason_name(because->id);
    const char *detail = keep == LETTERS_FULL || !has_words_of_record(because->id)
                             ? because->text
                             : "not told here: it may name what the record holds";

    rd_kafka_header_add(headers, "gentally.reason", -1, id, -1);
    rd_kafka_header_add(headers, "gentally.detail", -1, detail, -1);
    rd_kafka_header_add(headers, "gentally.topic", -1, topic, -1);
    add_number(headers, "gentally.partition", record->partition);
    add_number(headers, "gentally.offset", record->offset);
    add_number(headers, "gentally.timestamp", record->timestamp_ms);
    rd_kafka_header_add(headers, "gentally.decided-by", -1, decided_by, -1);
    if (record->unreadable > 0) {
        add_number(headers, "gentally.last-offset", record->offset + record->unreadable - 1);
        add_number(headers, "gentally.value-omitted", 0);
    }
    rd_kafka_header_add(headers, "__connect.errors.topic", -1, topic, -1);
    add_number(headers, "__connect.errors.partition", record->partition);
    add_number(headers, "__connect.errors.offset", record->offset);
    rd_kafka_header_add(headers, "__connect.errors.stage", -1, "VALUE_CONVERTER", -1);
    rd_kafka_header_add(headers, "__connect.errors.exception.message", -1, detail, -1);
    return headers;
}

/* Takes over the record's own headers: those that are to be sealed, as part of the content; of ours one may tell how
 * many were left out. */
static void take_headers(const rd_kafka_headers_t *theirs, struct letter_content *content, rd_kafka_headers_t *ours)
{
    const char *name;
    const void *value;
    size_t size;

    for (size_t i = 0; rd_kafka_header_get_all(theirs, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        assert(i < TOPIC_HEADERS_MAX);
        if (topic_header_is_ours(name))
            rd_kafka_header_add(ours, name, -1, value, (ssize_t)size);
        else
            content->headers[content->header_count++] = (struct topic_header){name, {value, size}};
    }
}

/* Puts what a letter keeps of its record into the message's value, sealed; `*sealed` is to be freed. */
static enum verdict seal(const struct producer *producer, const char *topic, const struct record *record,
                         const struct reason *because, struct kafka_message *message, char **sealed, struct reason *why)
{
    const struct letter_place place = {span_of(topic), record->partition, record->offset, record->timestamp_ms};
    struct letter_content content = {.detail = span_of(because->text), .key = record->key, .value = record->value};
    rd_kafka_headers_t *theirs = record_headers(record, true);

    take_headers(theirs, &content, message->headers);
    message->key = message->value = (struct span){NULL, 0};
    enum verdict verdict = letter_seal(producer->sealer, &place, &content, sealed, &message->value.size, why);
    message->value.bytes = *sealed;
    rd_kafka_headers_destroy(theirs);
    rd_kafka_header_add(message->headers, "gentally.kept", -1, "sealed", -1);
    rd_kafka_header_add(message->headers, "gentally.sealed-form", -1, LETTER_FORM, -1);
    rd_kafka_header_add(message->headers, "gentally.sealed-for", -1, letter_sealer_id(producer->sealer), -1);
    add_number(message->headers, "gentally.value-size", (int64_t)record->value.size);
    return verdict;
}

/* Of a batch that cannot be read there is nothing to keep. */
static enum verdict keep_of_record(const struct producer *producer, const char *topic, const struct record *record,
                                   const struct reason *because, struct kafka_message *message, char **sealed,
                                   struct reason *why)
{
    if (producer->keep == LETTERS_SEALED && record->unreadable == 0)
        return seal(producer, topic, record, because, message, sealed, why);
    if (producer->keep == LETTERS_HEADERS && record->unreadable == 0) {
        message->key = message->value = (struct span){NULL, 0};
        rd_kafka_header_add(message->headers, "gentally.kept", -1, "headers", -1);
        add_number(message->headers, "gentally.value-omitted", (int64_t)record->value.size);
    }
    return GO_ON;
}

enum verdict producer_dead_letter(struct producer *producer, const char *dead_topic, const char *topic,
                                  const struct record *record, const char *decided_by, const struct reason *because,
                                  struct reason *why)
{
    struct kafka_message message = {
        .topic = dead_topic,
        .key = record->key,
        .value = record->value,
        .opaque = (void *)(uintptr_t)&dead_letter_mark,
    };
    rd_kafka_resp_err_t code;
    enum verdict verdict = make_room(producer, LETTER_MS, why);

    if (verdict != GO_ON)
        return verdict;
    char *sealed = NULL;
    message.headers = dead_letter_headers(topic, record, decided_by, because, producer->keep);
    verdict = keep_of_record(producer, topic, record, because, &message, &sealed, why);
    if (verdict == GO_ON && kafka_put(producer->client, &producer->notes, &message, &code) == GO_ON) {
        free(sealed);
        return GO_ON;
    }
    if (verdict == GO_ON && code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        code = put_without_value(producer->client, &producer->notes, dead_topic, message.key, message.value.size,
                                 message.headers);
    rd_kafka_headers_destroy(message.headers);
    free(sealed);
    if (verdict != GO_ON)
        return verdict;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? GO_ON : refuse(code, dead_topic, why);
}

enum verdict producer_settle(struct producer *producer, int timeout_ms, struct reason *why)
{
    rd_kafka_flush(producer->client, timeout_ms); /* Sends at once, without lingering; serves the delivery reports. */
    enum verdict verdict = trouble(producer, why);
    if (verdict != GO_ON || producer->notes.outstanding == 0)
        return verdict;
    return unsettled(producer, why);
}
