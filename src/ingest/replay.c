/*
 * The worker's turn without a group to share with and without closing. What is new is the end: records at or beyond a
 * partition's target are let go, and read again when the target is raised.
 */
#include "gentally/ingest/replay.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "gentally/kafka/producer.h"
#include "gentally/kafka/source.h"
#include "gentally/redis/store.h"
#include "id_lookup.h"
#include "pipeline.h"

#define POLL_MS 50
#define RETRY_MS 250
#define PATIENCE_MS 60000 /* without any progress */

struct replay {
    struct pipeline pipeline;
    int32_t partition_count;
    bool has_joined;
    bool is_cut[PARTITIONS_MAX]; /* records beyond the target were let go */
    int64_t targets[PARTITIONS_MAX];
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- opening ---- */

enum verdict replay_open(struct replay **replay, const struct config *config, struct logger *logger, struct reason *why)
{
    struct replay *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return no_memory(why, "for a replay");
    enum verdict verdict = pipeline_open_local(&opened->pipeline, config, logger, why);
    if (verdict == GO_ON)
        verdict = pipeline_connect(&opened->pipeline, why);
    if (verdict == GO_ON)
        verdict = store_check(opened->pipeline.store, why);
    if (verdict == GO_ON)
        verdict = producer_check_topic(opened->pipeline.producer, opened->pipeline.fold.dead_letters, why);
    if (verdict == GO_ON)
        verdict = source_partitions(opened->pipeline.source, &opened->partition_count, why);
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
    pipeline_close(&replay->pipeline);
    free(replay);
}

int32_t replay_partitions(const struct replay *replay)
{
    return replay->partition_count;
}

uint64_t replay_records(const struct replay *replay)
{
    return replay->pipeline.fold.records;
}

struct store *replay_store(const struct replay *replay)
{
    return replay->pipeline.store;
}

int64_t replay_next(const struct replay *replay, int32_t number)
{
    const struct partition *partition = assignment_find(&replay->pipeline.assignment, number);

    return partition == NULL ? 0 : partition->state.next;
}

enum verdict replay_begin(struct replay *replay, const int64_t firsts[], const struct partition_state lives[],
                          struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (int32_t i = 0; i < replay->partition_count && verdict == GO_ON; i++) {
        bool created = false;
        verdict = store_create(replay->pipeline.store, i, firsts[i], lives[i].floor_ms, &created, why);
        if (verdict == GO_ON && !created)
            return reason_set(why, HALT, REPLAY_EXISTS, 0,
                              "namespace %s holds a state of partition %" PRId32 " already",
                              replay->pipeline.config->namespace_, i);
    }
    uint32_t created = 0;
    if (verdict == GO_ON && replay->pipeline.retention != NULL)
        verdict = store_retention_create(replay->pipeline.store, replay->pipeline.config->retention_pairs, false,
                                         &created, why);
    if (verdict == GO_ON && replay->pipeline.retention != NULL)
        verdict = store_retention_open(replay->pipeline.store, why);
    return verdict == GO_ON ? source_join(replay->pipeline.source, why) : verdict;
}

/* ---- counting ---- */

/* Nobody else is in the group, so there is one assignment; should there be another, the store says where to go on. */
static enum verdict answer_rebalance(struct replay *replay, int64_t now_ms, struct reason *why)
{
    if (replay->pipeline.batch.rebalance == REBALANCE_ASSIGNED) {
        enum verdict verdict = assignment_claim(
            &replay->pipeline.assignment, replay->pipeline.store, replay->pipeline.config, replay->pipeline.pool,
            replay->pipeline.batch.partitions, replay->pipeline.batch.partition_count, now_ms, why);
        if (verdict == GO_ON)
            verdict = assignment_start(&replay->pipeline.assignment, replay->pipeline.source, why);
        if (verdict == GO_ON) {
            replay->has_joined = (int32_t)replay->pipeline.batch.partition_count == replay->partition_count;
            memset(replay->is_cut, 0, sizeof(replay->is_cut));
            replay->pipeline.batch.rebalance = REBALANCE_NONE;
        }
        return verdict;
    }
    if (replay->pipeline.batch.rebalance == REBALANCE_NONE)
        return GO_ON;
    checkpoint_forget(replay->pipeline.checkpoint);
    assignment_close(&replay->pipeline.assignment);
    replay->has_joined = false;
    replay->pipeline.batch.rebalance = REBALANCE_NONE;
    return source_release_all(replay->pipeline.source, why);
}

/* Goes back to where records were let go, for those partitions whose target is further now. */
static void resume_cut(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->pipeline.assignment.count; i++) {
        int32_t number = replay->pipeline.assignment.partitions[i];
        struct partition *partition = assignment_find(&replay->pipeline.assignment, number);
        if (!replay->is_cut[number] || partition->next >= replay->targets[number])
            continue;
        struct source_start start = {number, partition->next, {.offset = ANCHOR_NONE}};
        source_reposition(replay->pipeline.source, &start);
        replay->is_cut[number] = false;
    }
}

static enum verdict fold_one(struct replay *replay, const struct record *record, int64_t now_ms, struct reason *why)
{
    struct partition *partition = assignment_find(&replay->pipeline.assignment, record->partition);
    enum verdict verdict;

