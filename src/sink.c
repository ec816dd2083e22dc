/*
 * An idempotent producer for single messages. Each message's report comes as an event on the main queue, which is read whenever we are called: a message is either acknowledged, and
 * forgotten, or refused for good, and then the next settling says so. In between librdkafka retries for ever.
 */
#include "gentally/sink.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/kafka.h"

#define ANSWER_MS 10000
#define FULL_WAIT_MS 100

struct sink {
    rd_kafka_t *client;
    rd_kafka_queue_t *reports; /* the main queue */
    struct kafka_notes notes;
};

/*
 * Memory, at most: 128 MiB of messages waiting for their acknowledgement.
 */
static const struct kafka_setting settings[] = {
    {"enable.idempotence", "true", SETTING_OWNED}, /* acks = all, and no duplicates by retries */
    {"message.timeout.ms", "0", SETTING_OWNED},    /* never given up: what is reported is final */
    {"message.max.bytes", "16777216", SETTING_OWNED},
    {"linger.ms", "20", SETTING_TUNED},
    {"compression.type", "lz4", SETTING_TUNED},
    {"queue.buffering.max.messages", "200000", SETTING_TUNED},
    {"queue.buffering.max.kbytes", "131072", SETTING_TUNED},
};

enum verdict sink_open(struct sink **sink, const struct config *config, struct logger *logger, struct reason *why)
{
    struct sink *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for the sink");
    opened->notes.logger = logger;
    enum verdict verdict = kafka_open(&opened->client, RD_KAFKA_PRODUCER, config, settings, LENGTH_OF(settings),
                                      RD_KAFKA_EVENT_DR, &opened->notes, "SINK-CONFIG", why);
    if (verdict != GO_ON) {
        free(opened);
        return verdict;
    }
    opened->reports = rd_kafka_queue_get_main(opened->client);
    *sink = opened;
    return GO_ON;
}

void sink_close(struct sink *sink)
{
    if (sink == NULL)
        return;
    rd_kafka_purge(sink->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_queue_destroy(sink->reports);
    rd_kafka_destroy(sink->client);
    free(sink);
}

enum verdict sink_check_topic(struct sink *sink, const char *topic, struct reason *why)
{
    int32_t count = 0;
    enum verdict verdict =
        kafka_partitions(sink->client, &sink->notes, KAFKA_WRITE, topic, ANSWER_MS, &count, why);

    if (verdict == HALT && why != NULL && strcmp(why->id, "SINK-TOPIC-MISSING") == 0)
        return reason_set(why, HALT, "SINK-TOPIC-MISSING", why->code,
                          "topic \"%s\" does not exist: `gentally setup` creates it", topic);
    return verdict;
}

/* ---- dead letters ---- */

static bool add_text(rd_kafka_headers_t *headers, const char *name, const char *text)
{
    return rd_kafka_header_add(headers, name, -1, text, -1) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool add_number(rd_kafka_headers_t *headers, const char *name, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    return add_text(headers, name, text);
}

/* Ours, and those that Kafka Connect's tools know. NULL: no memory. */
static rd_kafka_headers_t *letter_headers(const char *topic, const struct record *record, const struct reason *because)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(12);
    bool is_good = headers != NULL;

    is_good = is_good && add_text(headers, "gentally.reason", because->id);
    is_good = is_good && add_text(headers, "gentally.detail", because->text);
    is_good = is_good && add_text(headers, "gentally.topic", topic);
    is_good = is_good && add_number(headers, "gentally.partition", record->partition);
    is_good = is_good && add_number(headers, "gentally.offset", record->offset);
    is_good = is_good && add_number(headers, "gentally.timestamp", record->timestamp_ms);
    is_good = is_good && add_text(headers, "__connect.errors.topic", topic);
    is_good = is_good && add_number(headers, "__connect.errors.partition", record->partition);
    is_good = is_good && add_number(headers, "__connect.errors.offset", record->offset);
    is_good = is_good && add_text(headers, "__connect.errors.stage", "VALUE_CONVERTER");
    is_good = is_good && add_text(headers, "__connect.errors.exception.message", because->text);
    if (!is_good && headers != NULL)
        rd_kafka_headers_destroy(headers);
    return is_good ? headers : NULL;
}

/* ---- sending ---- */

/* Marks a message whose value may be left out if it is too large. */
static void *const letter_mark = (void *)1;

/* Queues one message, waiting while the queue is full. Takes `headers` if it succeeds. */
static rd_kafka_resp_err_t enqueue(struct sink *sink, const char *topic, struct span key, struct span value,
                                   rd_kafka_headers_t *headers, void *mark);

/* Sends a letter that was too large again, as a reference to where its value still is. */
static rd_kafka_resp_err_t enqueue_reference(struct sink *sink, const char *topic, struct span key, size_t value_size,
                                             rd_kafka_headers_t *headers)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__FAIL;

    if (add_number(headers, "gentally.value-omitted", (int64_t)value_size))
        code = enqueue(sink, topic, key, span_of(NULL), headers, NULL);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_headers_destroy(headers);
    return code;
}

