/* What the store's answers mean for a partition: go on, go back, or stop. */
#include "gentally/lanes.h"

#include <assert.h>
#include <inttypes.h>

#define TOUCH_INTERVAL_MS                                                                                              \
    5000              /* a silent partition finds out within it that it was fenced or the store rolled back            \
                       */
#define REWINDS_MAX 5 /* in a row, then let the group decide anew */

struct lane *lanes_find(const struct lanes *lanes, int32_t partition)
{
    return partition >= 0 && partition < PARTITIONS_MAX ? lanes->by_partition[partition] : NULL;
}

void lanes_close(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++) {
        lane_close(lanes->by_partition[lanes->partitions[i]]);
        lanes->by_partition[lanes->partitions[i]] = NULL;
    }
    lanes->count = 0;
    lanes->portion_count = 0;
    lanes->is_pending = false;
}

static void stop(struct lanes *lanes, struct lane *lane, const struct reason *why)
{
    log_reason(lanes->logger, LOG_LEVEL_ERROR, why);
    tally_clear(lane->tally);
    lane->is_stopped = true;
    lane->why = *why;
}

/* A taint is one partition's: it stops as it would have in mid-run, or it would end every worker it is handed to. */
static enum verdict claim(struct lanes *lanes, struct store *store, const struct config *config,
                          struct tally_pool *pool, int32_t partition, int64_t now_ms, struct reason *why)
{
    struct standing standing;
    struct reason taint;
    enum verdict verdict = store_claim(store, partition, &standing, why);
    bool is_tainted = verdict == HALT && strcmp(why->id, "STORE-TAINTED") == 0;

    if (is_tainted) {
        taint = *why;
        verdict = store_standing(store, partition, &standing, why);
    }
    if (verdict == GO_ON)
        verdict = lane_open(&lanes->by_partition[partition], config, &standing, pool, now_ms, why);
    if (verdict != GO_ON)
        return verdict;
    lanes->partitions[lanes->count++] = partition;
    if (is_tainted)
        stop(lanes, lanes->by_partition[partition], &taint);
    return GO_ON;
}

enum verdict lanes_claim(struct lanes *lanes, struct store *store, const struct config *config, struct tally_pool *pool,
                         const int32_t partitions[], uint32_t count, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    lanes_close(lanes);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        assert(partitions[i] >= 0);
        assert(partitions[i] < PARTITIONS_MAX);
        verdict = claim(lanes, store, config, pool, partitions[i], now_ms, why);
    }
    if (verdict != GO_ON)
        lanes_close(lanes);
    return verdict;
}

enum verdict lanes_assign(struct lanes *lanes, struct source *source, struct reason *why)
{
    int32_t partitions[PARTITIONS_MAX];
    int64_t offsets[PARTITIONS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        if (lane->is_stopped)
            continue;
        partitions[count] = lanes->partitions[i];
        offsets[count++] = lane->next;
    }
    return source_assign(source, partitions, offsets, count, why);
}

/* Looks at each portion's answer. */
static void settle(struct lanes *lanes, int64_t now_ms)
{
    for (uint32_t i = 0; i < lanes->portion_count; i++) {
        struct lane *lane = lanes->flushed[i];
        struct portion *portion = &lanes->portions[i];
        switch (portion->verdict) {
        case GO_ON:
            lane_flushed(lane, portion, now_ms);
            break;
        case TRY_LATER:
        case SET_ASIDE:
        case REWIND:
        case STEP_DOWN:
            log_reason(lanes->logger, LOG_LEVEL_WARN, &portion->why);
            tally_clear(lane->tally);
            lane->must_claim = true;
            lane->is_stale = true;
            break;
        case HALT:
            stop(lanes, lane, &portion->why);
            break;
        }
    }
    lanes->portion_count = 0;
    lanes->is_pending = false;
}

enum verdict lanes_flush(struct lanes *lanes, struct checkpoint *checkpoint, bool is_forced, int64_t now_ms,
                         struct reason *why)
{
    assert(!lanes->is_pending);
    lanes->portion_count = 0;
    for (uint32_t i = 0; i < lanes->count; i++) {
        struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        int64_t silent_ms = now_ms - lane->flushed_ms;
        bool is_due = is_forced || lane->is_idle || lane_is_due(lane, now_ms);
        if (lane->is_stopped || lane->must_claim ||
            !((is_due && lane_is_dirty(lane)) || silent_ms >= TOUCH_INTERVAL_MS))
            continue;
        lanes->flushed[lanes->portion_count] = lane;
        lanes->portions[lanes->portion_count++] = lane_portion(lane);
    }
    if (lanes->portion_count == 0)
        return GO_ON;
    enum verdict verdict = checkpoint_run(checkpoint, lanes->portions, lanes->portion_count, why);
    if (verdict == GO_ON)
        settle(lanes, now_ms);
    lanes->is_pending = verdict == TRY_LATER;
    return verdict;
}

