/*
 * Consume, transform, produce. In this order, whenever the group gives partitions to this process: a transaction of the
 * partition's name is opened, which fences the one of whoever had it and ends what that had begun; only then the
 * group's offsets are asked for, since they are final only now; then reading begins. Everything but a clean answer ends
 * the relay as a whole, and nobody guesses: what was not committed is aborted, and read again.
 */
#include "gentally/kafka/relay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "group_offsets.h"
#include "kafka_client.h"
#include "transaction_offsets.h"

#define ANSWER_MS 10000

/* A partition that the group gave to this process. */
struct relay_partition {
    bool is_mine, is_begun, is_at_end;
    int64_t next;  /* behind what was read; -1: nothing was since the last commit */
    int64_t place; /* the group's offset; -1: it has none */
    struct transaction *transaction;
};

struct relay {
    struct relay_options options;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    struct kafka_notes notes;
    rd_kafka_event_t **held; /* whose records are given out */
    uint32_t held_count, held_room;
    rd_kafka_event_t *rebalance; /* to be answered before anything else is read */
    uint32_t partition_count;    /* mine */
    struct relay_partition partitions[PARTITIONS_MAX];
};

enum { FIXED_SETTINGS = 9 };

static void settings_write(const struct relay_options *options, struct kafka_setting settings[FIXED_SETTINGS + 1])
{
    static const struct kafka_setting fixed[FIXED_SETTINGS] = {
        {"enable.auto.commit", "false", SETTING_OWNED},
        {"enable.auto.offset.store", "false", SETTING_OWNED},
        {"auto.offset.reset", "error", SETTING_OWNED}, /* The default would jump over records in silence. */
        {"enable.partition.eof", "true", SETTING_OWNED},
        {"isolation.level", "read_committed", SETTING_OWNED},
        {"partition.assignment.strategy", "range", SETTING_OWNED},
        {"session.timeout.ms", "9500", SETTING_TUNED},
        {"heartbeat.interval.ms", "500", SETTING_TUNED},
        {"queued.max.messages.kbytes", "16384", SETTING_TUNED},
    };

    memcpy(settings, fixed, sizeof(fixed));
    settings[FIXED_SETTINGS] = (struct kafka_setting){"group.id", options->prefix, SETTING_OWNED};
}

