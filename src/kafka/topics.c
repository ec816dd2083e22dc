/* Creation and deletion go through librdkafka's admin API: one request for all topics, then the answer for each. */
#include "gentally/kafka/topics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "kafka_client.h"

#define REQUEST_MS 30000
#define POLICY_MS 3000
#define TOPICS_MAX TOPICS_DELETED_MAX

void topic_dead_letters(const struct config *config, char *name)
{
    snprintf(name, TOPIC_NAME_MAX + 1, "%s.dead-letters", config->namespace_);
}

void topic_redrives(const struct config *config, char *name)
{
    snprintf(name, TOPIC_NAME_MAX + 1, "%s.redrives", config->namespace_);
}

void topic_ledger(const struct config *config, char *name)
{
    snprintf(name, TOPIC_NAME_MAX + 1, "%s.ledger", config->namespace_);
}

void topic_signals(const struct config *config, char *name)
{
    snprintf(name, TOPIC_NAME_MAX + 1, "%s.signals", config->namespace_);
}

void topic_summaries(const struct config *config, const char *rollup, char *name)
{
    snprintf(name, TOPIC_NAME_MAX + 1, "%s.summaries.%s", config->namespace_, rollup);
}

/* One topic as it should be. */
struct wanted {
    char name[TOPIC_NAME_MAX + 1];
    int partitions;
    bool is_compacted;
    bool is_large; /* takes whatever input was too large to be counted */
    bool is_there;
};

static uint32_t list_wanted(const struct config *config, int partitions, struct wanted wanted[])
{
    uint32_t count = 5;

    wanted[0] = (struct wanted){.partitions = partitions};
    snprintf(wanted[0].name, sizeof(wanted[0].name), "%.249s", config->topic);
    wanted[1] = (struct wanted){.partitions = partitions, .is_large = true};
    topic_dead_letters(config, wanted[1].name);
    wanted[2] = (struct wanted){.partitions = 1, .is_compacted = true};
    topic_ledger(config, wanted[2].name);
    wanted[3] = (struct wanted){.partitions = 1, .is_compacted = true};
    topic_redrives(config, wanted[3].name);
    wanted[4] = (struct wanted){.partitions = 1, .is_compacted = true};
    topic_signals(config, wanted[4].name);
    for (uint32_t i = 0; i < config->rollups.count; i++) {
        wanted[count] = (struct wanted){.partitions = partitions, .is_compacted = true};
        topic_summaries(config, config->rollups.items[i].name, wanted[count++].name);
    }
    if (config->has_retention) {
        wanted[count] = (struct wanted){.partitions = partitions, .is_compacted = true};
        topic_summaries(config, ROLLUP_RETENTION, wanted[count++].name);
    }
    return count;
}

bool topics_each(const struct config *config, int partitions, topics_teller *each, void *context)
{
    struct wanted wanted[TOPICS_MAX];
    uint32_t count = list_wanted(config, partitions, wanted);

    for (uint32_t i = 0; i < count; i++)
        if (!each(context, wanted[i].name, wanted[i].partitions, wanted[i].is_compacted))
            return false;
    return true;
}

/* The deployer lacks a right. */
static enum verdict denied(struct reason *why, rd_kafka_resp_err_t code, const struct kafka_right *right)
{
    (void)reason_set(why, HALT, SETUP_DENIED, code, "topic %s may not be touched by this user", right->name);
    kafka_name_right(why, right);
    return HALT;
}

