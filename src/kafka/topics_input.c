/* Where the input is, asked by a client that is made for the question. */
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
