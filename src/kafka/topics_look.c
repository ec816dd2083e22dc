/* Questions about topics, each asked by a client that is made for it. */
#include <stdio.h>

#include "gentally/kafka/topics.h"
#include "kafka_client.h"

#define ANSWER_MS 30000

enum verdict topics_input(const struct config *config, char *cluster, size_t size, int32_t *partitions,
                          struct reason *why)
{
    const struct kafka_hooks hooks = {0, NULL};
    struct logger silent;
    struct kafka_notes notes = {.logger = &silent};
    rd_kafka_t *client = NULL;

    log_open(&silent, LOG_LEVEL_ERROR, "input");
    *partitions = 0;
    enum verdict verdict = kafka_open(&client, RD_KAFKA_PRODUCER, config, NULL, 0, &hooks, &notes, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = kafka_partitions(client, &notes, KAFKA_READ, config->topic, ANSWER_MS, partitions, why);
    if (verdict == HALT && why->id == SOURCE_TOPIC_MISSING)
        verdict = GO_ON;
    if (verdict == GO_ON) {
        char *id = rd_kafka_clusterid(client, ANSWER_MS);
        snprintf(cluster, size, "%s", id == NULL ? "" : id);
        rd_kafka_mem_free(client, id);
    }
    rd_kafka_destroy(client);
    return verdict;
}

enum verdict topics_find(const struct config *config, const char *const names[], uint32_t count, bool is_there[],
                         struct reason *why)
{
    const struct kafka_hooks hooks = {0, NULL};
    struct logger silent;
    struct kafka_notes notes = {.logger = &silent};
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_t *client = NULL;

    log_open(&silent, LOG_LEVEL_ERROR, "topics");
    enum verdict verdict = kafka_open(&client, RD_KAFKA_PRODUCER, config, NULL, 0, &hooks, &notes, SOURCE_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 1, NULL, &metadata, ANSWER_MS); /* all that we may see */
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_reason(KAFKA_READ, kafka_root_error(client, &notes, code), "asking for the topics", why);
    for (uint32_t i = 0; i < count; i++)
        is_there[i] = false;
    for (int i = 0; metadata != NULL && i < metadata->topic_cnt; i++)
        for (uint32_t j = 0; j < count; j++)
            is_there[j] = is_there[j] || strcmp(metadata->topics[i].topic, names[j]) == 0;
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_destroy(client);
    return verdict;
}
