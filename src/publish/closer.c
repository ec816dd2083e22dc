/*
 * A turn of the closer: survey the store, publish what is due in the order in which windows close, open ones too when
 * their round has come, then seal and collect what is over. What was published stands in the ledger topic, and a closer
 * that opens begins from there.
 */
#include "gentally/publish/closer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "closer_collect.h"
#include "closer_due.h"
#include "closer_publish.h"
#include "gentally/config/config.h"
#include "gentally/kafka/transaction.h"
#include "gentally/publish/merger.h"
#include "ledger_load.h"
#include "standing_load.h"

#define STOPS_TOLD_MS 60000

/* Opens what the closer is made of. The transaction fences whoever was here, and only then is the ledger read that they
 * left: nothing is added after that. */
static enum verdict open_parts(struct closer *closer, const struct closer_options *options, struct reason *why)
{
    char name[256];
    struct emitter_options emitter = {
        .config = options->config,
        .store = options->store,
        .merger = options->merger,
        .tables = options->tables,
        .tables_version = options->tables_version,
        .partitions = options->partitions,
        .since_ms = options->since_ms,
        .ids = options->ids,
        .turn_over = closer_turn_over,
        .context = closer,
    };

    snprintf(name, sizeof(name), "%s.closer", options->config->namespace_);
    enum verdict verdict = survey_open(&closer->survey, options->partitions, options->config->has_retention, why);
    if (verdict == GO_ON)
        verdict = published_open(&closer->published, why);
    if (verdict == GO_ON)
        verdict = published_offsets_open(&closer->offsets, options->partitions, why);
    if (verdict == GO_ON)
        verdict = told_rows_open(&closer->told, (size_t)options->config->told_rows_max, why);
    if (verdict == GO_ON && options->config->has_retention)
        verdict = standing_open(&closer->standing, why);
    emitter.told = closer->told;
    emitter.standing = closer->standing;
    if (verdict == GO_ON)
        verdict = emitter_open(&closer->emitter, &emitter, why);
    if (verdict == GO_ON)
        verdict = transaction_open(&closer->transaction, options->config, name, options->logger, why);
    if (verdict == GO_ON)
        verdict = ledger_load(options->config, &options->ids, closer->published, closer->offsets, why);
    if (verdict == GO_ON)
        verdict = published_offsets_check_count(closer->offsets, why);
    if (verdict == GO_ON && closer->standing != NULL && published_count(closer->published) > 0)
        verdict = standing_load(options->config, closer->standing, why);
    return verdict;
}

enum verdict closer_open(struct closer **closer, const struct closer_options *options, struct reason *why)
{
    struct closer *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for the closer");
    opened->config = options->config;
    opened->store = options->store;
    opened->merger = options->merger;
    opened->logs = options->logs;
    opened->hold = options->hold;
    opened->is_drain = options->is_drain;
    opened->committed_ms = opened->early_ms = NO_TIME;
    opened->logger = options->logger;
    opened->tables = tables_version_hash(span_of(options->tables_version));
    opened->ends = calloc((size_t)options->partitions, sizeof(*opened->ends));
    opened->parts = calloc(TRANSACTION_WINDOWS * (size_t)options->partitions, sizeof(*opened->parts));
    enum verdict verdict = opened->ends == NULL || opened->parts == NULL ? no_memory(why, "for the closer")
                                                                         : open_parts(opened, options, why);
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
    told_rows_close(closer->told);
    standing_close(closer->standing);
    published_close(closer->published);
    published_offsets_close(closer->offsets);
    survey_close(&closer->survey);
    troubles_free(&closer->troubles);
    free(closer->parts);
    free(closer->ends);
    free(closer->scratch);
    free(closer);
}

/* A partition that stands behind what was published of it is on its way: windows that would lose by it wait, and so
 * does sealing. Logged once, since it ends by itself. */
static void look_behind(struct closer *closer)
{
    struct reason behind;
    bool is_behind = closer_check_offsets(closer, &behind) != GO_ON;

    if (is_behind && !closer->is_behind)
        log_reason(closer->logger, LOG_LEVEL_WARN, &behind);
    closer->is_behind = is_behind;
}

/* Says which partitions windows are told without, again and again while there are such. */
static void tell_stops(struct closer *closer)
{
    bool is_due = !closer->has_told_stops || closer->now_ms - closer->stops_told_ms >= STOPS_TOLD_MS;

    if (survey_find_stopped(&closer->survey) == NULL) {
        closer->has_told_stops = false;
        return;
    }
    if (!is_due)
        return;
    for (int32_t i = 0; i < closer->survey.partition_count; i++) {
        const struct partition_state *state = &closer->survey.partitions[i].state;
        if (survey_is_stopped(&closer->survey.partitions[i]))
            log_line(closer->logger, LOG_LEVEL_ERROR, "CLOSER-GOES-WITHOUT",
                     "partition=%" PRId32 " reason=%s offset=%" PRId64
                     ": its windows are told as early until it is mended, or given up by gentally give-up",
                     i, state->stopped, state->stopped_at);
    }
    closer->has_told_stops = true;
    closer->stops_told_ms = closer->now_ms;
}

