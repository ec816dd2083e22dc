/*
 * Reading a topic from its beginning to its end as of now: one reader, one partition after the other.
 *
 * The end of a partition is asked for before the partition is read. Reading is over when a record reaches that offset,
 * or when the log itself says that it ends: the last offsets may be markers of transactions, which no reader ever sees.
 *
 * A commit is answered before its markers stand in the partitions, so committed records become visible a moment later.
 * The end is therefore the end of the log, as a read_uncommitted client is told it, and not the last stable offset:
 * whoever reads right after a commit would stop short of the committed records there. A transaction that is open in
 * between is waited for, but not long.
 */
#include "gentally/kafka/topic_read.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "broken_batch.h"
#include "gentally/base/clock.h"
#include "gentally/core/event.h"
#include "reader.h"

#define ANSWER_MS 10000
#define SILENCE_MS 30000
#define TURN_MS 100
#define PATIENCE_MS 5000 /* with open transactions of a topic: one whose producer died stays open for a minute */

struct topic_read {
    struct reader reader;
    const struct config *config;
    const char *topic;
    topic_reader *each;
    void *context;
    int patience_ms; /* what is left */
};

/* The extent of a partition's log. Between `stable` and `end` lie transactions that are open, or were just now. */
struct extent {
    int64_t begin, stable, end;
};

/* A record that a reader is given, with the message that the record borrows from. */
struct given_record {
    struct record record; /* first: topic_header() finds the message by it */
    const rd_kafka_message_t *message;
};

struct span topic_header(const struct record *record, const char *name)
{
    const struct given_record *given = (const struct given_record *)record;
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;

