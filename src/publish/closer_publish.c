/*
 * Due windows, one transaction after the other. What was published is remembered when its transaction has committed;
 * when the store does not answer, nothing of the transaction is seen.
 */
#include "closer_publish.h"

#include <inttypes.h>

#include "closer_due.h"
#include "gentally/base/clock.h"
#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "gentally/kafka/transaction.h"

#define TURN_ROWS 60000u /* then give the loop a turn to read its records */
#define TURN_US 2000000  /* likewise: a store that is slow to answer takes its time for each window */
/* To read a window of one partition takes a round trip to the store, as long as so many rows. With many partitions it
 * is these that a transaction's minute, and the time between two polls, is spent on. */
#define SNAPSHOT_ROWS 10u
/* Before the logs' ends are asked for again, once they could not be: a broker that is silent would cost each turn the
 * seconds that it takes to give up. */
#define ENDS_PAUSE_MS 60000

/* How far a turn has come. */
struct publishing {
    bool is_final, is_late_due, has_asked;
    uint32_t at;   /* the next window of the survey */
    uint32_t rows; /* published, and SNAPSHOT_ROWS for each round trip */
    bool was_late; /* a late revision was among them */
    bool is_open;  /* the transaction has begun */
    int64_t ends_us;
};

static bool is_long(const struct publishing *publishing)
{
    return clock_us(CLOCK_MONOTONIC) >= publishing->ends_us;
}

/* Asks where the logs end, once a turn and before its first window is read. Not to know it holds up nothing. */
static void ask_ends(struct closer *closer, struct publishing *publishing)
{
    int32_t count = closer->survey.partition_count;
    struct reason other;

    if (publishing->has_asked)
        return;
    publishing->has_asked = true;
    bool is_known = closer->now_ms >= closer->ends_due_ms;
    if (is_known && closer->logs.ends(closer->logs.context, count, closer->ends, &other) != GO_ON) {
        is_known = false;
        closer->ends_due_ms = closer->now_ms + ENDS_PAUSE_MS;
    }
    for (int32_t i = 0; i < count && !is_known; i++)
        closer->ends[i] = -1;
}

static enum verdict begin(struct closer *closer, struct reason *why)
{
    closer->begun_us = clock_us(CLOCK_MONOTONIC);
    return transaction_begin(closer->transaction, why);
}

/* What a transaction that has committed comes to. */
static void count_transaction(struct closer *closer)
{
    durations_note(&closer->durations, clock_us(CLOCK_MONOTONIC) - closer->begun_us);
    closer->transaction_count++;
    closer->committed_ms = closer->now_ms;
    for (uint32_t i = 0; i < closer->pending_count; i++)
        if (closer->pending[i].pane == PANE_EARLY)
            closer->early_ms = closer->now_ms;
}

/* What was put is not seen. */
static void abort_told(struct closer *closer)
{
    told_rows_abort(closer->told);
    if (closer->standing != NULL)
        standing_abort(closer->standing);
}

/* Commits, and remembers the windows as published. */
static enum verdict commit(struct closer *closer, struct reason *why)
{
    enum verdict verdict = transaction_commit(closer->transaction, why);

    if (verdict == GO_ON) {
        count_transaction(closer);
        told_rows_commit(closer->told);
        if (closer->standing != NULL)
            verdict = standing_commit(closer->standing, why);
    } else {
        abort_told(closer);
    }
    for (uint32_t i = 0; i < closer->pending_count && verdict == GO_ON; i++)
        verdict = published_put(closer->published, &closer->pending[i], why);
    closer->pending_count = 0;
    return verdict;
}

/* The window may have rolled back since it was surveyed. */
static enum verdict check_outcome(const struct closer *closer, const struct due *due,
                                  const struct emitter_outcome *outcome, struct reason *why)
{
    const struct published_window *last = published_find(closer->published, due->order.window);

    if (last == NULL || last->is_withdrawn || due->is_rebuilt)
        return GO_ON;
    if (outcome->revision < last->revision)
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                          "a window has %" PRId64 " records, published were %" PRId64, outcome->revision,
                          last->revision);
    if (survey_has_retention(&closer->survey) && outcome->retention < last->retention)
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                          "a month's retention has revision %" PRId64 ", published was %" PRId64, outcome->retention,
                          last->retention);
    return GO_ON;
}