/* One message's report. */
static void read_report(struct sink *sink, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers = NULL;
    const char *topic = rd_kafka_topic_name(message->rkt);
    rd_kafka_resp_err_t code = message->err;

    assert(sink->notes.outstanding > 0);
    sink->notes.outstanding--;
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && message->_private == letter_mark &&
        rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_t *copy = rd_kafka_headers_copy(headers); /* Those of a constant message are only lent. */
        code = enqueue_reference(sink, topic, (struct span){message->key, message->key_len}, message->len, copy);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || sink->notes.refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    sink->notes.refused = code;
    snprintf(sink->notes.refused_topic, sizeof(sink->notes.refused_topic), "%s", topic);
}

/* Serves reports, and librdkafka's log and errors; waits up to `timeout_ms` for the first. */
static void serve(struct sink *sink, int timeout_ms)
{
    rd_kafka_event_t *event = NULL;

    while ((event = rd_kafka_queue_poll(sink->reports, timeout_ms)) != NULL) {
        const rd_kafka_message_t *message = NULL;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
            while ((message = rd_kafka_event_message_next(event)) != NULL)
                read_report(sink, message);
        rd_kafka_event_destroy(event);
        timeout_ms = 0;
    }
}

static rd_kafka_resp_err_t enqueue(struct sink *sink, const char *topic, struct span key, struct span value,
                                   rd_kafka_headers_t *headers, void *mark)
{
    rd_kafka_vu_t message[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key.bytes, key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value.bytes, value.size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = mark},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };

    for (;;) {
        rd_kafka_error_t *error = rd_kafka_produceva(sink->client, message, LENGTH_OF(message) - (headers == NULL));
        rd_kafka_resp_err_t code = error == NULL ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            sink->notes.outstanding++;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return code;
        serve(sink, FULL_WAIT_MS);
        if (sink->notes.refused != RD_KAFKA_RESP_ERR_NO_ERROR)
            return sink->notes.refused;
    }
}

static enum verdict refused(const struct sink *sink, rd_kafka_resp_err_t code, const char *topic, struct reason *why)
{
    char what[300], text[200] = "";

    if (code == RD_KAFKA_RESP_ERR__FATAL)
        code = rd_kafka_fatal_error(sink->client, text, sizeof(text));
    snprintf(what, sizeof(what), "topic \"%.249s\"", topic);
    return kafka_reason(KAFKA_WRITE, code, what, why);
}

enum verdict sink_put(struct sink *sink, const char *topic, struct span key, struct span value, struct reason *why)
{
    rd_kafka_resp_err_t code = enqueue(sink, topic, key, value, NULL, NULL);

    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refused(sink, code, topic, why);
    serve(sink, 0);
    return GO_ON;
}

enum verdict sink_dead_letter(struct sink *sink, const char *dead_topic, const char *topic, const struct record *record,
                              const struct reason *because, struct reason *why)
{
    rd_kafka_headers_t *headers = letter_headers(topic, record, because);

    if (headers == NULL)
        return reason_set(why, HALT, "NO-MEMORY", 0, "no memory for a dead letter");
    rd_kafka_resp_err_t code = enqueue(sink, dead_topic, record->key, record->value, headers, letter_mark);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        code = enqueue_reference(sink, dead_topic, record->key, record->value.size, headers);
    else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_headers_destroy(headers);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refused(sink, code, dead_topic, why);
    serve(sink, 0);
    return GO_ON;
}

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum verdict sink_settle(struct sink *sink, int timeout_ms, struct reason *why)
{
    int64_t end_ms = clock_ms() + timeout_ms;

    serve(sink, 0);
    for (int64_t left_ms = timeout_ms; sink->notes.outstanding > 0 && left_ms > 0; left_ms = end_ms - clock_ms()) {
        if (sink->notes.refused != RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        serve(sink, left_ms < FULL_WAIT_MS ? (int)left_ms : FULL_WAIT_MS);
    }
    if (sink->notes.refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refused(sink, sink->notes.refused, sink->notes.refused_topic, why);
    if (sink->notes.outstanding > 0)
        return reason_set(why, TRY_LATER, "SINK-UNREACHABLE", sink->notes.error,
                          "%" PRIu64 " messages are not acknowledged yet", sink->notes.outstanding);
    return GO_ON;
}
