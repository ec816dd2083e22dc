/* One pass over the ledger: of each partition the lowest first offset. */
#include "ledger_offsets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gentally/codec/avro_read.h"
#include "gentally/core/event.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"

struct reading {
    struct known *known;
    struct ledger_read read;
};

static enum verdict take(void *context, const struct record *record, struct reason *why)
{
    struct reading *reading = context;

    if (record->value.bytes == NULL) /* a tombstone */
        return GO_ON;
    if (decode_ledger(record->value, &reading->read, why) != GO_ON)
        return reason_set(why, HALT, "LEDGER-UNREADABLE", 0, "offset %" PRId64 " of the ledger topic", record->offset);
    const struct ledger *ledger = &reading->read.ledger;
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        if (part->partition < 0 || part->partition >= PARTITIONS_MAX)
            continue;
        int64_t *first = &reading->known->first[part->partition];
        if (*first == KNOWN_NOTHING || part->first < *first)
            *first = part->first;
    }
    return GO_ON;
}

enum verdict known_read(struct known *known, const struct config *config, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    struct reading *reading = calloc(1, sizeof(*reading));

    for (size_t i = 0; i < PARTITIONS_MAX; i++)
        known->first[i] = KNOWN_NOTHING;
    if (reading == NULL)
        return reason_set(why, HALT, "NO-MEMORY", errno, "no memory to read the ledger");
    reading->known = known;
    topic_ledger(config, topic);
    enum verdict verdict = topic_read(config, topic, take, reading, why);
    free(reading);
    return verdict;
}

enum verdict known_may_begin(const struct known *known, int32_t partition, int64_t first, struct reason *why)
{
    int64_t counted_from = known->first[partition];

    if (counted_from == KNOWN_NOTHING || first <= counted_from)
        return GO_ON;
    return reason_set(why, HALT, "STORE-STATE-MISSING", 0,
                      "partition %" PRId32 " was counted from offset %" PRId64
                      " on, its state in Redis is gone, and its log now begins at %" PRId64
                      ": restore Redis, begin again in a new namespace, or count what is left: setup --begin-again",
                      partition, counted_from, first);
}