/* Notes what will have been published once the transaction commits: all of a window, or (`is_under_way`) some of it. */
static void note(struct closer *closer, const struct emitter_order *order, const struct emitter_outcome *outcome,
                 bool is_under_way)
{
    uint32_t partitions = (uint32_t)closer->survey.partition_count;
    const struct ledger_partition *from = emitter_parts(closer->emitter);
    struct published_part *parts = closer->parts + (size_t)closer->pending_count * partitions;

    for (uint32_t i = 0; i < partitions; i++) {
        published_offsets_note(closer->offsets, &from[i]);
        parts[i] = published_part_of(&from[i]);
    }
    closer->pending[closer->pending_count++] = (struct published_window){
        .window = order->window,
        .pane = outcome->pane,
        .generation = order->generation,
        .revision = outcome->revision,
        .retention = outcome->retention,
        .tables = closer->tables,
        .partitions = partitions,
        .parts = parts,
        .is_under_way = is_under_way,
    };
    closer->window_count += is_under_way ? 0 : 1;
    closer->summary_count += is_under_way ? 0 : outcome->sent;
    closer->model_count += is_under_way ? 0 : outcome->models;
    closer->unknown_model_count += is_under_way ? 0 : outcome->unknown_models;
}

enum verdict closer_turn_over(void *context, const struct emitter_order *order, const struct emitter_outcome *outcome,
                              struct reason *why)
{
    struct closer *closer = context;
    enum verdict verdict = closer_hold_for(&closer->hold, CLOSER_COMMIT_MS, why);

    if (verdict != GO_ON)
        return verdict;
    note(closer, order, outcome, true);
    verdict = commit(closer, why);
    told_rows_doubt(closer->told, order->window);
    if (verdict == HALT && why->id == NO_MEMORY) /* What has committed is not remembered; the ledger knows it. */
        return REWIND;
    return verdict == GO_ON ? begin(closer, why) : verdict;
}

/* Puts one window. The partitions may have rolled back since the survey, by which it was decided. */
static enum verdict publish_one(struct closer *closer, const struct due *due, uint32_t *rows,
                                struct emitter_outcome *outcome, struct reason *why)
{
    *outcome = (struct emitter_outcome){.has_put = false};
    enum verdict verdict = closer_hold_for(&closer->hold, CLOSER_HOLD_MS, why);
    if (verdict == GO_ON)
        verdict = emitter_gather(closer->emitter, &due->order, outcome, why);
    if (verdict == GO_ON)
        verdict = survey_check_parts(&closer->survey, emitter_parts(closer->emitter), why);
    if (verdict == GO_ON)
        verdict = check_outcome(closer, due, outcome, why);
    if (verdict == GO_ON && outcome->revision > 0)
        verdict = emitter_put(closer->emitter, closer->transaction, &due->order, outcome, why);
    if (verdict != GO_ON)
        return verdict;
    troubles_clear(&closer->troubles, due->order.window);
    if (outcome->revision == 0)
        return GO_ON;
    note(closer, &due->order, outcome, false);
    *rows += outcome->summaries + SNAPSHOT_ROWS * (uint32_t)closer->survey.partition_count;
    return GO_ON;
}

/* Puts a window off that cannot be published, and says so. GO_ON: the others need not begin again for it. */
static enum verdict put_off(struct closer *closer, struct window window, enum verdict verdict,
                            const struct emitter_outcome *outcome, const struct reason *why)
{
    const struct trouble *trouble = troubles_note(&closer->troubles, window, why);
    bool has_grown = why->id == STORE_WINDOW_GREW; /* Nothing is wrong with it. */
    enum log_level level = has_grown ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR;

    log_reason(closer->logger, level, why);
    log_line(closer->logger, level, "CLOSER-SKIPPED",
             "window=%s start_ms=%" PRId64 " reason=%s attempt=%" PRIu32 " next_in_ms=%" PRId64,
             window_kind_name(window.kind), window.start_ms, reason_name(why->id),
             trouble == NULL ? 0 : trouble->attempts, trouble == NULL ? 0 : trouble->pause_ms);
    bool is_known = verdict == HALT || has_grown; /* else the store itself may be away */
    return trouble != NULL && is_known && !outcome->has_put ? GO_ON : verdict;
}

