/* What is kept is read once before the group is joined, and looked at again after each claim. */
#include "pipeline_settings.h"

#include <inttypes.h>

#include "erased.h"
#include "gentally/config/settings_text.h"
#include "gentally/ingest/settings_told.h"
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

enum verdict pipeline_read_erased(struct pipeline *pipeline, struct store *store, bool notes, struct reason *why)
{
    erased_close(pipeline->fold.erased);
    pipeline->fold.notes_erased = notes;
    return erased_open(&pipeline->fold.erased, pipeline->config, store, why);
}

/* The settings would be right once more with the partitions there were; the new ones count nothing. */
static void tell_growth(const struct pipeline *pipeline, const struct settings *kept, struct settings *told)
{
    if (told->partitions <= kept->partitions)
        return;
    log_line(pipeline->logger, LOG_LEVEL_ERROR, "SETTINGS-TOPIC-GREW",
             "topic=%s partitions=%" PRId32 " counted=%" PRId32 ": %s", told->topic, told->partitions, kept->partitions,
             kept->ids == IDS_OFF ? "the others count once `gentally setup` was run"
                                  : "keys move, so that ids may count again; count into a new namespace "
                                    "(runbooks/rebuild.md)");
    told->partitions = kept->partitions;
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
    tell_growth(pipeline, &kept, &told);
    verdict = settings_check(&kept, &told, pipeline->config->namespace_, why);
    if (verdict != GO_ON)
        return verdict;
    pipeline->settings = kept;
    pipeline_use_settings(pipeline, &kept);
    return pipeline_read_erased(pipeline, pipeline->store, false, why);
}

static enum verdict tell_erasing(const struct pipeline *pipeline, struct reason *why)
{
    return reason_set(why, TRY_LATER, ERASE_UNDER_WAY, 0,
                      "an account of namespace %.100s is being erased: nothing is counted meanwhile; if no `gentally "
                      "erase` is at work, run it again",
                      pipeline->config->namespace_);
}

enum verdict pipeline_await_erasure(struct pipeline *pipeline, struct reason *why)
{
    struct settings kept;

    if (pipeline->settings.version[0] == '\0') /* a replay's */
        return GO_ON;
    enum verdict verdict = store_settings_read(pipeline->store, &kept, why);
    return verdict == GO_ON && settings_is_erasing(&kept) ? tell_erasing(pipeline, why) : verdict;
}

enum verdict pipeline_recheck_settings(struct pipeline *pipeline, struct reason *why)
{
    struct settings kept;

    if (pipeline->settings.version[0] == '\0') /* a replay's namespace keeps none */
        return GO_ON;
    enum verdict verdict = store_settings_read(pipeline->store, &kept, why);
    if (verdict != GO_ON || kept.version[0] == '\0') /* Lost like the states, which stop their partitions. */
        return verdict;
    if (settings_is_erasing(&kept))
        return tell_erasing(pipeline, why);
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