static enum verdict join(struct relay *relay, struct reason *why)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(topics, relay->options.topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(relay->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? GO_ON : kafka_reason(KAFKA_READ, code, "joining the group", why);
}

enum verdict relay_open(struct relay **relay, const struct relay_options *options, struct reason *why)
{
    const struct kafka_hooks hooks = {RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR, NULL};
    struct kafka_setting settings[FIXED_SETTINGS + 1];
    struct relay *made = calloc(1, sizeof(*made));
    int32_t count;

    if (made == NULL)
        return no_memory(why, "for a relay");
    made->options = *options;
    made->notes.logger = options->logger;
    settings_write(options, settings);
    enum verdict verdict = kafka_open(&made->client, RD_KAFKA_CONSUMER, options->config, settings, LENGTH_OF(settings),
                                      &hooks, &made->notes, SOURCE_CONFIG, why);
    if (verdict != GO_ON) {
        free(made);
        return verdict;
    }
    made->queue = rd_kafka_queue_get_consumer(made->client);
    verdict = kafka_partitions(made->client, &made->notes, KAFKA_READ, options->topic, ANSWER_MS, &count, why);
    if (verdict == GO_ON && count > PARTITIONS_MAX)
        verdict = reason_set(why, HALT, SOURCE_PARTITIONS, 0, "topic \"%.249s\" has %" PRId32 " partitions, at most %d",
                             options->topic, count, PARTITIONS_MAX);
    if (verdict == GO_ON)
        verdict = join(made, why);
    if (verdict == GO_ON)
        *relay = made;
    else
        relay_close(made);
    return verdict;
}

/* Frees the records that are given out. */
static void release(struct relay *relay)
{
    for (uint32_t i = 0; i < relay->held_count; i++)
        rd_kafka_event_destroy(relay->held[i]);
    relay->held_count = 0;
}

/* Gives all partitions back, and aborts what was begun of them. */
static rd_kafka_resp_err_t give_back(struct relay *relay)
{
    for (int32_t i = 0; i < PARTITIONS_MAX && relay->partition_count > 0; i++) {
        if (!relay->partitions[i].is_mine)
            continue;
        transaction_close(relay->partitions[i].transaction);
        relay->partitions[i] = (struct relay_partition){.is_mine = false};
        relay->partition_count--;
    }
    return kafka_assign(relay->client, NULL);
}

void relay_close(struct relay *relay)
{
    if (relay == NULL)
        return;
    release(relay);
    if (relay->rebalance != NULL)
        rd_kafka_event_destroy(relay->rebalance);
    (void)give_back(relay);
    rd_kafka_consumer_close(relay->client);
    rd_kafka_queue_destroy(relay->queue);
    rd_kafka_destroy_flags(relay->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(relay->held);
    free(relay);
}

/* Opens the partition's transaction, which fences whoever had it. */
static enum verdict take_partition(struct relay *relay, int32_t partition, struct reason *why)
{
    struct relay_partition *mine = &relay->partitions[partition];
    char name[256];

    snprintf(name, sizeof(name), "%s.%" PRId32, relay->options.prefix, partition);
    enum verdict verdict =
        transaction_open(&mine->transaction, relay->options.config, name, relay->options.logger, why);
    mine->is_mine = verdict == GO_ON;
    mine->next = mine->place = -1;
    relay->partition_count += mine->is_mine ? 1 : 0;
    return verdict;
}

/* Tells of offsets that somebody set: what lies before them is left out, what lies behind is adapted, maybe again. */
static void tell_moved(struct relay *relay, const rd_kafka_topic_partition_list_t *list)
{
    struct reason why;

    for (int i = 0; i < list->cnt; i++) {
        if (!group_offsets_are_moved(&list->elems[i]))
            continue;
        (void)reason_set(&why, GO_ON, SOURCE_OFFSETS_MOVED, 0,
                         "somebody set the offset of group \"%.100s\" in partition %" PRId32
                         ": reading goes on at %" PRId64,
                         relay->options.prefix, list->elems[i].partition, list->elems[i].offset);
        log_reason(relay->options.logger, LOG_LEVEL_WARN, &why);
    }
}

/* Reads the group's offsets into the list; a partition without one begins at its first record. */
static enum verdict find_places(struct relay *relay, rd_kafka_topic_partition_list_t *list, struct reason *why)
{
    rd_kafka_resp_err_t code = rd_kafka_committed(relay->client, list, ANSWER_MS);

    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        code = list->elems[i].err;
        if (list->elems[i].offset < 0)
            list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
        else
            relay->partitions[list->elems[i].partition].place = list->elems[i].offset;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        tell_moved(relay, list);
        return GO_ON;
    }
    enum verdict verdict = kafka_reason(KAFKA_READ, code, "asking for the group's offsets", why);
    kafka_name_right(why, &(struct kafka_right){"Read", "group", relay->options.prefix});
    return verdict;
}

static enum verdict take_partitions(struct relay *relay, const rd_kafka_topic_partition_list_t *given,
                                    struct reason *why)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(given);
    enum verdict verdict = GO_ON;

    for (int i = 0; i < list->cnt && verdict == GO_ON; i++)
        verdict = take_partition(relay, list->elems[i].partition, why);
    if (verdict == GO_ON && list->cnt > 0)
        verdict = find_places(relay, list, why);
    if (verdict == GO_ON) {
        rd_kafka_resp_err_t code = kafka_assign(relay->client, list);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            verdict = kafka_reason(KAFKA_READ, code, "assigning partitions", why);
        else
            log_line(relay->options.logger, LOG_LEVEL_INFO, "ADAPT-ASSIGNED", "partitions=%d", list->cnt);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return verdict;
}

static enum verdict answer_rebalance(struct relay *relay, struct reason *why)
{
    rd_kafka_event_t *event = relay->rebalance;
    rd_kafka_resp_err_t code;
    enum verdict verdict = GO_ON;

    if (event == NULL)
        return GO_ON;
    relay->rebalance = NULL;
    code = give_back(relay); /* The protocol is eager: all of them, and then those that are given. */
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_reason(KAFKA_READ, code, "giving partitions back", why);
    else if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        verdict = take_partitions(relay, rd_kafka_event_topic_partition_list(event), why);
    rd_kafka_event_destroy(event);
    return verdict;
}

static enum verdict take_error(struct relay *relay, rd_kafka_resp_err_t code, const char *text, struct reason *why)
{
    struct reason reason;

    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        return reason_set(why, HALT, SOURCE_TRUNCATED, code,
                          "topic \"%.249s\": the records behind the group's offset are not there any more; what was "
                          "deleted unread is lost: set the offsets of group \"%.100s\" to go on",
                          relay->options.topic, relay->options.prefix);
    enum verdict verdict = kafka_reason(KAFKA_READ, code, text, &reason);
    kafka_name_right(&reason, &(struct kafka_right){"Read", "topic", relay->options.topic});
    kafka_name_right(&reason, &(struct kafka_right){"Read", "group", relay->options.prefix});
    if (verdict == HALT && why != NULL)
        *why = reason;
    if (verdict != HALT)
        log_reason(relay->options.logger, LOG_LEVEL_INFO, &reason); /* librdkafka goes on trying */
    return verdict == HALT ? HALT : GO_ON;
}

static bool hold(struct relay *relay, rd_kafka_event_t *event, uint32_t record_max)
{
    if (relay->held == NULL || relay->held_room < record_max) {
        rd_kafka_event_t **held = realloc(relay->held, record_max * sizeof(rd_kafka_event_t *));
        if (held == NULL)
            return false;
        relay->held = held;
        relay->held_room = record_max;
    }
    relay->held[relay->held_count++] = event;
    return true;
}

/* The log's end lies behind the marks of its writers' transactions, which are no records: there the group's offset is
 * to be, or tools would see a lag. */
static void reach_end(struct relay_partition *mine, int64_t offset)
{
    mine->is_at_end = true;
    if (offset > mine->next && offset > mine->place && offset > 0)
        mine->next = offset;
}

/* An error of a partition, or of the client. What cannot be read of a partition is not stepped over. */
static enum verdict take_error_event(struct relay *relay, rd_kafka_event_t *event, struct reason *why)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    rd_kafka_topic_partition_t *place = rd_kafka_event_topic_partition(event);
    int32_t partition = place == NULL ? -1 : place->partition;
    int64_t offset = place == NULL ? -1 : place->offset;
    enum reason_id id;

    if (place != NULL)
        rd_kafka_topic_partition_destroy(place);
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (partition >= 0 && partition < PARTITIONS_MAX && relay->partitions[partition].is_mine)
            reach_end(&relay->partitions[partition], offset);
        return GO_ON;
    }
    kafka_verdict(KAFKA_FETCH, code, &id);
    if (partition >= 0 && (id == SOURCE_UNREADABLE || id == SOURCE_CORRUPT))
        return reason_set(why, HALT, SOURCE_CORRUPT, code, "topic \"%.249s\", partition %" PRId32 ": %s",
                          relay->options.topic, partition, rd_kafka_event_error_string(event));
    return take_error(relay, code, rd_kafka_event_error_string(event), why);
}

