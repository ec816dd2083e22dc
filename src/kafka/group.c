/* Each question is asked by a client that is made for it. */
#include "gentally/kafka/group.h"

#include <stdio.h>

#include "question.h"

#define ANSWER_MS 30000

enum verdict group_members(const struct config *config, int *count, struct reason *why)
{
    struct question question;
    const struct rd_kafka_group_list *list = NULL;

    *count = 0;
    enum verdict verdict = question_open(&question, config, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    rd_kafka_resp_err_t code = rd_kafka_list_groups(question.client, config->group, &list, ANSWER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_root_reason(question.client, &question.notes, KAFKA_READ, code, "asking for the group", why);
    for (int i = 0; list != NULL && i < list->group_cnt; i++)
        *count += list->groups[i].member_cnt;
    if (list != NULL)
        rd_kafka_group_list_destroy(list);
    question_close(&question);
    return verdict;
}

static enum verdict read_answer(rd_kafka_event_t *event, const struct config *config, struct reason *why)
{
    size_t count = 0;
    const rd_kafka_DeleteConsumerGroupOffsets_result_t *result =
        rd_kafka_event_DeleteConsumerGroupOffsets_result(event);
    const rd_kafka_group_result_t **groups = rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, &count);

    for (size_t i = 0; i < count; i++) {
        const rd_kafka_error_t *error = rd_kafka_group_result_error(groups[i]);
        const rd_kafka_topic_partition_list_t *parts = rd_kafka_group_result_partitions(groups[i]);
        rd_kafka_resp_err_t code = error == NULL ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
        for (int j = 0; parts != NULL && j < parts->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; j++)
            code = parts->elems[j].err;
        if (code == RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC || code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP)
            return reason_set(why, HALT, REMOVE_BUSY, code, "somebody is in group %.200s", config->group);
        if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
            return reason_set(why, HALT, SETUP_DENIED, code, "this user may not delete the offsets of group %.200s",
                              config->group);
    } /* No such group, topic or offset: nothing to be deleted. */
    return GO_ON;
}

enum verdict group_forget(const struct config *config, int32_t partitions, struct reason *why)
{
    struct question question;

    enum verdict verdict = question_open(&question, config, SINK_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, config->topic, i);
    rd_kafka_DeleteConsumerGroupOffsets_t *wanted = rd_kafka_DeleteConsumerGroupOffsets_new(config->group, list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(question.client);
    rd_kafka_DeleteConsumerGroupOffsets(question.client, &wanted, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS + 5000);
    if (event == NULL)
        verdict = reason_set(why, TRY_LATER, SINK_UNREACHABLE, 0, "no answer to the request to delete offsets");
    else if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        verdict = GO_ON;
    else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_reason(KAFKA_WRITE, rd_kafka_event_error(event), "deleting offsets", why);
    else
        verdict = read_answer(event, config, why);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteConsumerGroupOffsets_destroy(wanted);
    rd_kafka_topic_partition_list_destroy(list);
    question_close(&question);
    return verdict;
}
