/* What a source knows of its topic, or asks about it, beside what it reads. */
#include <assert.h>
#include <inttypes.h>

#include "gentally/kafka/source.h"
#include "source_state.h"

#define ANSWER_MS 10000

enum verdict source_partitions(struct source *source, int32_t *count, struct reason *why)
{
    enum verdict verdict =
        kafka_partitions(source->client, &source->notes, KAFKA_READ, source->config->topic, ANSWER_MS, count, why);

    if (verdict == HALT && why != NULL && why->id == SOURCE_TOPIC_MISSING)
        return reason_set(why, HALT, SOURCE_TOPIC_MISSING, why->code,
                          "topic \"%s\" does not exist: `gentally setup` creates it", source->config->topic);
    if (verdict == GO_ON && *count > PARTITIONS_MAX)
        return reason_set(why, HALT, SOURCE_PARTITIONS, 0, "topic \"%s\" has %" PRId32 " partitions, the most is %d",
                          source->config->topic, *count, PARTITIONS_MAX);
    return verdict;
}

enum verdict source_extent(struct source *source, int32_t partition, int64_t *first, int64_t *next, struct reason *why)
{
    assert(partition >= 0 && partition < PARTITIONS_MAX);
    return kafka_extents(source->client, source->config->topic, partition, 1, ANSWER_MS / 4, first, next, why);
}

enum verdict source_ends(struct source *source, int32_t count, int64_t ends[], struct reason *why)
{
    int64_t begins[PARTITIONS_MAX];

    assert(count > 0 && count <= PARTITIONS_MAX);
    return kafka_extents(source->client, source->config->topic, 0, count, ANSWER_MS / 4, begins, ends, why);
}

int64_t source_log_end(const struct source *source, int32_t partition)
{
    int64_t first = 0, end = 0;
    rd_kafka_resp_err_t code =
        rd_kafka_get_watermark_offsets(source->client, source->config->topic, partition, &first, &end);

    return code == RD_KAFKA_RESP_ERR_NO_ERROR && end >= 0 ? end : -1;
}

bool source_is_connected(const struct source *source)
{
    return !source->notes.is_cut_off;
}
