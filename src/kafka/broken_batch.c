/*
 * A client that fetches from one offset after the other: as long as the same batch is in the way, it reaches further.
 * In growing steps first, since most batches are short, then in between. The broker finds the batch of an offset by its
 * index, so that each question costs one fetch; the other partitions of the worker's own client are left alone.
 */
#include "broken_batch.h"

#include <inttypes.h>

#include "gentally/base/clock.h"
#include "kafka_client.h"
#include "source_settings.h"

#define PATIENCE_MS 10000

struct probe {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    struct kafka_notes notes;
    const struct broken_batch *batch;
    int64_t deadline_ms;
};

/* What a message of the log says; false if it says nothing about the batch. */
static bool has_answer(struct probe *probe, const rd_kafka_message_t *message, int64_t offset, bool *is_broken,
                       enum verdict *verdict, struct reason *why)
{
    struct reason reason;

    *is_broken = false;
    *verdict = GO_ON;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return message->offset >= offset;
    enum verdict found = kafka_reason(KAFKA_FETCH, message->err, rd_kafka_message_errstr(message), &reason);
    if (found == TRY_LATER)
        return false;
    bool is_a_batch = reason.id == SOURCE_UNREADABLE || reason.id == SOURCE_CORRUPT;
    if (is_a_batch && message->offset != probe->batch->base)
        return true; /* Another one, further on. */
    *is_broken = reason.id == SOURCE_UNREADABLE;
    if (reason.id == SOURCE_CORRUPT)
        reason_set(&reason, HALT, SOURCE_CORRUPT, reason.code,
                   "partition %" PRId32 ": the batch at offset %" PRId64
                   " is not as it was written, however often it is read, on two connections: %s",
                   probe->batch->partition, probe->batch->base, rd_kafka_message_errstr(message));
    if (!*is_broken) {
        *verdict = HALT;
        *why = reason;
    }
    return true;
}

/* Whether the batch is what a reader gets at `offset`. */
static enum verdict ask(struct probe *probe, int64_t offset, bool *is_broken, struct reason *why)
{
    int32_t partition = probe->batch->partition;
    enum verdict verdict = GO_ON;
    bool is_answered = false;

    if (rd_kafka_consume_start(probe->topic, partition, offset) != 0)
        return kafka_reason(KAFKA_READ, rd_kafka_last_error(), "reading again", why);
    while (!is_answered && clock_ms(CLOCK_MONOTONIC) < probe->deadline_ms) {
        rd_kafka_message_t *message = rd_kafka_consume(probe->topic, partition, 100);
        rd_kafka_poll(probe->client, 0);
        if (probe->notes.error == RD_KAFKA_RESP_ERR__BAD_MSG) {
            is_answered = true;
            verdict = reason_set(why, HALT, SOURCE_CORRUPT, probe->notes.error,
                                 "partition %" PRId32 ": the batch at offset %" PRId64
                                 " is larger than kafka.receive.message.max.bytes: raise it, and restart the worker",
                                 partition, offset);
        }
        if (message == NULL)
            continue;
        is_answered = has_answer(probe, message, offset, is_broken, &verdict, why);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consume_stop(probe->topic, partition);
    if (is_answered)
        return verdict;
    return reason_set(why, TRY_LATER, SOURCE_UNREACHABLE, probe->notes.error,
                      "partition %" PRId32 ": in %d s it could not be seen how far the batch at offset %" PRId64
                      " reaches that cannot be read",
                      partition, PATIENCE_MS / 1000, probe->batch->base);
}

/* From `broken`, which is, up to the log's end, which is not. */
static enum verdict search(struct probe *probe, int64_t broken, int64_t *end, struct reason *why)
{
    enum verdict verdict = GO_ON;
    int64_t readable = probe->batch->log_end, step = 1;

    while (verdict == GO_ON && readable - broken > 1) {
        int64_t middle = broken + (readable - broken) / 2;
        int64_t at = readable == probe->batch->log_end && broken + step < middle ? broken + step : middle;
        bool is_broken = false;
        verdict = ask(probe, at, &is_broken, why);
        if (is_broken)
            broken = at;
        else
            readable = at;
        step *= 2;
    }
    *end = readable;
    return verdict;
}

enum verdict broken_batch_end(const struct broken_batch *batch, const struct config *config, struct logger *logger,
                              int64_t *end, struct reason *why)
{
    const struct kafka_hooks hooks = {0, NULL};
    struct kafka_setting settings[SOURCE_SETTINGS];
    struct probe probe = {.notes.logger = logger, .batch = batch};
    bool is_broken = false;

    source_settings(settings, config->group, false);
    enum verdict verdict = kafka_open(&probe.client, RD_KAFKA_CONSUMER, config, settings, LENGTH_OF(settings), &hooks,
                                      &probe.notes, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    probe.deadline_ms = clock_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
    probe.topic = rd_kafka_topic_new(probe.client, batch->topic, NULL);
    if (probe.topic == NULL)
        verdict = kafka_reason(KAFKA_READ, rd_kafka_last_error(), "reading again", why);
    *end = batch->first;
    if (verdict == GO_ON)
        verdict = ask(&probe, batch->first, &is_broken, why);
    if (verdict == GO_ON && is_broken)
        verdict = search(&probe, batch->first > batch->base ? batch->first : batch->base, end, why);
    if (probe.topic != NULL)
        rd_kafka_topic_destroy(probe.topic);
    kafka_close(probe.client, &probe.notes, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return verdict;
}
