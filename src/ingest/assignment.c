/* Draws from the store's answers what each partition does next: go on, go back, or stop. */
#include "assignment.h"

#include <assert.h>
#include <inttypes.h>

#include "apply.h"
#include "gentally/publish/merger.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_stop.h"

/* A silent partition finds out within this time that it was fenced, or that the store was rolled back. */
#define TOUCH_INTERVAL_MS 5000
#define QUIET_TURN_MS 500              /* the most that one turn adds to a partition's time at its end */
#define MERGE_PAIRS (INT64_C(1) << 18) /* that wait, of all partitions: enough for a merge to cost little for each */

void assignment_close(struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++) {
        partition_close(assignment->by_partition[assignment->partitions[i]]);
        assignment->by_partition[assignment->partitions[i]] = NULL;
    }
    assignment->count = 0;
    assignment->flush_count = 0;
    assignment->is_pending = false;
}

/* Stops a partition, while all others go on. What was folded of it is good, and flushed yet; whoever has the partition
 * next tries again. */
static void stop(struct assignment *assignment, struct partition *partition, const struct reason *why)
{
    log_reason(assignment->logger, LOG_LEVEL_ERROR, why);
    partition->is_stopped = true;
    partition->is_stop_told = false;
    partition->is_at_end = false;
    partition->stopped_ms = assignment->turned_ms;
    partition->why = *why;
}

/* A partition in trouble stops as it would have in mid-run, or it would end every worker it is handed to. */
static enum verdict claim(struct assignment *assignment, struct store *store, const struct config *config,
                          struct tally_pool *pool, int32_t number, int64_t now_ms, struct reason *why)
{
    struct partition_state state;
    struct partition **place = &assignment->by_partition[number];
    enum verdict verdict = store_claim(store, number, &state, why);

    if (verdict != GO_ON) {
        if (!assignment_is_its_own(verdict, why))
            return verdict;
        state = (struct partition_state){.partition = number, .watermark_ms = NO_TIME};
    } else {
        verdict = partition_open(place, config, &state, pool, now_ms, why);
    }
    struct reason trouble = *why;
    bool is_stopped = verdict != GO_ON;
    if (is_stopped)
        verdict = partition_open_stopped(place, config, &state, why);
    if (verdict != GO_ON)
        return verdict;
    assignment->partitions[assignment->count++] = number;
    if (is_stopped)
        stop(assignment, *place, &trouble);
    return GO_ON;
}

enum verdict assignment_claim(struct assignment *assignment, struct store *store, const struct config *config,
                              struct tally_pool *pool, const int32_t partitions[], uint32_t count, int64_t now_ms,
                              struct reason *why)
{
    enum verdict verdict = GO_ON;

    assignment_close(assignment);
    assignment->turned_ms = now_ms;
    assignment->connections = store_connections(store);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++) {
        assert(partitions[i] >= 0);
        assert(partitions[i] < PARTITIONS_MAX);
        verdict = claim(assignment, store, config, pool, partitions[i], now_ms, why);
    }
    if (verdict != GO_ON)
        assignment_close(assignment);
    return verdict;
}

enum verdict assignment_start(struct assignment *assignment, struct source *source, struct reason *why)
{
    struct source_start starts[PARTITIONS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (partition->is_stopped)
            continue;
        starts[count++] = assignment_start_of(&partition->state);
    }
    return source_assign(source, starts, count, why);
}

void assignment_wait(struct partition *partition, struct source *source)
{
    partition->is_waiting = true;
    partition->is_stale = true;
    source_stop(source, partition->state.partition);
}

void assignment_read_on(struct assignment *assignment, struct source *source)
{
    for (uint32_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        const struct source_start start = {assignment->partitions[i], partition->next, {.offset = ANCHOR_NONE}};
        if (!partition->is_waiting || partition->is_stopped || partition->must_claim)
            continue;
        partition->is_waiting = false;
        partition->is_stale = true;
        source_reposition(source, &start);
    }
}