    if (rd_kafka_message_headers(given->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (struct span){NULL, 0};
    return (struct span){value, size};
}

bool topic_header_is_ours(const char *name)
{
    static const char *const prefixes[] = {"gentally.", "__connect.errors."};

    return strncmp(name, prefixes[0], strlen(prefixes[0])) == 0 || strncmp(name, prefixes[1], strlen(prefixes[1])) == 0;
}

static uint32_t list_headers(const struct record *record, bool are_ours, struct topic_header headers[TOPIC_HEADERS_MAX])
{
    const struct given_record *given = (const struct given_record *)record;
    rd_kafka_headers_t *all;
    const char *name;
    const void *value;
    size_t size;
    uint32_t count = 0;

    if (rd_kafka_message_headers(given->message, &all) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    for (size_t i = 0; rd_kafka_header_get_all(all, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        if (count < TOPIC_HEADERS_MAX && topic_header_is_ours(name) == are_ours)
            headers[count++] = (struct topic_header){name, {value, size}};
    return count;
}

uint32_t topic_headers(const struct record *record, struct topic_header headers[TOPIC_HEADERS_MAX])
{
    return list_headers(record, false, headers);
}

uint32_t topic_own_headers(const struct record *record, struct topic_header headers[TOPIC_HEADERS_MAX])
{
    return list_headers(record, true, headers);
}

/* The end shows in an empty answer: it is not to be waited for long. */
static const struct reader_options reader_options = {.offset_reset = "error", .wait_max_ms = "10"};

/* Gives a record, or what stands for a batch that cannot be read, to who asked for it. What that one sets aside is
 * passed over. */
static enum verdict give(struct topic_read *reading, const rd_kafka_message_t *message, struct reason *why)
{
    struct given_record given = {.record = {.partition = message->partition, .offset = message->offset},
                                 .message = message};
    struct reason because = {SOURCE_UNREADABLE, 0, ""};
    rd_kafka_timestamp_type_t kind;

    if (!reader_is_lost(message)) {
        given.record.timestamp_ms = rd_kafka_message_timestamp(message, &kind);
        given.record.key = (struct span){message->key, message->key_len};
        given.record.value = (struct span){message->payload, message->len};
    }
    enum verdict verdict = reading->each(reading->context, &given.record, &because);
    if (verdict == SET_ASIDE || (verdict == GO_ON && reader_is_lost(message))) {
        reader_pass_over(&reading->reader, message, &because);
        return GO_ON;
    }
    if (verdict != GO_ON && why != NULL)
        *why = because;
    return verdict;
}

/* One message: moves `*next`. */
static enum verdict take(struct topic_read *reading, const rd_kafka_message_t *message, int64_t *next,
                         struct reason *why)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        *next = message->offset; /* A replica that lags behind ends early, and goes on. */
        return GO_ON;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        enum verdict verdict = kafka_reason(KAFKA_FETCH, message->err, rd_kafka_message_errstr(message), why);
        kafka_name_right(why, &(struct kafka_right){"Read", "topic", reading->topic});
        return verdict == HALT ? HALT : GO_ON; /* Trouble that may mend has SILENCE_MS for it. */
    }
    *next = message->offset + 1;
    return give(reading, message, why);
}

/* A batch that cannot be read is given as one record without key and value, and reading goes on behind it. */
static enum verdict step_over(struct topic_read *reading, const rd_kafka_message_t *message, int64_t log_end,
                              int64_t *next, struct reason *why)
{
    const struct broken_batch batch = {reading->topic, message->partition, message->offset, *next, log_end};
    int64_t end = *next;
    enum verdict verdict = broken_batch_end(&batch, reading->config, &reading->reader.silent, &end, why);

    if (verdict == GO_ON && end > *next)
        verdict = give(reading, message, why);
    if (verdict != GO_ON)
        return verdict;
    *next = end;
    reader_stop(&reading->reader);
    return reader_start(&reading->reader, reading->topic, message->partition, end, why);
}

/* Left-overs of the partition before are no errors, and an error may name no partition. */
static bool is_error(const rd_kafka_message_t *message)
{
    return message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF;
}

static enum verdict read_partition(struct topic_read *reading, int32_t partition, const struct extent *extent,
                                   struct reason *why)
{
    int64_t next = extent->begin;
    int64_t heard_ms = clock_ms(CLOCK_MONOTONIC);
    enum verdict verdict = reader_start(&reading->reader, reading->topic, partition, next, why);

    while (verdict == GO_ON && (next < extent->stable || (next < extent->end && reading->patience_ms > 0))) {
        rd_kafka_message_t *message = reader_poll(&reading->reader, TURN_MS);
        if (message == NULL) {
            if (next >= extent->stable)
                reading->patience_ms -= TURN_MS;
            else if (clock_ms(CLOCK_MONOTONIC) - heard_ms > SILENCE_MS)
                verdict = reason_set(why, TRY_LATER, SOURCE_UNREACHABLE, reading->reader.notes.error,
                                     "topic \"%s\": nothing heard for %d ms at offset %" PRId64, reading->topic,
                                     SILENCE_MS, next);
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            heard_ms = clock_ms(CLOCK_MONOTONIC);
        if (reader_is_lost(message))
            verdict = step_over(reading, message, extent->end, &next, why);
        else if (message->partition == partition || is_error(message))
            verdict = take(reading, message, &next, why);
        rd_kafka_message_destroy(message);
    }
    reader_stop(&reading->reader);
    return verdict;
}

/* The ends of the log with what is not committed yet: a client's isolation decides which ends it is told. */
static enum verdict find_ends(const struct config *config, const char *topic, int32_t count, int64_t begins[],
                              int64_t ends[], struct reason *why)
{
    static const struct kafka_setting all[] = {{"isolation.level", "read_uncommitted", SETTING_OWNED}};
    const struct kafka_hooks hooks = {0, NULL};
    struct logger silent;
    struct kafka_notes notes = {.logger = &silent};
    rd_kafka_t *client;

    log_open(&silent, LOG_LEVEL_ERROR, "reader");
    enum verdict verdict =
        kafka_open(&client, RD_KAFKA_CONSUMER, config, all, LENGTH_OF(all), &hooks, &notes, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = kafka_extents(client, topic, 0, count, ANSWER_MS, begins, ends, why);
    kafka_close(client, &notes, 0);
    return verdict;
}

/* The extents of all partitions of a topic. */
struct extents {
    int64_t *begins, *stables, *ends;
};

static void free_extents(struct extents *extents)
{
    free(extents->begins);
    free(extents->stables);
    free(extents->ends);
}

/* Finds them; to be freed in any case. */
static enum verdict find_extents(struct extents *extents, const struct topic_read *reading, const struct config *config,
                                 int32_t count, struct reason *why)
{
    extents->begins = calloc((size_t)count, sizeof(int64_t));
    extents->stables = calloc((size_t)count, sizeof(int64_t));
    extents->ends = calloc((size_t)count, sizeof(int64_t));
    if (extents->begins == NULL || extents->stables == NULL || extents->ends == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "reading %" PRId32 " partitions", count);
    enum verdict verdict = find_ends(config, reading->topic, count, extents->begins, extents->ends, why);
    if (verdict == GO_ON)
        verdict = kafka_extents(reading->reader.client, reading->topic, 0, count, ANSWER_MS, extents->begins,
                                extents->stables, why);
    return verdict;
}

static enum verdict read_all(struct topic_read *reading, const struct config *config, int32_t count, struct reason *why)
{
    struct extents extents;
    enum verdict verdict = find_extents(&extents, reading, config, count, why);

    for (int32_t i = 0; verdict == GO_ON && i < count; i++)
        if (extents.begins[i] < extents.ends[i])
            verdict = read_partition(reading, i,
                                     &(struct extent){extents.begins[i], extents.stables[i], extents.ends[i]}, why);
    free_extents(&extents);
    return verdict;
}

/* A reader and the number of the topic's partitions. */
static enum verdict open_reading(struct topic_read *reading, const struct config *config, int32_t *count,
                                 struct reason *why)
{
    struct reader *reader = &reading->reader;
    enum verdict verdict = reader_open(reader, config, &reader_options, why);

    if (verdict != GO_ON)
        return verdict;
    return kafka_partitions(reader->client, &reader->notes, KAFKA_READ, reading->topic, ANSWER_MS, count, why);
}

enum verdict topic_read(const struct config *config, const char *topic, topic_reader *each, void *context,
                        struct reason *why)
{
    struct topic_read reading = {
        .config = config, .topic = topic, .each = each, .context = context, .patience_ms = PATIENCE_MS};
    int32_t count = 0;
    enum verdict verdict = open_reading(&reading, config, &count, why);

    if (verdict == GO_ON)
        verdict = read_all(&reading, config, count, why);
    reader_close(&reading.reader);
    return verdict;
}

enum verdict topic_check_whole(const struct config *config, const char *topic, struct reason *why)
{
    struct topic_read reading = {.config = config, .topic = topic};
    struct extents extents = {0};
    int32_t count = 0;
    enum verdict verdict = open_reading(&reading, config, &count, why);

    if (verdict == GO_ON)
        verdict = find_extents(&extents, &reading, config, count, why);
    for (int32_t i = 0; verdict == GO_ON && i < count; i++)
        if (extents.stables[i] < extents.ends[i])
            verdict =
                reason_set(why, HALT, SINK_TXN_HANGS, 0,
                           "topic \"%.200s\": a transaction that is open since offset %" PRId64 " of partition %" PRId32
                           " hides what follows; end it: kafka-transactions.sh abort "
                           "--topic %.200s --partition %" PRId32 " --start-offset %" PRId64,
                           topic, extents.stables[i], i, topic, i, extents.stables[i]);
    free_extents(&extents);
    reader_close(&reading.reader);
    return verdict;
}

static enum verdict find_times(struct topic_read *reading, int64_t time_ms, int32_t count, int64_t offsets[],
                               struct reason *why)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);

    for (int32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, reading->topic, i)->offset = time_ms < 0 ? 0 : time_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(reading->reader.client, list, ANSWER_MS);
    for (int32_t i = 0; i < count && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        code = list->elems[i].err;
        offsets[i] = list->elems[i].offset < 0 ? INT64_MAX : list->elems[i].offset; /* no record so late */
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return GO_ON;
    enum verdict verdict = kafka_reason(KAFKA_READ, code, "asking for offsets", why);
    kafka_name_right(why, &(struct kafka_right){"Describe", "topic", reading->topic});
    return verdict;
}

enum verdict topic_find(const struct config *config, const char *topic, int64_t time_ms, int32_t count,
                        int64_t offsets[], struct reason *why)
{
    struct topic_read reading = {.config = config, .topic = topic};
    int64_t *ends = calloc((size_t)count, sizeof(*ends));
    int32_t partitions = 0;

    if (ends == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "finding offsets of %" PRId32 " partitions", count);
    enum verdict verdict = open_reading(&reading, config, &partitions, why);
    assert(verdict != GO_ON || partitions >= count);
    if (verdict == GO_ON && time_ms == INT64_MIN)
        verdict = kafka_extents(reading.reader.client, topic, 0, count, ANSWER_MS, offsets, ends, why);
    else if (verdict == GO_ON)
        verdict = find_times(&reading, time_ms, count, offsets, why);
    reader_close(&reading.reader);
    free(ends);
    return verdict;
}
