/* What source.c and source_incremental.c both do to a source. */
#include "source_state.h"

/*
 * Forwards the queues of partitions of which nothing has arrived yet. Once is not enough: a partition that is assigned
 * anew is stopped first, on another thread, and stopping takes the forwarding away, at a time nobody tells. What came
 * before the next forwarding is moved along with it.
 */
void source_forward(struct source *source)
{
    int32_t seen = 0;
    bool is_any = false;

    for (int32_t i = 0; seen < source->assigned_count && i < PARTITIONS_MAX; i++) {
        const struct position *position = &source->positions[i];
        seen += position->is_assigned ? 1 : 0;
        if (!position->is_assigned || position->is_settled)
            continue;
        rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(source->client, source->config->topic, i);
        rd_kafka_queue_forward(queue, source->data);
        rd_kafka_queue_destroy(queue);
        is_any = true;
    }
    source->has_unsettled = is_any;
}
