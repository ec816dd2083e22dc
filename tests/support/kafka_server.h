/*
 * A real broker for tests in C: topics by the admin API, raw records, and a scene (configuration, logger, fresh names)
 * for each test. What cannot be had ends the program: there is nothing to test then.
 */
#ifndef GENTALLY_TEST_KAFKA_H
#define GENTALLY_TEST_KAFKA_H

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "config_defaults.h"
#include "gentally/kafka/source.h"

struct scene {
    struct config *config;
    struct logger logger;
    struct reason why;
    rd_kafka_t *client; /* an idempotent producer, for what the modules under test cannot do */
};

static inline void give_up(const char *what)
{
    fprintf(stderr, "tests/support/kafka_server.h: %s\n", what);
    exit(EXIT_FAILURE);
}

static inline const char *broker_address(void)
{
    const char *address = getenv("GENTALLY_TEST_KAFKA");

    return address != NULL ? address : getenv("GENTALLY_KAFKA_BOOTSTRAP_SERVERS");
}

static inline int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline rd_kafka_t *raw_producer(const struct config *config, const char *transactional_id)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    rd_kafka_conf_set(conf, "bootstrap.servers", config->kafka_bootstrap_servers, text, sizeof(text));
    rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof(text));
    rd_kafka_conf_set(conf, "linger.ms", "50", text, sizeof(text));
    rd_kafka_conf_set(conf, "queue.buffering.max.messages", "2000000", text, sizeof(text));
    if (transactional_id != NULL)
        rd_kafka_conf_set(conf, "transactional.id", transactional_id, text, sizeof(text));
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (client == NULL)
        give_up(text);
    return client;
}

/* Topic, group and namespace are new ones. */
static inline struct scene scene_open(void)
{
    struct scene scene = {.config = calloc(1, sizeof(*scene.config))};
    struct timespec now;

    if (scene.config == NULL)
        give_up("no memory");
    clock_gettime(CLOCK_REALTIME, &now);
    config_defaults(scene.config);
    log_open(&scene.logger, LOG_LEVEL_WARN, "check");
    snprintf(scene.config->kafka_bootstrap_servers, CONFIG_TEXT_MAX, "%s", broker_address());
    snprintf(scene.config->namespace_, sizeof(scene.config->namespace_), "check-%ld-%" PRIx64, (long)getpid(),
             (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    snprintf(scene.config->topic, sizeof(scene.config->topic), "%s.input", scene.config->namespace_);
    snprintf(scene.config->group, sizeof(scene.config->group), "%s", scene.config->namespace_);
    scene.client = raw_producer(scene.config, NULL);
    return scene;
}

static inline void scene_close(struct scene *scene)
{
    rd_kafka_destroy(scene->client);
    free(scene->config);
}

static inline void pass_through(struct scene *scene, const char *name, const char *value)
{
    struct kafka_property *property = &scene->config->kafka[scene->config->kafka_count++];

    snprintf(property->name, sizeof(property->name), "%s", name);
    snprintf(property->value, sizeof(property->value), "%s", value);
}

/* Until every partition of the topic has a leader. */
static inline void await_topic(rd_kafka_t *client, const char *topic)
{
    int64_t deadline_ms = monotonic_ms() + 30000;
    bool is_ready = false;

    while (!is_ready) {
        const struct rd_kafka_metadata *metadata;
        if (monotonic_ms() > deadline_ms)
            give_up("a topic does not get ready");
        if (rd_kafka_metadata(client, 1, NULL, &metadata, 5000) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        for (int i = 0; i < metadata->topic_cnt; i++) {
            const struct rd_kafka_metadata_topic *found = &metadata->topics[i];
            if (strcmp(found->topic, topic) != 0)
                continue;
            is_ready = found->partition_cnt > 0;
            for (int j = 0; j < found->partition_cnt; j++)
                is_ready = is_ready && found->partitions[j].leader >= 0;
        }
        rd_kafka_metadata_destroy(metadata);
    }
}

static inline void make_topic(struct scene *scene, const char *topic, int partitions, const char *bytes_max)
{
    char text[256];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(scene->client);
    rd_kafka_NewTopic_t *made = rd_kafka_NewTopic_new(topic, partitions, 1, text, sizeof(text));

    if (bytes_max != NULL)
        rd_kafka_NewTopic_set_config(made, "max.message.bytes", bytes_max);
    rd_kafka_CreateTopics(scene->client, &made, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("a topic cannot be created");
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(made);
    rd_kafka_queue_destroy(queue);
    await_topic(scene->client, topic);
}

static inline void delete_topic(struct scene *scene, const char *topic)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(scene->client);
    rd_kafka_DeleteTopic_t *gone = rd_kafka_DeleteTopic_new(topic);

    rd_kafka_DeleteTopics(scene->client, &gone, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("a topic cannot be deleted");
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(gone);
    rd_kafka_queue_destroy(queue);
}

/* Until the topic is no more, and a new one may have its name. The old producer would mix up the two. */
static inline void await_no_topic(struct scene *scene, const char *topic)
{
    int64_t deadline_ms = monotonic_ms() + 30000;
    bool is_there = true;

    while (is_there) {
        const struct rd_kafka_metadata *metadata;
        if (monotonic_ms() > deadline_ms)
            give_up("a topic does not vanish");
        if (rd_kafka_metadata(scene->client, 1, NULL, &metadata, 5000) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        is_there = false;
        for (int i = 0; i < metadata->topic_cnt; i++)
            is_there = is_there || strcmp(metadata->topics[i].topic, topic) == 0;
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_destroy(scene->client);
    scene->client = raw_producer(scene->config, NULL);
}

/* Deletes the records of partition 0 before `offset`, as retention would. */
static inline void delete_records(struct scene *scene, const char *topic, int64_t offset)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(scene->client);
    rd_kafka_topic_partition_list_t *before = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(before, topic, 0)->offset = offset;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(before);
    rd_kafka_DeleteRecords(scene->client, &request, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("records cannot be deleted");
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(before);
    rd_kafka_queue_destroy(queue);
}

/* One record; waits while the queue is full. */
static inline void raw_put(rd_kafka_t *client, const char *topic, int32_t partition, const char *value, size_t size)
{
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                                     RD_KAFKA_V_VALUE((void *)(uintptr_t)value, size),
                                                     RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            give_up(rd_kafka_err2str(code));
        rd_kafka_poll(client, 10);
    }
}

/* Partition p gets `each` records, whose values are their offsets. */
static inline void fill_topic(struct scene *scene, const char *topic, int32_t partitions, int64_t each)
{
    char value[24];

    for (int64_t i = 0; i < each; i++)
        for (int32_t p = 0; p < partitions; p++)
            raw_put(scene->client, topic, p, value, (size_t)snprintf(value, sizeof(value), "%" PRId64, i));
    if (rd_kafka_flush(scene->client, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("records are not acknowledged");
}

#endif
