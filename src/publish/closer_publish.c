/*
 * Due windows, one transaction after the other. What was published is remembered when its transaction has committed;
 * when the store does not answer, nothing of the transaction is seen.
 */
#include "closer_publish.h"

#include <inttypes.h>

#include "closer_due.h"
#include "gentally/base/log.h"
#include "gentally/config/config.h"
#include "gentally/kafka/transaction.h"

#define TRANSACTION_ROWS 20000u /* then commit: 20,000 x some 300 bytes stay well inside the producer's queue */
#define TURN_ROWS 60000u        /* then give the loop a turn to read its records */
/* To read a window of one partition takes a round trip to the store, as long as so many rows. With many partitions it
 * is these that a transaction's minute, and the time between two polls, is spent on. */
#define SNAPSHOT_ROWS 10u

/* How far a turn has come. */
struct publishing {
    bool is_final, is_late_due;
    uint32_t at;          /* the next window of the survey */
    uint32_t rows;        /* published, and SNAPSHOT_ROWS for each round trip */
    bool was_late;        /* a late revision was among them */
    bool is_open;         /* the transaction has begun */
    struct window window; /* which was put last */
};

/* Commits, and remembers the windows as published. */
static enum verdict commit(struct closer *closer, struct reason *why)
{
    enum verdict verdict = transaction_commit(closer->transaction, why);

    for (uint32_t i = 0; i < closer->pending_count && verdict == GO_ON; i++)
        verdict = published_put(closer->published, &closer->pending[i], why);
    closer->pending_count = 0;
    return verdict;
}

/* Each partition may have rolled back since the survey, by which a window is due, or since the snapshots of another. */
static enum verdict check_parts(const struct closer *closer, struct reason *why)
{
    const struct ledger_partition *parts = emitter_parts(closer->emitter);
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < closer->survey.partition_count && verdict == GO_ON; i++) {
        const struct partition_state *surveyed = &closer->survey.partitions[i].state;
        verdict = published_offsets_check(closer->offsets, i, parts[i].incarnation, parts[i].next, why);
        if (verdict == GO_ON &&
            (strcmp(parts[i].incarnation, surveyed->incarnation) != 0 || parts[i].next < surveyed->next))
            verdict = reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                                 "partition %" PRId32 " stands at %" PRId64 ", and stood at %" PRId64
                                 " when its windows were looked at: they are looked at anew",
                                 i, parts[i].next, surveyed->next);
    }
    return verdict;
}

/* The window may have rolled back since it was surveyed. */
static enum verdict check_outcome(const struct closer *closer, const struct due *due,
                                  const struct emitter_outcome *outcome, struct reason *why)
{
    const struct published_window *last = published_find(closer->published, due->order.window);

    if (last == NULL || due->is_rebuilt)
        return GO_ON;
    if (outcome->revision < last->revision)
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                          "a window has %" PRId64 " records, published were %" PRId64, outcome->revision,
                          last->revision);
    if (closer->survey.retention != NULL && outcome->retention < last->retention)
        return reason_set(why, TRY_LATER, STORE_ROLLED_BACK, 0,
                          "a month's retention has revision %" PRId64 ", published was %" PRId64, outcome->retention,
                          last->retention);
    return GO_ON;
}

/* Puts one window, and notes what will have been published once the transaction commits. */
static enum verdict publish_one(struct closer *closer, const struct due *due, uint32_t *rows, struct reason *why)
{
    struct emitter_outcome outcome;
    enum verdict verdict = emitter_put(closer->emitter, closer->transaction, &due->order, &outcome, why);

    if (verdict == GO_ON)
        verdict = check_parts(closer, why);
    if (verdict == GO_ON)
        verdict = check_outcome(closer, due, &outcome, why);
    if (verdict != GO_ON || outcome.revision == 0)
        return verdict;
    for (int32_t i = 0; i < closer->survey.partition_count; i++)
        published_offsets_note(closer->offsets, &emitter_parts(closer->emitter)[i]);
    uint32_t partitions = (uint32_t)closer->survey.partition_count;
    closer->pending[closer->pending_count++] = (struct published_window){
        .window = due->order.window,
        .pane = outcome.pane,
        .generation = due->order.generation,
        .revision = outcome.revision,
        .retention = outcome.retention,
        .tables = closer->tables,
        .states = closer->survey.states[partitions],
        .partitions = partitions,
    };
    closer->window_count++;
    closer->summary_count += outcome.summaries;
    *rows += outcome.summaries + SNAPSHOT_ROWS * partitions;
    return GO_ON;
}

/* Puts the due windows from `publishing->at` on, as many as one transaction takes; it begins with the first of them. */
static enum verdict put_some(struct closer *closer, struct publishing *publishing, struct reason *why)
{
    uint32_t rows_before = publishing->rows;
    enum verdict verdict = GO_ON;

    publishing->is_open = false;
    for (; publishing->at < closer->survey.count && verdict == GO_ON; publishing->at++) {
        struct due due =
            closer_due(closer, &closer->survey.windows[publishing->at], publishing->is_final, publishing->is_late_due);
        if (!emit_rule_emits(due.decision))
            continue;
        if (closer->pending_count == TRANSACTION_WINDOWS || publishing->rows - rows_before >= TRANSACTION_ROWS)
            break;
        if (!publishing->is_open)
            verdict = transaction_begin(closer->transaction, why);
        publishing->is_open = true;
        publishing->window = due.order.window;
        if (verdict == GO_ON)
            verdict = publish_one(closer, &due, &publishing->rows, why);
        publishing->was_late = publishing->was_late || due.order.pane == PANE_LATE;
    }
    return verdict;
}

/* Publishes a transaction's worth. A torn window is passed over from then on, and the others go on without it. */
static enum verdict publish_some(struct closer *closer, struct publishing *publishing, struct reason *why)
{
    enum verdict verdict = put_some(closer, publishing, why);

    if (verdict == GO_ON && publishing->is_open)
        return commit(closer, why);
    if (verdict == HALT && why->id == STORE_TORN && closer->torn_count < TORN_WINDOWS) {
        log_reason(closer->logger, LOG_LEVEL_ERROR, why);
        closer->torn[closer->torn_count++] = publishing->window;
        verdict = TRY_LATER;
    }
    if (verdict == TRY_LATER) { /* The store did not answer: nothing of this transaction shall be seen. */
        closer->pending_count = 0;
        struct reason other;
        if (transaction_abort(closer->transaction, &other) != GO_ON)
            return REWIND;
    }
    return verdict;
}

enum verdict closer_publish(struct closer *closer, int64_t now_ms, bool is_final, bool *has_more, struct reason *why)
{
    struct publishing publishing = {.is_final = is_final, .is_late_due = now_ms >= closer->late_due_ms};
    enum verdict verdict = GO_ON;

    while (publishing.at < closer->survey.count && publishing.rows < TURN_ROWS && verdict == GO_ON)
        verdict = publish_some(closer, &publishing, why);
    bool is_through = publishing.at >= closer->survey.count;
    if (publishing.was_late && is_through) /* Not before the last of them had its turn. */
        closer->late_due_ms = now_ms + closer->config->late_emit_interval_ms;
    *has_more = verdict == GO_ON && !is_through;
    return verdict;
}