/* Takes a message into `record`; false if it is none of a partition of ours. */
static bool take_message(struct relay *relay, const rd_kafka_message_t *message, struct record *record)
{
    struct relay_partition *mine = message == NULL || message->partition < 0 || message->partition >= PARTITIONS_MAX
                                       ? NULL
                                       : &relay->partitions[message->partition];

    if (mine == NULL || !mine->is_mine)
        return false;
    mine->is_at_end = false;
    mine->next = message->offset + 1;
    *record = (struct record){.partition = message->partition,
                              .offset = message->offset,
                              .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
                              .key = {message->key, message->key_len},
                              .value = {message->payload, message->len}};
    return true;
}

/* True if the event is kept, and not to be destroyed. */
static bool take_event(struct relay *relay, rd_kafka_event_t *event, struct record records[], uint32_t record_max,
                       uint32_t *count, enum verdict *verdict, struct reason *why)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
        relay->rebalance = event;
        return true;
    case RD_KAFKA_EVENT_FETCH:
        if (!take_message(relay, rd_kafka_event_message_next(event), &records[*count]))
            return false;
        if (!hold(relay, event, record_max)) {
            *verdict = no_memory(why, "for records");
            return false;
        }
        ++*count;
        return true;
    case RD_KAFKA_EVENT_ERROR:
        *verdict = take_error_event(relay, event, why);
        return false;
    default:
        return false;
    }
}

