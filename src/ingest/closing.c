/* The lease first, then a closer: opened with the lease, closed with it. */
#include "closing.h"

#include <inttypes.h>

#include "gentally/base/calendar.h"
#include "gentally/base/clock.h"
#include "gentally/base/pulse.h"
#include "gentally/metrics/exporter.h"
#include "pipeline_read.h"
#include "pipeline_settings.h"

#define RETRY_MS 2000 /* after the closer stepped down or lost its transaction, and between two looks at the lease */
#define RENEW_MS 1000 /* of the CLOSER_HOLD_MS that a lease is taken for */
#define WATCH_MS 500  /* between two looks while it is not known whether its holder lives */

/* Renews the lease, or takes it if it is free. */
static enum verdict renew(struct closing *closing, int64_t ms, struct lease *lease, struct reason *why)
{
    int64_t seen = closing->lease == LEASE_OURS ? closing->looks : 0;
    enum verdict verdict = store_lease(closing->store, closing->holder, ms, seen, lease, why);

    if (verdict == GO_ON && lease->taken_ms == 0) {
        closing->lease = LEASE_OURS;
        closing->looks = lease->looks;
    }
    return verdict;
}

/* closer_hold: a lease that another took meanwhile says what the transaction would say later. */
static enum verdict hold(void *context, int64_t ms, struct reason *why)
{
    struct closing *closing = context;
    struct lease lease = {0};
    enum verdict verdict = renew(closing, ms, &lease, why);

    pulse_beat(closing->pulse);
    if (closing->exporter != NULL)
        exporter_beat(closing->exporter, clock_ms(CLOCK_MONOTONIC));
    if (verdict == GO_ON && lease.taken_ms > 0)
        return reason_set(why, STEP_DOWN, SINK_FENCED, 0, "another worker has the lease of closing");
    return verdict;
}

static void return_lease(struct closing *closing)
{
    struct reason ignored;

    if (closing->lease == LEASE_OURS)
        (void)!store_lease_return(closing->store, closing->holder, &ignored); /* Or it ends by itself. */
    closing->lease = LEASE_UNKNOWN;
}

/* Another one has the lease. It lives if it answered the look before; this one is the next question. */
static void look(struct closing *closing, const struct lease *lease, int64_t now_ms)
{
    bool is_asked = closing->lease != LEASE_OURS && closing->looks > 0 && closing->looks < lease->looks;
    bool is_answered = is_asked && lease->seen >= closing->looks;

    closing_stop(closing);
    if (!is_asked || is_answered)
        closing->looks = lease->looks;
    closing->lease = is_answered ? LEASE_TAKEN : LEASE_UNKNOWN;
    closing->state = CLOSING_GOES_ON; /* It is another's now. */
    closing_watch_clear(&closing->watch);
    closing->due_ms = now_ms + (is_answered ? RETRY_MS : WATCH_MS);
}

/* Takes the lease, or looks whether its holder lives. */
static enum verdict take_lease(struct closing *closing, const struct closing_turn *turn, struct reason *why)
{
    struct lease lease = {0};

    if (closing->lease == LEASE_OURS ? turn->now_ms < closing->renew_ms : !turn->may_take)
        return GO_ON;
    if (closing->holder[0] == '\0')
        store_lease_token(closing->holder);
    enum verdict verdict = renew(closing, CLOSER_HOLD_MS, &lease, why);
    if (verdict != GO_ON)
        return verdict;
    closing->renew_ms = turn->now_ms + RENEW_MS;
    if (lease.taken_ms > 0)
        look(closing, &lease, turn->now_ms);
    return GO_ON;
}

/* The topic may have grown since the group met here last, and the closer before this one may have told of it. */
static enum verdict open_closer(struct closing *closing, const struct closing_turn *turn,
                                const struct closer_hold *with, struct reason *why)
{
    int32_t count = 0;
    enum verdict verdict = pipeline_count_partitions(turn->pipeline, &count, why);

    if (verdict != GO_ON)
        return verdict;
    closing->partition_count = count > turn->partition_count ? count : turn->partition_count;
    return pipeline_open_closer(turn->pipeline, &closing->closer, closing->partition_count, turn->is_drain, with, why);
}

static enum verdict close_windows(struct closing *closing, const struct closing_turn *turn, struct reason *why)
{
    const struct closer_hold with = {.hold = hold, .context = closing};
    enum verdict verdict = GO_ON;

    if (closing->closer != NULL && closing->partition_count < turn->partition_count)
        closing_stop(closing); /* The topic grew. */
    if (closing->closer == NULL)
        verdict = pipeline_await_erasure(turn->pipeline, why);
    if (verdict == GO_ON && closing->closer == NULL)
        verdict = open_closer(closing, turn, &with, why);
    if (verdict != GO_ON)
        return verdict;
    return closer_turn(closing->closer, turn->now_ms, turn->is_final, &closing->has_more, why);
}

/* Says what it is stuck at, when that is new and again and again. What ends by itself is no error. */
static void tell_stuck(struct closing *closing, const struct closing_turn *turn)
{
    enum log_level level = closing->state == CLOSING_STUCK ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;

    log_reason(turn->logger, level, &closing->why);
    log_line(turn->logger, level, "WORKER-CLOSES-NOTHING", "reason=%s attempts=%" PRIu32, reason_name(closing->why.id),
             closing->attempts);
    closing->told_ms = turn->now_ms;
}

/* Closing is over for now; counting is not. Another worker may have what this one lacks. Trouble that has to be mended
 * is looked at less and less often; that which ends by itself, as soon as counting can bear it. */
