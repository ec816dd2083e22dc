/* Messages become records; suspects and ends are lists without a partition twice. */
#include "batch_parts.h"

struct record batch_record_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t kind;
    struct record record = {
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &kind),
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .message = message,
    };

    record.is_arrival_time = kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    return record;
}

void batch_add_suspect(struct batch *batch, int32_t partition)
{
    if (batch->suspect_count < PARTITIONS_MAX) /* One more would be listed twice. */
        batch->suspects[batch->suspect_count++] = partition;
}

void batch_add_end(struct batch *batch, int32_t partition, int64_t next)
{
    uint32_t i = 0;

    while (i < batch->end_count && batch->ends[i].partition != partition)
        i++;
    if (i == batch->end_count)
        batch->end_count++;
    batch->ends[i].partition = partition;
    batch->ends[i].next = next;
}