void assignment_refused(struct assignment *assignment, struct partition *partition, enum verdict verdict,
                        const struct reason *why)
{
    switch (verdict) {
    case GO_ON:
        break;
    case TRY_LATER:
    case SET_ASIDE:
    case REWIND:
    case STEP_DOWN:
        log_reason(assignment->logger, LOG_LEVEL_WARN, why);
        partition_drop_rows(partition);
        partition->must_claim = true;
        partition->is_stale = true;
        break;
    case HALT:
        partition_forget(partition);
        stop(assignment, partition, why);
        break;
    }
}

static void count_flush(struct flush_counts *counts, const struct partition_flush *flush)
{
    if (flush->verdict != GO_ON) {
        *(flush->verdict == HALT ? &counts->refused : &counts->fenced) += 1;
        return;
    }
    counts->stored++;
    counts->rows += flush->tally == NULL ? 0 : tally_rows(flush->tally);
    counts->rows += flush->taken == NULL ? 0 : tally_rows(flush->taken);
    counts->entries += flush->entries;
    counts->bytes += (uint64_t)flush->entry_bytes;
}

/* Looks at each flush's answer. */
static void settle(struct assignment *assignment, int64_t now_ms)
{
    for (uint32_t i = 0; i < assignment->flush_count; i++) {
        struct partition_flush *flush = &assignment->flushes[i];
        count_flush(&assignment->counts, flush);
        if (flush->verdict == GO_ON)
            partition_flushed(assignment->flushed[i], flush, now_ms);
        else
            assignment_refused(assignment, assignment->flushed[i], flush->verdict, &flush->why);
    }
    assignment->flush_count = 0;
    assignment->is_pending = false;
}

/* A connection made anew may lead to a server that forgot something: it is asked about all that we own. */
static bool is_due(const struct partition *partition, bool is_reconnected, bool is_forced, int64_t now_ms)
{
    int64_t silent_ms = now_ms - partition->flushed_ms;
    bool is_ripe = is_forced || partition->is_idle || partition_is_due(partition, now_ms);

    if (partition->is_stopped || partition->must_claim)
        return partition_has_rest(partition);
    return is_reconnected || (is_ripe && partition_is_dirty(partition)) || silent_ms >= TOUCH_INTERVAL_MS;
}

enum verdict assignment_flush(struct assignment *assignment, struct checkpoint *checkpoint, const struct store *store,
                              bool is_forced, int64_t now_ms, struct reason *why)
{
    uint64_t connections = store_connections(store);
    bool is_reconnected = connections != assignment->connections;

    assert(!assignment->is_pending);
    assignment->flush_count = 0;
    assignment->connections = connections;
    for (uint32_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (!is_due(partition, is_reconnected, is_forced, now_ms))
            continue;
        partition_move_anchor(partition);
        assignment->flushed[assignment->flush_count] = partition;
        assignment->flushes[assignment->flush_count++] = partition_flush_of(partition);
    }
    if (assignment->flush_count == 0)
        return GO_ON;
    enum verdict verdict = checkpoint_run(checkpoint, assignment->flushes, assignment->flush_count, why);
    if (verdict == GO_ON)
        settle(assignment, now_ms);
    assignment->is_pending = verdict == TRY_LATER;
    return verdict;
}

enum verdict assignment_resume(struct assignment *assignment, struct checkpoint *checkpoint, int64_t now_ms,
                               struct reason *why)
{
    if (!assignment->is_pending)
        return GO_ON;
    assignment->counts.repeated++;
    enum verdict verdict = checkpoint_again(checkpoint, assignment->flushes, assignment->flush_count, why);
    if (verdict == GO_ON)
        settle(assignment, now_ms);
    return verdict;
}

static struct partition *find_ripe(const struct assignment *assignment, bool is_all, int64_t wide_bytes, int64_t now_ms)
{
    struct partition *ripe = NULL;

    for (uint32_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (partition_must_apply(partition, is_all, wide_bytes, now_ms) &&
            (ripe == NULL || partition->entries_ms < ripe->entries_ms))
            ripe = partition;
    }
    return ripe;
}

