/* Looks for what stopped: partitions, then retention. */
#include "pipeline_standstill.h"

#include <inttypes.h>

#include "gentally/publish/merger.h"
#include "pipeline_parts.h"

/* Why retention stopped; NULL: it goes on, or there is none. */
static const struct reason *retention_why(const struct pipeline *pipeline)
{
    return pipeline->merger == NULL ? NULL : merger_stopped(pipeline->merger);
}

static void add(struct standstill *standstill, int64_t since_ms, const struct reason *why)
{
    if (standstill->why != NULL && standstill->since_ms <= since_ms)
        return;
    standstill->since_ms = since_ms;
    standstill->why = why;
}

struct standstill pipeline_standstill(const struct pipeline *pipeline)
{
    const struct assignment *assignment = &pipeline->assignment;
    struct standstill standstill = {0};

    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment_find(assignment, assignment->partitions[i]);
        if (!partition->is_stopped)
            continue;
        standstill.partitions++;
        add(&standstill, partition->stopped_ms, &partition->why);
    }
    standstill.is_retention = retention_why(pipeline) != NULL;
    if (standstill.is_retention)
        add(&standstill, pipeline->retention_stopped_ms, retention_why(pipeline));
    return standstill;
}

/* `partition`: -1, it is retention. */
static void tell(const struct pipeline *pipeline, int32_t partition, int64_t since_ms, const struct reason *why,
                 int64_t now_ms)
{
    int64_t for_s = (now_ms - since_ms) / 1000;

    if (partition >= 0)
        log_line(pipeline->logger, LOG_LEVEL_ERROR, "WORKER-STANDSTILL",
                 "partition=%" PRId32 " for_s=%" PRId64 " reason=%s text=\"%s\"", partition, for_s,
                 reason_name(why->id), why->text);
    else
        log_line(pipeline->logger, LOG_LEVEL_ERROR, "WORKER-STANDSTILL",
                 "part=retention for_s=%" PRId64 " reason=%s text=\"%s\"", for_s, reason_name(why->id), why->text);
}

void pipeline_tell_standstill(const struct pipeline *pipeline, int64_t now_ms)
{
    const struct assignment *assignment = &pipeline->assignment;

    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment_find(assignment, assignment->partitions[i]);
        if (partition->is_stopped)
            tell(pipeline, assignment->partitions[i], partition->stopped_ms, &partition->why, now_ms);
    }
    if (retention_why(pipeline) != NULL)
        tell(pipeline, -1, pipeline->retention_stopped_ms, retention_why(pipeline), now_ms);
}
