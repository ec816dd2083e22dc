/*
 * A turn of the closer: survey the store, publish what is due in the order in which windows close, then seal and
 * collect what is over. What was published stands in the ledger topic, and a closer that opens begins from there.
 */
#include "gentally/publish/closer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "closer_collect.h"
#include "closer_publish.h"
#include "gentally/config/config.h"
#include "gentally/kafka/transaction.h"
#include "ledger_load.h"

/* Opens what the closer is made of. The transaction fences whoever was here, and only then is the ledger read that they
 * left: nothing is added after that. */
static enum verdict open_parts(struct closer *closer, const struct closer_options *options, struct reason *why)
{
    char name[256];
    const struct emitter_options emitter = {
        .config = options->config,
        .store = options->store,
        .catalog = options->catalog,
        .countries = options->countries,
        .tables_version = options->tables_version,
        .partitions = options->partitions,
    };

    snprintf(name, sizeof(name), "%s.closer", options->config->namespace_);
    enum verdict verdict = survey_open(&closer->survey, options->partitions, options->config->has_retention, why);
    if (verdict == GO_ON)
        verdict = published_open(&closer->published, why);
    if (verdict == GO_ON)
        verdict = published_offsets_open(&closer->offsets, options->partitions, why);
    if (verdict == GO_ON)
        verdict = emitter_open(&closer->emitter, &emitter, why);
    if (verdict == GO_ON)
        verdict = transaction_open(&closer->transaction, options->config, name, options->logger, why);
    if (verdict == GO_ON)
        verdict = ledger_load(options->config, closer->published, closer->offsets, why);
    return verdict;
}

enum verdict closer_open(struct closer **closer, const struct closer_options *options, struct reason *why)
{
    struct closer *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for the closer");
    opened->config = options->config;
    opened->store = options->store;
    opened->logs = options->logs;
    opened->logger = options->logger;
    opened->tables = tables_version_hash(span_of(options->tables_version));
    opened->ends = calloc((size_t)options->partitions, sizeof(*opened->ends));
    enum verdict verdict = opened->ends == NULL ? no_memory(why, "for the closer") : open_parts(opened, options, why);
    if (verdict != GO_ON) {
        closer_close(opened);
        return verdict;
    }
    log_line(options->logger, LOG_LEVEL_INFO, "CLOSER-OPENED", "windows_published=%zu partitions=%" PRId32,
             published_count(opened->published), options->partitions);
    *closer = opened;
    return GO_ON;
}

void closer_close(struct closer *closer)
{
    if (closer == NULL)
        return;
    if (closer->transaction != NULL)
        transaction_close(closer->transaction);
    emitter_close(closer->emitter);
    published_close(closer->published);
    published_offsets_close(closer->offsets);
    survey_close(&closer->survey);
    free(closer->ends);
    free(closer->scratch);
    free(closer);
}

/* Looks where all partitions stand. Without the state of one of them no window is complete, and while one stands behind
 * what was published of it, a window would take that back: then all wait, and the worker, which may count others, goes
 * on. */
static enum verdict take_survey(struct closer *closer, bool is_final, struct reason *why)
{
    enum verdict verdict = survey_take(&closer->survey, closer->store, why);

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++) {
        const struct partition_state *state = &closer->survey.partitions[i].state;
        verdict = published_offsets_check(closer->offsets, i, state->incarnation, state->next, why);
    }
    bool is_missing = verdict == HALT && why->id == STORE_STATE_MISSING;
    bool is_behind = verdict == TRY_LATER && why->id == STORE_ROLLED_BACK;
    bool is_held = !is_final && (is_missing || is_behind);

    if (is_held && !closer->is_held)
        log_reason(closer->logger, is_missing ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, why);
    closer->is_held = is_held;
    return is_held ? GO_ON : verdict;
}

enum verdict closer_turn(struct closer *closer, int64_t now_ms, bool is_final, bool *has_more, struct reason *why)
{
    *has_more = false;
    if (!is_final && now_ms < closer->due_ms)
        return GO_ON;
    enum verdict verdict = take_survey(closer, is_final, why);
    if (verdict == GO_ON && closer->is_held) {
        closer->due_ms = now_ms + closer->config->emit_interval_ms;
        return GO_ON;
    }
    if (verdict == GO_ON)
        verdict = closer_publish(closer, now_ms, is_final, has_more, why);
    if (verdict == GO_ON && !*has_more)
        verdict = closer_collect(closer, has_more, why);
    if (verdict == GO_ON && is_final && !*has_more && closer->torn_count > 0)
        verdict = reason_set(why, HALT, STORE_TORN, 0,
                             "%" PRIu32 " windows lost part of their keys, and have no summary of their last records",
                             closer->torn_count);
    size_t held = published_held(closer->published);
    if (verdict == GO_ON && is_final && !*has_more && held > 0)
        verdict = reason_set(
            why, HALT, LEDGER_UNREADABLE, 0,
            "%zu windows are held, since their ledger records cannot be read; all others are published", held);
    closer->due_ms = *has_more ? now_ms : now_ms + closer->config->emit_interval_ms;
    return verdict;
}

void closer_counts(const struct closer *closer, uint64_t *windows, uint64_t *summaries)
{
    *windows = closer->window_count;
    *summaries = closer->summary_count;
}