/* Draws the consequence of what the store answered about work that may be put off: only what is of more than one
 * partition is the caller's. */
static enum verdict take_answer(struct assignment *assignment, struct partition *partition, enum verdict verdict,
                                struct reason *why)
{
    if (verdict == TRY_LATER)
        return GO_ON;
    if (verdict == HALT && !assignment_is_its_own(verdict, why))
        return HALT;
    assignment_refused(assignment, partition, verdict, why);
    return GO_ON;
}

static enum verdict apply_to(struct assignment *assignment, struct partition *partition, struct applier *applier,
                             int64_t now_ms, struct reason *why)
{
    bool is_done = false;
    enum verdict verdict = applier_run(applier, &partition->state, APPLY_RUN_US, &is_done, why);

    if (verdict != GO_ON || is_done) /* else it is as ripe as before, and goes on in the next turn */
        partition_applied(partition, is_done, now_ms);
    return take_answer(assignment, partition, verdict, why);
}

enum verdict assignment_apply(struct assignment *assignment, struct applier *applier, bool is_all, int64_t wide_bytes,
                              int64_t now_ms, struct reason *why)
{
    assert(!assignment->is_pending);
    struct partition *ripe = find_ripe(assignment, is_all, wide_bytes, now_ms);
    return ripe == NULL ? GO_ON : apply_to(assignment, ripe, applier, now_ms, why);
}

/* ---- pairs ---- */

static bool is_merge_due(const struct assignment *assignment, bool is_all, int64_t now_ms)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (partition_must_merge(partition, is_all, now_ms))
            return true;
        count += partition_may_merge(partition, now_ms) ? partition->pair_count : 0;
    }
    return count >= MERGE_PAIRS;
}

/* What the store answered about the pairs of one partition. */
static enum verdict take_merge(struct assignment *assignment, struct partition *partition, enum verdict verdict,
                               int64_t now_ms, struct reason *why)
{
    if (verdict != GO_ON)
        partition_merged(partition, false, now_ms);
    return take_answer(assignment, partition, verdict, why);
}

static enum verdict gather(struct assignment *assignment, struct merger *merger, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    merger_begin(merger);
    for (uint32_t i = 0; i < assignment->count && verdict == GO_ON && !merger_is_full(merger); i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (!partition_may_merge(partition, now_ms))
            continue;
        verdict = merger_gather(merger, partition->state.partition, why);
        verdict = take_merge(assignment, partition, verdict, now_ms, why);
    }
    return verdict;
}

enum verdict assignment_merge(struct assignment *assignment, struct merger *merger, bool is_all, int64_t now_ms,
                              struct reason *why)
{
    assert(!assignment->is_pending);
    if (!is_merge_due(assignment, is_all, now_ms))
        return GO_ON;
    enum verdict verdict = gather(assignment, merger, now_ms, why);
    if (verdict == GO_ON)
        verdict = merger_finish(merger, why);
    bool is_merged = verdict == GO_ON;
    verdict = verdict == TRY_LATER ? GO_ON : verdict;
    for (uint32_t i = 0; i < assignment->count && verdict == GO_ON; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (!partition_may_merge(partition, now_ms))
            continue;
        enum verdict dropped = is_merged ? merger_drop(merger, &partition->state, now_ms, why) : TRY_LATER;
        if (dropped == GO_ON && merger_has_all(merger, partition->state.partition))
            partition_merged(partition, true, now_ms);
        if (dropped == GO_ON)
            partition_keeps_merged(partition, merger_drop_ms(merger, partition->state.partition));
        verdict = take_merge(assignment, partition, dropped, now_ms, why);
    }
    return verdict;
}

void assignment_move_anchors(struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++)
        partition_move_anchor(assignment->by_partition[assignment->partitions[i]]);
}

void assignment_clear_stale(struct assignment *assignment)
{
    for (uint32_t i = 0; i < assignment->count; i++)
        assignment->by_partition[assignment->partitions[i]]->is_stale = false;
}

