/* Takes partitions from the group, and gives them back. */
#include "worker_rebalance.h"

#include <inttypes.h>

#include "pipeline_read.h"
#include "worker_flush.h"

/* A topic that grew makes the group meet: the worker that closes windows then must not leave the new partitions out.
 * Fewer than before, or none, is what a broker says that lags behind; if the topic is gone, polling will tell. More
 * than we have room for is the end. */
static enum verdict count_partitions(struct worker *worker, struct reason *why)
{
    int32_t count = 0;
    enum verdict verdict = pipeline_count_partitions(worker->pipeline, &count, why);

    if (verdict == TRY_LATER || (verdict == HALT && why->id == SOURCE_PARTITIONS))
        return verdict;
    if (verdict != GO_ON)
        log_reason(worker->logger, LOG_LEVEL_WARN, why);
    else if (count > worker->partition_count)
        worker->partition_count = count;
    return GO_ON;
}

static enum verdict claim(struct worker *worker, int64_t now_ms, struct reason *why)
{
    enum verdict verdict = count_partitions(worker, why);

    if (verdict == GO_ON)
        verdict = pipeline_claim(worker->pipeline, now_ms, why);
    if (verdict != GO_ON)
        return verdict;
    log_line(worker->logger, LOG_LEVEL_INFO, "WORKER-ASSIGNED", "partitions=%" PRIu32,
             pipeline_batch(worker->pipeline)->partition_count);
    worker->has_joined = true;
    worker->rebalances[REBALANCES_ASSIGNED]++;
    return GO_ON;
}

/* One attempt to keep the work; what the store does not take now, the next owner counts again. */
static void keep_work(struct worker *worker, int64_t now_ms)
{
    struct reason lost;
    enum verdict verdict = pipeline_resume(worker->pipeline, now_ms, &lost);

    if (verdict == GO_ON)
        verdict = worker_flush(worker, true, now_ms, &lost);
    if (verdict != GO_ON)
        log_reason(worker->logger, LOG_LEVEL_WARN, &lost);
}

static enum verdict release(struct worker *worker, int64_t now_ms, struct reason *why)
{
    bool is_revoked = pipeline_batch(worker->pipeline)->rebalance == REBALANCE_REVOKED;

    if (is_revoked)
        keep_work(worker, now_ms);
    log_line(worker->logger, LOG_LEVEL_INFO, is_revoked ? "WORKER-REVOKED" : "WORKER-LOST", "partitions=%" PRIu32,
             pipeline_batch(worker->pipeline)->partition_count);
    worker->rebalances[is_revoked ? REBALANCES_REVOKED : REBALANCES_LOST]++;
    worker->has_joined = false; /* Having nothing between two assignments is no reason to leave. */
    return pipeline_release(worker->pipeline, why);
}

enum verdict worker_answer_rebalance(struct worker *worker, int64_t now_ms, struct reason *why)
{
    switch (pipeline_batch(worker->pipeline)->rebalance) {
    case REBALANCE_ASSIGNED:
        return claim(worker, now_ms, why);
    case REBALANCE_REVOKED:
    case REBALANCE_LOST:
        return release(worker, now_ms, why);
    case REBALANCE_NONE:
        break;
    }
    return GO_ON;
}

enum verdict worker_keep_alive(struct worker *worker, int64_t now_ms, struct reason *why)
{
    struct reason other;
    enum verdict verdict = pipeline_keep_alive(worker->pipeline, &other);
    enum rebalance rebalance = pipeline_batch(worker->pipeline)->rebalance;

    if (verdict == GO_ON && (rebalance == REBALANCE_REVOKED || rebalance == REBALANCE_LOST))
        verdict = release(worker, now_ms, &other);
    if (verdict == HALT)
        *why = other;
    else if (verdict != GO_ON)
        log_reason(worker->logger, LOG_LEVEL_WARN, &other);
    return verdict == HALT ? HALT : TRY_LATER;
}
