/* Questions about topics, each asked by a client that is made for it. */
#include <stdio.h>
#include <stdlib.h>

#include "gentally/kafka/topics.h"
#include "question.h"

#define ANSWER_MS 10000

enum verdict topics_input(const struct config *config, char *cluster, size_t size, int32_t *partitions,
                          struct reason *why)
{
    struct question question;

    *partitions = 0;
    enum verdict verdict = question_open(&question, config, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = kafka_partitions(question.client, &question.notes, KAFKA_READ, config->topic, ANSWER_MS, partitions, why);
    if (verdict == HALT && why->id == SOURCE_TOPIC_MISSING)
        verdict = GO_ON;
    if (verdict == GO_ON) {
        char *id = rd_kafka_clusterid(question.client, ANSWER_MS);
        snprintf(cluster, size, "%s", id == NULL ? "" : id);
        rd_kafka_mem_free(question.client, id);
    }
    question_close(&question);
    return verdict;
}

enum verdict topics_find(const struct config *config, const char *const names[], uint32_t count, bool is_there[],
                         struct reason *why)
{
    struct question question;
    const struct rd_kafka_metadata *metadata = NULL;

    enum verdict verdict = question_open(&question, config, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    rd_kafka_resp_err_t code = kafka_ask_metadata(question.client, &question.notes, true, NULL, &metadata,
                                                  ANSWER_MS); /* all that we may see */
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_root_reason(question.client, &question.notes, KAFKA_READ, code, "asking for the topics", why);
    for (uint32_t i = 0; i < count; i++)
        is_there[i] = false;
    for (int i = 0; metadata != NULL && i < metadata->topic_cnt; i++)
        for (uint32_t j = 0; j < count; j++)
            is_there[j] = is_there[j] || strcmp(metadata->topics[i].topic, names[j]) == 0;
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    question_close(&question);
    return verdict;
}

/* ---- where the logs begin ---- */

static void read_retention(rd_kafka_event_t *event, int64_t *kept_ms)
{
    size_t topics = 0, entries = 0;
    const rd_kafka_ConfigResource_t **topic =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &topics);
    bool is_deleted = false;
    int64_t retention_ms = INT64_MAX;

    for (size_t i = 0; i < topics; i++) {
        const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(topic[i], &entries);
        for (size_t j = 0; j < entries; j++) {
            const char *name = rd_kafka_ConfigEntry_name(entry[j]), *value = rd_kafka_ConfigEntry_value(entry[j]);
            if (value != NULL && strcmp(name, "cleanup.policy") == 0)
                is_deleted = strstr(value, "delete") != NULL;
            if (value != NULL && strcmp(name, "retention.ms") == 0 && strtoll(value, NULL, 10) >= 0)
                retention_ms = strtoll(value, NULL, 10);
        }
    }
    *kept_ms = is_deleted ? retention_ms : INT64_MAX;
}

static int64_t ask_retention(rd_kafka_t *client, const char *topic)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    int64_t kept_ms = INT64_MAX;

    rd_kafka_DescribeConfigs(client, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
    if (event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
        read_retention(event, &kept_ms);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return kept_ms;
}

static enum verdict find_begin(rd_kafka_t *client, const char *topic, int32_t count, struct topic_begin *begin,
                               struct reason *why)
{
    int64_t *firsts = calloc((size_t)count, sizeof(*firsts)), *ends = calloc((size_t)count, sizeof(*ends));
    enum verdict verdict = GO_ON;

    if (firsts == NULL || ends == NULL)
        verdict = no_memory(why, "for the offsets of a topic");
    else
        verdict = kafka_extents(client, topic, 0, count, ANSWER_MS, firsts, ends, why);
    for (int32_t i = 0; i < count && verdict == GO_ON; i++)
        if (firsts[i] > begin->first) {
            begin->first = firsts[i];
            begin->partition = i;
        }
    free(firsts);
    free(ends);
    return verdict;
}

enum verdict topic_begin(const struct config *config, const char *topic, struct topic_begin *begin, struct reason *why)
{
    struct question question;
    int32_t count = 0;

    *begin = (struct topic_begin){.kept_ms = INT64_MAX};
    enum verdict verdict = question_open(&question, config, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = kafka_partitions(question.client, &question.notes, KAFKA_READ, topic, ANSWER_MS, &count, why);
    if (verdict == GO_ON)
        verdict = find_begin(question.client, topic, count, begin, why);
    begin->partitions = count;
    if (verdict == GO_ON && begin->first > 0)
        begin->kept_ms = ask_retention(question.client, topic);
    question_close(&question);
    return verdict;
}
