/* What a source is made of. Only source*.c open this header. */
#ifndef GENTALLY_SOURCE_STATE_H
#define GENTALLY_SOURCE_STATE_H

#include "gentally/kafka/batch.h"
#include "kafka_client.h"
#include "nudge.h"
#include "position.h"

struct source {
    const struct config *config; /* borrowed until close */
    rd_kafka_t *client;
    rd_kafka_queue_t *control;
    rd_kafka_queue_t *data;
    struct kafka_notes notes;
    enum rebalance unanswered;
    bool is_joined;
    bool is_vanished;   /* the topic was deleted while it was read */
    int choked;         /* looks left for the partition whose response is larger than may be received */
    bool needs_assign;  /* the positions are no longer librdkafka's assignment */
    bool has_unsettled; /* perhaps a position is assigned and not settled */
    int32_t assigned_count;
    struct nudge nudge;     /* of `data` */
    uint32_t message_count; /* held for the batch that the caller has */
    rd_kafka_message_t *messages[BATCH_RECORDS_MAX];
    struct position positions[PARTITIONS_MAX];
};

#endif
