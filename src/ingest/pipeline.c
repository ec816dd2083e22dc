/* Opens, flushes and closes a pipeline. */
#include "pipeline.h"

#include <inttypes.h>
#include <stdlib.h>

#include "apply.h"
#include "erased.h"
#include "gentally/kafka/letter_keys.h"
#include "gentally/kafka/producer.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/closer.h"
#include "gentally/publish/input_logs.h"
#include "gentally/publish/merger.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "pipeline_parts.h"
#include "pipeline_settings.h"
#include "writer_schemas.h"

#define SYMBOLS_MAX 65536u /* distinct texts between two flushes */
#define SYMBOLS_BYTES ((size_t)8 << 20)
#define SAMPLES_MAX (1u << 24) /* 300 MB, touched when used: some 6 million events between two flushes */
#define SETTLE_MS 5000

/* ---- opening ---- */

/* An enrichment by the tables as they are now. */
static enum verdict open_enrich(struct pipeline *pipeline, struct reason *why)
{
    const struct config *config = pipeline->config;
    struct span key = config->account_key[0] == '\0' ? span_of(NULL) : span_of(config->account_key);
    enum verdict verdict = enrich_open(&pipeline->fold.enrich, pipeline->tables.taxonomy, pipeline->symbols, key, why);

    if (verdict == GO_ON) {
        enrich_name_accounts(pipeline->fold.enrich, config->names_accounts);
        enrich_name_apps(pipeline->fold.enrich, config->names_apps);
    }
    return verdict;
}

static enum verdict open_parts(struct pipeline *pipeline, const struct config *config, struct reason *why)
{
    enum verdict verdict = config_check_accounts(config, why);

    if (verdict == GO_ON)
        verdict = tables_open(&pipeline->tables, config, why);
    if (verdict == GO_ON)
        verdict = decoder_open(&pipeline->decoder, (size_t)config->message_bytes_max, why);
    if (verdict == GO_ON && config->writer_schemas[0] != '\0')
        verdict = decoder_learn_folder(pipeline->decoder, config->writer_schemas, why);
    if (verdict == GO_ON && config->registry_url[0] != '\0')
        verdict = writer_schemas_open(&pipeline->schemas, config, pipeline->decoder, pipeline->logger, why);
    if (verdict == GO_ON)
        verdict = symbols_open(&pipeline->symbols, SYMBOLS_MAX, SYMBOLS_BYTES, why);
    if (verdict == GO_ON)
        verdict = open_enrich(pipeline, why);
    if (verdict == GO_ON)
        verdict = tally_pool_open(&pipeline->pool, SAMPLES_MAX, why);
    if (verdict == GO_ON && config->has_retention)
        verdict = retention_open(&pipeline->retention, pipeline->symbols, pipeline->tables.catalog, why);
    if (verdict == GO_ON && config->dead_letters_keep == LETTERS_SEALED)
        verdict = letter_sealer_open(&pipeline->sealer, config->dead_letters_public_key, why);
    return verdict;
}

/* Says of each writer's schema but the bundled ones what is read of it. */
static void tell_schemas(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < decoder_schema_count(pipeline->decoder); i++) {
        const struct learned_schema schema = decoder_schema(pipeline->decoder, i);
        if (!schema.is_bundled)
            decoder_tell_schema(pipeline->decoder, schema.id, pipeline->logger);
    }
}

enum verdict pipeline_open_local(struct pipeline **pipeline, const struct config *config, struct logger *logger,
                                 struct reason *why)
{
    struct pipeline *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a pipeline");
    opened->config = config;
    opened->logger = logger;
    opened->assignment.logger = logger;
    enum verdict verdict = open_parts(opened, config, why);
    if (verdict != GO_ON) {
        pipeline_close(opened);
        return verdict;
    }
    tell_schemas(opened);
    opened->fold.retention = opened->retention;
    opened->fold.schemas = opened->schemas;
    opened->fold.config = config;
    opened->fold.decoder = opened->decoder;
    opened->fold.symbols = opened->symbols;
    opened->fold.logger = logger;
    topic_dead_letters(config, opened->fold.dead_letters);
    *pipeline = opened;
    return GO_ON;
}

enum verdict pipeline_connect(struct pipeline *pipeline, struct reason *why)
{
    enum verdict verdict = store_open(&pipeline->store, pipeline->config, pipeline->logger, why);