/* Asks for each topic; only those that are missing go into the request. */
static enum verdict look(rd_kafka_t *client, struct kafka_notes *notes, struct wanted wanted[], uint32_t count,
                         uint32_t *missing, struct reason *why)
{
    *missing = 0;
    for (uint32_t i = 0; i < count; i++) {
        int32_t partitions = 0;
        enum verdict verdict =
            kafka_partitions(client, notes, KAFKA_WRITE, wanted[i].name, REQUEST_MS, &partitions, why);
        wanted[i].is_there = verdict == GO_ON;
        if (verdict == GO_ON)
            continue;
        if (why->code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            return denied(why, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                          &(struct kafka_right){"Describe", "topic", wanted[i].name});
        if (why->code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && why->code != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
            return verdict;
        ++*missing;
    }
    return GO_ON;
}

static enum verdict refused(const char *topic, const char *words, struct reason *why)
{
    return reason_set(why, HALT, SETUP_TOPIC, 0, "topic %s cannot be created: %s", topic, words);
}

static enum verdict new_topic(const struct wanted *wanted, int replication, rd_kafka_NewTopic_t **topic,
                              struct reason *why)
{
    char text[256] = "";

    *topic = rd_kafka_NewTopic_new(wanted->name, wanted->partitions, replication, text, sizeof(text));
    if (*topic == NULL)
        return refused(wanted->name, text, why);
    if (wanted->is_compacted)
        (void)rd_kafka_NewTopic_set_config(*topic, "cleanup.policy", "compact");
    if (wanted->is_large) {
        (void)rd_kafka_NewTopic_set_config(*topic, "max.message.bytes", "16777216");
        (void)rd_kafka_NewTopic_set_config(*topic, "retention.ms", "2592000000"); /* 30 days */
    }
    return GO_ON;
}

/* Every topic's own answer. That somebody else was faster is fine. Without a logger nothing was created. */
static enum verdict read_answers(rd_kafka_event_t *event, struct logger *logger, struct reason *why)
{
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    size_t count = 0;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);

    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[i]);
        const char *name = rd_kafka_topic_result_name(topics[i]);
        const char *words = rd_kafka_topic_result_error_string(topics[i]);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
            code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
            return denied(why, code, &(struct kafka_right){"Create", "topic", name});
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return refused(name, words != NULL ? words : rd_kafka_err2str(code), why);
        if (logger != NULL)
            log_line(logger, LOG_LEVEL_INFO, "SETUP-TOPIC-CREATED", "topic=%s", name);
    }
    return GO_ON;
}

static enum verdict request(rd_kafka_t *client, rd_kafka_NewTopic_t *topics[], uint32_t count, struct logger *logger,
                            struct reason *why)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    char text[256];
    enum verdict verdict = GO_ON;

    (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, text, sizeof(text));
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, REQUEST_MS, text, sizeof(text));
    (void)rd_kafka_AdminOptions_set_validate_only(options, logger == NULL, text, sizeof(text));
    rd_kafka_CreateTopics(client, topics, count, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, REQUEST_MS + 5000);
    if (event == NULL)
        verdict = reason_set(why, TRY_LATER, SINK_UNREACHABLE, 0, "no answer to the request to create topics");
    else if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
        verdict = reason_set(why, HALT, SETUP_TOPIC, 0, "this broker cannot create topics; create them by hand");
    else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_reason(KAFKA_WRITE, rd_kafka_event_error(event), "creating topics", why);
    else
        verdict = read_answers(event, logger, why);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return verdict;
}

static enum verdict create(rd_kafka_t *client, const struct wanted wanted[], uint32_t count, int replication,
                           struct logger *logger, struct reason *why)
{
    rd_kafka_NewTopic_t *topics[TOPICS_MAX];
    uint32_t made = 0;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        if (!wanted[i].is_there) {
            verdict = new_topic(&wanted[i], replication, &topics[made], why);
            made += verdict == GO_ON ? 1 : 0;
        }
    if (verdict == GO_ON)
        verdict = request(client, topics, made, logger, why);
    rd_kafka_NewTopic_destroy_array(topics, made);
    return verdict;
}

/* A summary topic that forgets by age loses closed windows: say so, change nothing. */
static enum verdict read_policies(rd_kafka_event_t *event, struct logger *logger, struct reason *why)
{
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    size_t topics = 0, entries = 0;
    const rd_kafka_ConfigResource_t **topic = rd_kafka_DescribeConfigs_result_resources(result, &topics);

    for (size_t i = 0; i < topics; i++) {
        rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(topic[i]);
        const char *name = rd_kafka_ConfigResource_name(topic[i]);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            return denied(why, code, &(struct kafka_right){"DescribeConfigs", "topic", name});
        const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(topic[i], &entries);
        for (size_t j = 0; j < entries; j++) {
            const char *value = rd_kafka_ConfigEntry_value(entry[j]);
            if (strcmp(rd_kafka_ConfigEntry_name(entry[j]), "cleanup.policy") == 0 && value != NULL &&
                strcmp(value, "compact") != 0)
                log_line(logger, LOG_LEVEL_WARN, "SETUP-TOPIC-POLICY",
                         "topic=%s cleanup.policy=%s wanted=compact: what is older than its retention will be lost",
                         name, value);
        }
    }
    return GO_ON;
}

/* Looks at the topics that were there already. A broker that does not answer such a question (the embedded one) is not
 * asked twice. */
static enum verdict check_policies(rd_kafka_t *client, const struct wanted wanted[], uint32_t count,
                                   struct logger *logger, struct reason *why)
{
    rd_kafka_ConfigResource_t *topics[TOPICS_MAX];
    enum verdict verdict = GO_ON;
    size_t asked = 0;

