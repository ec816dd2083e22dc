/*
 * One reader has all partitions of all topics, and is done with a partition after some records, or at its end. A
 * foreign message may stand in a wrong partition by itself; where a fourth of a partition's keys belong elsewhere, the
 * number of partitions has changed: it moves at least half of those that were there.
 */
#include "gentally/kafka/topic_places.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/clock.h"
#include "reader.h"

#define ANSWER_MS 10000
#define TURN_MS 100
#define SAMPLE 32u /* records of a partition */

struct sampled_partition {
    uint32_t seen, elsewhere;
    bool is_done;
};

struct sampled_topic {
    const char *name;
    int32_t count; /* of partitions; 0: it is not there */
    struct sampled_partition *partitions;
};

static const struct reader_options reader_options = {.offset_reset = "earliest", .wait_max_ms = "10"};

int32_t topic_place(struct span key, int32_t count)
{
    return rd_kafka_msg_partitioner_consistent(NULL, key.bytes, key.size, count, NULL, NULL);
}

static enum verdict start(struct reader *reader, struct sampled_topic *topic, uint32_t *open, struct reason *why)
{
    enum verdict verdict =
        kafka_partitions(reader->client, &reader->notes, KAFKA_READ, topic->name, ANSWER_MS, &topic->count, why);

    if (verdict == HALT && why->id == SOURCE_TOPIC_MISSING) {
        topic->count = 0;
        return GO_ON;
    }
    if (verdict != GO_ON)
        return verdict;
    topic->partitions = calloc((size_t)topic->count, sizeof(*topic->partitions));
    if (topic->partitions == NULL)
        return no_memory(why, "to look at topics");
    if (topic->count == 1) /* A key has no other place, and who asks needs no right to read. */
        return GO_ON;
    for (int32_t i = 0; i < topic->count && verdict == GO_ON; i++)
        verdict = reader_start(reader, topic->name, i, RD_KAFKA_OFFSET_BEGINNING, why);
    *open += (uint32_t)topic->count;
    return verdict;
}

static struct sampled_topic *find(struct sampled_topic topics[], uint32_t count, const rd_kafka_message_t *message)
{
    for (uint32_t i = 0; message->rkt != NULL && i < count; i++)
        if (strcmp(topics[i].name, rd_kafka_topic_name(message->rkt)) == 0)
            return &topics[i];
    return NULL;
}

/* Takes what a partition has to say, which is nothing more once `*open` has gone down by it. */
static enum verdict take(struct sampled_topic *topic, const rd_kafka_message_t *message, uint32_t *open,
                         struct reason *why)
{
    if (topic == NULL || message->partition < 0 || message->partition >= topic->count)
        return GO_ON;
    struct sampled_partition *partition = &topic->partitions[message->partition];
    if (partition->is_done)
        return GO_ON;
    bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end && !reader_is_lost(message)) {
        enum verdict verdict = kafka_reason(KAFKA_FETCH, message->err, rd_kafka_message_errstr(message), why);
        kafka_name_right(why, &(struct kafka_right){"Read", "topic", topic->name});
        return verdict == HALT ? HALT : GO_ON; /* Trouble that may mend has ANSWER_MS for it. */
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->key_len > 0) {
        const struct span key = {message->key, message->key_len};
        partition->seen++;
        partition->elsewhere += topic_place(key, topic->count) == message->partition ? 0 : 1;
    }
    if (is_end || reader_is_lost(message) || partition->seen == SAMPLE) {
        partition->is_done = true;
        --*open;
    }
    return GO_ON;
}

static enum verdict sample(struct reader *reader, struct sampled_topic topics[], uint32_t count, struct reason *why)
{
    uint32_t open = 0, left;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = start(reader, &topics[i], &open, why);
    int64_t heard_ms = clock_ms(CLOCK_MONOTONIC);
    while (verdict == GO_ON && open > 0) {
        rd_kafka_message_t *message = reader_poll(reader, TURN_MS);
        left = open;
        if (message != NULL) {
            verdict = take(find(topics, count, message), message, &open, why);
            rd_kafka_message_destroy(message);
        }
        if (open < left)
            heard_ms = clock_ms(CLOCK_MONOTONIC);
        else if (verdict == GO_ON && clock_ms(CLOCK_MONOTONIC) - heard_ms > ANSWER_MS)
            verdict =
                reason_set(why, TRY_LATER, SOURCE_UNREACHABLE, reader->notes.error,
                           "the first records of %" PRIu32 " partitions did not come within %d ms", open, ANSWER_MS);
    }
    return verdict;
}

static enum verdict judge(const struct sampled_topic *topic, struct reason *why)
{
    for (int32_t i = 0; i < topic->count; i++) {
        const struct sampled_partition *partition = &topic->partitions[i];
        if (4 * partition->elsewhere > partition->seen)
            return reason_set(why, HALT, SETUP_PARTITIONS, 0,
                              "topic %.100s has %" PRId32
                              " partitions now, and had another number: of partition %" PRId32 "'s first %" PRIu32
                              " keys %" PRIu32
                              " belong to others, so that new values no longer "
                              "take the place of old ones: count into a new namespace (runbooks/rebuild.md)",
                              topic->name, topic->count, i, partition->seen, partition->elsewhere);
    }
    return GO_ON;
}

enum verdict topic_places_check(const struct config *config, const char *const names[], uint32_t count,
                                struct reason *why)
{
    struct sampled_topic *topics = calloc((size_t)count + 1, sizeof(*topics));
    struct reader reader = {.client = NULL};

    if (topics == NULL)
        return no_memory(why, "to look at topics");
    for (uint32_t i = 0; i < count; i++)
        topics[i].name = names[i];
    enum verdict verdict = reader_open(&reader, config, &reader_options, why);
    if (verdict == GO_ON)
        verdict = sample(&reader, topics, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        verdict = judge(&topics[i], why);
    reader_close(&reader);
    for (uint32_t i = 0; i < count; i++)
        free(topics[i].partitions);
    free(topics);
    return verdict;
}
