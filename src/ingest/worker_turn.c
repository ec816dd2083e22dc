/*
 * The loop. One turn takes its steps in a fixed order, and ends at the first that does not answer GO_ON:
 *
 *   resume -> compare_clocks -> watch_store -> recheck_logs ->
 *   answer_or_read -> flush_if_due -> apply_if_due -> close_windows -> finish_drain
 *
 * Nothing is acknowledged that Redis does not hold; no record is folded while a flush is unanswered.
 */
#include <assert.h>
#include <inttypes.h>

#include "gentally/base/pulse.h"
#include "gentally/config/config.h"
#include "gentally/ingest/worker.h"
#include "gentally/metrics/exporter.h"
#include "gentally/redis/store_view.h"
#include "pipeline_read.h"
#include "pipeline_standstill.h"
#include "worker_flush.h"
#include "worker_metrics.h"
#include "worker_rebalance.h"
#include "worker_state.h"

#define POLL_MS 50    /* how long an idle turn waits: the reaction time of an idle worker */
#define ANEW_POLLS 20 /* of one that has its logs read anew */
#define REPORT_INTERVAL_MS 10000
#define STANDSTILL_INTERVAL_MS 60000
#define CLOCKS_INTERVAL_MS 600000
#define CONFLICTS_MIN 10 /* of ids between two reports, to be warned of */
#define STAY_MS 20000    /* how long a drain that is done waits for others to be done */
#define HELD_MS 2000     /* a turn this long: less than it takes to make a topic anew and fill it again */

struct turn {
    int64_t now_ms;  /* monotonic; stands still within a turn, like the other */
    int64_t wall_ms; /* time of day */
    bool stop;       /* the last flush is asked for */
    bool is_over;    /* the rest is left to the next one */
    bool is_done;    /* answer: there is nothing more to do */
};

/* ---- the steps ---- */

/* What the last turn left open: a flush without an answer, partitions to be claimed anew. */
static enum verdict resume(struct worker *worker, struct turn *turn, struct reason *why)
{
    enum verdict verdict = pipeline_resume(worker->pipeline, turn->now_ms, why);

    return verdict == GO_ON ? pipeline_reclaim(worker->pipeline, turn->now_ms, why) : verdict;
}

/* A worker that was held, or cut off from the broker, does not know what became of the logs meanwhile. */
static enum verdict recheck_logs(struct worker *worker, struct turn *turn, struct reason *why)
{
    (void)why; /* A step like the others, which cannot fail. */
    bool is_needed = worker->was_cut_off || turn->now_ms - worker->turned_ms >= HELD_MS;
    bool is_reading = worker->has_joined && pipeline_batch(worker->pipeline)->rebalance == REBALANCE_NONE;

    worker->turned_ms = turn->now_ms;
    worker->was_cut_off = false;
    if (!is_needed || !is_reading)
        return GO_ON;
    pipeline_recheck_logs(worker->pipeline);
    worker->must_fetch = true;
    return GO_ON;
}

/* Polls until something came: the first that comes of a log that is read anew is its anchor, and no record. */
static enum verdict poll_anew(struct worker *worker, struct reason *why)
{
    const struct batch *batch = pipeline_batch(worker->pipeline);
    enum verdict verdict = GO_ON;
    bool has_come = false;

    for (int i = 0; i < ANEW_POLLS && verdict == GO_ON && !has_come; i++) {
        verdict = pipeline_poll(worker->pipeline, POLL_MS, why);
        has_come = batch->rebalance != REBALANCE_NONE || batch->record_count + batch->end_count > 0 ||
                   batch->suspect_count > 0;
    }
    return verdict;
}

static enum verdict poll(struct worker *worker, const struct turn *turn, struct reason *why)
{
    pipeline_release_batch(worker->pipeline);
    pipeline_read_on(worker->pipeline, turn->now_ms);
    worker->has_batch = true;
    enum verdict verdict = worker->must_fetch
                               ? poll_anew(worker, why)
                               : pipeline_poll(worker->pipeline, worker->closing.has_more ? 0 : POLL_MS, why);
    worker->must_fetch = false;
    worker->was_cut_off = verdict == TRY_LATER;
    if (verdict != GO_ON)
        return verdict;
    pipeline_check_logs(worker->pipeline);
    return worker_answer_rebalance(worker, turn->now_ms, why);
}

