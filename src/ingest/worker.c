/*
 * The loop. One turn opens the doors in a fixed order:
 *
 *   finish an unanswered flush -> answer the group's rebalance, or poll -> fold -> flush when due -> close windows ->
 * done?
 *
 * Nothing is acknowledged that Redis does not hold; nothing is folded while a flush is unanswered.
 */
#include "gentally/ingest/worker.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/kafka/producer.h"
#include "gentally/kafka/source.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/closer.h"
#include "gentally/redis/store.h"
#include "id_lookup.h"
#include "pipeline.h"

#define POLL_MS 50           /* how long an idle turn waits: the reaction time of an idle worker */
#define CLOSER_RETRY_MS 2000 /* after the closer stepped down or lost its transaction */
#define REPORT_INTERVAL_MS 10000
#define HELD_MS 2000 /* a turn this long: less than it takes to make a topic anew and fill it again */

struct worker {
    bool is_drain;
    struct pipeline pipeline;
    struct tables fresh_tables; /* they wait for a flush */
    bool has_fresh_tables;
    struct closer *closer;
    int32_t partition_count;
    uint32_t folded; /* records of the batch that are done */
    bool has_batch;  /* polled, and not folded to its end */
    enum { NOT_NOTED, NOTED, RECALLED } ids_of_batch;
    bool has_joined; /* an assignment is in force, even an empty one */
    bool has_more_to_close;
    int64_t turned_ms; /* when the last turn began that got as far as reading */
    bool was_cut_off;  /* no broker answered since the logs were last looked at */
    int64_t flush_due_ms, closer_due_ms, report_due_ms;
    uint64_t reported_records;
    struct stamp {
        int64_t ms, cpu_ms; /* monotonic, and the processor time of all threads */
    } counting, counted;    /* when the first record was folded, and when the last row was stored */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Within a turn, `now_ms` stands still: a flush is what takes long. */
static struct stamp stamp_now(void)
{
    return (struct stamp){clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_PROCESS_CPUTIME_ID)};
}

/* ---- opening ---- */

/* No state at all is a setup forgotten, or a Redis that lost everything. Where only some are missing, their owners stop
 * them, and the others go on. */
static enum verdict check_states(struct worker *worker, struct reason *why)
{
    struct partition_state state;
    int32_t missing = 0;

    for (int32_t i = 0; i < worker->partition_count; i++) {
        enum verdict verdict = store_state(worker->pipeline.store, i, &state, why);
        bool is_missing = verdict == HALT && why->id == STORE_STATE_MISSING;
        missing += is_missing ? 1 : 0;
        if (verdict != GO_ON && (!is_missing || missing == worker->partition_count))
            return verdict;
    }
    return GO_ON;
}

/* `setup` should have made all of this: say which is missing before joining the group. */
static enum verdict check_places(struct worker *worker, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    enum verdict verdict = store_check(worker->pipeline.store, why);

    if (verdict == GO_ON)
        verdict = source_partitions(worker->pipeline.source, &worker->partition_count, why);
    if (verdict == GO_ON)
        verdict = check_states(worker, why);
    if (verdict == GO_ON && worker->pipeline.retention != NULL)
        verdict = store_retention_open(worker->pipeline.store, why);
    if (verdict == GO_ON)
        verdict = producer_check_topic(worker->pipeline.producer, worker->pipeline.fold.dead_letters, why);
    if (verdict == GO_ON) {
        topic_ledger(worker->pipeline.config, topic);
        verdict = producer_check_topic(worker->pipeline.producer, topic, why);
    }
    for (uint32_t i = 0; i < worker->pipeline.config->rollups.count && verdict == GO_ON; i++) {
        topic_summaries(worker->pipeline.config, worker->pipeline.config->rollups.items[i].name, topic);
        verdict = producer_check_topic(worker->pipeline.producer, topic, why);
    }
    if (verdict == GO_ON && worker->pipeline.retention != NULL) {
        topic_summaries(worker->pipeline.config, ROLLUP_RETENTION, topic);
        verdict = producer_check_topic(worker->pipeline.producer, topic, why);
    }
    return verdict;
}

static enum verdict open_inside(struct worker *worker, const struct worker_options *options, struct reason *why)
{
    if (worker == NULL)
        return no_memory(why, "for a worker");
    worker->is_drain = options->is_drain;
    enum verdict verdict = pipeline_open_local(&worker->pipeline, options->config, options->logger, why);
    if (verdict == GO_ON && options->config->account_key[0] == '\0')
        log_line(options->logger, LOG_LEVEL_INFO, "WORKER-NO-ACCOUNTS",
                 "no account_key is configured: accounts are not counted");
    return verdict;
}

