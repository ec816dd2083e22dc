/* Holds a log's extent, and what stands in it, to what the position expects there. */
#include "suspect_log.h"

#include <inttypes.h>

#include "broken_batch.h"

static enum verdict check_extent(const struct suspect_log *log, const struct position *position, struct reason *why)
{
    int64_t wanted = position_wanted(position);

    if (log->begin > wanted)
        return reason_set(why, HALT, SOURCE_GAP, 0,
                          "partition %" PRId32 ": offsets %" PRId64 " to %" PRId64
                          " were deleted before they were counted",
                          log->partition, wanted, log->begin - 1);
    if (log->end < wanted)
        return reason_set(why, HALT, SOURCE_TRUNCATED, 0,
                          "partition %" PRId32 ": the log ends at %" PRId64 ", counted is up to %" PRId64
                          ": it was cut, or the topic made anew",
                          log->partition, log->end, wanted);
    return GO_ON;
}

/* How far a batch reaches that could not be read: its offsets are lost, and handed out when it comes again. */
static enum verdict check_broken(const struct suspect_log *log, struct position *position, struct reason *why)
{
    struct broken_batch batch = {log->topic, log->partition, position->broken, position->expected, log->end};
    int64_t end = 0;
    enum verdict verdict = broken_batch_end(&batch, log->config, log->logger, &end, why);

    if (verdict != GO_ON || end == batch.first) /* It can be read after all. */
        return verdict;
    position_lose(position, end);
    log_line(log->logger, LOG_LEVEL_ERROR, reason_name(SOURCE_UNREADABLE),
             "partition=%" PRId32 " first=%" PRId64 " last=%" PRId64, log->partition, position->lost.first, end - 1);
    return GO_ON;
}

enum verdict suspect_log_check(const struct suspect_log *log, struct position *position, struct reason *why)
{
    if (position->suspicion == SUSPICION_FOREIGN)
        return reason_set(
            why, HALT, SOURCE_RECREATED, 0,
            "partition %" PRId32 ": the record at offset %" PRId64 " is not the one we counted (its time %" PRId64
            ", ours %" PRId64 "): the topic was made anew, or its log replaced",
            log->partition, position->found.offset, position->found.timestamp_ms, position->anchor.timestamp_ms);
    enum verdict verdict = check_extent(log, position, why);
    if (verdict == GO_ON && position->suspicion == SUSPICION_BROKEN)
        verdict = check_broken(log, position, why);
    if (verdict != GO_ON || log->begin <= position->expected)
        return verdict;
    log_line(log->logger, LOG_LEVEL_WARN, "SOURCE-ANCHOR-GONE",
             "partition=%" PRId32 " anchor=%" PRId64 " log_begins=%" PRId64, log->partition, position->anchor.offset,
             log->begin);
    position_forget_anchor(position);
    return GO_ON;
}