/* Puts the due windows from `publishing->at` on, as many as one transaction takes; it begins with the first of them. */
static enum verdict put_some(struct closer *closer, struct publishing *publishing, struct reason *why)
{
    uint32_t rows_before = publishing->rows;
    enum verdict verdict = GO_ON;

    publishing->is_open = false;
    for (; publishing->at < closer->survey.count && verdict == GO_ON; publishing->at++) {
        struct emitter_outcome outcome;
        struct due due =
            closer_due(closer, &closer->survey.windows[publishing->at], publishing->is_final, publishing->is_late_due);
        if (!emit_rule_emits(due.decision)) {
            if (!due.is_put_off) /* What was to be told is told, or lost with Redis's last writes. */
                troubles_clear(&closer->troubles, closer->survey.windows[publishing->at].window);
            continue;
        }
        if (closer->pending_count == TRANSACTION_WINDOWS ||
            publishing->rows - rows_before >= closer->config->transaction_rows_max ||
            (publishing->is_open && is_long(publishing)))
            break;
        ask_ends(closer, publishing);
        if (!publishing->is_open)
            verdict = begin(closer, why);
        publishing->is_open = true;
        if (verdict == GO_ON)
            verdict = publish_one(closer, &due, &publishing->rows, &outcome, why);
        if (trouble_is_its_own(verdict, why))
            verdict = put_off(closer, due.order.window, verdict, &outcome, why);
        bool is_late = publishing->is_late_due && due.is_again && due.order.pane != PANE_ON_TIME;
        publishing->was_late = publishing->was_late || is_late;
    }
    return verdict;
}

/* Publishes a transaction's worth. If a window fails that put something already, all of them begin again without it. */
static enum verdict publish_some(struct closer *closer, struct publishing *publishing, struct reason *why)
{
    uint32_t first = publishing->at;
    struct reason other;
    enum verdict verdict = put_some(closer, publishing, why);

    if (verdict == GO_ON && !publishing->is_open)
        return GO_ON;
    if (verdict == GO_ON)
        verdict = closer_hold_for(&closer->hold, CLOSER_COMMIT_MS, why);
    if (verdict == GO_ON) {
        verdict = commit(closer, why);
        return verdict == GO_ON ? closer_hold_for(&closer->hold, CLOSER_HOLD_MS, why) : verdict;
    }
    abort_told(closer);
    bool is_put_off = verdict == HALT && trouble_is_its_own(verdict, why);
    if (verdict != TRY_LATER && !is_put_off)
        return verdict;
    closer->pending_count = 0; /* Nothing of this transaction shall be seen. */
    if (transaction_abort(closer->transaction, &other) != GO_ON)
        return REWIND;
    publishing->at = first;
    return is_put_off ? GO_ON : TRY_LATER;
}

enum verdict closer_publish(struct closer *closer, bool is_final, bool *has_more, struct reason *why)
{
    struct publishing publishing = {
        .is_final = is_final,
        .is_late_due = closer->now_ms >= closer->late_due_ms,
        .ends_us = clock_us(CLOCK_MONOTONIC) + TURN_US,
    };
    static const int64_t never[WINDOW_KINDS];
    const int64_t *interval_ms = closer->is_drain ? never : closer->config->early_emit_interval_ms;
    enum verdict verdict = GO_ON;

    emitter_begin_turn(closer->emitter);
    early_rounds_begin(&closer->early, interval_ms, closer->now_ms);
    do /* a window at least */
        verdict = publish_some(closer, &publishing, why);
    while (publishing.at < closer->survey.count && publishing.rows < TURN_ROWS && !is_long(&publishing) &&
           verdict == GO_ON);
    bool is_through = publishing.at >= closer->survey.count;
    if (publishing.at > 0)
        early_rounds_pass(&closer->early, closer->survey.windows[publishing.at - 1].window);
    if (is_through)
        early_rounds_end(&closer->early, interval_ms, closer->now_ms);
    if (publishing.was_late && is_through) /* Not before the last of them had its turn. */
        closer->late_due_ms = closer->now_ms + closer->config->late_emit_interval_ms;
    *has_more = verdict == GO_ON && !is_through;
    return verdict;
}
