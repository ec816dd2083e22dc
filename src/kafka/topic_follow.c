/*
 * Following topics. A partition is read out when its log says that it ends, and no longer when a record comes: the
 * count of partitions that are read out tells whether all is read. The consumer's queue bounds what is fetched ahead.
 */
#include "gentally/kafka/topic_follow.h"

#include <assert.h>
#include <stdlib.h>

#include "broken_batch.h"
#include "gentally/core/event.h"
#include "reader.h"

#define ANSWER_MS 10000

struct followed_topic {
    char *name;
    bool is_optional;
    int32_t partition_count; /* 0: it is not there, and need not be */
    bool *is_out;            /* by partition */
};

struct topic_follow {
    const struct config *config;
    struct reader reader;
    size_t topic_count;
    struct followed_topic *topics;
    int64_t partition_count, out_count;
};

/* Records that are deleted under a reader were compacted: it reads those that are left. A broker answers at once when
 * there is something. */
static const struct reader_options reader_options = {.offset_reset = "earliest", .wait_max_ms = "500"};

static enum verdict count_partitions(struct topic_follow *follow, const struct followed_topic *topic, int wait_ms,
                                     int32_t *count, struct reason *why)
{
    enum verdict verdict =
        kafka_partitions(follow->reader.client, &follow->reader.notes, KAFKA_READ, topic->name, wait_ms, count, why);

    if (verdict != HALT || !topic->is_optional || topic->partition_count > 0 || why->id != SOURCE_TOPIC_MISSING)
        return verdict;
    *count = 0;
    return GO_ON;
}

/* Takes the partitions up that were not known. */
static enum verdict add_partitions(struct topic_follow *follow, struct followed_topic *topic, int32_t count,
                                   struct reason *why)
{
    bool *is_out = realloc(topic->is_out, ((size_t)count + 1) * sizeof(*is_out));
    enum verdict verdict = GO_ON;

    if (is_out == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "following topic \"%s\"", topic->name);
    topic->is_out = is_out;
    for (; verdict == GO_ON && topic->partition_count < count; topic->partition_count++, follow->partition_count++) {
        is_out[topic->partition_count] = false;
        verdict = reader_start(&follow->reader, topic->name, topic->partition_count, RD_KAFKA_OFFSET_BEGINNING, why);
    }
    return verdict;
}

static enum verdict add_topic(struct topic_follow *follow, struct followed_topic *topic,
                              const struct topic_wanted *wanted, struct reason *why)
{
    int32_t count = 0;

    topic->name = strdup(wanted->name);
    topic->is_optional = wanted->is_optional;
    if (topic->name == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "following topic \"%s\"", wanted->name);
    enum verdict verdict = count_partitions(follow, topic, ANSWER_MS, &count, why);
    return verdict == GO_ON ? add_partitions(follow, topic, count, why) : verdict;
}

enum verdict topic_follow_open_wanted(struct topic_follow **follow, const struct config *config,
                                      const struct topic_wanted topics[], size_t topic_count, struct reason *why)
{
    struct topic_follow *made = calloc(1, sizeof(*made));

    assert(topic_count > 0);
    *follow = NULL;
    if (made == NULL || (made->topics = calloc(topic_count, sizeof(*made->topics))) == NULL) {
        free(made);
        return reason_set(why, HALT, NO_MEMORY, 0, "following %zu topics", topic_count);
    }
    made->config = config;
    made->topic_count = topic_count;
    enum verdict verdict = reader_open(&made->reader, config, &reader_options, why);
    for (size_t index = 0; index < topic_count && verdict == GO_ON; index++)
        verdict = add_topic(made, &made->topics[index], &topics[index], why);
    if (verdict == GO_ON)
        *follow = made;
    else
        topic_follow_close(made);
    return verdict;
}

enum verdict topic_follow_open(struct topic_follow **follow, const struct config *config, const char *const topics[],
                               size_t topic_count, struct reason *why)
{
    struct topic_wanted *wanted = calloc(topic_count, sizeof(*wanted));

    *follow = NULL;
    if (wanted == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "following %zu topics", topic_count);
    for (size_t index = 0; index < topic_count; index++)
        wanted[index] = (struct topic_wanted){topics[index], false};
    enum verdict verdict = topic_follow_open_wanted(follow, config, wanted, topic_count, why);
    free(wanted);
    return verdict;
}

void topic_follow_close(struct topic_follow *follow)
{
    if (follow == NULL)
        return;
    reader_close(&follow->reader);
    for (size_t index = 0; index < follow->topic_count; index++) {
        free(follow->topics[index].name);
        free(follow->topics[index].is_out);
    }
    free(follow->topics);
    free(follow);
}

