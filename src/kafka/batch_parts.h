/* What a batch is put together of. A batch has room for all of it. */
#ifndef GENTALLY_BATCH_PARTS_H
#define GENTALLY_BATCH_PARTS_H

#include <librdkafka/rdkafka.h>

#include "gentally/kafka/batch.h"

/* The record of a message, from which it borrows its bytes. */
struct record batch_record_of(const rd_kafka_message_t *message);

/* Adds a partition whose log has to be looked at. */
void batch_add_suspect(struct batch *batch, int32_t partition);

/* Notes that a partition's log ends at `next`; the last word of a partition counts. */
void batch_add_end(struct batch *batch, int32_t partition, int64_t next);

#endif