enum verdict worker_check(const struct worker_options *options, struct reason *why)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    enum verdict verdict = open_inside(worker, options, why);

    worker_close(worker);
    return verdict;
}

enum verdict worker_open(struct worker **worker, const struct worker_options *options, struct reason *why)
{
    struct worker *opened = calloc(1, sizeof(*opened));
    enum verdict verdict = open_inside(opened, options, why);

    if (verdict == GO_ON)
        verdict = pipeline_connect(&opened->pipeline, why);
    if (verdict == GO_ON)
        verdict = check_places(opened, why);
    if (verdict == GO_ON)
        verdict = source_join(opened->pipeline.source, why);
    if (verdict != GO_ON) {
        worker_close(opened);
        return verdict;
    }
    log_line(opened->pipeline.logger, LOG_LEVEL_INFO, "WORKER-OPENED",
             "topic=%s partitions=%" PRId32 " namespace=%s %s", opened->pipeline.config->topic, opened->partition_count,
             opened->pipeline.config->namespace_, opened->pipeline.tables.version);
    *worker = opened;
    return GO_ON;
}

void worker_close(struct worker *worker)
{
    if (worker == NULL)
        return;
    closer_close(worker->closer);
    pipeline_close(&worker->pipeline);
    tables_close(&worker->fresh_tables);
    free(worker);
}

enum verdict worker_reload(struct worker *worker, struct reason *why)
{
    tables_close(&worker->fresh_tables);
    worker->has_fresh_tables = false;
    enum verdict verdict = tables_open(&worker->fresh_tables, worker->pipeline.config, why);
    worker->has_fresh_tables = verdict == GO_ON;
    return verdict;
}

/* ---- flushing ---- */

/* No row refers to a symbol any more: new tables may come in. */
static enum verdict after_flush(struct worker *worker, struct reason *why)
{
    if (!worker->has_fresh_tables || !assignment_is_empty(&worker->pipeline.assignment))
        return GO_ON;
    closer_close(worker->closer); /* It borrows the old ones; the next turn opens another. */
    worker->closer = NULL;
    worker->has_fresh_tables = false;
    enum verdict verdict = pipeline_renew_tables(&worker->pipeline, &worker->fresh_tables, why);
    log_line(worker->pipeline.logger, LOG_LEVEL_INFO, "WORKER-RELOADED", "%s", worker->pipeline.tables.version);
    return verdict;
}

static enum verdict flush(struct worker *worker, bool is_forced, int64_t now_ms, struct reason *why)
{
    bool has_rows = !assignment_is_empty(&worker->pipeline.assignment);
    enum verdict verdict = pipeline_flush(&worker->pipeline, is_forced, now_ms, why);

    if (verdict != GO_ON)
        return verdict;
    if (has_rows)
        worker->counted = stamp_now();
    worker->flush_due_ms = now_ms + worker->pipeline.config->flush_interval_ms;
    assignment_commit(&worker->pipeline.assignment, worker->pipeline.source);
    return after_flush(worker, why);
}

/* ---- the group's rebalance ---- */

/* A topic that grew makes the group meet: whoever closes windows then must not leave the new partitions out. Fewer than
 * before, or none, is what a broker says that lags behind; if the topic is gone, polling will tell. More than we have
 * room for is the end. */
static enum verdict count_partitions(struct worker *worker, struct reason *why)
{
    int32_t count = 0;
    enum verdict verdict = source_partitions(worker->pipeline.source, &count, why);

    if (verdict == TRY_LATER || (verdict == HALT && why->id == SOURCE_PARTITIONS))
        return verdict;
    if (verdict != GO_ON)
        log_reason(worker->pipeline.logger, LOG_LEVEL_WARN, why);
    else if (count > worker->partition_count)
        worker->partition_count = count;
    return GO_ON;
}

static enum verdict assigned(struct worker *worker, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = count_partitions(worker, why);

    if (verdict == GO_ON)
        verdict = assignment_claim(&worker->pipeline.assignment, worker->pipeline.store, worker->pipeline.config,
                                   worker->pipeline.pool, worker->pipeline.batch.partitions,
                                   worker->pipeline.batch.partition_count, now_ms, why);
    if (verdict == GO_ON)
        verdict = assignment_start(&worker->pipeline.assignment, worker->pipeline.source, why);
    if (verdict != GO_ON)
        return verdict;
    log_line(worker->pipeline.logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "partitions=%" PRIu32,
             worker->pipeline.batch.partition_count);
    worker->has_joined = true;
    worker->pipeline.batch.rebalance = REBALANCE_NONE;
    return GO_ON;
}