/* Folds what is left of the batch; a full tally is flushed in between. */
static enum verdict fold(struct worker *worker, const struct turn *turn, struct reason *why)
{
    if (pipeline_counts(worker->pipeline).records == 0 && pipeline_batch(worker->pipeline)->record_count > 0)
        worker->counting = worker->counted = stamp_now();
    enum verdict verdict = pipeline_look_up_ids(worker->pipeline, why);
    if (verdict != GO_ON)
        return verdict;
    while ((verdict = pipeline_fold(worker->pipeline, turn->wall_ms, why)) == TRY_LATER) {
        if (!pipeline_wants_flush(why))
            return verdict;
        verdict = worker_flush(worker, true, turn->now_ms, why);
        if (verdict != GO_ON)
            return verdict;
    }
    if (verdict != GO_ON)
        return verdict;
    pipeline_mark_ends(worker->pipeline, worker->is_drain ? 0 : worker->config->idle_ms, turn->now_ms);
    worker->has_batch = false;
    return GO_ON;
}

/* A rebalance that got no answer the last time comes first. A batch is folded on the turn after the poll, by a clock
 * read after its records came. Where logs are read anew the turn ends with the poll: were the rest of it slow, so that
 * the next one counted as held, what was polled would be read anew for ever. */
static enum verdict answer_or_read(struct worker *worker, struct turn *turn, struct reason *why)
{
    if (pipeline_batch(worker->pipeline)->rebalance != REBALANCE_NONE)
        return worker_answer_rebalance(worker, turn->now_ms, why);
    if (turn->stop)
        return GO_ON;
    bool is_anew = worker->must_fetch;
    enum verdict verdict = worker->has_batch ? fold(worker, turn, why) : poll(worker, turn, why);
    if (verdict == GO_ON && worker->must_fetch) /* That was what is left of the batch before. */
        verdict = poll(worker, turn, why);
    turn->is_over = is_anew && verdict == GO_ON;
    return verdict;
}

static enum verdict flush_if_due(struct worker *worker, struct turn *turn, struct reason *why)
{
    bool is_forced = turn->stop || worker->has_fresh_tables;
    bool is_due = turn->now_ms >= worker->flush_due_ms ||
                  (worker->is_drain && assignment_has_unstored_idle(pipeline_assignment(worker->pipeline)));
    enum verdict verdict = is_forced || is_due ? worker_flush(worker, is_forced, turn->now_ms, why) : GO_ON;

    turn->is_done = verdict == GO_ON && turn->stop;
    return verdict;
}

/* Whether this worker has counted what it was given, and knows what that was. */
static bool is_drained(const struct worker *worker)
{
    return worker->is_drain && (worker->has_joined || worker->closing.lease == LEASE_OURS) &&
           assignment_is_drained(pipeline_assignment(worker->pipeline));
}

/* What is flushed is counted: the cells follow. Whoever stops leaves that to the next owner; after a drain there may be
 * none for long. Only what is wide stays: most of its windows are over, and closed without cells. */
static enum verdict apply_if_due(struct worker *worker, struct turn *turn, struct reason *why)
{
    int64_t wide_bytes = (int64_t)STORE_VIEWS_BYTES / worker->partition_count;

    return pipeline_apply(worker->pipeline, is_drained(worker), wide_bytes, turn->now_ms, why);
}

static struct closing_turn closing_turn_of(const struct worker *worker, const struct turn *turn, bool is_final)
{
    return (struct closing_turn){
        .pipeline = worker->pipeline,
        .partition_count = worker->partition_count,
        .may_take = worker->has_joined,
        .is_drain = worker->is_drain,
        .is_final = is_final,
        .now_ms = turn->now_ms,
        .logger = worker->logger,
    };
}

