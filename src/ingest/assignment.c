/* What the store's answers mean for a partition: go on, go back, or stop. */
#include "assignment.h"

#include <assert.h>
#include <inttypes.h>

#define TOUCH_INTERVAL_MS                                                                                              \
    5000                  /* a silent partition finds out within it that it was fenced or the store rolled back        \
                           */
#define QUIET_TURN_MS 500 /* the most that one turn adds to a lane's time at its end */
#define REWINDS_MAX 5     /* in a row, then let the group decide anew */

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
    lane_drop(lane);
    lane->is_stopped = true;
    lane->why = *why;
}

/* Trouble of one partition's state; what else a store refuses, it refuses for all. */
static bool is_its_own(const struct reason *why)
{
    return strcmp(why->id, "STORE-TAINTED") == 0 || strcmp(why->id, "STORE-STATE-MISSING") == 0 ||
           strcmp(why->id, "STORE-DAMAGED") == 0;
}

/* A partition whose state is in trouble stops as it would have in mid-run, or it would end every worker it is handed
 * to. */
static enum verdict claim(struct lanes *lanes, struct store *store, const struct config *config,
                          struct tally_pool *pool, int32_t partition, int64_t now_ms, struct reason *why)
{
    static const struct standing nothing = {.anchor = {.offset = ANCHOR_NONE}, .watermark_ms = NO_TIME};
    struct standing standing = nothing;
    struct reason trouble = {0};
    enum verdict verdict = store_claim(store, partition, &standing, why);

    if (verdict == HALT && is_its_own(why)) {
        trouble = *why;
        standing = nothing;
        standing.partition = partition;
        verdict = GO_ON;
    }
    if (verdict == GO_ON)
        verdict = lane_open(&lanes->by_partition[partition], config, &standing, pool, now_ms, why);
    if (verdict != GO_ON)
        return verdict;
    lanes->partitions[lanes->count++] = partition;
    if (trouble.id != NULL)
        stop(lanes, lanes->by_partition[partition], &trouble);
    return GO_ON;
}

enum verdict lanes_claim(struct lanes *lanes, struct store *store, const struct config *config, struct tally_pool *pool,
                         const int32_t partitions[], uint32_t count, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    lanes_close(lanes);
    lanes->connections = store_connections(store);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        assert(partitions[i] >= 0);
        assert(partitions[i] < PARTITIONS_MAX);
        verdict = claim(lanes, store, config, pool, partitions[i], now_ms, why);
    }
    if (verdict != GO_ON)
        lanes_close(lanes);
    return verdict;
}

static struct source_start start_of(const struct standing *standing)
{
    return (struct source_start){standing->partition, standing->next, standing->anchor};
}

enum verdict lanes_assign(struct lanes *lanes, struct source *source, struct reason *why)
{
    struct source_start starts[PARTITIONS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        if (lane->is_stopped)
            continue;
        starts[count++] = start_of(&lane->standing);
    }
    return source_assign(source, starts, count, why);
}

void lanes_refused(struct lanes *lanes, struct lane *lane, enum verdict verdict, const struct reason *why)
{
    switch (verdict) {
    case GO_ON:
        break;
    case TRY_LATER:
    case SET_ASIDE:
    case REWIND:
    case STEP_DOWN:
        log_reason(lanes->logger, LOG_LEVEL_WARN, why);
        lane_drop(lane);
        lane->must_claim = true;
        lane->is_stale = true;
        break;
    case HALT:
        stop(lanes, lane, why);
        break;
    }
}

/* Looks at each portion's answer. */
static void settle(struct lanes *lanes, int64_t now_ms)
{
    for (uint32_t i = 0; i < lanes->portion_count; i++) {
        struct portion *portion = &lanes->portions[i];
        if (portion->verdict == GO_ON)
            lane_flushed(lanes->flushed[i], portion, now_ms);
        else
            lanes_refused(lanes, lanes->flushed[i], portion->verdict, &portion->why);
    }
    lanes->portion_count = 0;
    lanes->is_pending = false;
}

/* A connection made anew may lead to a server that forgot something: it is asked about all that we own. */
static bool is_due(const struct lane *lane, bool is_reconnected, bool is_forced, int64_t now_ms)
{
    int64_t silent_ms = now_ms - lane->flushed_ms;
    bool is_ripe = is_forced || lane->is_idle || lane_is_due(lane, now_ms);

    if (lane->is_stopped || lane->must_claim)
        return false;
    return is_reconnected || (is_ripe && lane_is_dirty(lane)) || silent_ms >= TOUCH_INTERVAL_MS;
}

