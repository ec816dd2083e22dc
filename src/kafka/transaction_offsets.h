/* The offsets of a consumer as a part of a transaction. Private to this room; transaction.c has it. */
#ifndef GENTALLY_TRANSACTION_OFFSETS_H
#define GENTALLY_TRANSACTION_OFFSETS_H

#include <librdkafka/rdkafka.h>

#include "gentally/base/verdict.h"

struct transaction;

/* Makes the offsets a part of what is begun: the group has them if the transaction commits, and only then. They are
 * refused if the consumer is not in its group any more. Verdicts of transaction_commit(). Blocks up to 30 s. */
MUST_CHECK enum verdict transaction_put_offsets(struct transaction *transaction, rd_kafka_t *consumer,
                                                const rd_kafka_topic_partition_list_t *offsets, struct reason *why);

#endif
