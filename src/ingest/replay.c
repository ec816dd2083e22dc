/*
 * Counts up to given offsets. A turn is the worker's, without a group to share with and without closing windows. What a
 * replay adds is the end: records at or beyond a partition's target are let go, and read again when the target is
 * raised.
 */
#include "gentally/ingest/replay.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/base/clock.h"
#include "pipeline_read.h"
#include "pipeline_settings.h"
#include "pipeline_setup.h"

#define POLL_MS 50
#define RETRY_MS 250
#define PATIENCE_MS 60000 /* without any progress */

struct replay {
    struct logger *logger;
    struct pipeline *pipeline;
    int32_t partition_count;
    bool has_joined;
    bool is_cut[PARTITIONS_MAX]; /* records beyond the target were let go */
    int64_t targets[PARTITIONS_MAX];
};

/* ---- opening ---- */

enum verdict replay_open(struct replay **replay, const struct config *config, const struct settings *settings,
                         struct logger *logger, struct reason *why)
{
    struct replay *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a replay");
    opened->logger = logger;
    enum verdict verdict = pipeline_open_local(&opened->pipeline, config, logger, why);
    if (verdict == GO_ON)
        verdict = pipeline_connect(opened->pipeline, why);
    if (verdict == GO_ON)
        verdict = pipeline_check_replay(opened->pipeline, &opened->partition_count, why);
    if (verdict == GO_ON)
        pipeline_use_settings(opened->pipeline, settings);
    if (verdict != GO_ON) {
        replay_close(opened);
        return verdict;
    }
    *replay = opened;
    return GO_ON;
}

void replay_close(struct replay *replay)
{
    if (replay == NULL)
        return;
    pipeline_close(replay->pipeline);
    free(replay);
}

enum verdict replay_erase(struct replay *replay, struct store *live, struct reason *why)
{
    return pipeline_read_erased(replay->pipeline, live, true, why);
}

void replay_recall(struct replay *replay, bool (*was_future)(void *context, const struct record *record), void *context)
{
    pipeline_recall(replay->pipeline, was_future, context);
}

int32_t replay_partitions(const struct replay *replay)
{
    return replay->partition_count;
}

uint64_t replay_records(const struct replay *replay)
{
    return pipeline_counts(replay->pipeline).records;
}

struct store *replay_store(const struct replay *replay)
{
    return pipeline_store(replay->pipeline);
}

int64_t replay_next(const struct replay *replay, int32_t number)
{
    const struct partition *partition = assignment_find(pipeline_assignment(replay->pipeline), number);

    return partition == NULL ? 0 : partition->state.next;
}

enum verdict replay_begin(struct replay *replay, const int64_t firsts[], const struct partition_state lives[],
                          struct reason *why)
{
    enum verdict verdict = pipeline_create_states(replay->pipeline, replay->partition_count, firsts, lives, why);

    return verdict == GO_ON ? pipeline_join(replay->pipeline, why) : verdict;
}

/* ---- counting ---- */

/* Nobody else is in the group, so there is one assignment; should there be another, the store says where to go on. */
static enum verdict answer_rebalance(struct replay *replay, int64_t now_ms, struct reason *why)
{
    const struct batch *batch = pipeline_batch(replay->pipeline);

    if (batch->rebalance == REBALANCE_NONE)
        return GO_ON;
    if (batch->rebalance != REBALANCE_ASSIGNED) {
        replay->has_joined = false;
        return pipeline_release(replay->pipeline, why);
    }
    enum verdict verdict = pipeline_claim(replay->pipeline, now_ms, why);
    if (verdict == GO_ON) {
        replay->has_joined = (int32_t)batch->partition_count == replay->partition_count;
        memset(replay->is_cut, 0, sizeof(replay->is_cut));
    }
    return verdict;
}

/* True if every assigned partition was folded up to its target. */
static bool is_folded(const struct replay *replay)
{
    const struct assignment *assignment = pipeline_assignment(replay->pipeline);

    for (uint32_t i = 0; i < assignment->count; i++)
        if (assignment_find(assignment, assignment->partitions[i])->next < replay->targets[assignment->partitions[i]])
            return false;
    return true;
}

/* True if every assigned partition is stored up to its target: a flush may have been refused, and taken back. */
static bool is_stored(const struct replay *replay)
{
    const struct assignment *assignment = pipeline_assignment(replay->pipeline);

    for (uint32_t i = 0; i < assignment->count; i++)
        if (replay_next(replay, assignment->partitions[i]) < replay->targets[assignment->partitions[i]])
            return false;
    return true;
}

/* Goes back to where records were let go, for those partitions whose target is further now. */
static void resume_cut(struct replay *replay)
{
    const struct assignment *assignment = pipeline_assignment(replay->pipeline);

    for (uint32_t i = 0; i < assignment->count; i++) {
        int32_t number = assignment->partitions[i];
        if (!replay->is_cut[number] || assignment_find(assignment, number)->next >= replay->targets[number])
            continue;
        pipeline_reread(replay->pipeline, number);
        replay->is_cut[number] = false;
    }
}

static enum verdict fold_one(struct replay *replay, const struct record *record, int64_t now_ms, struct reason *why)
{
    const struct assignment *assignment = pipeline_assignment(replay->pipeline);
    enum verdict verdict;