/* One attempt to keep the work; what the store does not take now, the next owner counts again. */
static enum verdict revoked(struct worker *worker, int64_t now_ms, struct reason *why)
{
    struct reason lost;

    if (worker->pipeline.batch.rebalance == REBALANCE_REVOKED) {
        enum verdict verdict =
            assignment_resume(&worker->pipeline.assignment, worker->pipeline.checkpoint, now_ms, &lost);
        if (verdict == GO_ON)
            verdict = flush(worker, true, now_ms, &lost);
        if (verdict != GO_ON)
            log_reason(worker->pipeline.logger, LOG_LEVEL_WARN, &lost);
    }
    log_line(worker->pipeline.logger, LOG_LEVEL_INFO,
             worker->pipeline.batch.rebalance == REBALANCE_REVOKED ? "WORKER-REVOKED" : "WORKER-LOST",
             "partitions=%" PRIu32, worker->pipeline.batch.partition_count);
    closer_close(worker->closer);
    worker->closer = NULL;
    checkpoint_forget(worker->pipeline.checkpoint);
    assignment_close(&worker->pipeline.assignment);
    worker->folded =
        worker->pipeline.batch.record_count; /* The rest would be folded into what is assigned next, with a gap. */
    worker->has_joined = false;              /* Having nothing between two assignments is no reason to leave. */
    enum verdict verdict = source_release_all(worker->pipeline.source, why);
    if (verdict == GO_ON)
        worker->pipeline.batch.rebalance = REBALANCE_NONE;
    return verdict;
}

static enum verdict answer(struct worker *worker, int64_t now_ms, struct reason *why)
{
    if (worker->pipeline.batch.rebalance == REBALANCE_ASSIGNED)
        return assigned(worker, now_ms, why);
    if (worker->pipeline.batch.rebalance != REBALANCE_NONE)
        return revoked(worker, now_ms, why);
    return GO_ON;
}

/*
 * While the store does not answer nothing is read on, but the group still wants to hear of us. What it takes away
 * meanwhile is given up with the flush that has no answer: whoever gets it claims it, and then that flush can only be
 * found done or be refused.
 */
static enum verdict attend(struct worker *worker, int64_t now_ms, struct reason *why)
{
    struct reason other;
    enum verdict verdict = source_keep_alive(worker->pipeline.source, &worker->pipeline.batch, &other);

    if (verdict == GO_ON &&
        (worker->pipeline.batch.rebalance == REBALANCE_REVOKED || worker->pipeline.batch.rebalance == REBALANCE_LOST))
        verdict = revoked(worker, now_ms, &other);
    if (verdict == HALT)
        *why = other;
    else if (verdict != GO_ON)
        log_reason(worker->pipeline.logger, LOG_LEVEL_WARN, &other);
    return verdict == HALT ? HALT : TRY_LATER;
}

/* ---- reading ---- */

static enum verdict poll(struct worker *worker, int64_t now_ms, struct reason *why)
{
    assignment_anchor(&worker->pipeline.assignment);
    source_release(worker->pipeline.source, &worker->pipeline.batch);
    worker->folded = 0;
    worker->ids_of_batch = NOT_NOTED;
    worker->pipeline.batch.record_count = 0;
    worker->has_batch = true;
    enum verdict verdict =
        source_poll(worker->pipeline.source, &worker->pipeline.batch, worker->has_more_to_close ? 0 : POLL_MS, why);
    assignment_refresh(&worker->pipeline.assignment);
    worker->was_cut_off = verdict == TRY_LATER;
    if (verdict != GO_ON)
        return verdict;
    for (uint32_t i = 0; i < worker->pipeline.batch.suspect_count; i++)
        assignment_check_log(&worker->pipeline.assignment, worker->pipeline.source, worker->pipeline.batch.suspects[i]);
    return answer(worker, now_ms, why);
}

