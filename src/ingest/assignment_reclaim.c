/* Partitions that were fenced, or had no state, are claimed again. */
#include <inttypes.h>

#include "assignment.h"
#include "gentally/redis/store.h"

#define REWINDS_MAX 5 /* in a row, then pauses */
#define LOOK_MS 2000  /* between two looks for a state that lacks */
#define DUEL_PAUSE_MS 1000
#define DUEL_PAUSE_LAST_MS 60000

/*
 * Whoever is fenced again and again while Kafka says that the partition is its own claims it more and more rarely. One
 * of the two is a worker that has lost the partition and not heard of it yet: if this one is it, the other gets on
 * meanwhile; if it is not, it goes on once the other has heard.
 */
static bool must_pause(const struct assignment *assignment, struct partition *partition, int64_t now_ms)
{
    struct reason why;
    int64_t pause_ms = DUEL_PAUSE_MS;

    if (partition->rewinds < REWINDS_MAX)
        return false;
    if (partition->paused_at == partition->rewinds)
        return now_ms < partition->claim_due_ms;
    for (uint32_t i = REWINDS_MAX; i < partition->rewinds && pause_ms < DUEL_PAUSE_LAST_MS; i++)
        pause_ms *= 2;
    if (pause_ms > DUEL_PAUSE_LAST_MS)
        pause_ms = DUEL_PAUSE_LAST_MS;
    partition->paused_at = partition->rewinds;
    partition->claim_due_ms = now_ms + pause_ms;
    reason_set(&why, TRY_LATER, STORE_DUEL, 0,
               "partition %" PRId32 ": fenced %" PRIu32 " times in a row; claimed again after %" PRId64 " ms",
               partition->state.partition, partition->rewinds + 1, pause_ms);
    log_reason(assignment->logger, LOG_LEVEL_WARN, &why);
    return true;
}

static enum verdict reclaim(struct assignment *assignment, struct partition *partition, struct store *store,
                            struct source *source, struct reason *why)
{
    struct partition_state state;
    int32_t number = partition->state.partition;
    uint32_t rewinds = partition->rewinds + 1;
    enum verdict verdict = store_claim(store, number, &state, why);

    if (assignment_is_its_own(verdict, why)) {
        partition_forget(partition);
        partition->must_claim = false;
        if (why->id == STORE_DAMAGED) /* Its token is another one now, which nobody could read: no stop can be told. */
            partition->state.incarnation[0] = '\0';
        assignment_stop(assignment, partition, source, why);
        return GO_ON;
    }
    if (verdict != GO_ON)
        return verdict;
    struct source_start start = assignment_start_of(&state);
    source_reposition(source, &start);
    log_line(assignment->logger, LOG_LEVEL_WARN, "WORKER-REWOUND", "partition=%" PRId32 " from=%" PRId64 " to=%" PRId64,
             number, partition->next, state.next);
    partition_rewind(partition, &state);
    partition->rewinds = rewinds;
    return GO_ON;
}

bool assignment_looks(const struct partition *partition, int64_t now_ms)
{
    return partition->is_stopped && partition->why.id == STORE_STATE_MISSING && now_ms >= partition->look_ms;
}

/* Begins a partition whose state was made since it stopped, as if it had been assigned just now. If that state has a
 * trouble of its own, the partition stays stopped for that one, and the store, in which it was stopped under no token
 * of ours, is not told. */
static enum verdict look_again(struct assignment *assignment, struct partition *partition, struct store *store,
                               struct source *source, struct tally_pool *pool, int64_t now_ms, struct reason *why)
{
    struct partition_state state;
    struct partition *opened = NULL;
    int32_t number = partition->state.partition;

    partition->look_ms = now_ms + LOOK_MS;
    enum verdict verdict = store_claim(store, number, &state, why);
    if (verdict == GO_ON)
        verdict = partition_open(&opened, partition->config, &state, pool, now_ms, why);
    if (assignment_is_its_own(verdict, why)) {
        partition->state.incarnation[0] = '\0';
        if (why->id != STORE_STATE_MISSING)
            assignment_stop(assignment, partition, source, why);
        return GO_ON;
    }
    if (verdict != GO_ON)
        return verdict;
    const struct source_start start = assignment_start_of(&state);
    opened->is_stale = true;
    partition_close(partition);
    assignment->by_partition[number] = opened;
    source_reposition(source, &start);
    log_line(assignment->logger, LOG_LEVEL_INFO, "WORKER-PARTITION-BEGINS", "partition=%" PRId32 " from=%" PRId64,
             number, state.next);
    return GO_ON;
}

enum verdict assignment_reclaim(struct assignment *assignment, struct store *store, struct source *source,
                                struct tally_pool *pool, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < assignment->count && verdict == GO_ON; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (partition->is_stopped)
            source_stop(source, partition->state.partition); /* It may have stopped at a flush. */
        if (assignment_looks(partition, now_ms))
            verdict = look_again(assignment, partition, store, source, pool, now_ms, why);
        else if (!partition->is_stopped && partition->must_claim && !must_pause(assignment, partition, now_ms))
            verdict = reclaim(assignment, partition, store, source, why);
    }
    return verdict;
}