/* What is wrong with closing keeps nothing from being counted. */
static enum verdict close_windows(struct worker *worker, struct turn *turn, struct reason *why)
{
    (void)why; /* A step like the others, which cannot fail. */
    const struct closing_turn closing = closing_turn_of(worker, turn, false);

    closing_turn(&worker->closing, &closing);
    return GO_ON;
}

/* The last turns of the one that has the lease. It does without partitions: the group may meet meanwhile, since others
 * leave, and what it is about to close is read out, whoever reads it. It stays in the group, so that what another one
 * claimed before it was killed comes to somebody. */
static void close_all(struct worker *worker, struct turn *turn)
{
    const struct closing_turn closing = closing_turn_of(worker, turn, true);

    closing_turn(&worker->closing, &closing);
    turn->is_done = worker->closing.state == CLOSING_STUCK || closing_is_done(&worker->closing, turn->now_ms);
}

/* A drain ends when this worker's partitions are at their end, stored and applied, or stopped. Who has the lease waits
 * for the others, and closes everything; as long as nobody is known to have it, nobody ends. To leave makes the group
 * meet, and nobody counts meanwhile: so the others, too, stay until all is read out, for a while at most. */
static enum verdict finish_drain(struct worker *worker, struct turn *turn, struct reason *why)
{
    bool is_ours = worker->closing.lease == LEASE_OURS;
    bool is_read_out = false;

    if (!is_drained(worker) || assignment_has_journal(pipeline_assignment(worker->pipeline))) {
        worker->stays_ms = turn->now_ms + STAY_MS;
        return GO_ON;
    }
    turn->is_done = worker->closing.state == CLOSING_STUCK;
    if (turn->is_done || worker->closing.lease == LEASE_UNKNOWN)
        return GO_ON;
    enum verdict verdict = pipeline_is_read_out(worker->pipeline, worker->partition_count, &is_read_out, why);
    if (verdict == GO_ON && is_ours && is_read_out)
        close_all(worker, turn);
    else if (verdict == GO_ON && !is_ours)
        turn->is_done = is_read_out || turn->now_ms >= worker->stays_ms;
    return verdict;
}

/* What has stopped and was not mended ends the worker when it leaves, and not before. */
static enum verdict tell_stops(const struct worker *worker, struct reason *why)
{
    const struct standstill standstill = pipeline_standstill(worker->pipeline);

    if (standstill.why != NULL) {
        *why = *standstill.why;
        return HALT;
    }
    return closing_check(&worker->closing, why);
}

/* ---- the turn ---- */

/* If it is nearly all traffic, the clocks are wrong and not the producers: somebody has to look. */
static void tell_futures(struct worker *worker)
{
    struct pipeline_counts counts = pipeline_counts(worker->pipeline);

    if (counts.futures > worker->told_futures)
        log_line(worker->logger, LOG_LEVEL_WARN, reason_name(EVENT_FUTURE),
                 "%" PRIu64 " of %" PRIu64 " records became dead letters, their time not yet come; the last: %s",
                 counts.futures - worker->told_futures, counts.records - worker->told_records, counts.future);
    worker->told_futures = counts.futures;
    worker->told_records = counts.records;
}

/* One stream that grew is nothing; one record in a hundred means that ids are no ids. */
static void warn_of_conflicts(struct worker *worker)
{
    struct pipeline_counts counts = pipeline_counts(worker->pipeline);
    uint64_t conflicts = counts.id_conflicts - worker->reported_conflicts;
    uint64_t records = counts.records - worker->reported_records;

    worker->reported_conflicts = counts.id_conflicts;
    if (conflicts >= CONFLICTS_MIN && 100 * conflicts >= records)
        log_line(worker->logger, LOG_LEVEL_WARN, "WORKER-ID-CONFLICTS",
                 "conflicts=%" PRIu64 " records=%" PRIu64 ": their ids were counted with other content before",
                 conflicts, records);
}

