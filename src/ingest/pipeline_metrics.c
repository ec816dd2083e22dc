/* Copies numbers that are kept anyway. */
#include "pipeline_metrics.h"

#include <stdio.h>

#include "gentally/kafka/source.h"
#include "gentally/publish/merger.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_retention.h"
#include "pipeline_parts.h"
#include "writer_schemas.h"

static void fill_flush(const struct flush_counts *counts, struct flush_metrics *metrics)
{
    metrics->outcomes[FLUSH_STORED] = counts->stored;
    metrics->outcomes[FLUSH_FENCED] = counts->fenced;
    metrics->outcomes[FLUSH_REFUSED] = counts->refused;
    metrics->repeated = counts->repeated;
    metrics->rows = counts->rows;
    metrics->entries = counts->entries;
    metrics->bytes = counts->bytes;
}

/* At its end there is no lag, even where the markers of transactions lie behind the last record; but it was at its end
 * before turns could not go on, and librdkafka still fetches what came since. What stopped is not fetched, and has no
 * end that we would hear of. */
static int64_t lag_of(const struct pipeline *pipeline, const struct partition *partition, bool goes_on)
{
    if (partition->is_stopped)
        return METRIC_UNKNOWN;
    if (partition->is_at_end && goes_on)
        return 0;
    int64_t end = source_log_end(pipeline->source, partition->state.partition);
    return end < 0 ? METRIC_UNKNOWN : end > partition->next ? end - partition->next : 0;
}

static int64_t last_record_of(const struct partition *partition)
{
    int64_t ms = partition->last != NULL                   ? partition->last->timestamp_ms
                 : partition->anchor.offset != ANCHOR_NONE ? partition->anchor.timestamp_ms
                                                           : -1;
    return ms < 0 ? METRIC_UNKNOWN : ms;
}

static void fill_partition(const struct pipeline *pipeline, const struct partition *partition, bool goes_on,
                           struct partition_metrics *metrics)
{
    *metrics = (struct partition_metrics){
        .number = partition->state.partition,
        .lag_records = lag_of(pipeline, partition, goes_on),
        .last_record_ms = last_record_of(partition),
        .watermark_ms = partition->watermark_ms,
        .next = partition->next,
        .journal_entries = partition->entries,
        .is_idle = partition->is_idle,
        .is_waiting = partition->is_waiting,
        .stopped = partition->is_stopped ? partition->why.id : REASON_NONE,
    };
}

static void fill_retention(const struct pipeline *pipeline, struct metrics *metrics)
{
    const struct reason *why = pipeline->merger == NULL ? NULL : merger_stopped(pipeline->merger);

    if (pipeline->merger == NULL)
        return;
    const struct retention_fill fill = store_retention_fill(pipeline->store);
    metrics->retention_pairs = fill.pairs;
    metrics->retention_pairs_max = fill.pairs_max;
    metrics->retention_stopped = why == NULL ? REASON_NONE : why->id;
}

void pipeline_fill_metrics(const struct pipeline *pipeline, struct metrics *metrics)
{
    const struct fold *fold = &pipeline->fold;
    const struct assignment *assignment = &pipeline->assignment;

    snprintf(metrics->tables, sizeof(metrics->tables), "%s", pipeline->tables.version);
    metrics->is_store_up = store_is_connected(pipeline->store);
    metrics->store_connections = store_connections(pipeline->store);
    metrics->is_broker_up = source_is_connected(pipeline->source);
    memcpy(metrics->records, fold->outcomes, sizeof(metrics->records));
    metrics->record_bytes = fold->bytes;
    memcpy(metrics->dead_letters, fold->letters_by, sizeof(metrics->dead_letters));
    if (pipeline->schemas != NULL)
        memcpy(metrics->registry, writer_schemas_requests(pipeline->schemas), sizeof(metrics->registry));
    fill_flush(&assignment->counts, &metrics->flush);
    fill_retention(pipeline, metrics);
    metrics->partition_count = assignment->count;
    for (uint32_t i = 0; i < assignment->count; i++)
        fill_partition(pipeline, assignment_find(assignment, assignment->partitions[i]),
                       metrics->trouble == REASON_NONE, &metrics->partitions[i]);
}