    if (partition == NULL || partition->is_stopped || partition->is_stale || record->offset < partition->next)
        return GO_ON;
    if (record->offset >= replay->targets[record->partition]) {
        if (partition->next < replay->targets[record->partition])
            partition->next = replay->targets[record->partition]; /* Only what is no record lies between. */
        replay->is_cut[record->partition] = true;
        return GO_ON;
    }
    partition_moved(partition);
    do {
        verdict = fold_record(&replay->pipeline.fold, partition, record, clock_ms(CLOCK_REALTIME), why);
        if (verdict == TRY_LATER) {
            verdict = pipeline_flush(&replay->pipeline, true, now_ms, why);
            if (verdict != GO_ON || partition->is_stale || partition->is_stopped)
                return verdict;
            verdict = TRY_LATER;
        }
    } while (verdict == TRY_LATER);
    if (verdict == GO_ON)
        partition_fold(partition, record);
    return verdict;
}

/* What the replay knows of the batch's ids: without an answer the batch is let go, and asked for again. */
static enum verdict lookup(struct replay *replay, struct reason *why)
{
    if (replay->pipeline.config->ids == IDS_OFF)
        return GO_ON;
    enum verdict verdict = id_lookup_note(&replay->pipeline.assignment, replay->pipeline.decoder,
                                          &replay->pipeline.batch, 0, &replay->pipeline.fold.event, why);
    return verdict == GO_ON ? id_lookup_ask(&replay->pipeline.assignment, replay->pipeline.store, why) : verdict;
}

static enum verdict poll(struct replay *replay, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = source_poll(replay->pipeline.source, &replay->pipeline.batch, POLL_MS, why);

    assignment_refresh(&replay->pipeline.assignment);
    if (verdict == GO_ON)
        verdict = answer_rebalance(replay, now_ms, why);
    for (uint32_t i = 0; verdict == GO_ON && i < replay->pipeline.batch.suspect_count; i++)
        assignment_check_log(&replay->pipeline.assignment, replay->pipeline.source, replay->pipeline.batch.suspects[i]);
    if (verdict == GO_ON)
        verdict = lookup(replay, why);
    for (uint32_t i = 0; verdict == GO_ON && i < replay->pipeline.batch.record_count; i++)
        verdict = fold_one(replay, &replay->pipeline.batch.records[i], now_ms, why);
    /* A trouble in mid-batch: what is left of it is let go, and read again. */
    for (uint32_t i = 0; verdict != GO_ON && i < replay->pipeline.batch.record_count; i++)
        replay->is_cut[replay->pipeline.batch.records[i].partition] = true;
    for (uint32_t i = 0; verdict == GO_ON && i < replay->pipeline.batch.end_count; i++) {
        int32_t number = replay->pipeline.batch.ends[i].partition;
        struct partition *partition = assignment_find(&replay->pipeline.assignment, number);
        if (partition != NULL && !partition->is_stale && !partition->is_stopped && !replay->is_cut[number] &&
            partition->next < replay->targets[number] &&
            replay->pipeline.batch.ends[i].next > partition->next) /* The log's last offsets may be no records. */
            partition->next = replay->pipeline.batch.ends[i].next < replay->targets[number]
                                  ? replay->pipeline.batch.ends[i].next
                                  : replay->targets[number];
    }
    assignment_anchor(&replay->pipeline.assignment); /* They borrow their last record. */
    source_release(replay->pipeline.source, &replay->pipeline.batch);
    return verdict;
}

static enum verdict turn(struct replay *replay, bool *is_done, struct reason *why)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    enum verdict verdict = assignment_resume(&replay->pipeline.assignment, replay->pipeline.checkpoint, now_ms, why);

    if (verdict == GO_ON)
        verdict = pipeline_reclaim(&replay->pipeline, why);
    if (verdict == GO_ON &&
        replay->pipeline.batch.rebalance != REBALANCE_NONE) /* The store did not answer the last time. */
        verdict = answer_rebalance(replay, now_ms, why);
    bool is_there = verdict == GO_ON && replay->has_joined;
    for (uint32_t i = 0; is_there && i < replay->pipeline.assignment.count; i++)
        is_there = assignment_find(&replay->pipeline.assignment, replay->pipeline.assignment.partitions[i])->next >=
                   replay->targets[replay->pipeline.assignment.partitions[i]];
    if (verdict == GO_ON && is_there)
        verdict = pipeline_flush(&replay->pipeline, true, now_ms, why);
    else if (verdict == GO_ON)
        resume_cut(replay);
    if (verdict == GO_ON && !is_there)
        verdict = poll(replay, now_ms, why);
    const struct partition *stopped = assignment_stopped(&replay->pipeline.assignment);
    if (verdict == GO_ON && stopped != NULL) {
        *why = stopped->why;
        return HALT;
    }
    *is_done = verdict == GO_ON && is_there;
    for (uint32_t i = 0; *is_done && i < replay->pipeline.assignment.count;
         i++) /* A flush may have been refused, and taken back. */
        *is_done = replay_next(replay, replay->pipeline.assignment.partitions[i]) >=
                   replay->targets[replay->pipeline.assignment.partitions[i]];
    return verdict;
}

static int64_t progress_of(const struct replay *replay)
{
    int64_t progress = 0;

    for (uint32_t i = 0; i < replay->pipeline.assignment.count; i++)
        progress += assignment_find(&replay->pipeline.assignment, replay->pipeline.assignment.partitions[i])->next;
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
            log_reason(replay->pipeline.logger, LOG_LEVEL_WARN, why);
            nanosleep(&pause, NULL);
        }
    }
    return GO_ON;
}