/* Once for each batch, before any of it is folded: what does the store know of its ids? */
static enum verdict lookup(struct worker *worker, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (worker->pipeline.config->ids == IDS_OFF || worker->ids_of_batch == RECALLED)
        return GO_ON;
    if (worker->ids_of_batch == NOT_NOTED)
        verdict = id_lookup_note(&worker->pipeline.assignment, worker->pipeline.decoder, &worker->pipeline.batch,
                                 worker->folded, &worker->pipeline.fold.event, why);
    if (verdict != GO_ON)
        return verdict;
    worker->ids_of_batch = NOTED;
    verdict = id_lookup_ask(&worker->pipeline.assignment, worker->pipeline.store, why);
    if (verdict == GO_ON)
        worker->ids_of_batch = RECALLED;
    return verdict;
}

/* Folds what is left of the batch; a full tally is flushed in between. */
static enum verdict fold(struct worker *worker, int64_t now_ms, int64_t wall_ms, struct reason *why)
{
    if (worker->pipeline.fold.records == 0 && worker->pipeline.batch.record_count > 0)
        worker->counting = worker->counted = stamp_now();
    enum verdict verdict = lookup(worker, why);
    if (verdict != GO_ON)
        return verdict;
    while (worker->folded < worker->pipeline.batch.record_count) {
        const struct record *record = &worker->pipeline.batch.records[worker->folded];
        struct partition *partition = assignment_find(&worker->pipeline.assignment, record->partition);
        if (id_lookup_is_wanted(partition, record->offset)) {
            partition_moved(partition);
            verdict = fold_record(&worker->pipeline.fold, partition, record, wall_ms, why);
            if (verdict == TRY_LATER) {
                verdict = flush(worker, true, now_ms, why);
                if (verdict == GO_ON)
                    continue;
            }
            if (verdict != GO_ON)
                return verdict;
            partition_fold(partition, record);
        }
        worker->folded++;
    }
    assignment_end(&worker->pipeline.assignment, &worker->pipeline.batch,
                   worker->is_drain ? 0 : worker->pipeline.config->idle_ms, now_ms);
    worker->has_batch = false;
    return GO_ON;
}

/* ---- closing ---- */

static enum verdict log_count(void *context, int32_t *count, struct reason *why)
{
    return source_partitions(context, count, why);
}

static enum verdict log_ends(void *context, int32_t count, int64_t ends[], struct reason *why)
{
    return source_ends(context, count, ends, why);
}

static enum verdict close_windows(struct worker *worker, bool is_final, int64_t now_ms, struct reason *why)
{
    const struct partition *first = assignment_find(&worker->pipeline.assignment, 0);
    struct closer_tables tables = {worker->pipeline.tables.catalog, worker->pipeline.tables.countries,
                                   worker->pipeline.tables.version};
    struct closer_logs logs = {log_count, log_ends, worker->pipeline.source};
    enum verdict verdict = GO_ON;

    worker->has_more_to_close = false;
    if (first == NULL || first->is_stopped || now_ms < worker->closer_due_ms)
        return GO_ON;
    if (worker->closer == NULL)
        verdict = closer_open(&worker->closer, worker->pipeline.config, worker->pipeline.store, &tables, &logs,
                              worker->partition_count, worker->pipeline.logger, why);
    if (verdict == GO_ON)
        verdict = closer_turn(worker->closer, now_ms, is_final, &worker->has_more_to_close, why);
    if (verdict == GO_ON || verdict == HALT)
        return verdict;
    worker->closer_due_ms = now_ms + CLOSER_RETRY_MS;
    worker->has_more_to_close = true; /* for a final turn: not finished */
    log_reason(worker->pipeline.logger, LOG_LEVEL_WARN, why);
    /* Another closer exists, or a transaction's outcome is unknown: begin from the ledger. */
    if (verdict != TRY_LATER) {
        closer_close(worker->closer);
        worker->closer = NULL;
    }
    return GO_ON;
}

/* True once the store holds every record of every partition's log. */
static enum verdict is_drained_everywhere(struct worker *worker, bool *is_drained, struct reason *why)
{
    *is_drained = true;
    for (int32_t i = 0; i < worker->partition_count && *is_drained; i++) {
        struct partition_state state;
        int64_t first = 0, next = 0;
        enum verdict verdict = store_state(worker->pipeline.store, i, &state, why);
        if (verdict == GO_ON)
            verdict = source_extent(worker->pipeline.source, i, &first, &next, why);
        if (verdict != GO_ON)
            return verdict;
        *is_drained = state.next >= next && state.is_idle;
    }
    return GO_ON;
}

/* A drain ends when this worker's partitions are at their end and stored; the owner of partition 0 waits for all,
 * closes everything, and leaves last. */
static enum verdict finish_drain(struct worker *worker, int64_t now_ms, bool *is_done, struct reason *why)
{
    bool is_drained = false;

