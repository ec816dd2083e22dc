/*
 * librdkafka's simple consumer: rd_kafka_consume_start_queue() for each partition. Its other way, rd_kafka_assign(),
 * has a group's machinery behind it even where no group is joined, which looks for the group's coordinator and fails
 * where it may not.
 */
#include "reader.h"

#include <stdlib.h>

#include "gentally/base/grow.h"

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

void reader_close(struct reader *reader)
{
    if (reader->client == NULL)
        return;
    reader_stop(reader);
    rd_kafka_queue_destroy(reader->queue);
    rd_kafka_destroy(reader->client);
    free(reader->started);
    *reader = (struct reader){0};
}