    for (uint32_t i = 0; i < count; i++)
        if (wanted[i].is_there && wanted[i].is_compacted)
            topics[asked++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, wanted[i].name);
    if (asked == 0)
        return GO_ON;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DescribeConfigs(client, topics, asked, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, POLICY_MS);
    if (event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = read_policies(event, logger, why);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy_array(topics, asked);
    return verdict;
}

/* With a logger for what is done, or without one: then nothing is. */
static enum verdict create_all(const struct config *config, int partitions, int replication, struct logger *logger,
                               struct reason *why)
{
    const struct kafka_hooks hooks = {0, NULL};
    struct logger silent;
    struct kafka_notes notes = {.logger = logger == NULL ? &silent : logger};
    struct wanted wanted[TOPICS_MAX];
    uint32_t count = list_wanted(config, partitions, wanted), missing = 0;
    rd_kafka_t *client = NULL;

    log_open(&silent, LOG_LEVEL_ERROR, "setup");
    enum verdict verdict = kafka_open(&client, RD_KAFKA_PRODUCER, config, NULL, 0, &hooks, &notes, SINK_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    verdict = look(client, &notes, wanted, count, &missing, why);
    if (verdict == GO_ON)
        verdict = check_policies(client, wanted, count, notes.logger, why);
    if (verdict == GO_ON && missing > 0)
        verdict = create(client, wanted, count, replication, logger, why);
    kafka_close(client, &notes, 0);
    return verdict;
}

enum verdict topics_create(const struct config *config, int partitions, int replication, struct logger *logger,
                           struct reason *why)
{
    assert(logger != NULL);
    return create_all(config, partitions, replication, logger, why);
}

enum verdict topics_rehearse(const struct config *config, int partitions, int replication, struct reason *why)
{
    return create_all(config, partitions, replication, NULL, why);
}

static enum verdict read_removals(rd_kafka_event_t *event, struct logger *logger, struct reason *why)
{
    const rd_kafka_DeleteTopics_result_t *result = rd_kafka_event_DeleteTopics_result(event);
    size_t count = 0;
    const rd_kafka_topic_result_t **topics = rd_kafka_DeleteTopics_result_topics(result, &count);

    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[i]);
        const char *name = rd_kafka_topic_result_name(topics[i]);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            return denied(why, code, &(struct kafka_right){"Delete", "topic", name});
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            return reason_set(why, HALT, SETUP_TOPIC, code, "topic %s cannot be deleted: %s", name,
                              rd_kafka_err2str(code));
        log_line(logger, LOG_LEVEL_DEBUG, "SETUP-TOPIC-DELETED", "topic=%s", name);
    }
    return GO_ON;
}

enum verdict topics_delete(const struct config *config, const char *const names[], uint32_t count,
                           struct logger *logger, struct reason *why)
{
    const struct kafka_hooks hooks = {0, NULL};
    struct kafka_notes notes = {.logger = logger};
    rd_kafka_DeleteTopic_t *topics[TOPICS_MAX];
    rd_kafka_t *client = NULL;

    assert(count > 0);
    assert(count <= TOPICS_MAX);
    enum verdict verdict = kafka_open(&client, RD_KAFKA_PRODUCER, config, NULL, 0, &hooks, &notes, SINK_CONFIG, why);
    if (verdict != GO_ON)
        return verdict;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    for (uint32_t i = 0; i < count; i++)
        topics[i] = rd_kafka_DeleteTopic_new(names[i]);
    rd_kafka_DeleteTopics(client, topics, count, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, REQUEST_MS + 5000);
    if (event == NULL)
        verdict = reason_set(why, TRY_LATER, SINK_UNREACHABLE, 0, "no answer to the request to delete topics");
    else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        verdict = kafka_reason(KAFKA_WRITE, rd_kafka_event_error(event), "deleting topics", why);
    else
        verdict = read_removals(event, logger, why);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy_array(topics, count);
    kafka_close(client, &notes, 0);
    return verdict;
}

enum verdict topics_remove(const struct config *config, struct logger *logger, struct reason *why)
{
    struct wanted wanted[TOPICS_MAX];
    const char *names[TOPICS_MAX];
    uint32_t count = list_wanted(config, 1, wanted);

    assert(strstr(config->namespace_, "-replay-") != NULL); /* Nobody's topics but a replay's. */
    for (uint32_t i = 1; i < count; i++)                    /* The first is the input topic. */
        names[i - 1] = wanted[i].name;
    return topics_delete(config, names, count - 1, logger, why);
}