    if (verdict == GO_ON && pipeline->retention != NULL)
        verdict = merger_open(&pipeline->merger, pipeline->store, true, why);
    if (verdict == GO_ON)
        verdict = checkpoint_open(&pipeline->checkpoint, pipeline->config, pipeline->store, pipeline->symbols,
                                  pipeline->retention, why);
    if (verdict == GO_ON)
        verdict = applier_open(&pipeline->applier, pipeline->config, pipeline->store, pipeline->logger, why);
    if (verdict == GO_ON)
        verdict = producer_open(&pipeline->producer, pipeline->config, pipeline->logger, why);
    if (verdict == GO_ON && pipeline->sealer != NULL)
        producer_seal_letters(pipeline->producer, pipeline->sealer);
    pipeline->fold.producer = pipeline->producer;
    return verdict == GO_ON ? source_open(&pipeline->source, pipeline->config, pipeline->logger, why) : verdict;
}

void pipeline_close(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    if (pipeline->source != NULL) {
        source_release(pipeline->source, &pipeline->batch);
        source_close(pipeline->source);
    }
    assignment_close(&pipeline->assignment);
    if (pipeline->producer != NULL)
        producer_close(pipeline->producer);
    letter_sealer_close(pipeline->sealer);
    checkpoint_close(pipeline->checkpoint);
    applier_close(pipeline->applier);
    merger_close(pipeline->merger);
    store_close(pipeline->store);
    retention_close(pipeline->retention);
    tally_pool_close(pipeline->pool);
    enrich_close(pipeline->fold.enrich);
    erased_close(pipeline->fold.erased);
    if (pipeline->symbols != NULL)
        symbols_close(pipeline->symbols);
    writer_schemas_close(pipeline->schemas);
    if (pipeline->decoder != NULL)
        decoder_close(pipeline->decoder);
    tables_close(&pipeline->tables);
    free(pipeline);
}

/* ---- looking ---- */

const struct assignment *pipeline_assignment(const struct pipeline *pipeline)
{
    return &pipeline->assignment;
}

const char *pipeline_tables_version(const struct pipeline *pipeline)
{
    return pipeline->tables.version;
}

struct store *pipeline_store(const struct pipeline *pipeline)
{
    return pipeline->store;
}

struct pipeline_counts pipeline_counts(const struct pipeline *pipeline)
{
    const struct fold *fold = &pipeline->fold;

    return (struct pipeline_counts){fold->records, fold->letters_total, fold->conflicts, fold->futures_total,
                                    fold->last_future.text};
}

/* ---- storing ---- */

static void warn_of_fill(struct pipeline *pipeline, int64_t now_ms)
{
    const struct retention_fill fill = store_retention_fill(pipeline->store);
    struct reason why;

    if (!merger_tells_fill(pipeline->merger, &fill, now_ms))
        return;
    (void)reason_set(&why, GO_ON, RETENTION_NEARLY_FULL, 0,
                     "retention, shard %" PRIu32 " has %" PRId64
                     " pairs; its eighth of retention_pairs_max is %" PRId64,
                     fill.shard, fill.pairs, fill.pairs_max);
    log_reason(pipeline->logger, LOG_LEVEL_WARN, &why);
}

/* Retention stops while it is merged, or before that. */
static void notice_retention(struct pipeline *pipeline, int64_t now_ms)
{
    const struct reason *why = merger_stopped(pipeline->merger);
    if (why == NULL)
        warn_of_fill(pipeline, now_ms);
    if (why == NULL || pipeline->is_retention_told)
        return;
    log_reason(pipeline->logger, LOG_LEVEL_ERROR, why);
    pipeline->is_retention_told = true;
    pipeline->retention_stopped_ms = now_ms;
}

enum verdict pipeline_flush(struct pipeline *pipeline, bool is_forced, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (pipeline->fold.letters > 0)
        verdict = producer_settle(pipeline->producer, SETTLE_MS, why);
    if (verdict != GO_ON)
        return verdict;
    pipeline->fold.letters = 0;
    verdict = assignment_flush(&pipeline->assignment, pipeline->checkpoint, pipeline->store, is_forced, now_ms, why);
    if (verdict == GO_ON)
        verdict = pipeline_reclaim(pipeline, now_ms, why);
    if (verdict == GO_ON)
        assignment_tell_stops(&pipeline->assignment, pipeline->store);
    if (verdict != GO_ON || assignment_has_rows(&pipeline->assignment))
        return verdict;
    bool is_full = !symbols_has_room(pipeline->symbols, SYMBOLS_MAX / 4, SYMBOLS_BYTES / 4);
    if (is_full)
        enrich_forget(pipeline->fold.enrich);
    if (pipeline->retention != NULL && (is_full || !retention_is_roomy(pipeline->retention)))
        retention_forget(pipeline->retention, pipeline->tables.catalog);
    return verdict;
}

