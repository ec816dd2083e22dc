/* Tools that reset offsets write them without metadata, so ours have some. */
#include "group_offsets.h"

#include <inttypes.h>
#include <string.h>

#define MARK "gentally"
#define LOOK_MS 1000

void group_offsets_add(rd_kafka_topic_partition_list_t *list, const char *topic, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_add(list, topic, partition);

    place->offset = offset;
    place->metadata = strdup(MARK); /* freed with the list; without it the offset is as somebody else's */
    place->metadata_size = place->metadata == NULL ? 0 : strlen(MARK);
}

bool group_offsets_are_moved(const rd_kafka_topic_partition_t *committed)
{
    return committed->offset >= 0 &&
           (committed->metadata_size != strlen(MARK) || memcmp(committed->metadata, MARK, strlen(MARK)) != 0);
}

void group_offsets_look(rd_kafka_t *client, const char *group, const rd_kafka_topic_partition_list_t *list,
                        struct logger *logger)
{
    rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_copy(list);
    bool is_answered = rd_kafka_committed(client, asked, LOOK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
    struct reason why;
    int count = 0;

    for (int i = 0; i < asked->cnt && is_answered; i++) {
        const rd_kafka_topic_partition_t *found = &asked->elems[i], *here = &list->elems[i];
        if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR || !group_offsets_are_moved(found) ||
            found->offset == here->offset || count++ > 0)
            continue;
        (void)reason_set(&why, GO_ON, SOURCE_OFFSETS_MOVED, 0,
                         "somebody set offsets of group \"%.100s\": that of partition %" PRId32 " to %" PRId64
                         "; reading goes on at %" PRId64 ", where the store stands",
                         group, here->partition, found->offset, here->offset);
    }
    if (count > 0)
        log_reason(logger, LOG_LEVEL_WARN, &why);
    rd_kafka_topic_partition_list_destroy(asked);
}