static void set_out(struct topic_follow *follow, size_t topic, int32_t partition, bool is_out)
{
    bool *known = &follow->topics[topic].is_out[partition];

    follow->out_count += (int64_t)is_out - (int64_t)*known;
    *known = is_out;
    assert(follow->out_count >= 0);
    assert(follow->out_count <= follow->partition_count);
}

static bool find_topic(const struct topic_follow *follow, const rd_kafka_message_t *message, size_t *topic)
{
    if (message->rkt == NULL)
        return false;
    for (*topic = 0; *topic < follow->topic_count; ++*topic)
        if (strcmp(follow->topics[*topic].name, rd_kafka_topic_name(message->rkt)) == 0)
            return message->partition >= 0 && message->partition < follow->topics[*topic].partition_count;
    return false;
}

/* A batch that cannot be read is told of, and reading goes on behind it. */
static enum verdict step_over(struct topic_follow *follow, const rd_kafka_message_t *message, struct reason *why)
{
    const char *topic = rd_kafka_topic_name(message->rkt);
    struct broken_batch batch = {topic, message->partition, message->offset, message->offset, 0};
    int64_t begin, end = message->offset;
    enum verdict verdict =
        kafka_extents(follow->reader.client, topic, message->partition, 1, ANSWER_MS, &begin, &batch.log_end, why);

    if (verdict == GO_ON)
        verdict = broken_batch_end(&batch, follow->config, &follow->reader.silent, &end, why);
    if (verdict == TRY_LATER) /* It comes again. */
        return GO_ON;
    if (verdict == GO_ON && end > message->offset)
        reader_pass_over(&follow->reader, message, &(struct reason){SOURCE_UNREADABLE, message->err, ""});
    return verdict == GO_ON ? reader_move(&follow->reader, topic, message->partition, end, why) : verdict;
}

static enum verdict take(struct topic_follow *follow, const rd_kafka_message_t *message, topic_follow_reader *each,
                         void *context, struct reason *why)
{
    size_t topic;
    rd_kafka_timestamp_type_t kind;
    bool is_known = find_topic(follow, message, &topic);

    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (is_known)
            set_out(follow, topic, message->partition, true);
        return GO_ON;
    }
    if (reader_is_lost(message))
        return step_over(follow, message, why);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        enum verdict verdict = kafka_reason(KAFKA_FETCH, message->err, rd_kafka_message_errstr(message), why);
        if (message->rkt != NULL)
            kafka_name_right(why, &(struct kafka_right){"Read", "topic", rd_kafka_topic_name(message->rkt)});
        return verdict == HALT ? HALT
                               : GO_ON; /* Trouble that may mend is waited out: topic_follow_ask() tells of it. */
    }
    assert(is_known);
    const struct record record = {
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &kind),
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
    };
    struct reason because = {0};
    set_out(follow, topic, message->partition, false);
    enum verdict verdict = each(context, topic, &record, &because);
    if (verdict == SET_ASIDE)
        reader_pass_over(&follow->reader, message, &because);
    else if (verdict != GO_ON && why != NULL)
        *why = because;
    return verdict == SET_ASIDE ? GO_ON : verdict;
}

enum verdict topic_follow_turn(struct topic_follow *follow, int wait_ms, topic_follow_reader *each, void *context,
                               struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int count = 0; count < TOPIC_FOLLOW_TURN_RECORDS && verdict == GO_ON; count++) {
        rd_kafka_message_t *message = reader_poll(&follow->reader, count == 0 ? wait_ms : 0);
        if (message == NULL)
            break;
        verdict = take(follow, message, each, context, why);
        rd_kafka_message_destroy(message);
    }
    return verdict;
}

bool topic_follow_at_end(const struct topic_follow *follow)
{
    return follow->out_count == follow->partition_count;
}

enum verdict topic_follow_ask(struct topic_follow *follow, int wait_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (size_t index = 0; index < follow->topic_count && verdict == GO_ON; index++) {
        struct followed_topic *topic = &follow->topics[index];
        int32_t count = 0;
        verdict = count_partitions(follow, topic, wait_ms, &count, why);
        if (verdict == GO_ON && count > topic->partition_count)
            verdict = add_partitions(follow, topic, count, why);
    }
    return verdict;
}

enum verdict topic_follow_ends(struct topic_follow *follow, const char *topic, int wait_ms, int32_t count,
                               int64_t ends[], struct reason *why)
{
    int64_t *begins = calloc((size_t)count, sizeof(*begins));

    if (begins == NULL)
        return no_memory(why, "for the ends of a topic");
    enum verdict verdict = kafka_extents(follow->reader.client, topic, 0, count, wait_ms, begins, ends, why);
    free(begins);
    return verdict;
}