enum verdict pipeline_apply(struct pipeline *pipeline, bool is_all, int64_t wide_bytes, int64_t now_ms,
                            struct reason *why)
{
    enum verdict verdict = assignment_apply(&pipeline->assignment, pipeline->applier, is_all, wide_bytes, now_ms, why);

    if (verdict != GO_ON || pipeline->merger == NULL)
        return verdict;
    verdict = assignment_merge(&pipeline->assignment, pipeline->merger, is_all, now_ms, why);
    notice_retention(pipeline, now_ms);
    return verdict;
}

enum verdict pipeline_resume(struct pipeline *pipeline, int64_t now_ms, struct reason *why)
{
    return assignment_resume(&pipeline->assignment, pipeline->checkpoint, now_ms, why);
}

enum verdict pipeline_reclaim(struct pipeline *pipeline, int64_t now_ms, struct reason *why)
{
    bool is_needed = false;

    for (uint32_t i = 0; i < pipeline->assignment.count; i++) {
        const struct partition *partition = pipeline->assignment.by_partition[pipeline->assignment.partitions[i]];
        is_needed =
            is_needed || (partition->must_claim && !partition->is_stopped) || assignment_looks(partition, now_ms);
    }
    pipeline->must_recheck_settings = pipeline->must_recheck_settings || is_needed;
    enum verdict verdict = is_needed ? pipeline_await_erasure(pipeline, why) : GO_ON;
    if (verdict != GO_ON)
        return verdict;
    verdict = assignment_reclaim(&pipeline->assignment, pipeline->store, pipeline->source, pipeline->pool, now_ms, why);
    if (verdict != GO_ON || !pipeline->must_recheck_settings)
        return verdict;
    verdict = pipeline_recheck_settings(pipeline, why);
    pipeline->must_recheck_settings = verdict == TRY_LATER;
    return verdict;
}

void pipeline_commit(struct pipeline *pipeline)
{
    assignment_commit(&pipeline->assignment, pipeline->source);
}

enum verdict pipeline_renew_tables(struct pipeline *pipeline, struct tables *fresh, struct reason *why)
{
    enrich_forget(pipeline->fold.enrich);
    enrich_close(pipeline->fold.enrich);
    pipeline->fold.enrich = NULL;
    tables_close(&pipeline->tables);
    pipeline->tables = *fresh;
    *fresh = (struct tables){0};
    if (pipeline->retention != NULL)
        retention_forget(pipeline->retention, pipeline->tables.catalog);
    return open_enrich(pipeline, why);
}

/* ---- closing windows ---- */

static enum verdict count_logs(void *source, int32_t *count, struct reason *why)
{
    return source_partitions(source, count, why);
}

static enum verdict find_log_ends(void *source, int32_t count, int64_t ends[], struct reason *why)
{
    return source_ends(source, count, ends, why);
}

enum verdict pipeline_open_closer(const struct pipeline *pipeline, struct closer **closer, int32_t partition_count,
                                  bool is_drain, const struct closer_hold *hold, struct reason *why)
{
    struct input_logs logs = {.count = count_logs, .ends = find_log_ends, .context = pipeline->source};
    struct closer_options options = {
        .config = pipeline->config,
        .store = pipeline->store,
        .merger = pipeline->merger,
        .tables = {.catalog = pipeline->tables.catalog,
                   .countries = pipeline->tables.countries,
                   .taxonomy = pipeline->tables.taxonomy},
        .tables_version = pipeline->tables.version,
        .logs = logs,
        .hold = *hold,
        .is_drain = is_drain,
        .partitions = partition_count,
        .since_ms = pipeline->since_ms,
        .ids = pipeline_schema_ids(pipeline),
        .logger = pipeline->logger,
    };

    return closer_open(closer, &options, why);
}
