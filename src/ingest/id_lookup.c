/* Asks the store for the ids of a batch: one question for each partition, all sent together. */
#include "id_lookup.h"

/* A record that does not decode is set aside without its id being asked. Decoding twice costs less than keeping what
 * was decoded of thousands of records. */
enum verdict id_lookup_note(struct assignment *assignment, const struct decoder *decoder, const struct batch *batch,
                            uint32_t first, struct event *event, struct reason *why)
{
    struct reason other;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        if (!partition->is_stopped)
            ids_begin(partition->ids);
    }
    for (uint32_t i = first; i < batch->record_count && verdict == GO_ON; i++) {
        const struct record *record = &batch->records[i];
        struct partition *partition = assignment_find(assignment, record->partition);
        if (partition_wants(partition, record->offset) && decode_event(decoder, record->value, event, &other) == GO_ON)
            verdict = ids_ask(partition->ids, ids_key(partition->ids, event->id), why);
    }
    return verdict;
}

enum verdict id_lookup_ask(struct assignment *assignment, struct store *store, struct reason *why)
{
    struct id_lookup *lookups[PARTITIONS_MAX];
    struct partition *asked[PARTITIONS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->by_partition[assignment->partitions[i]];
        struct id_lookup *lookup =
            partition->is_stopped || partition->is_stale ? NULL : ids_lookup(partition->ids, &partition->state);
        if (lookup == NULL)
            continue;
        asked[count] = partition;
        lookups[count++] = lookup;
    }
    enum verdict verdict = count == 0 ? GO_ON : store_look_up_ids(store, lookups, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        if (lookups[i]->verdict != GO_ON)
            assignment_refused(assignment, asked[i], lookups[i]->verdict, &lookups[i]->why);
    return verdict;
}