enum verdict lanes_flush(struct lanes *lanes, struct checkpoint *checkpoint, const struct store *store, bool is_forced,
                         int64_t now_ms, struct reason *why)
{
    uint64_t connections = store_connections(store);
    bool is_reconnected = connections != lanes->connections;

    assert(!lanes->is_pending);
    lanes->portion_count = 0;
    lanes->connections = connections;
    for (uint32_t i = 0; i < lanes->count; i++) {
        struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        if (!is_due(lane, is_reconnected, is_forced, now_ms))
            continue;
        lane_anchor(lane);
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

    if (verdict == HALT && is_its_own(why)) {
        stop(lanes, lane, why);
        return source_stop(source, lane->standing.partition, why);
    }
    if (verdict == GO_ON && rewinds > REWINDS_MAX)
        return reason_set(why, HALT, "STORE-DUEL", 0, "partition %" PRId32 ": fenced %" PRIu32 " times in a row",
                          standing.partition, rewinds);
    struct source_start start = start_of(&standing);
    if (verdict == GO_ON)
        verdict = source_reposition(source, &start, why);
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

void lanes_anchor(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        lane_anchor(lanes->by_partition[lanes->partitions[i]]);
}

void lanes_refresh(struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        lanes->by_partition[lanes->partitions[i]]->is_stale = false;
}

void lanes_end(struct lanes *lanes, const struct batch *batch, int64_t idle_ms, int64_t now_ms)
{
    int64_t passed_ms = now_ms - lanes->turned_ms;
    bool is_more_waiting = batch->record_count == BATCH_RECORDS_MAX;

    lanes->turned_ms = now_ms;
    for (uint32_t i = 0; i < lanes->count && passed_ms > QUIET_TURN_MS; i++)
        lanes->by_partition[lanes->partitions[i]]->end_ms += passed_ms - QUIET_TURN_MS;
    for (uint32_t i = 0; i < batch->end_count; i++) {
        struct lane *lane = lanes_find(lanes, batch->ends[i].partition);
        if (lane != NULL && !lane->is_stale && !lane->is_stopped && !lane->must_claim)
            lane_ended(lane, batch->ends[i].next, now_ms);
    }
    for (uint32_t i = 0; i < lanes->count && !is_more_waiting; i++)
        lane_rest(lanes->by_partition[lanes->partitions[i]], idle_ms, now_ms);
}

enum verdict lanes_look_again(struct lanes *lanes, struct source *source, struct reason *why)
{
    enum verdict verdict = GO_ON;

    lanes_anchor(lanes);
    for (uint32_t i = 0; i < lanes->count && verdict == GO_ON; i++) {
        struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        struct source_start start = {lane->standing.partition, lane->next, lane->anchor};
        if (lane->is_stopped || lane->must_claim || lane->anchor.offset == ANCHOR_NONE)
            continue;
        verdict = source_reposition(source, &start, why);
        lane->is_stale = true;
    }
    return verdict;
}

/* Readable after all; but a log may have been cut and have grown again meanwhile, so it has to show the record that was
 * folded last, if it still has it. */
static enum verdict read_from_anchor(const struct lane *lane, struct source *source, struct reason *why)
{
    struct source_start start = {lane->standing.partition, lane->next, lane->anchor};
    int64_t begin = 0, end = 0;
    enum verdict verdict = source_extent(source, start.partition, &begin, &end, why);

    return verdict == GO_ON && begin <= lane->anchor.offset ? source_reposition(source, &start, why) : verdict;
}

void lanes_examine(struct lanes *lanes, struct source *source, int32_t partition)
{
    struct lane *lane = lanes_find(lanes, partition);
    struct reason why;

    if (lane == NULL || lane->is_stopped)
        return;
    enum verdict verdict = source_examine(source, partition, &why);
    if (verdict == GO_ON)
        verdict = read_from_anchor(lane, source, &why);
    if (verdict == GO_ON)
        return;
    if (verdict != HALT) {
        log_reason(lanes->logger, LOG_LEVEL_WARN, &why);
        return;
    }
    stop(lanes, lane, &why);
    if (source_stop(source, partition, &why) != GO_ON)
        log_reason(lanes->logger, LOG_LEVEL_WARN, &why);
}

void lanes_commit(const struct lanes *lanes, struct source *source)
{
    int32_t partitions[PARTITIONS_MAX];
    int64_t next[PARTITIONS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        if (lane->is_stopped) /* It may not have a state. */
            continue;
        partitions[count] = lanes->partitions[i];
        next[count++] = lane->standing.next;
    }
    if (count > 0)
        source_commit(source, partitions, next, count);
}

bool lanes_are_empty(const struct lanes *lanes)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        if (lane_has_rows(lanes->by_partition[lanes->partitions[i]]))
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
