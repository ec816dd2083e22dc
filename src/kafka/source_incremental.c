/*
 * From the moment a rebalance is told until it is answered, librdkafka fetches nothing, of partitions that stay
 * neither, and goes on where it believes the application to be. Before 2.13.2 that may be a record too far (its issue
 * 4844), so after each answer what comes next of a partition has to be at its position, as after an assignment.
 *
 * Moving a partition is taking and giving it again, which is what the eager way does with all: a seek is refused where
 * the fetcher stands still, as after an offset that the log does not have.
 */
#include "source_incremental.h"

/* What librdkafka says of a change of its assignment. */
static enum verdict answer_of(rd_kafka_error_t *error, const char *what, struct reason *why)
{
    if (error == NULL)
        return GO_ON;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return kafka_reason(KAFKA_READ, code, what, why);
}

/* Nothing may jump ahead of any position until something has arrived at it. */
static void unsettle(struct source *source)
{
    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        source->positions[i].is_settled = false;
    source->has_unsettled = source->assigned_count > 0;
}

static enum verdict give(struct source *source, bool is_answer, struct reason *why)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(source->assigned_count);
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < PARTITIONS_MAX; i++) {
        struct position *position = &source->positions[i];
        if (!position->is_assigned || source->is_held[i])
            continue;
        rd_kafka_topic_partition_list_add(list, source->config->topic, i)->offset = position->expected;
        position->is_waiting = false;
        position->is_settled = false;
        source->has_unsettled = true;
    }
    source_forward(source); /* Before it is assigned, or the first records would go to the control queue. */
    if (list->cnt > 0 || is_answer)
        verdict = answer_of(rd_kafka_incremental_assign(source->client, list), "assigning partitions", why);
    for (int i = 0; i < list->cnt && verdict == GO_ON; i++)
        source->is_held[list->elems[i].partition] = true;
    rd_kafka_topic_partition_list_destroy(list);
    return verdict;
}

/* Takes the partitions of the list, which it frees. */
static enum verdict take(struct source *source, rd_kafka_topic_partition_list_t *list, bool is_answer,
                         struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (list->cnt > 0 || is_answer)
        verdict = answer_of(rd_kafka_incremental_unassign(source->client, list), "releasing partitions", why);
    for (int i = 0; i < list->cnt && verdict == GO_ON; i++)
        source->is_held[list->elems[i].partition] = false;
    rd_kafka_topic_partition_list_destroy(list);
    return verdict;
}

enum verdict incremental_assign(struct source *source, struct reason *why)
{
    enum verdict verdict = give(source, true, why);

    unsettle(source);
    return verdict;
}

enum verdict incremental_unassign(struct source *source, const int32_t partitions[], uint32_t count, struct reason *why)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

    for (uint32_t i = 0; i < count; i++)
        if (source->is_held[partitions[i]])
            rd_kafka_topic_partition_list_add(list, source->config->topic, partitions[i]);
    enum verdict verdict = take(source, list, true, why);
    unsettle(source);
    return verdict;
}

enum verdict incremental_move(struct source *source, struct reason *why)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(source->assigned_count);

    for (int32_t i = 0; i < PARTITIONS_MAX; i++) {
        const struct position *position = &source->positions[i];
        bool is_moved = position->is_waiting && position->suspicion == SUSPICION_NONE;
        if (source->is_held[i] && (!position->is_assigned || is_moved))
            rd_kafka_topic_partition_list_add(list, source->config->topic, i);
    }
    enum verdict verdict = take(source, list, false, why);
    if (verdict == GO_ON)
        verdict = give(source, false, why);
    source->needs_assign = verdict != GO_ON;
    return verdict;
}

void incremental_close(struct source *source)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(source->assigned_count);

    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        if (source->is_held[i])
            rd_kafka_topic_partition_list_add(list, source->config->topic, i);
    (void)take(source, list, false, NULL);
}
