/* Checks, and for a replay makes, what a pipeline stands on. */
#include "pipeline_setup.h"

#include <inttypes.h>

#include "gentally/kafka/producer.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/merger.h"
#include "gentally/publish/our_schemas.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "pipeline_parts.h"
#include "pipeline_settings.h"
#include "writer_schemas.h"

/* No good state at all is a setup forgotten, or a Redis that lost everything. Where only some are missing or damaged,
 * their owners stop them, and the others go on. */
static enum verdict check_states(const struct pipeline *pipeline, int32_t count, struct reason *why)
{
    struct partition_state state;
    int32_t bad = 0;

    for (int32_t i = 0; i < count; i++) {
        enum verdict verdict = store_state(pipeline->store, i, &state, why);
        bool is_its_own = verdict == HALT && reason_stops(why->id) <= STOPS_PARTITION;
        bad += is_its_own ? 1 : 0;
        if (verdict != GO_ON && (!is_its_own || bad == count))
            return verdict;
    }
    return GO_ON;
}

static enum verdict check_topics(const struct pipeline *pipeline, struct reason *why)
{
    const struct config *config = pipeline->config;
    char topic[TOPIC_NAME_MAX + 1];
    enum verdict verdict = producer_check_topic(pipeline->producer, pipeline->fold.dead_letters, why);

    if (verdict == GO_ON) {
        topic_ledger(config, topic);
        verdict = producer_check_topic(pipeline->producer, topic, why);
    }
    for (uint32_t i = 0; i < config->rollups.count && verdict == GO_ON; i++) {
        topic_summaries(config, config->rollups.items[i].name, topic);
        verdict = producer_check_topic(pipeline->producer, topic, why);
    }
    if (verdict == GO_ON && pipeline->retention != NULL) {
        topic_summaries(config, ROLLUP_RETENTION, topic);
        verdict = producer_check_topic(pipeline->producer, topic, why);
    }
    return verdict;
}

/* Other settings come first, since states may be missing for them: those of another topic. Where neither is there, it
 * is the states that tell what happened. */
static enum verdict check_settings(struct pipeline *pipeline, int32_t count, struct reason *why)
{
    struct reason unkept;
    enum verdict verdict = pipeline_check_settings(pipeline, why);

    if (verdict == GO_ON)
        return check_states(pipeline, count, why);
    if (verdict != HALT || why->id != SETTINGS_MISSING)
        return verdict;
    unkept = *why;
    verdict = check_states(pipeline, count, why);
    if (verdict != GO_ON)
        return verdict;
    *why = unkept;
    return HALT;
}

/* Retention that is missing is a setup forgotten; one that is damaged stays so, and stops nobody who counts. */
static enum verdict check_retention(const struct pipeline *pipeline, struct reason *why)
{
    enum verdict verdict = store_retention_open(pipeline->store, why);

    if (verdict != HALT || reason_stops(why->id) != STOPS_RETENTION)
        return verdict;
    merger_stop(pipeline->merger, why);
    return GO_ON;
}

/* Whether what is published has the ids that the registry has it under. One that is away, or talks rubbish, stops
 * nobody: the ids are kept. */
static enum verdict check_our_schemas(const struct pipeline *pipeline, struct reason *why)
{
    const struct schema_ids kept = pipeline_schema_ids(pipeline), none = {0};
    struct our_schemas *schemas = NULL;
    struct schema_ids ids;

    if (schema_ids_equal(&kept, &none))
        return reason_set(why, HALT, REGISTRY_UNREGISTERED, 0,
                          "our schemas were never registered at %.200s: run `gentally setup`",
                          pipeline->config->registry_url);
    enum verdict verdict = our_schemas_open(&schemas, pipeline->config, why);
    if (verdict == GO_ON)
        verdict = our_schemas_ids(schemas, &ids, why);
    our_schemas_close(schemas);
    if (verdict == GO_ON && !schema_ids_equal(&kept, &ids))
        return reason_set(
            why, HALT, REGISTRY_UNREGISTERED, 0,
            "the registry at %.200s has our schemas under other ids than `gentally setup` was told: run it "
            "again",
            pipeline->config->registry_url);
    if (verdict == HALT && why->id == REGISTRY_ANSWER)
        log_reason(pipeline->logger, LOG_LEVEL_WARN, why);
    else if (verdict != TRY_LATER) /* That was told of just before. */
        return verdict;
    return GO_ON;
}

enum verdict pipeline_check_worker(struct pipeline *pipeline, int32_t *partition_count, struct reason *why)
{
    enum verdict verdict = store_check(pipeline->store, why);

    if (verdict == GO_ON)
        verdict = source_partitions(pipeline->source, partition_count, why);
    if (verdict == GO_ON)
        verdict = check_settings(pipeline, *partition_count, why);
    if (verdict == GO_ON && pipeline->retention != NULL)
        verdict = check_retention(pipeline, why);
    if (verdict == GO_ON && pipeline->schemas != NULL)
        verdict = writer_schemas_check(pipeline->schemas, why);
    if (verdict == GO_ON && pipeline->schemas != NULL)
        verdict = check_our_schemas(pipeline, why);
    return verdict == GO_ON ? check_topics(pipeline, why) : verdict;
}

enum verdict pipeline_check_replay(struct pipeline *pipeline, int32_t *partition_count, struct reason *why)
{
    enum verdict verdict = store_check(pipeline->store, why);

    if (verdict == GO_ON)
        verdict = producer_check_topic(pipeline->producer, pipeline->fold.dead_letters, why);
    return verdict == GO_ON ? source_partitions(pipeline->source, partition_count, why) : verdict;
}

enum verdict pipeline_create_states(struct pipeline *pipeline, int32_t count, const int64_t firsts[],
                                    const struct partition_state lives[], struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
        bool created = false;
        verdict = store_create(pipeline->store, i, firsts[i], lives[i].floor_ms, &created, why);
        if (verdict == GO_ON && !created)
            return reason_set(why, HALT, REPLAY_EXISTS, 0,
                              "namespace %s holds a state of partition %" PRId32 " already",
                              pipeline->config->namespace_, i);
    }
    uint32_t created = 0;
    if (verdict == GO_ON && pipeline->retention != NULL)
        verdict = store_retention_create(pipeline->store, false, &created, why);
    if (verdict == GO_ON && pipeline->retention != NULL)
        verdict = store_retention_open(pipeline->store, why);
    return verdict;
}
