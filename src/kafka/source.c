/*
 * One consumer on two planes.
 *
 * Control: what the group does arrives as events on the consumer's queue and is handed out as a rebalance, one a poll;
 * callbacks that run inside our own rd_kafka_poll() note down errors of the connection. Data: before a partition is
 * assigned its queue is forwarded to one queue of records, which is read by the batch: one call for thousands of
 * records, and no record can get among the rebalances.
 *
 * Beside librdkafka stands a guard per partition, the position (position.h): records come out in offset order, from the
 * assigned offset on, each once, or not at all. A partition whose log is suspect waits for source_check_log().
 *
 * Moving a position is a new assignment of the full list: rd_kafka_seek() is unreliable before librdkafka 2.1, and the
 * eager protocol knows no smaller step. What was fetched before is of an older version: librdkafka drops it, or we do.
 */
#include "gentally/kafka/source.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "batch_parts.h"
#include "group_offsets.h"
#include "kafka_client.h"
#include "nudge.h"
#include "position.h"
#include "source_settings.h"
#include "source_state.h"
#include "suspect_log.h"

#define CHOKED_LOOKS 20

/* Before 2.6.1 rd_kafka_destroy() waits for ever for partitions that vanished (issue 4724). The worker is about to end
 * then: it leaves the group in order, and the rest to the system. */
#define DESTROY_FIXED 0x02060100

static struct position *position_of(struct source *source, int32_t partition)
{
    assert(partition >= 0 && partition < PARTITIONS_MAX);
    return &source->positions[partition];
}

enum verdict source_check_config(const struct config *config, struct reason *why)
{
    struct kafka_setting settings[SOURCE_SETTINGS];

    source_settings(settings, config->group, config->metrics_listen[0] != '\0');
    return kafka_check(RD_KAFKA_CONSUMER, config, settings, LENGTH_OF(settings), SOURCE_CONFIG, why);
}

enum verdict source_open(struct source **source, const struct config *config, struct logger *logger, struct reason *why)
{
    const struct kafka_hooks hooks = {RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT,
                                      NULL};
    struct kafka_setting settings[SOURCE_SETTINGS];
    struct source *made = calloc(1, sizeof(*made));
    int32_t count;

    if (made == NULL)
        return reason_set(why, HALT, NO_MEMORY, 0, "the source needs %zu bytes", sizeof(*made));
    source_settings(settings, config->group, config->metrics_listen[0] != '\0');
    made->config = config;
    made->notes.logger = logger;
    enum verdict verdict = kafka_open(&made->client, RD_KAFKA_CONSUMER, config, settings, LENGTH_OF(settings), &hooks,
                                      &made->notes, SOURCE_CONFIG, why);
    if (verdict != GO_ON) {
        free(made);
        return verdict;
    }
    made->control = rd_kafka_queue_get_consumer(made->client);
    made->data = rd_kafka_queue_new(made->client);
    verdict = source_partitions(made, &count, why);
    if (verdict == GO_ON)
        *source = made;
    else
        source_close(made);
    return verdict;
}

static void free_messages(struct source *source)
{
    for (uint32_t i = 0; i < source->message_count; i++)
        rd_kafka_message_destroy(source->messages[i]);
    source->message_count = 0;
}