void assignment_mark_ends(struct assignment *assignment, const struct batch *batch, int64_t idle_ms, int64_t now_ms)
{
    int64_t passed_ms = now_ms - assignment->turned_ms;
    bool is_more_waiting = batch->record_count == BATCH_RECORDS_MAX;

    assignment->turned_ms = now_ms;
    for (uint32_t i = 0; i < assignment->count && passed_ms > QUIET_TURN_MS; i++)
        assignment->by_partition[assignment->partitions[i]]->end_ms += passed_ms - QUIET_TURN_MS;
    for (uint32_t i = 0; i < batch->end_count; i++) {
        struct partition *partition = assignment_find(assignment, batch->ends[i].partition);
        if (partition != NULL && !partition->is_stale && !partition->is_stopped && !partition->must_claim)
            partition_reached_end(partition, batch->ends[i].next, now_ms);
    }
    for (uint32_t i = 0; i < assignment->count && !is_more_waiting; i++)
        partition_mark_idle(assignment->by_partition[assignment->partitions[i]], idle_ms, now_ms);
}

void assignment_recheck_logs(struct assignment *assignment, struct source *source)
{
    assignment_move_anchors(assignment);
    for (uint32_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        struct source_start start = {partition->state.partition, partition->next, partition->anchor};
        if (partition->is_stopped || partition->must_claim || partition->anchor.offset == ANCHOR_NONE)
            continue;
        source_reposition(source, &start);
        partition->is_stale = true;
    }
}

/* Readable after all; but a log may have been cut and have grown again meanwhile, so it has to show the record that was
 * folded last, if it still has it. */
static enum verdict read_from_anchor(const struct partition *partition, struct source *source, struct reason *why)
{
    struct source_start start = {partition->state.partition, partition->next, partition->anchor};
    int64_t begin = 0, end = 0;
    enum verdict verdict = source_extent(source, start.partition, &begin, &end, why);

    if (verdict == GO_ON && begin <= partition->anchor.offset)
        source_reposition(source, &start);
    return verdict;
}

void assignment_check_log(struct assignment *assignment, struct source *source, int32_t number)
{
    struct partition *partition = assignment_find(assignment, number);
    struct reason why;

    if (partition == NULL || partition->is_stopped)
        return;
    enum verdict verdict = source_check_log(source, number, &why);
    if (verdict == GO_ON)
        verdict = read_from_anchor(partition, source, &why);
    if (verdict == GO_ON)
        return;
    if (!assignment_is_its_own(verdict, &why)) { /* Of all partitions: the next poll tells it. */
        log_reason(assignment->logger, LOG_LEVEL_WARN, &why);
        return;
    }
    assignment_stop(assignment, partition, source, &why);
}

void assignment_commit(const struct assignment *assignment, struct source *source)
{
    int32_t partitions[PARTITIONS_MAX];
    int64_t next[PARTITIONS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (partition->is_stopped) /* It may not have a state. */
            continue;
        partitions[count] = assignment->partitions[i];
        next[count++] = partition->state.next;
    }
    if (count > 0)
        source_commit(source, partitions, next, count);
}

void assignment_stop(struct assignment *assignment, struct partition *partition, struct source *source,
                     const struct reason *why)
{
    stop(assignment, partition, why);
    source_stop(source, partition->state.partition);
}

void assignment_tell_stops(struct assignment *assignment, struct store *store)
{
    struct reason why;

    for (uint32_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        bool has_state = partition->state.incarnation[0] != '\0';
        if (!partition->is_stopped || partition->is_stop_told || !has_state || partition_has_rest(partition))
            continue;
        enum verdict verdict = store_stop(store, &partition->state, partition->why.id, partition->why.text, &why);
        /* Ours, says Kafka: what stopped it is looked at again under a token that holds. But for one that never had the
         * memory to be opened. */
        if (verdict == REWIND && partition->tally != NULL) {
            partition->is_stopped = false;
            assignment_refused(assignment, partition, verdict, &why);
            continue;
        }
        partition->is_stop_told = verdict != TRY_LATER;
        if (verdict != GO_ON)
            log_reason(assignment->logger, LOG_LEVEL_WARN, &why);
    }
}
