/* One record after the other, in the order of the topic; the latest version of each window wins. What is not ours is
 * passed over by topic_read(), which tells of it. */
#include "ledger_load.h"

#include <stdlib.h>

#include "gentally/codec/record_read.h"
#include "gentally/config/config.h"
#include "gentally/kafka/topic_read.h"
#include "gentally/kafka/topics.h"
#include "gentally/publish/our_schemas.h"

struct ledger_reading {
    struct published *published;
    struct published_offsets *offsets;
    struct ledger_read read;
    struct published_part parts[LENGTH_OF(((struct ledger_read *)NULL)->partitions)];
};

static enum verdict read_ledger_record(void *context, const struct record *record, struct reason *why)
{
    struct ledger_reading *reading = context;

    struct window window;
    enum verdict verdict = ledger_record_read(record, &reading->read, &window, why);
    if (verdict == SET_ASIDE && why->id == LEDGER_UNREADABLE) {
        struct reason other;
        if (published_hold(reading->published, window, &other) == GO_ON)
            return SET_ASIDE;
        return reason_set(why, HALT, NO_MEMORY, 0, "%s", other.text);
    }
    if (verdict != GO_ON)
        return verdict;
    if (record->value.bytes == NULL) /* a tombstone */
        return published_withdraw(reading->published, window, why);
    const struct ledger *ledger = &reading->read.ledger;
    struct published_window entry = {
        .window = ledger->window,
        .pane = ledger->pane,
        .generation = ledger->generation,
        .revision = ledger->revision,
        .retention = ledger->retention,
        .tables = tables_version_hash(ledger->tables_version),
        .is_under_way = ledger_is_under_way(ledger),
        .partitions = ledger->partition_count,
        .parts = reading->parts,
    };
    for (uint32_t i = 0; i < ledger->partition_count; i++) {
        reading->parts[i] = published_part_of(&ledger->partitions[i]);
        published_offsets_note(reading->offsets, &ledger->partitions[i]);
    }
    return published_put(reading->published, &entry, why);
}

enum verdict ledger_load(const struct config *config, const struct schema_ids *ids, struct published *published,
                         struct published_offsets *offsets, struct reason *why)
{
    char topic[TOPIC_NAME_MAX + 1];
    struct ledger_reading *reading = calloc(1, sizeof(*reading));

    if (reading == NULL)
        return no_memory(why, "to read the ledger");
    reading->published = published;
    reading->offsets = offsets;
    topic_ledger(config, topic);
    enum verdict verdict = topic_check_whole(config, topic, why);
    if (verdict == GO_ON)
        verdict = our_schemas_read(config, ids, OUR_LEDGER, topic, read_ledger_record, reading, why);
    free(reading);
    return verdict;
}