enum verdict source_join(struct source *source, struct reason *why)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

    assert(!source->is_joined);
    rd_kafka_topic_partition_list_add(topics, source->config->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(source->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    source->is_joined = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    return source->is_joined ? GO_ON : kafka_reason(KAFKA_READ, code, "joining the group", why);
}

/*
 * Forwards the queues of partitions of which nothing has arrived yet. Once is not enough: a partition that is assigned
 * anew is stopped first, on another thread, and stopping takes the forwarding away, at a time nobody tells. What came
 * before the next forwarding is moved along with it.
 */
static void forward(struct source *source)
{
    int32_t seen = 0;
    bool is_any = false;

    for (int32_t i = 0; seen < source->assigned_count && i < PARTITIONS_MAX; i++) {
        const struct position *position = &source->positions[i];
        seen += position->is_assigned ? 1 : 0;
        if (!position->is_assigned || position->is_settled)
            continue;
        rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(source->client, source->config->topic, i);
        rd_kafka_queue_forward(queue, source->data);
        rd_kafka_queue_destroy(queue);
        is_any = true;
    }
    source->has_unsettled = is_any;
}

/* Makes the positions librdkafka's assignment. */
static enum verdict assign_positions(struct source *source, struct reason *why)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(source->assigned_count);

    for (int32_t i = 0; i < PARTITIONS_MAX; i++) {
        struct position *position = &source->positions[i];
        if (!position->is_assigned)
            continue;
        rd_kafka_topic_partition_list_add(list, source->config->topic, i)->offset = position->expected;
        position->is_waiting = position->suspicion != SUSPICION_NONE; /* source_check_log() comes first. */
        position->is_settled = false;
    }
    assert(list->cnt == source->assigned_count);
    source->has_unsettled = list->cnt > 0;
    forward(source); /* Before the assignment, or the first records would go to the control queue. */
    rd_kafka_resp_err_t code = kafka_assign(source->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    source->needs_assign = code != RD_KAFKA_RESP_ERR_NO_ERROR;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? GO_ON : kafka_reason(KAFKA_READ, code, "assigning partitions", why);
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    free_messages(source); /* Whatever of a client is still held makes rd_kafka_destroy() wait for ever. */
    if (source->is_joined) {
        kafka_assign(source->client, NULL);
        rd_kafka_consumer_close(source->client);
    }
    if (source->is_vanished && rd_kafka_version() < DESTROY_FIXED)
        return;
    rd_kafka_queue_destroy(source->data);
    rd_kafka_queue_destroy(source->control);
    kafka_close(source->client, &source->notes, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(source);
}

static void unassign_positions(struct source *source)
{
    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        source->positions[i].is_assigned = false;
    source->assigned_count = 0;
}

/* The store says where to read on; who moved the group's offsets waits for something else. */
static void look_at_offsets(struct source *source, const struct source_start starts[], uint32_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

    for (uint32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, source->config->topic, starts[i].partition)->offset = starts[i].next;
    if (count > 0)
        group_offsets_look(source->client, source->config->group, list, source->notes.logger);
    rd_kafka_topic_partition_list_destroy(list);
}

enum verdict source_assign(struct source *source, const struct source_start starts[], uint32_t count,
                           struct reason *why)
{
    assert(source->unanswered == REBALANCE_ASSIGNED);
    assert(source->assigned_count == 0);
    for (uint32_t i = 0; i < count; i++) {
        struct position *position = position_of(source, starts[i].partition);
        assert(starts[i].next >= 0); /* A negative one would make librdkafka choose. */
        assert(!position->is_assigned);
        *position = position_at(starts[i].next, &starts[i].anchor);
    }
    source->assigned_count = (int32_t)count;
    enum verdict verdict = assign_positions(source, why);
    if (verdict == GO_ON)
        source->unanswered = REBALANCE_NONE;
    else
        unassign_positions(source);
    if (verdict == GO_ON)
        look_at_offsets(source, starts, count);
    return verdict;
}

void source_reposition(struct source *source, const struct source_start *start)
{
    struct position *position = position_of(source, start->partition);
    struct position before = *position;
    assert(start->next >= 0);
    source->assigned_count += before.is_assigned ? 0 : 1; /* It was stopped. */
    *position = position_at(start->next, &start->anchor);
    position->is_sparse = before.is_sparse;
    position->lost = before.lost;
    position->is_waiting = true; /* until the next poll, which assigns once for all that was moved */
    source->needs_assign = true;
}

void source_stop(struct source *source, int32_t partition)
{
    if (!position_of(source, partition)->is_assigned)
        return;
    position_of(source, partition)->is_assigned = false;
    source->assigned_count--;
    source->choked = 0;
    source->needs_assign = true;
}

enum verdict source_release_all(struct source *source, struct reason *why)
{
    assert(source->unanswered == REBALANCE_REVOKED || source->unanswered == REBALANCE_LOST);
    unassign_positions(source);
    source->needs_assign = false;
    rd_kafka_resp_err_t code = kafka_assign(source->client, NULL);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        source->unanswered = REBALANCE_NONE;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? GO_ON : kafka_reason(KAFKA_READ, code, "releasing partitions", why);
}

void source_commit(struct source *source, const int32_t partitions[], const int64_t next[], uint32_t count)
{
    if (count == 0)
        return;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++)
        group_offsets_add(list, source->config->topic, partitions[i], next[i]);
    rd_kafka_resp_err_t code = rd_kafka_commit(source->client, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_line(source->notes.logger, LOG_LEVEL_INFO, "SOURCE-COMMIT", "error=%s", rd_kafka_err2name(code));
}

static void take_rebalance(struct source *source, struct batch *batch, rd_kafka_event_t *event)
{
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

    batch->partition_count = 0;
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        batch->rebalance = REBALANCE_ASSIGNED;
    else
        batch->rebalance = rd_kafka_assignment_lost(source->client) ? REBALANCE_LOST : REBALANCE_REVOKED;
    for (int i = 0; i < list->cnt; i++) {
        assert(strcmp(list->elems[i].topic, source->config->topic) == 0);
        assert(batch->partition_count < PARTITIONS_MAX);
        batch->partitions[batch->partition_count++] = list->elems[i].partition;
    }
    source->unanswered = batch->rebalance;
}

/* An error that stays an error for a reader is told; the rest is logged, since librdkafka goes on trying. */
static enum verdict take_error(struct source *source, rd_kafka_resp_err_t code, const char *text, struct reason *why)
{
    char fatal[256];
    struct reason reason;

    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        code = rd_kafka_fatal_error(source->client, fatal, sizeof(fatal));
        return reason_set(why, HALT, SOURCE_FATAL, code, "%s", fatal);
    }
    enum verdict verdict = kafka_reason(KAFKA_READ, code, text, &reason);
    if (reason.id == SOURCE_UNREACHABLE || code == RD_KAFKA_RESP_ERR__AUTHENTICATION)
        kafka_add_cause(&source->notes, &reason);
    kafka_name_right(&reason, &(struct kafka_right){"Read", "topic", source->config->topic});
    kafka_name_right(&reason, &(struct kafka_right){"Read", "group", source->config->group});
    if (reason.id == SOURCE_TOPIC_MISSING)
        source->is_vanished = true;
    if (verdict == HALT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        if (why != NULL)
            *why = reason;
        return verdict;
    }
    log_reason(source->notes.logger, LOG_LEVEL_INFO, &reason);
    return GO_ON;
}

static enum verdict take_event(struct source *source, struct batch *batch, rd_kafka_event_t *event, struct reason *why)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);

    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
        take_rebalance(source, batch, event);
        return GO_ON;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
            log_line(source->notes.logger, LOG_LEVEL_INFO, "SOURCE-COMMIT", "error=%s", rd_kafka_err2name(code));
        return GO_ON;
    case RD_KAFKA_EVENT_ERROR:
        return take_error(source, code, rd_kafka_event_error_string(event), why);
    default:
        return GO_ON;
    }
}