    if (!worker->is_drain || !worker->has_joined || !assignment_is_drained(&worker->pipeline.assignment))
        return GO_ON;
    const struct partition *stopped = assignment_stopped(&worker->pipeline.assignment);
    if (stopped != NULL) {
        *why = stopped->why;
        return HALT;
    }
    if (assignment_find(&worker->pipeline.assignment, 0) == NULL) {
        *is_done = true;
        return GO_ON;
    }
    enum verdict verdict = is_drained_everywhere(worker, &is_drained, why);
    if (verdict != GO_ON || !is_drained)
        return verdict;
    verdict = close_windows(worker, true, now_ms, why);
    *is_done =
        verdict == GO_ON && !worker->has_more_to_close && worker->closer != NULL && now_ms >= worker->closer_due_ms;
    return verdict;
}

static void report(struct worker *worker, int64_t now_ms)
{
    uint64_t windows = 0, summaries = 0;

    if (now_ms < worker->report_due_ms)
        return;
    if (worker->closer != NULL)
        closer_counts(worker->closer, &windows, &summaries);
    log_line(worker->pipeline.logger, LOG_LEVEL_INFO, "WORKER-PROGRESS",
             "records=%" PRIu64 " since_last=%" PRIu64 " partitions=%" PRIu32 " dead_letters=%" PRIu64
             " windows_published=%" PRIu64 " summaries=%" PRIu64,
             worker->pipeline.fold.records, worker->pipeline.fold.records - worker->reported_records,
             worker->pipeline.assignment.count, worker->pipeline.fold.letters_total, windows, summaries);
    worker->reported_records = worker->pipeline.fold.records;
    worker->report_due_ms = now_ms + REPORT_INTERVAL_MS;
}

/* Whoever was held, or cut off from the broker, does not know what became of the logs meanwhile. */
static void look_again(struct worker *worker, int64_t now_ms)
{
    bool is_needed = worker->was_cut_off || now_ms - worker->turned_ms >= HELD_MS;
    bool is_reading = worker->has_joined && worker->pipeline.batch.rebalance == REBALANCE_NONE;

    worker->turned_ms = now_ms;
    worker->was_cut_off = false;
    if (is_needed && is_reading)
        assignment_recheck_logs(&worker->pipeline.assignment, worker->pipeline.source);
}

enum verdict worker_turn(struct worker *worker, int64_t now_ms, int64_t wall_ms, bool stop, bool *is_done,
                         struct reason *why)
{
    enum verdict verdict = assignment_resume(&worker->pipeline.assignment, worker->pipeline.checkpoint, now_ms, why);

    *is_done = false;
    if (verdict == GO_ON)
        verdict = pipeline_reclaim(&worker->pipeline, why);
    if (verdict == GO_ON)
        look_again(worker, now_ms);
    if (verdict == GO_ON &&
        worker->pipeline.batch.rebalance != REBALANCE_NONE) /* There was no answer to it the last time. */
        verdict = answer(worker, now_ms, why);
    else if (verdict == GO_ON && worker->has_batch && !stop)
        verdict = fold(worker, now_ms, wall_ms, why);
    else if (verdict == GO_ON && !stop) /* Folded on the next turn, by a clock read after the records came. */
        verdict = poll(worker, now_ms, why);
    if (verdict == GO_ON && (stop || worker->has_fresh_tables || now_ms >= worker->flush_due_ms ||
                             (worker->is_drain && assignment_wants_rest(&worker->pipeline.assignment))))
        verdict = flush(worker, stop || worker->has_fresh_tables, now_ms, why);
    if (verdict == GO_ON && stop)
        *is_done = true;
    if (verdict == GO_ON && !stop)
        verdict = close_windows(worker, false, now_ms, why);
    if (verdict == GO_ON && !stop)
        verdict = finish_drain(worker, now_ms, is_done, why);
    if (verdict == TRY_LATER)
        verdict = attend(worker, now_ms, why);
    report(worker, now_ms);
    if (verdict == GO_ON && worker->is_drain && *is_done)
        log_line(worker->pipeline.logger, LOG_LEVEL_INFO, "WORKER-DRAINED",
                 "records=%" PRIu64 " counting_ms=%" PRId64 " cpu_ms=%" PRId64, worker->pipeline.fold.records,
                 worker->counted.ms - worker->counting.ms, worker->counted.cpu_ms - worker->counting.cpu_ms);
    return verdict;
}
