/* Opening, closing, and the one order in which a flush may happen. */
#include "pipeline.h"

#include "gentally/kafka/producer.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topics.h"

#define SYMBOLS_MAX 65536u /* distinct texts between two flushes */
#define SYMBOLS_BYTES ((size_t)8 << 20)
#define SAMPLES_MAX (1u << 24) /* 143 MB, touched when used: some 6 million events between two flushes */
#define SETTLE_MS 5000

enum verdict rooms_open_enrich(struct rooms *rooms, struct reason *why)
{
    const struct config *config = rooms->config;
    struct span key = config->account_key[0] == '\0' ? span_of(NULL) : span_of(config->account_key);
    enum verdict verdict = enrich_open(&rooms->fold.enrich, rooms->tables.taxonomy, rooms->symbols, key, why);

    if (verdict == GO_ON)
        enrich_name_accounts(rooms->fold.enrich, config->names_accounts);
    return verdict;
}

enum verdict rooms_open_inside(struct rooms *rooms, const struct config *config, struct logger *logger,
                               struct reason *why)
{
    rooms->config = config;
    rooms->logger = logger;
    rooms->assignment.logger = logger;
    enum verdict verdict = config_check_accounts(config, why);
    if (verdict == GO_ON)
        verdict = tables_open(&rooms->tables, config, why);
    if (verdict == GO_ON)
        verdict = decoder_open(&rooms->decoder, (size_t)config->message_bytes_max, why);
    if (verdict == GO_ON && config->writer_schemas[0] != '\0')
        verdict = decoder_learn_folder(rooms->decoder, config->writer_schemas, why);
    if (verdict == GO_ON)
        verdict = symbols_open(&rooms->symbols, SYMBOLS_MAX, SYMBOLS_BYTES, why);
    if (verdict == GO_ON)
        verdict = rooms_open_enrich(rooms, why);
    if (verdict == GO_ON)
        verdict = tally_pool_open(&rooms->pool, SAMPLES_MAX, why);
    if (verdict == GO_ON && config->has_retention)
        verdict = retention_open(&rooms->retention, rooms->symbols, rooms->tables.catalog, why);
    rooms->fold.retention = rooms->retention;
    rooms->fold.config = config;
    rooms->fold.decoder = rooms->decoder;
    rooms->fold.symbols = rooms->symbols;
    rooms->fold.logger = logger;
    topic_dead_letters(config, rooms->fold.dead_letters);
    return verdict;
}

enum verdict rooms_open_outside(struct rooms *rooms, struct reason *why)
{
    enum verdict verdict = store_open(&rooms->store, rooms->config, rooms->logger, why);

    if (verdict == GO_ON && rooms->retention != NULL)
        store_set_barrier(rooms->store, retention_put, rooms->retention);
    if (verdict == GO_ON)
        verdict = checkpoint_open(&rooms->checkpoint, rooms->config, rooms->store, rooms->symbols, why);
    if (verdict == GO_ON)
        verdict = sink_open(&rooms->sink, rooms->config, rooms->logger, why);
    rooms->fold.sink = rooms->sink;
    return verdict == GO_ON ? source_open(&rooms->source, rooms->config, rooms->logger, why) : verdict;
}

void rooms_close(struct rooms *rooms)
{
    if (rooms->source != NULL) {
        source_release(rooms->source, &rooms->batch);
        source_close(rooms->source);
    }
    assignment_close(&rooms->assignment);
    if (rooms->sink != NULL)
        sink_close(rooms->sink);
    checkpoint_close(rooms->checkpoint);
    store_close(rooms->store);
    retention_close(rooms->retention);
    tally_pool_close(rooms->pool);
    enrich_close(rooms->fold.enrich);
    if (rooms->symbols != NULL)
        symbols_close(rooms->symbols);
    if (rooms->decoder != NULL)
        decoder_close(rooms->decoder);
    tables_close(&rooms->tables);
}

enum verdict rooms_reclaim(struct rooms *rooms, struct reason *why)
{
    for (uint32_t i = 0; i < rooms->assignment.count && rooms->retention != NULL; i++)
        if (rooms->assignment.by_partition[rooms->assignment.partitions[i]]->must_claim) {
            retention_doubt(rooms->retention);
            break;
        }
    return assignment_reclaim(&rooms->assignment, rooms->store, rooms->source, why);
}

enum verdict rooms_renew_tables(struct rooms *rooms, struct tables *fresh, struct reason *why)
{
    enrich_forget(rooms->fold.enrich);
    enrich_close(rooms->fold.enrich);
    rooms->fold.enrich = NULL;
    tables_close(&rooms->tables);
    rooms->tables = *fresh;
    *fresh = (struct tables){0};
    if (rooms->retention != NULL) {
        retention_settled(rooms->retention);
        retention_forget(rooms->retention, rooms->tables.catalog);
    }
    return rooms_open_enrich(rooms, why);
}

enum verdict rooms_flush(struct rooms *rooms, bool is_forced, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (rooms->fold.letters > 0)
        verdict = sink_settle(rooms->sink, SETTLE_MS, why);
    if (verdict != GO_ON)
        return verdict;
    rooms->fold.letters = 0;
    verdict = assignment_flush(&rooms->assignment, rooms->checkpoint, rooms->store, is_forced, now_ms, why);
    if (verdict == GO_ON)
        verdict = rooms_reclaim(rooms, why);
    if (verdict != GO_ON || !assignment_is_empty(&rooms->assignment))
        return verdict;
    if (rooms->retention != NULL)
        retention_settled(rooms->retention);
    bool is_full = !symbols_has_room(rooms->symbols, SYMBOLS_MAX / 4, SYMBOLS_BYTES / 4);
    if (is_full)
        enrich_forget(rooms->fold.enrich);
    if (rooms->retention != NULL && (is_full || !retention_has_room(rooms->retention)))
        retention_forget(rooms->retention, rooms->tables.catalog);
    return verdict;
}