/* Serves the control plane up to the first rebalance or trouble. */
static enum verdict poll_control(struct source *source, struct batch *batch, int timeout_ms, struct reason *why)
{
    rd_kafka_poll(source->client, 0); /* Logs and errors of the connection: the notes. */
    if (source->notes.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_resp_err_t code = source->notes.error;
        source->notes.error = RD_KAFKA_RESP_ERR_NO_ERROR;
        source->choked = code == RD_KAFKA_RESP_ERR__BAD_MSG ? CHOKED_LOOKS : source->choked;
        enum verdict verdict = take_error(source, code, "connection", why);
        if (verdict != GO_ON)
            return verdict;
    }
    while (batch->rebalance == REBALANCE_NONE) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(source->control, timeout_ms);
        if (event == NULL)
            break;
        enum verdict verdict = take_event(source, batch, event, why);
        rd_kafka_event_destroy(event);
        if (verdict != GO_ON)
            return verdict;
        timeout_ms = 0;
    }
    return GO_ON;
}

/* Does what an arrival asks for; true if what arrived may pass. */
static bool settle(struct source *source, struct batch *batch, int32_t partition, int64_t offset, enum arrival arrival)
{
    const struct position *position = &source->positions[partition];

    switch (arrival) {
    case ARRIVAL_AGAIN:
        source->needs_assign = true;
        return false;
    case ARRIVAL_SUSPECT:
        batch_add_suspect(batch, partition);
        return false;
    case ARRIVAL_FIRST_SPARSE:
        log_line(source->notes.logger, LOG_LEVEL_WARN, "SOURCE-SPARSE", "partition=%" PRId32 " found=%" PRId64,
                 partition, offset);
        return true;
    case ARRIVAL_ANCHOR_GONE:
        log_line(source->notes.logger, LOG_LEVEL_WARN, "SOURCE-ANCHOR-GONE",
                 "partition=%" PRId32 " anchor=%" PRId64 " found=%" PRId64, partition, position->anchor.offset, offset);
        return false;
    case ARRIVAL_PASS:
    case ARRIVAL_DROP:
        break;
    }
    return arrival == ARRIVAL_PASS;
}