static void report(struct worker *worker, int64_t now_ms)
{
    struct pipeline_counts counts = pipeline_counts(worker->pipeline);
    struct standstill standstill = pipeline_standstill(worker->pipeline);
    uint64_t windows = 0, summaries = 0;

    if (standstill.why == NULL) { /* What stops is told at once: the first time again is a while after. */
        worker->standstill_due_ms = now_ms + STANDSTILL_INTERVAL_MS;
    } else if (now_ms >= worker->standstill_due_ms) {
        pipeline_tell_standstill(worker->pipeline, now_ms);
        worker->standstill_due_ms = now_ms + STANDSTILL_INTERVAL_MS;
    }
    if (now_ms < worker->report_due_ms)
        return;
    warn_of_conflicts(worker);
    closing_counts(&worker->closing, &windows, &summaries);
    log_line(worker->logger, LOG_LEVEL_INFO, "WORKER-PROGRESS",
             "records=%" PRIu64 " since_last=%" PRIu64 " partitions=%" PRIu32 " dead_letters=%" PRIu64
             " windows_published=%" PRIu64 " summaries=%" PRIu64 " stopped=%" PRIu32,
             counts.records, counts.records - worker->reported_records, pipeline_assignment(worker->pipeline)->count,
             counts.dead_letters, windows, summaries, standstill.partitions + (standstill.is_retention ? 1 : 0));
    tell_futures(worker);
    worker->reported_records = counts.records;
    worker->report_due_ms = now_ms + REPORT_INTERVAL_MS;
}

/* Where no event lies in the future nobody asks, and a clock that is ahead goes unseen. */
static enum verdict compare_clocks(struct worker *worker, struct turn *turn, struct reason *why)
{
    (void)why; /* A step like the others, which cannot fail. */
    if (turn->now_ms < worker->clocks_due_ms || turn->stop)
        return GO_ON;
    worker->clocks_due_ms = turn->now_ms + CLOCKS_INTERVAL_MS;
    pipeline_compare_clocks(worker->pipeline, turn->wall_ms);
    return GO_ON;
}

static enum verdict watch_store(struct worker *worker, struct turn *turn, struct reason *why)
{
    (void)why; /* A step like the others, which cannot fail. */
    if (worker->has_joined && !turn->stop)
        capacity_watch(&worker->capacity, pipeline_store(worker->pipeline), pipeline_assignment(worker->pipeline),
                       worker->logger, turn->now_ms);
    return GO_ON;
}

static void report_drained(struct worker *worker)
{
    warn_of_conflicts(worker);
    log_line(worker->logger, LOG_LEVEL_INFO, "WORKER-DRAINED",
             "records=%" PRIu64 " counting_ms=%" PRId64 " cpu_ms=%" PRId64, pipeline_counts(worker->pipeline).records,
             worker->counted.ms - worker->counting.ms, worker->counted.cpu_ms - worker->counting.cpu_ms);
}

enum verdict worker_turn(struct worker *worker, int64_t now_ms, int64_t wall_ms, bool stop, bool *is_done,
                         struct reason *why)
{
    static enum verdict (*const steps[])(struct worker *, struct turn *, struct reason *) = {
        resume,       compare_clocks, watch_store,   recheck_logs, answer_or_read,
        flush_if_due, apply_if_due,   close_windows, finish_drain,
    };
    struct turn turn = {.now_ms = now_ms, .wall_ms = wall_ms, .stop = stop};
    enum verdict verdict = GO_ON;

    pulse_beat(worker->pulse);
    if (worker->exporter != NULL)
        exporter_beat(worker->exporter, now_ms);
    for (size_t i = 0; i < LENGTH_OF(steps) && verdict == GO_ON && !turn.is_done && !turn.is_over; i++)
        verdict = steps[i](worker, &turn, why);
    worker->trouble = verdict == GO_ON ? REASON_NONE : why->id;
    if (verdict == TRY_LATER)
        verdict = worker_keep_alive(worker, now_ms, why);
    report(worker, now_ms);
    worker_tell_metrics(worker, now_ms, wall_ms);
    if (turn.is_done || verdict == HALT)
        tell_futures(worker);
    *is_done = turn.is_done;
    if (verdict == GO_ON && worker->is_drain && turn.is_done)
        report_drained(worker);
    return verdict == GO_ON && turn.is_done ? tell_stops(worker, why) : verdict;
}
