/* ListOffsets for the ends of logs: the cheapest request that librdkafka sends to the brokers it fetches from. */
#include "nudge.h"

#include "gentally/base/clock.h"

#define FIXED_IN 0x02020000 /* fetch.queue.backoff.ms, see source_settings.c */
#define PAUSE_MS 10
#define QUEUED_MIN 1000u /* of a queue that never held so many there is nothing to be gained */

bool nudge_is_due(struct nudge *nudge, size_t queued, int64_t now_ms)
{
    if (queued > nudge->queued_max)
        nudge->queued_max = queued;
    if (nudge->queued_max < QUEUED_MIN || queued > nudge->queued_max / 2 || now_ms < nudge->due_ms)
        return false;
    nudge->queued_max = queued;
    nudge->due_ms = now_ms + PAUSE_MS;
    return true;
}

void nudge_turn(struct nudge *nudge, rd_kafka_t *client, rd_kafka_queue_t *queue, const char *topic,
                const struct position positions[PARTITIONS_MAX])
{
    if (rd_kafka_version() >= FIXED_IN || !nudge_is_due(nudge, rd_kafka_queue_length(queue), clock_ms(CLOCK_MONOTONIC)))
        return;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        if (positions[i].is_assigned)
            rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_END;
    if (list->cnt > 0)
        (void)rd_kafka_offsets_for_times(client, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
}