/* Asks the position about a record, or about the log's end if there is none. */
static bool may_pass(struct source *source, struct batch *batch, int32_t partition, int64_t offset,
                     const struct record *record)
{
    struct position *position = &source->positions[partition];

    if (!position->is_assigned)
        return false;
    for (;;) {
        enum arrival arrival = record != NULL ? position_record(position, record) : position_end(position, offset);
        if (arrival == ARRIVAL_PASS)
            return true;
        bool is_good = settle(source, batch, partition, offset, arrival);
        if (arrival != ARRIVAL_ANCHOR_GONE)
            return is_good;
        position_forget_anchor(position); /* Nothing is left to be compared: once more without it. */
    }
}

/* Nothing behind a batch that cannot be read comes. What is known to be lost there is handed out as one. */
static void take_broken(struct source *source, struct batch *batch, const rd_kafka_message_t *message)
{
    struct position *position = &source->positions[message->partition];
    struct record *record = &batch->records[batch->record_count];
    enum arrival arrival = position_broken(position, message->offset, record);

    if (arrival == ARRIVAL_DROP)
        return;
    source->needs_assign = arrival != ARRIVAL_SUSPECT || source->needs_assign;
    if (arrival == ARRIVAL_PASS) {
        record->partition = message->partition;
        batch->record_count++;
        return;
    }
    log_line(source->notes.logger, LOG_LEVEL_WARN, "SOURCE-BROKEN",
             "partition=%" PRId32 " batch=%" PRId64 " tries=%" PRIu32 " text=\"%s\"", message->partition,
             message->offset, position->broken_tries, rd_kafka_message_errstr(message));
    settle(source, batch, message->partition, message->offset, arrival);
    if (arrival == ARRIVAL_ANCHOR_GONE)
        position_forget_anchor(position);
}

static enum verdict take_oddity(struct source *source, struct batch *batch, const rd_kafka_message_t *message,
                                struct reason *why)
{
    int32_t partition = message->partition;
    bool is_ours = partition >= 0 && partition < PARTITIONS_MAX && source->positions[partition].is_assigned;
    enum reason_id id;

    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (is_ours && may_pass(source, batch, partition, message->offset, NULL))
            batch_add_end(batch, partition, message->offset);
        return GO_ON;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (is_ours && !source->positions[partition].is_waiting) {
            position_refuse(&source->positions[partition]);
            batch_add_suspect(batch, partition);
        }
        return GO_ON;
    default:
        break;
    }
    kafka_verdict(KAFKA_FETCH, message->err, &id);
    if (id == SOURCE_UNREADABLE || id == SOURCE_CORRUPT) {
        if (is_ours)
            take_broken(source, batch, message);
        return GO_ON;
    }
    /* TRY_LATER would drop the records that came before it in this batch, and their positions have moved on already. */
    enum verdict verdict = take_error(source, message->err, rd_kafka_message_errstr(message), why);
    return verdict == HALT ? HALT : GO_ON;
}

/* Makes records of `count` fresh messages, and lets go of those that are none. */
static enum verdict take_messages(struct source *source, struct batch *batch, uint32_t count, struct reason *why)
{
    enum verdict verdict = GO_ON;
    uint32_t kept = source->message_count;

    for (uint32_t i = kept; i < source->message_count + count; i++) {
        rd_kafka_message_t *message = source->messages[i];
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            struct record *record = &batch->records[batch->record_count];
            *record = batch_record_of(message);
            if (may_pass(source, batch, message->partition, message->offset, record)) {
                source->messages[kept++] = message;
                batch->record_count++;
                continue;
            }
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && verdict == GO_ON)
            verdict = take_oddity(source, batch, message, why);
        rd_kafka_message_destroy(message);
    }
    source->message_count = kept;
    return verdict;
}