static void get_stuck(struct closing *closing, const struct closing_turn *turn, enum closing_state state,
                      const struct reason *why)
{
    if (closing->state == CLOSING_STUCK && state == CLOSING_WAITS) { /* Nobody has mended it meanwhile. */
        state = CLOSING_STUCK;
        why = &closing->why;
    }
    bool is_new = closing->state != state || closing->why.id != why->id;
    if (closing->state != state)
        closing->attempts = 0;
    closing->state = state;
    closing->why = *why;
    closing->pause_ms = CLOSING_STUCK_MS;
    for (uint32_t i = 0; state == CLOSING_STUCK && i < closing->attempts && closing->pause_ms < CLOSING_STUCK_LAST_MS;
         i++)
        closing->pause_ms *= 2;
    closing->attempts++;
    if (is_new)
        tell_stuck(closing, turn);
    closing_end(closing);
}

static void get_free(struct closing *closing, struct logger *logger)
{
    if (closing->state != CLOSING_GOES_ON)
        log_line(logger, LOG_LEVEL_INFO, "WORKER-CLOSES-AGAIN", "reason=%s", reason_name(closing->why.id));
    closing->state = CLOSING_GOES_ON;
    closing->attempts = 0;
    closing_watch_clear(&closing->watch);
}

/* Whether an attempt is put off. */
static bool must_wait(struct closing *closing, const struct closing_turn *turn)
{
    int64_t rest_ms = closing_watch_rest_ms(&closing->watch, turn->now_ms);

    if (closing->pause_ms > 0)
        closing->due_ms = turn->now_ms + (closing->pause_ms > rest_ms ? closing->pause_ms : rest_ms);
    closing->pause_ms = 0;
    if (closing->state != CLOSING_GOES_ON && turn->now_ms - closing->told_ms >= CLOSING_TOLD_MS)
        tell_stuck(closing, turn);
    return turn->now_ms < closing->due_ms;
}

/* With the lease in hand: who has none holds up nobody else. */
static enum verdict attempt(struct closing *closing, const struct closing_turn *turn, struct reason *why)
{
    enum verdict verdict = close_windows(closing, turn, why);

    if (verdict != GO_ON)
        closing_watch_fail(&closing->watch, turn->now_ms);
    return verdict;
}

void closing_turn(struct closing *closing, const struct closing_turn *turn)
{
    struct reason why = {0};

    closing->has_more = false;
    closing->store = pipeline_store(turn->pipeline);
    if (must_wait(closing, turn))
        return;
    enum verdict verdict = take_lease(closing, turn, &why);
    if (verdict == GO_ON && closing->lease != LEASE_OURS)
        return;
    if (verdict == GO_ON)
        verdict = attempt(closing, turn, &why);
    if (verdict == GO_ON) {
        get_free(closing, turn->logger);
        return;
    }
    if (verdict == HALT || closing_watch_is_over(&closing->watch, turn->now_ms)) {
        get_stuck(closing, turn, verdict == HALT ? CLOSING_STUCK : CLOSING_WAITS, &why);
        return;
    }
    closing->pause_ms = RETRY_MS;
    closing->has_more = true; /* for a final turn: not finished */
    log_reason(turn->logger, LOG_LEVEL_WARN, &why);
    /* Another closer exists, or a transaction's outcome is unknown: begin from the ledger. */
    if (verdict != TRY_LATER)
        closing_stop(closing);
    if (verdict == STEP_DOWN)
        return_lease(closing);
}

bool closing_is_done(const struct closing *closing, int64_t now_ms)
{
    return !closing->has_more && closing->closer != NULL && closing->pause_ms == 0 && now_ms >= closing->due_ms;
}

bool closing_is_active(const struct closing *closing)
{
    return closing->lease == LEASE_OURS && closing->closer != NULL && closing->watch.failures == 0;
}

enum verdict closing_check(const struct closing *closing, struct reason *why)
{
    if (closing->state == CLOSING_STUCK) {
        *why = closing->why;
        return HALT;
    }
    return closing->closer == NULL ? GO_ON : closer_check_stopped(closing->closer, why);
}

static void add_up(struct closer_progress *progress, const struct closer_progress *before)
{
    progress->windows += before->windows;
    progress->summaries += before->summaries;
    progress->transactions += before->transactions;
    progress->models += before->models;
    progress->unknown_models += before->unknown_models;
    durations_add(&progress->durations, &before->durations);
    progress->committed_ms =
        progress->transactions == before->transactions ? before->committed_ms : progress->committed_ms;
    progress->early_ms = progress->early_ms == NO_TIME ? before->early_ms : progress->early_ms;
}

void closing_progress(const struct closing *closing, struct closer_progress *progress)
{
    static const struct closer_progress none = {.committed_ms = NO_TIME, .early_ms = NO_TIME};

    *progress = none;
    for (size_t kind = 0; kind < WINDOW_KINDS; kind++)
        progress->oldest_ms[kind] = NO_TIME;
    if (closing->closer != NULL)
        closer_progress(closing->closer, progress);
    if (closing->before.transactions > 0)
        add_up(progress, &closing->before);
}

void closing_stop(struct closing *closing)
{
    struct closer_progress all;

    if (closing->closer != NULL) {
        closing_progress(closing, &all); /* which adds to what was before */
        closing->before = all;
    }
    closer_close(closing->closer);
    closing->closer = NULL;
}

void closing_end(struct closing *closing)
{
    closing_stop(closing);
    return_lease(closing);
}

void closing_counts(const struct closing *closing, uint64_t *windows, uint64_t *summaries)
{
    *windows = *summaries = 0;
    if (closing->closer != NULL)
        closer_counts(closing->closer, windows, summaries);
}
