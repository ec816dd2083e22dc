/*
 * librdkafka's simple consumer: rd_kafka_consume_start_queue() for each partition. Its other way, rd_kafka_assign(),
 * has a group's machinery behind it even where no group is joined, which looks for the group's coordinator and fails
 * where it may not.
 */
#include "reader.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/grow.h"

#define TOLD_EACH 8u

struct reader_partition {
    rd_kafka_topic_t *topic;
    int32_t partition;
};

enum verdict reader_open(struct reader *reader, const struct config *config, const struct reader_options *options,
                         struct reason *why)
{
    const struct kafka_hooks hooks = {0, NULL};
    const struct kafka_setting settings[] = {
        {"enable.auto.commit", "false", SETTING_OWNED},
        {"enable.auto.offset.store", "false", SETTING_OWNED},
        {"auto.offset.reset", options->offset_reset, SETTING_OWNED},
        {"enable.partition.eof", "true", SETTING_OWNED},
        {"isolation.level", "read_committed", SETTING_OWNED},
        {"check.crcs", "true", SETTING_TUNED},
        {"queued.max.messages.kbytes", "16384", SETTING_OWNED}, /* of all partitions: they share the queue */
        {"fetch.wait.max.ms", options->wait_max_ms, SETTING_OWNED},
        {"fetch.error.backoff.ms", "10", SETTING_OWNED},
    };

    log_open(&reader->silent, LOG_LEVEL_ERROR, "reader");
    log_open_as(&reader->logger, config->log_level, config->log_format, "reader");
    reader->notes.logger = &reader->silent;
    enum verdict verdict = kafka_open(&reader->client, RD_KAFKA_CONSUMER, config, settings, LENGTH_OF(settings), &hooks,
                                      &reader->notes, SOURCE_CONFIG, why);
    if (verdict == GO_ON)
        reader->queue = rd_kafka_queue_new(reader->client);
    return verdict;
}

enum verdict reader_start(struct reader *reader, const char *topic, int32_t partition, int64_t offset,
                          struct reason *why)
{
    if (reader->started_count == reader->started_room) {
        struct reader_partition *started =
            grow(reader->started, &reader->started_room, reader->started_count + 1, sizeof(*started));
        if (started == NULL)
            return no_memory(why, "to read a topic");
        reader->started = started;
    }
    rd_kafka_topic_t *handle = rd_kafka_topic_new(reader->client, topic, NULL);
    if (handle == NULL || rd_kafka_consume_start_queue(handle, partition, offset, reader->queue) != 0) {
        rd_kafka_resp_err_t code = rd_kafka_last_error();
        if (handle != NULL)
            rd_kafka_topic_destroy(handle);
        return kafka_reason(KAFKA_READ, code, topic, why);
    }
    reader->started[reader->started_count++] = (struct reader_partition){handle, partition};
    return GO_ON;
}

enum verdict reader_move(struct reader *reader, const char *topic, int32_t partition, int64_t offset,
                         struct reason *why)
{
    for (size_t i = 0; i < reader->started_count; i++) {
        rd_kafka_topic_t *handle = reader->started[i].topic;
        if (reader->started[i].partition != partition || strcmp(rd_kafka_topic_name(handle), topic) != 0)
            continue;
        rd_kafka_consume_stop(handle, partition);
        if (rd_kafka_consume_start_queue(handle, partition, offset, reader->queue) != 0)
            return kafka_reason(KAFKA_READ, rd_kafka_last_error(), topic, why);
    }
    return GO_ON;
}

void reader_stop(struct reader *reader)
{
    for (size_t i = 0; i < reader->started_count; i++) {
        rd_kafka_consume_stop(reader->started[i].topic, reader->started[i].partition);
        rd_kafka_topic_destroy(reader->started[i].topic);
    }
    reader->started_count = 0;
}

rd_kafka_message_t *reader_poll(struct reader *reader, int wait_ms)
{
    rd_kafka_message_t *message = rd_kafka_consume_queue(reader->queue, wait_ms);

    if (message == NULL)
        rd_kafka_poll(reader->client, 0); /* Serves the notes. */
    return message;
}

bool reader_is_lost(const rd_kafka_message_t *message)
{
    enum reason_id id;

    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    kafka_verdict(KAFKA_FETCH, message->err, &id);
    return id == SOURCE_UNREADABLE;
}

/* What takes such a message out of the topic. */
static const char *cleaning(const rd_kafka_message_t *message)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return "the topic keeps it until its records are deleted";
    if (message->key == NULL)
        return "without a key, only deleting the topic's records up to it takes it away";
    return "a message with its key and no value takes it away";
}

void reader_pass_over(struct reader *reader, const rd_kafka_message_t *message, const struct reason *because)
{
    bool is_lost = reader_is_lost(message);
    struct reason told;

    if (because->id == SOURCE_FOREIGN && message->key != NULL && message->payload == NULL && !is_lost)
        return; /* So a topic is cleaned of it. */
    uint64_t count = ++reader->passed_over;
    if (count > TOLD_EACH && (count & (count - 1)) != 0)
        return;
    reason_set(&told, GO_ON, is_lost ? SOURCE_UNREADABLE : because->id, because->code,
               "topic \"%s\", partition %" PRId32 ", offset %" PRId64 ", passed over as number %" PRIu64 ": %s; %s",
               rd_kafka_topic_name(message->rkt), message->partition, message->offset, count,
               is_lost ? rd_kafka_message_errstr(message) : because->text, cleaning(message));
    log_reason(&reader->logger, told.id == SOURCE_FOREIGN ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, &told);
}

void reader_close(struct reader *reader)
{
    if (reader->client == NULL)
        return;
    reader_stop(reader);
    rd_kafka_queue_destroy(reader->queue);
    kafka_close(reader->client, &reader->notes, 0);
    free(reader->started);
    log_close(&reader->logger);
    *reader = (struct reader){0};
}
