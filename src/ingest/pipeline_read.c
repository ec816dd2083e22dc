/* Reads batches, answers the group's rebalances, and folds. */
#include "pipeline_read.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/kafka/source.h"
#include "gentally/redis/store.h"
#include "id_lookup.h"
#include "pipeline_parts.h"
#include "pipeline_settings.h"
#include "writer_schemas.h"

#define TELL_INTERVAL_MS 600000

enum verdict pipeline_join(struct pipeline *pipeline, struct reason *why)
{
    return source_join(pipeline->source, why);
}

const struct batch *pipeline_batch(const struct pipeline *pipeline)
{
    return &pipeline->batch;
}

/* ---- the group's rebalances ---- */

enum verdict pipeline_claim(struct pipeline *pipeline, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = pipeline_await_erasure(pipeline, why);

    if (verdict == GO_ON)
        verdict = assignment_claim(&pipeline->assignment, pipeline->store, pipeline->config, pipeline->pool,
                                   pipeline->batch.partitions, pipeline->batch.partition_count, now_ms, why);
    if (verdict == GO_ON)
        verdict = pipeline_recheck_settings(pipeline, why);
    if (verdict == GO_ON)
        verdict = assignment_start(&pipeline->assignment, pipeline->source, why);
    if (verdict == GO_ON)
        pipeline->batch.rebalance = REBALANCE_NONE;
    else /* What was claimed and is not read must not be flushed, should it be revoked before the next attempt. */
        assignment_close(&pipeline->assignment);
    return verdict;
}

enum verdict pipeline_release(struct pipeline *pipeline, struct reason *why)
{
    checkpoint_forget(pipeline->checkpoint);
    assignment_close(&pipeline->assignment);
    /* The rest of the batch would be folded into what is assigned next, with a gap; and where logs ended would be taken
     * for where the next owner stands, who may be before that. */
    pipeline->folded = pipeline->batch.record_count;
    pipeline->batch.end_count = pipeline->batch.suspect_count = 0;
    enum verdict verdict = source_release_all(pipeline->source, why);
    if (verdict == GO_ON)
        pipeline->batch.rebalance = REBALANCE_NONE;
    return verdict;
}

enum verdict pipeline_keep_alive(struct pipeline *pipeline, struct reason *why)
{
    return source_keep_alive(pipeline->source, &pipeline->batch, why);
}

/* ---- a batch ---- */

enum verdict pipeline_poll(struct pipeline *pipeline, int timeout_ms, struct reason *why)
{
    pipeline->folded = 0;
    pipeline->lookup = LOOKUP_OPEN;
    pipeline->present.store_ms = NO_TIME;
    enum verdict verdict = source_poll(pipeline->source, &pipeline->batch, timeout_ms, why);
    assignment_clear_stale(&pipeline->assignment);
    return verdict;
}

enum verdict pipeline_look_up_ids(struct pipeline *pipeline, struct reason *why)
{
    enum verdict verdict = GO_ON;

    if (pipeline->config->ids == IDS_OFF || pipeline->lookup == LOOKUP_DONE)
        return GO_ON;
    if (pipeline->lookup == LOOKUP_OPEN)
        verdict = id_lookup_note(&pipeline->assignment, pipeline->decoder, &pipeline->batch, pipeline->folded,
                                 &pipeline->fold.event, why);
    if (verdict != GO_ON)
        return verdict;
    pipeline->lookup = LOOKUP_NOTED;
    verdict = id_lookup_ask(&pipeline->assignment, pipeline->store, why);
    if (verdict == GO_ON)
        pipeline->lookup = LOOKUP_DONE;
    return verdict;
}

bool pipeline_wants_flush(const struct reason *why)
{
    return why->id == FOLD_NO_ROOM || why->id == SINK_UNREACHABLE;
}

/* Says that our clock differs from the others. */
static void tell_lag(struct pipeline *pipeline, const struct record *record)
{
    int64_t lag_ms = present_lag_ms(&pipeline->present, record), other_ms = pipeline->present.wall_ms + lag_ms;

    if (lag_ms == 0 || (other_ms >= pipeline->lag_told_ms && other_ms - pipeline->lag_told_ms < TELL_INTERVAL_MS))
        return;
    pipeline->lag_told_ms = other_ms;
    log_line(pipeline->logger, LOG_LEVEL_WARN, "CLOCK-DIFFERS",
             "our clock is %" PRId64
             " s %s that of %s: one of them is wrong. Events are measured by the latest clock, "
             "so none is set aside because another is behind",
             (lag_ms < 0 ? -lag_ms : lag_ms) / 1000, lag_ms < 0 ? "ahead of" : "behind",
             pipeline->present.store_ms == other_ms ? "Redis" : "the broker");
}

void pipeline_recall(struct pipeline *pipeline, bool (*was_future)(void *, const struct record *), void *context)
{
    pipeline->present.was_future = was_future;
    pipeline->present.context = context;
}

void pipeline_compare_clocks(struct pipeline *pipeline, int64_t wall_ms)
{
    static const struct record none = {.timestamp_ms = -1};
    struct reason why;

    pipeline->present.wall_ms = wall_ms;
    if (store_clock(pipeline->store, &pipeline->present.store_ms, &why) == GO_ON)
        tell_lag(pipeline, &none);
}

enum verdict pipeline_fold_record(struct pipeline *pipeline, const struct record *record, int64_t wall_ms,
                                  struct reason *why)
{
    struct partition *partition = assignment_find(&pipeline->assignment, record->partition);