/* True if a month's retention is behind what was told of it. */
static bool has_retention_behind(const struct closer *closer)
{
    for (uint32_t i = 0; i < closer->survey.count; i++) {
        struct window window = closer->survey.windows[i].window;
        const struct published_window *last = published_find(closer->published, window);
        if (window.kind == WINDOW_MONTH && last != NULL && survey_retention(&closer->survey, window) < last->retention)
            return true;
    }
    return false;
}

/* What was merged before a month was told may have been lost with Redis's last writes, while its pairs are still there,
 * or there again: they are merged once more, or the month would wait for their owner, who may have left. */
static enum verdict bring_up_retention(struct closer *closer, struct reason *why)
{
    if (closer->merger == NULL || !survey_has_retention(&closer->survey) || !has_retention_behind(closer))
        return GO_ON;
    enum verdict verdict = merger_run(closer->merger, closer->survey.partition_count, why);
    if (verdict == HALT && reason_stops(why->id) <= STOPS_PARTITION)
        return GO_ON; /* Its owner tells it. */
    return verdict == GO_ON ? survey_take_retention(&closer->survey, closer->store, why) : verdict;
}

static enum verdict take_survey(struct closer *closer, struct reason *why)
{
    enum verdict verdict = survey_take(&closer->survey, closer->store, why);

    if (verdict == GO_ON)
        verdict = closer_check_states(closer, why);
    if (verdict == GO_ON)
        verdict = bring_up_retention(closer, why);
    if (verdict != GO_ON)
        return verdict;
    troubles_begin(&closer->troubles, closer->survey.windows, closer->survey.count, closer->now_ms);
    told_rows_keep(closer->told, closer->survey.windows, closer->survey.count);
    look_behind(closer);
    tell_stops(closer);
    return GO_ON;
}

/* What keeps the end of a drain from being one: a partition on its way, or a window in trouble. */
static enum verdict finish(struct closer *closer, bool *has_more, struct reason *why)
{
    const struct trouble *trouble = troubles_first(&closer->troubles);
    enum verdict verdict = closer_check_offsets(closer, why);

    size_t held = published_held(closer->published);
    if (verdict == GO_ON && trouble == NULL && held > 0)
        return reason_set(why, HALT, LEDGER_UNREADABLE, 0,
                          "%zu windows are held, since their ledger records cannot be read; all others are published",
                          held);
    if (verdict != GO_ON || trouble == NULL)
        return verdict;
    *has_more = !trouble_is_final(trouble);
    if (*has_more)
        return GO_ON;
    *why = trouble->why;
    return HALT;
}

enum verdict closer_turn(struct closer *closer, int64_t now_ms, bool is_final, bool *has_more, struct reason *why)
{
    *has_more = false;
    if (!is_final && now_ms < closer->due_ms)
        return GO_ON;
    closer->now_ms = now_ms;
    enum verdict verdict = take_survey(closer, why);
    bool is_last = is_final && survey_is_at_rest(&closer->survey);
    if (is_last && !closer->is_ending)
        troubles_begin_end(&closer->troubles);
    closer->is_ending = is_last;
    if (verdict == GO_ON)
        verdict = closer_publish(closer, is_last, has_more, why);
    if (verdict == GO_ON && !*has_more)
        verdict = closer_collect(closer, has_more, why);
    if (verdict == GO_ON && is_last && !*has_more)
        verdict = finish(closer, has_more, why);
    if (verdict == GO_ON && is_final && !is_last) /* A partition was claimed anew meanwhile: the drain goes on. */
        *has_more = true;
    closer->due_ms = *has_more ? now_ms : now_ms + closer->config->emit_interval_ms;
    return verdict;
}

enum verdict closer_check_stopped(const struct closer *closer, struct reason *why)
{
    const struct survey_partition *stopped = survey_find_stopped(&closer->survey);

    if (stopped == NULL)
        return GO_ON;
    const struct partition_state *state = &stopped->state;
    enum reason_id id = reason_find(span_of(state->stopped));
    return reason_set(why, HALT, id == REASON_NONE ? STORE_ERROR : id, 0,
                      "partition %" PRId32 " has stopped at offset %" PRId64 ": %s", state->partition,
                      state->stopped_at, state->stopped_why);
}

void closer_progress(const struct closer *closer, struct closer_progress *progress)
{
    *progress = (struct closer_progress){
        .windows = closer->window_count,
        .summaries = closer->summary_count,
        .models = closer->model_count,
        .unknown_models = closer->unknown_model_count,
        .transactions = closer->transaction_count,
        .durations = closer->durations,
        .committed_ms = closer->committed_ms,
        .early_ms = closer->early_ms,
    };
    for (size_t kind = 0; kind < WINDOW_KINDS; kind++)
        progress->oldest_ms[kind] = NO_TIME;
    for (uint32_t i = 0; i < closer->survey.count; i++) {
        const struct stored_window *stored = &closer->survey.windows[i];
        const struct published_window *last = published_find(closer->published, stored->window);
        bool is_closed = last != NULL && !last->is_under_way && !last->is_withdrawn && last->pane != PANE_EARLY;
        int64_t *oldest_ms = &progress->oldest_ms[stored->window.kind];
        if (stored->records > 0 && !is_closed && (*oldest_ms == NO_TIME || stored->window.start_ms < *oldest_ms))
            *oldest_ms = stored->window.start_ms;
    }
}

void closer_counts(const struct closer *closer, uint64_t *windows, uint64_t *summaries)
{
    *windows = closer->window_count;
    *summaries = closer->summary_count;
}
