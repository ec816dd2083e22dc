/* DeleteRecords moves the beginning of each log: what lies before is not to be read from then on. */
#include <inttypes.h>
#include <stdio.h>

#include "gentally/kafka/topics.h"
#include "question.h"

#define ANSWER_MS 30000

static enum verdict read_answer(rd_kafka_event_t *event, const char *topic, struct reason *why)
{
    const rd_kafka_topic_partition_list_t *parts =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));

    for (int i = 0; i < parts->cnt; i++) {
        rd_kafka_resp_err_t code = parts->elems[i].err;
        if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            enum verdict verdict = kafka_reason(KAFKA_WRITE, code, topic, why);
            kafka_name_right(why, &(struct kafka_right){"Delete", "topic", topic});
            return verdict;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return reason_set(why, HALT, SETUP_TOPIC, code,
                              "topic %.200s, partition %" PRId32 ": its first records cannot be deleted: %s", topic,
                              parts->elems[i].partition, rd_kafka_err2str(code));
    }
    return GO_ON;
}

enum verdict topic_cut(const struct config *config, const char *topic, const int64_t offsets[], int32_t count,
                       struct reason *why)
{
    struct question question;
    enum verdict verdict = question_open(&question, config, SINK_CONFIG, why);

    if (verdict != GO_ON)
        return verdict;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int32_t i = 0; i < count; i++)
        if (offsets[i] >= 0)
            rd_kafka_topic_partition_list_add(list, topic, i)->offset = offsets[i];
    rd_kafka_DeleteRecords_t *wanted = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(question.client);
    rd_kafka_DeleteRecords(question.client, &wanted, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS + 5000);
    if (event == NULL)
        verdict = reason_set(why, TRY_LATER, SINK_UNREACHABLE, 0, "no answer to the request to delete records");
    else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_reason(KAFKA_WRITE, rd_kafka_event_error(event), "deleting records", why);
    else
        verdict = read_answer(event, topic, why);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(wanted);
    rd_kafka_topic_partition_list_destroy(list);
    question_close(&question);
    return verdict;
}