    if (!partition_wants(partition, record->offset))
        return GO_ON;
    partition_left_end(partition);
    pipeline->present.wall_ms = wall_ms;
    enum verdict verdict = fold_record(&pipeline->fold, partition, record, &pipeline->present, why);
    if (verdict == TRY_LATER && why->id == FOLD_NO_CLOCK) {
        verdict = store_clock(pipeline->store, &pipeline->present.store_ms, why);
        if (verdict == GO_ON)
            verdict = fold_record(&pipeline->fold, partition, record, &pipeline->present, why);
    }
    if (verdict == TRY_LATER && why->id == REGISTRY_UNREACHABLE) {
        assignment_wait(partition, pipeline->source);
        return GO_ON;
    }
    if (verdict == HALT && reason_stops(why->id) <= STOPS_PARTITION) {
        assignment_stop(&pipeline->assignment, partition, pipeline->source, why);
        return GO_ON;
    }
    if (verdict == GO_ON && record->unreadable == 0) /* What cannot be read is no anchor: the log could not show it. */
        partition_folded(partition, record);
    return verdict;
}

enum verdict pipeline_fold(struct pipeline *pipeline, int64_t wall_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    pipeline->present.store_ms = NO_TIME;
    while (pipeline->folded < pipeline->batch.record_count && verdict == GO_ON) {
        verdict = pipeline_fold_record(pipeline, &pipeline->batch.records[pipeline->folded], wall_ms, why);
        pipeline->folded += verdict == GO_ON ? 1 : 0;
    }
    if (pipeline->folded > 0)
        tell_lag(pipeline, &pipeline->batch.records[pipeline->folded - 1]);
    return verdict;
}

void pipeline_mark_ends(struct pipeline *pipeline, int64_t idle_ms, int64_t now_ms)
{
    assignment_mark_ends(&pipeline->assignment, &pipeline->batch, idle_ms, now_ms);
}

void pipeline_release_batch(struct pipeline *pipeline)
{
    assignment_move_anchors(&pipeline->assignment);
    source_release(pipeline->source, &pipeline->batch);
}

void pipeline_skip_to(struct pipeline *pipeline, int32_t number, int64_t next)
{
    struct partition *partition = assignment_find(&pipeline->assignment, number);

    assert(partition != NULL);
    if (partition->next < next)
        partition->next = next;
}

void pipeline_read_on(struct pipeline *pipeline, int64_t now_ms)
{
    pipeline->fold.turned_ms = now_ms;
    if (pipeline->schemas != NULL && writer_schemas_due(pipeline->schemas, now_ms))
        assignment_read_on(&pipeline->assignment, pipeline->source);
}

/* ---- logs ---- */

void pipeline_check_logs(struct pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->batch.suspect_count; i++)
        assignment_check_log(&pipeline->assignment, pipeline->source, pipeline->batch.suspects[i]);
}

void pipeline_recheck_logs(struct pipeline *pipeline)
{
    assignment_recheck_logs(&pipeline->assignment, pipeline->source);
}

void pipeline_reread(struct pipeline *pipeline, int32_t number)
{
    const struct partition *partition = assignment_find(&pipeline->assignment, number);

    assert(partition != NULL);
    struct source_start start = {number, partition->next, {.offset = ANCHOR_NONE}};
    source_reposition(pipeline->source, &start);
}

enum verdict pipeline_count_partitions(struct pipeline *pipeline, int32_t *count, struct reason *why)
{
    return source_partitions(pipeline->source, count, why);
}

/* Whether a partition of the store has stopped: here, wherever its owner is, or because its state is gone. */
static enum verdict look_for_stop(struct pipeline *pipeline, int32_t number, struct partition_state *state,
                                  bool *is_stopped, struct reason *why)
{
    const struct partition *ours = assignment_find(&pipeline->assignment, number);
    enum verdict verdict = store_state(pipeline->store, number, state, why);
    bool is_gone = verdict == HALT && (why->id == STORE_STATE_MISSING || why->id == STORE_DAMAGED);

    *is_stopped = is_gone || (ours != NULL && ours->is_stopped) || (verdict == GO_ON && state->stopped[0] != '\0');
    return is_gone ? GO_ON : verdict;
}

/* Where the store stands in each log: INT64_MAX behind a stop. False in `*are_idle` as soon as it does not know one's
 * end. */
static enum verdict look_at_states(struct pipeline *pipeline, int32_t count, int64_t next[], bool *are_idle,
                                   struct reason *why)
{
    enum verdict verdict = GO_ON;

    *are_idle = true;
    for (int32_t i = 0; i < count && verdict == GO_ON && *are_idle; i++) {
        struct partition_state state;
        bool is_stopped = false;
        verdict = look_for_stop(pipeline, i, &state, &is_stopped, why);
        if (verdict != GO_ON)
            break;
        next[i] = is_stopped ? INT64_MAX : state.next;
        *are_idle = is_stopped || state.is_idle;
    }
    return verdict;
}

enum verdict pipeline_is_read_out(struct pipeline *pipeline, int32_t count, bool *is_read_out, struct reason *why)
{
    int64_t *next = calloc((size_t)count * 2, sizeof(*next)), *ends = next + count;

    if (next == NULL)
        return no_memory(why, "for the ends of logs");
    enum verdict verdict = look_at_states(pipeline, count, next, is_read_out, why);
    if (verdict == GO_ON && *is_read_out) /* Kafka is asked once, and only if it may be so. */
        verdict = source_ends(pipeline->source, count, ends, why);
    for (int32_t i = 0; i < count && verdict == GO_ON && *is_read_out; i++)
        *is_read_out = next[i] >= ends[i];
    free(next);
    return verdict;
}
