/* Keeps a closer while partition 0 is ours. */
#include "closing.h"

#include "gentally/publish/closer.h"

#define RETRY_MS 2000 /* after the closer stepped down or lost its transaction */

static bool is_ours(const struct pipeline *pipeline)
{
    const struct partition *first = assignment_find(pipeline_assignment(pipeline), 0);

    return first != NULL && !first->is_stopped;
}

enum verdict closing_turn(struct closing *closing, struct pipeline *pipeline, int32_t partition_count, bool is_final,
                          int64_t now_ms, struct logger *logger, struct reason *why)
{
    enum verdict verdict = GO_ON;

    closing->has_more = false;
    if (!is_ours(pipeline) || now_ms < closing->due_ms)
        return GO_ON;
    if (closing->closer == NULL)
        verdict = pipeline_open_closer(pipeline, &closing->closer, partition_count, why);
    if (verdict == GO_ON)
        verdict = closer_turn(closing->closer, now_ms, is_final, &closing->has_more, why);
    if (verdict == GO_ON || verdict == HALT)
        return verdict;
    closing->due_ms = now_ms + RETRY_MS;
    closing->has_more = true; /* for a final turn: not finished */
    log_reason(logger, LOG_LEVEL_WARN, why);
    /* Another closer exists, or a transaction's outcome is unknown: begin from the ledger. */
    if (verdict != TRY_LATER)
        closing_stop(closing);
    return GO_ON;
}

bool closing_is_done(const struct closing *closing, int64_t now_ms)
{
    return !closing->has_more && closing->closer != NULL && now_ms >= closing->due_ms;
}

void closing_stop(struct closing *closing)
{
    closer_close(closing->closer);
    closing->closer = NULL;
}

void closing_counts(const struct closing *closing, uint64_t *windows, uint64_t *summaries)
{
    *windows = *summaries = 0;
    if (closing->closer != NULL)
        closer_counts(closing->closer, windows, summaries);
}