enum verdict lanes_resume(struct lanes *lanes, struct checkpoint *checkpoint, int64_t now_ms, struct reason *why)
{
    if (!lanes->is_pending)
        return GO_ON;
    enum verdict verdict = checkpoint_again(checkpoint, lanes->portions, lanes->portion_count, why);
    if (verdict == GO_ON)
        settle(lanes, now_ms);
    return verdict;
}

static enum verdict reclaim(struct lanes *lanes, struct lane *lane, struct store *store, struct source *source,
                            struct reason *why)
{
    struct standing standing;
    uint32_t rewinds = lane->rewinds + 1;
    enum verdict verdict = store_claim(store, lane->standing.partition, &standing, why);

    if (verdict == HALT) { /* Of this partition only: tainted, or its state is gone. */
        stop(lanes, lane, why);
        return source_stop(source, lane->standing.partition, why);
    }
    if (verdict == GO_ON && rewinds > REWINDS_MAX)
        return reason_set(why, HALT, "STORE-DUEL", 0, "partition %" PRId32 ": fenced %" PRIu32 " times in a row",
                          standing.partition, rewinds);
    if (verdict == GO_ON)
        verdict = source_reposition(source, standing.partition, standing.next, why);
    if (verdict != GO_ON)
        return verdict;
    log_line(lanes->logger, LOG_LEVEL_WARN, "WORKER-REWOUND", "partition=%" PRId32 " from=%" PRId64 " to=%" PRId64,
             standing.partition, lane->next, standing.next);
    lane_rewind(lane, &standing);
    lane->rewinds = rewinds;
    return GO_ON;
}

enum verdict lanes_reclaim(struct lanes *lanes, struct store *store, struct source *source, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < lanes->count && verdict == GO_ON; i++) {
        struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        if (lane->must_claim && !lane->is_stopped)
            verdict = reclaim(lanes, lane, store, source, why);
    }
    return verdict;
}

void lanes_refresh(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        lanes->by_partition[lanes->partitions[i]]->is_stale = false;
}

void lanes_end(struct lanes *lanes, const struct batch *batch, int64_t idle_ms, int64_t now_ms)
{
    for (uint32_t i = 0; i < batch->end_count; i++) {
        struct lane *lane = lanes_find(lanes, batch->ends[i].partition);
        if (lane != NULL && !lane->is_stale && !lane->is_stopped && !lane->must_claim)
            lane_ended(lane, batch->ends[i].next, now_ms);
    }
    for (uint32_t i = 0; i < lanes->count; i++)
        lane_rest(lanes->by_partition[lanes->partitions[i]], idle_ms, now_ms);
}

void lanes_stop_unreadable(struct lanes *lanes, struct source *source, int32_t partition)
{
    struct lane *lane = lanes_find(lanes, partition);
    struct reason why, other;

    if (lane == NULL || lane->is_stopped)
        return;
    (void)reason_set(&why, HALT, "SOURCE-OFFSET-OUT-OF-RANGE", 0,
                     "partition %" PRId32 ": the log does not have offset %" PRId64
                     "; records were deleted before they were counted, or the topic was made anew",
                     partition, lane->next);
    stop(lanes, lane, &why);
    if (source_stop(source, partition, &other) != GO_ON)
        log_reason(lanes->logger, LOG_LEVEL_WARN, &other);
}

void lanes_commit(const struct lanes *lanes, struct source *source)
{
    int64_t next[PARTITIONS_MAX];

    for (uint32_t i = 0; i < lanes->count; i++)
        next[i] = lanes->by_partition[lanes->partitions[i]]->standing.next;
    if (lanes->count > 0)
        source_commit(source, lanes->partitions, next, lanes->count);
}

bool lanes_are_empty(const struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        if (tally_rows(lanes->by_partition[lanes->partitions[i]]->tally) > 0)
            return false;
    return true;
}

bool lanes_are_drained(const struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        if (!lane->is_stopped && (!lane->is_at_end || !lane->is_idle || lane->must_claim || lane_is_dirty(lane)))
            return false;
    }
    return true;
}

bool lanes_want_rest(const struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        if (!lane->is_stopped && !lane->must_claim && lane->is_idle && lane_is_dirty(lane))
            return true;
    }
    return false;
}

const struct lane *lanes_stopped(const struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        if (lanes->by_partition[lanes->partitions[i]]->is_stopped)
            return lanes->by_partition[lanes->partitions[i]];
    return NULL;
}
