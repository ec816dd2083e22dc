/* The offsets of a group, with our mark: whoever sets them from outside leaves none, and is told from us by that.
 * Private to this room. */
#ifndef GENTALLY_GROUP_OFFSETS_H
#define GENTALLY_GROUP_OFFSETS_H

#include <librdkafka/rdkafka.h>

#include "gentally/base/log.h"

/* Adds an offset to be committed, marked as ours. */
void group_offsets_add(rd_kafka_topic_partition_list_t *list, const char *topic, int32_t partition, int64_t offset);

/* Whether a committed offset was set by somebody else. */
bool group_offsets_are_moved(const rd_kafka_topic_partition_t *committed);

/*
 * For who reads on where a store says, whatever the group's offsets are: asks for those of the partitions in `list`,
 * whose offsets say where it reads on, and tells SOURCE-OFFSETS-MOVED if somebody set others. Blocks up to a second;
 * who does not answer is not asked again.
 */
void group_offsets_look(rd_kafka_t *client, const char *group, const rd_kafka_topic_partition_list_t *list,
                        struct logger *logger);

#endif
