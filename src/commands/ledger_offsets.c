/* One pass over the ledger keeps of each partition the lowest first offset, and when its latest state was made. */
#include "ledger_offsets.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/codec/record_read.h"
#include "gentally/core/incarnation.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"

struct ledger_reading {
    struct ledger_offsets *offsets;
    struct ledger_read read;
};

static enum verdict take(void *context, const struct record *record, struct reason *why)
{
    struct ledger_reading *reading = context;

    struct window window;
    enum verdict verdict = ledger_record_read(record, &reading->read, &window, why);
    if (verdict != GO_ON || record->value.bytes == NULL)
        return verdict;
    const struct ledger *ledger = &reading->read.ledger;
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        const struct ledger_partition *part = &ledger->partitions[i];
        if (part->partition < 0 || part->partition >= PARTITIONS_MAX || !ledger_partition_is_known(part))
            continue;
        int64_t *first = &reading->offsets->first[part->partition];
        if (*first == LEDGER_OFFSETS_NOTHING || part->first < *first)
            *first = part->first;
        int64_t *made_ms = &reading->offsets->made_ms[part->partition],
                part_ms = incarnation_made_ms(part->incarnation);
        *made_ms = part_ms > *made_ms ? part_ms : *made_ms;
    }
    return GO_ON;
}

enum verdict ledger_offsets_read(struct ledger_offsets *offsets, const struct config *config, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    struct ledger_reading *reading = calloc(1, sizeof(*reading));

    for (size_t i = 0; i < PARTITIONS_MAX; i++) {
        offsets->first[i] = LEDGER_OFFSETS_NOTHING;
        offsets->made_ms[i] = NO_TIME;
    }
    if (reading == NULL)
        return no_memory(why, "to read the ledger");
    reading->offsets = offsets;
    topic_ledger(config, topic);
    enum verdict verdict = topic_check_whole(config, topic, why);
    if (verdict == GO_ON)
        verdict = our_schemas_read(config, NULL, OUR_LEDGER, topic, take, reading, why);
    free(reading);
    return verdict;
}

enum verdict ledger_offsets_may_begin(const struct ledger_offsets *offsets, int32_t partition, int64_t first,
                                      struct reason *why)
{
    int64_t counted_from = offsets->first[partition];

    if (counted_from == LEDGER_OFFSETS_NOTHING || first <= counted_from)
        return GO_ON;
    return reason_set(why, HALT, STORE_STATE_MISSING, 0,
                      "partition %" PRId32 " was counted from offset %" PRId64
                      " on, its state in Redis is gone, and its log now begins at %" PRId64
                      ": restore Redis, begin again in a new namespace, or count what is left: setup --begin-again",
                      partition, counted_from, first);
}

enum verdict ledger_offsets_may_follow(const struct ledger_offsets *offsets, int32_t partition, int64_t now_ms,
                                       struct reason *why)
{
    int64_t made_ms = offsets->made_ms[partition];
    char made[32], now[32];

    if (made_ms == NO_TIME || made_ms < now_ms)
        return GO_ON;
    time_format(made_ms, made, sizeof(made));
    time_format(now_ms, now, sizeof(now));
    return reason_set(why, HALT, STORE_SUPERSEDED, 0,
                      "partition %" PRId32
                      " was published from a state made at %s, and it is %s by the clock of Redis: "
                      "a state made now would count as the older one; set that clock right",
                      partition, made, now);
}