    if (!partition_wants(assignment_find(assignment, record->partition), record->offset))
        return GO_ON;
    if (record->offset >= replay->targets[record->partition]) { /* Only what is no record lies before the target. */
        pipeline_skip_to(replay->pipeline, record->partition, replay->targets[record->partition]);
        replay->is_cut[record->partition] = true;
        return GO_ON;
    }
    while ((verdict = pipeline_fold_record(replay->pipeline, record, clock_ms(CLOCK_REALTIME), why)) == TRY_LATER) {
        if (!pipeline_wants_flush(why))
            return verdict;
        verdict = pipeline_flush(replay->pipeline, true, now_ms, why);
        if (verdict != GO_ON)
            return verdict;
    }
    return verdict;
}

/* Follows the logs' ends: their last offsets may be no records. */
static void skip_to_ends(struct replay *replay)
{
    const struct batch *batch = pipeline_batch(replay->pipeline);

    for (uint32_t i = 0; i < batch->end_count; i++) {
        int32_t number = batch->ends[i].partition;
        const struct partition *partition = assignment_find(pipeline_assignment(replay->pipeline), number);
        int64_t target = replay->targets[number];
        if (partition != NULL && !partition->is_stale && !partition->is_stopped && !replay->is_cut[number])
            pipeline_skip_to(replay->pipeline, number, batch->ends[i].next < target ? batch->ends[i].next : target);
    }
}

static enum verdict poll(struct replay *replay, int64_t now_ms, struct reason *why)
{
    const struct batch *batch = pipeline_batch(replay->pipeline);
    pipeline_read_on(replay->pipeline, now_ms);
    enum verdict verdict = pipeline_poll(replay->pipeline, POLL_MS, why);

    if (verdict == GO_ON)
        verdict = answer_rebalance(replay, now_ms, why);
    if (verdict == GO_ON)
        pipeline_check_logs(replay->pipeline);
    if (verdict == GO_ON) /* Without an answer the batch is let go, and asked for again. */
        verdict = pipeline_look_up_ids(replay->pipeline, why);
    for (uint32_t i = 0; verdict == GO_ON && i < batch->record_count; i++)
        verdict = fold_one(replay, &batch->records[i], now_ms, why);
    /* A trouble in mid-batch: what is left of it is let go, and read again. */
    for (uint32_t i = 0; verdict != GO_ON && i < batch->record_count; i++)
        replay->is_cut[batch->records[i].partition] = true;
    if (verdict == GO_ON)
        skip_to_ends(replay);
    pipeline_release_batch(replay->pipeline);
    return verdict;
}

static enum verdict read_on(struct replay *replay, int64_t now_ms, struct reason *why)
{
    resume_cut(replay);
    return poll(replay, now_ms, why);
}

static enum verdict turn(struct replay *replay, bool *is_done, struct reason *why)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    enum verdict verdict = pipeline_resume(replay->pipeline, now_ms, why);

    if (verdict == GO_ON)
        verdict = pipeline_reclaim(replay->pipeline, now_ms, why);
    if (verdict == GO_ON)
        verdict = answer_rebalance(replay, now_ms, why); /* The store did not answer the last time. */
    bool is_there = verdict == GO_ON && replay->has_joined && is_folded(replay);
    if (verdict == GO_ON)
        verdict = is_there ? pipeline_flush(replay->pipeline, true, now_ms, why) : read_on(replay, now_ms, why);
    if (verdict == GO_ON)
        verdict = pipeline_apply(replay->pipeline, false, 0, now_ms, why);
    const struct partition *stopped = assignment_find_stopped(pipeline_assignment(replay->pipeline));
    if (verdict == GO_ON && stopped != NULL) {
        *why = stopped->why;
        return HALT;
    }
    *is_done = verdict == GO_ON && is_there && is_stored(replay);
    return verdict;
}

static int64_t progress_of(const struct replay *replay)
{
    const struct assignment *assignment = pipeline_assignment(replay->pipeline);
    int64_t progress = 0;

    for (uint32_t i = 0; i < assignment->count; i++)
        progress += assignment_find(assignment, assignment->partitions[i])->next;
    return progress;
}

enum verdict replay_advance(struct replay *replay, const int64_t targets[], struct reason *why)
{
    static const struct timespec pause = {0, RETRY_MS * 1000000L};
    int64_t progress = -1, progress_ms = clock_ms(CLOCK_MONOTONIC);
    bool is_done = false;

    memcpy(replay->targets, targets, (size_t)replay->partition_count * sizeof(*targets));
    while (!is_done) {
        enum verdict verdict = turn(replay, &is_done, why);
        int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
        if (verdict != GO_ON && verdict != TRY_LATER)
            return verdict;
        if (progress != progress_of(replay)) {
            progress = progress_of(replay);
            progress_ms = now_ms;
        }
        if (now_ms - progress_ms > PATIENCE_MS)
            return verdict != GO_ON ? verdict
                                    : reason_set(why, HALT, REPLAY_UNREACHABLE, 0,
                                                 "nothing came for %d s, and the offsets asked for are not reached",
                                                 PATIENCE_MS / 1000);
        if (verdict == TRY_LATER) {
            log_reason(replay->logger, LOG_LEVEL_WARN, why);
            nanosleep(&pause, NULL);
        }
    }
    return GO_ON;
}