enum verdict relay_read(struct relay *relay, struct record records[], uint32_t record_max, int wait_ms, uint32_t *count,
                        struct reason *why)
{
    *count = 0;
    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        assert(!relay->partitions[i].is_mine || relay->partitions[i].next < 0);
    release(relay);
    rd_kafka_poll(relay->client, 0); /* Serves the notes. */
    enum verdict verdict = answer_rebalance(relay, why);
    while (verdict == GO_ON && *count < record_max && relay->rebalance == NULL) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(relay->queue, *count == 0 ? wait_ms : 0);
        if (event == NULL)
            break;
        if (!take_event(relay, event, records, record_max, count, &verdict, why))
            rd_kafka_event_destroy(event);
        wait_ms = 0;
    }
    return verdict;
}

/* Begins the partition's transaction, if that is not done. */
static enum verdict begin(struct relay_partition *mine, struct reason *why)
{
    enum verdict verdict = mine->is_begun ? GO_ON : transaction_begin(mine->transaction, why);

    mine->is_begun = verdict == GO_ON;
    return verdict;
}

enum verdict relay_put(struct relay *relay, int32_t partition, const char *topic, struct span key, struct span value,
                       const struct transaction_header headers[], uint32_t header_count, struct reason *why)
{
    struct relay_partition *mine = &relay->partitions[partition];

    assert(mine->is_mine);
    assert(mine->next >= 0);
    enum verdict verdict = begin(mine, why);
    if (verdict != GO_ON)
        return verdict;
    return header_count == 0 ? transaction_put(mine->transaction, topic, key, value, why)
                             : transaction_put_to(mine->transaction, topic, 0, key, value, headers, header_count, why);
}

static enum verdict commit_partition(struct relay *relay, int32_t partition, struct reason *why)
{
    struct relay_partition *mine = &relay->partitions[partition];
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    enum verdict verdict = begin(mine, why);

    group_offsets_add(offsets, relay->options.topic, partition, mine->next);
    if (verdict == GO_ON)
        verdict = transaction_put_offsets(mine->transaction, relay->client, offsets, why);
    rd_kafka_topic_partition_list_destroy(offsets);
    if (verdict == GO_ON)
        verdict = transaction_commit(mine->transaction, why);
    mine->is_begun = verdict != GO_ON;
    if (verdict == GO_ON) {
        mine->place = mine->next;
        mine->next = -1;
    }
    return verdict;
}

enum verdict relay_commit(struct relay *relay, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < PARTITIONS_MAX && verdict == GO_ON; i++)
        if (relay->partitions[i].is_mine && relay->partitions[i].next >= 0)
            verdict = commit_partition(relay, i, why);
    return verdict;
}

bool relay_is_at_end(const struct relay *relay)
{
    uint32_t count = 0;

    for (int32_t i = 0; i < PARTITIONS_MAX; i++) {
        if (!relay->partitions[i].is_mine)
            continue;
        count++;
        if (!relay->partitions[i].is_at_end || relay->partitions[i].next >= 0)
            return false;
    }
    return count > 0 && relay->rebalance == NULL;
}