/* What cannot be received breaks the connection that others share, and librdkafka tells it once in a while only. Each
 * partition's log is looked at by itself, over a connection of its own, when nothing comes. */
static void suspect_all(struct source *source, struct batch *batch)
{
    source->choked--;
    for (int32_t i = 0; i < PARTITIONS_MAX; i++) {
        if (!source->positions[i].is_assigned || source->positions[i].is_waiting)
            continue;
        position_doubt(&source->positions[i]);
        batch_add_suspect(batch, i);
    }
}

/* The batch call waits until its array is full, so it waits for the first message only, and takes the rest as is. */
static enum verdict poll_data(struct source *source, struct batch *batch, int timeout_ms, struct reason *why)
{
    rd_kafka_message_t **room = source->messages;

    if (source->has_unsettled)
        forward(source);
    ssize_t count = rd_kafka_consume_batch_queue(source->data, 0, room, BATCH_RECORDS_MAX);

    if (count == 0 && timeout_ms > 0) {
        count = rd_kafka_consume_batch_queue(source->data, timeout_ms, room, 1);
        if (count == 1) {
            ssize_t more = rd_kafka_consume_batch_queue(source->data, 0, room + 1, BATCH_RECORDS_MAX - 1);
            count += more < 0 ? 0 : more;
        }
    }
    if (count < 0)
        return kafka_reason(KAFKA_READ, rd_kafka_last_error(), "reading", why);
    nudge_turn(&source->nudge, source->client, source->data, source->config->topic, source->positions);
    if (count == 0 && source->choked > 0)
        suspect_all(source, batch);
    return take_messages(source, batch, (uint32_t)count, why);
}

enum verdict source_poll(struct source *source, struct batch *batch, int timeout_ms, struct reason *why)
{
    assert(source->unanswered == REBALANCE_NONE);
    free_messages(source);
    batch->rebalance = REBALANCE_NONE;
    batch->partition_count = 0;
    batch->record_count = 0;
    batch->end_count = 0;
    batch->suspect_count = 0;
    enum verdict verdict = source->needs_assign ? assign_positions(source, why) : GO_ON;
    if (verdict == GO_ON)
        verdict = poll_control(source, batch, source->assigned_count == 0 ? timeout_ms : 0, why);
    /* A rebalance is answered first: a record may belong to a partition that is being taken away. */
    if (verdict == GO_ON && batch->rebalance == REBALANCE_NONE && source->assigned_count > 0)
        verdict = poll_data(source, batch, timeout_ms, why);
    if (verdict != GO_ON) {
        batch->record_count = 0;
        batch->end_count = 0;
        free_messages(source);
    }
    return verdict;
}

enum verdict source_keep_alive(struct source *source, struct batch *batch, struct reason *why)
{
    enum rebalance before = batch->rebalance;

    batch->rebalance = REBALANCE_NONE;
    if (source->has_unsettled) /* Or their records would arrive here. */
        forward(source);
    enum verdict verdict = poll_control(source, batch, 0, why);
    if (batch->rebalance == REBALANCE_NONE)
        batch->rebalance = before;
    return verdict;
}

enum verdict source_check_log(struct source *source, int32_t partition, struct reason *why)
{
    struct position *position = position_of(source, partition);
    struct suspect_log log = {source->config, source->notes.logger, source->config->topic, partition, 0, 0};

    if (!position->is_assigned || position->suspicion == SUSPICION_NONE)
        return GO_ON;
    enum verdict verdict = source_extent(source, partition, &log.begin, &log.end, why);
    if (verdict == GO_ON)
        verdict = suspect_log_check(&log, position, why);
    if (verdict == HALT && reason_stops(why->id) <= STOPS_PARTITION)
        return verdict;
    /* The log is good after all, or that cannot be known now: it is read at its position again. */
    position->suspicion = SUSPICION_NONE;
    source->needs_assign = true;
    return verdict;
}

void source_release(struct source *source, struct batch *batch)
{
    free_messages(source);
    batch->record_count = 0;
}
