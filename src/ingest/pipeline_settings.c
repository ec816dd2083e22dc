/* What is kept is read once before the group is joined, and looked at again after each claim. */
#include "pipeline_settings.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/config/settings_text.h"
#include "gentally/ingest/settings_told.h"
#include "gentally/kafka/source.h"
#include "gentally/publish/beginnings.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_settings.h"
#include "pipeline_parts.h"

void pipeline_use_settings(struct pipeline *pipeline, const struct settings *settings)
{
    for (uint32_t i = 0; i < pipeline->config->rollups.count; i++) {
        const struct rollup_setting *rollup = settings_rollup(settings, pipeline->config->rollups.items[i].name);
        pipeline->since_ms[i] = rollup == NULL ? NO_TIME : rollup->since_ms;
    }
    checkpoint_begin_rollups(pipeline->checkpoint, pipeline->since_ms);
}

static void tell_growth(const struct pipeline *pipeline, enum log_level level, const struct settings *kept,
                        int32_t count, const char *what)
{
    log_line(pipeline->logger, level, "SETTINGS-TOPIC-GREW", "topic=%s partitions=%" PRId32 " counted=%" PRId32 ": %s",
             kept->topic, count, kept->partitions, what);
}

enum verdict pipeline_check_settings(struct pipeline *pipeline, struct reason *why)
{
    struct settings kept, told;
    enum verdict verdict = store_settings_read(pipeline->store, &kept, why);

    if (verdict == GO_ON && kept.version[0] == '\0')
        return reason_set(why, HALT, SETTINGS_MISSING, 0,
                          "namespace %.100s keeps no settings in Redis: run `gentally setup`",
                          pipeline->config->namespace_);
    if (verdict == GO_ON)
        verdict = settings_told(&told, pipeline->config, why);
    if (verdict != GO_ON)
        return verdict;
    if (told.partitions > kept.partitions) /* pipeline_take_up_growth() is for these. */
        told.partitions = kept.partitions;
    verdict = settings_check(&kept, &told, pipeline->config->namespace_, why);
    if (verdict != GO_ON)
        return verdict;
    pipeline->settings = kept;
    pipeline_use_settings(pipeline, &kept);
    return GO_ON;
}

/* A topic that was made anew has more partitions by chance; its logs end before what was counted. */
static enum verdict check_logs(const struct pipeline *pipeline, int32_t count, struct reason *why)
{
    int64_t *ends = calloc((size_t)count, sizeof(*ends));
    enum verdict verdict =
        ends == NULL ? no_memory(why, "for the ends of logs") : source_ends(pipeline->source, count, ends, why);

    for (int32_t i = 0; i < count && verdict == GO_ON; i++) {
        struct partition_state state;
        verdict = store_state(pipeline->store, i, &state, why);
        if (verdict == GO_ON && state.next > ends[i])
            verdict = reason_set(why, HALT, SOURCE_TRUNCATED, 0,
                                 "partition %" PRId32 " was counted up to %" PRId64 ", and its log ends at %" PRId64
                                 ": new partitions of such a topic are not counted",
                                 i, state.next, ends[i]);
    }
    free(ends);
    return verdict;
}

/* States first: settings that name partitions without a state would stop them. */
static enum verdict grow(const struct pipeline *pipeline, const struct settings *kept, int32_t count,
                         struct reason *why)
{
    const struct beginnings beginnings = {.config = pipeline->config,
                                          .store = pipeline->store,
                                          .source = pipeline->source,
                                          .first = kept->partitions,
                                          .count = count};
    struct settings next = *kept;
    struct begun begun;
    enum verdict verdict = check_logs(pipeline, kept->partitions, why);

    next.partitions = count;
    if (verdict == GO_ON)
        verdict = beginnings_check(&beginnings, why);
    if (verdict == GO_ON)
        verdict = beginnings_create(&beginnings, &begun, why);
    if (verdict == GO_ON)
        verdict = store_settings_write(pipeline->store, &next, why);
    if (verdict == HALT && why->id == SETTINGS_CHANGED) /* Another worker heard of it, too. */
        return GO_ON;
    if (verdict == GO_ON)
        tell_growth(pipeline, LOG_LEVEL_INFO, kept, count, "the others are counted from their beginning");
    return verdict;
}

enum verdict pipeline_take_up_growth(struct pipeline *pipeline, int32_t count, struct reason *why)
{
    struct settings kept;

    if (pipeline->settings.version[0] == '\0') /* a replay's namespace keeps none */
        return GO_ON;
    /* They are asked for each time: a Redis that lost its last writes may not know what was taken up before. */
    enum verdict verdict = store_settings_read(pipeline->store, &kept, why);
    bool is_ours = verdict == GO_ON && kept.version[0] != '\0' && kept.pending[0] == '\0' &&
                   settings_are_alike(&kept, &pipeline->settings);
    if (is_ours && count > kept.partitions && kept.ids != IDS_OFF)
        tell_growth(pipeline, LOG_LEVEL_ERROR, &kept, count,
                    "keys move, so that ids may count again; count into a new namespace (runbooks/rebuild.md)");
    else if (is_ours && count > kept.partitions)
        verdict = grow(pipeline, &kept, count, why);
    if (verdict != HALT)
        return verdict;
    log_reason(pipeline->logger, LOG_LEVEL_ERROR, why); /* The new partitions stop; the others count. */
    return GO_ON;
}

enum verdict pipeline_recheck_settings(struct pipeline *pipeline, struct reason *why)
{
    struct settings kept;

    if (pipeline->settings.version[0] == '\0') /* a replay's namespace keeps none */
        return GO_ON;
    enum verdict verdict = store_settings_read(pipeline->store, &kept, why);
    if (verdict != GO_ON || kept.version[0] == '\0') /* Lost like the states, which stop their partitions. */
        return verdict;
    if (settings_are_alike(&kept, &pipeline->settings))
        return GO_ON;
    return reason_set(why, HALT, SETTINGS_CHANGED, 0,
                      "the settings of namespace %.100s were changed by `gentally setup`: start again with them",
                      pipeline->config->namespace_);
}

struct schema_ids pipeline_schema_ids(const struct pipeline *pipeline)
{
    return pipeline->config->registry_url[0] == '\0' ? (struct schema_ids){0} : pipeline->settings.schema_ids;
}
