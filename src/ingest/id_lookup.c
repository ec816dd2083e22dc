/* Ids of a batch -> the store's answer, per partition. */
#include "id_lookup.h"

bool recall_is_wanted(const struct lane *lane, int64_t offset)
{
    return lane != NULL && !lane->is_stopped && !lane->is_stale && offset >= lane->next;
}

/* A record that does not decode is set aside without its id being asked. Decoding twice costs less than keeping what
 * was decoded of thousands of records. */
enum verdict recall_note(struct lanes *lanes, const struct decoder *decoder, const struct batch *batch, uint32_t first,
                         struct event *event, struct reason *why)
{
    struct reason other;
    enum verdict verdict = GO_ON;

    for (uint32_t i = 0; i < lanes->count; i++)
        ids_begin(lanes->by_partition[lanes->partitions[i]]->ids);
    for (uint32_t i = first; i < batch->record_count && verdict == GO_ON; i++) {
        const struct record *record = &batch->records[i];
        struct lane *lane = lanes_find(lanes, record->partition);
        if (recall_is_wanted(lane, record->offset) && decode_event(decoder, record->value, event, &other) == GO_ON)
            verdict = ids_ask(lane->ids, ids_key(lane->ids, event->id), why);
    }
    return verdict;
}

enum verdict recall_ask(struct lanes *lanes, struct store *store, struct reason *why)
{
    struct recall *recalls[PARTITIONS_MAX];
    struct lane *asked[PARTITIONS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < lanes->count; i++) {
        struct lane *lane = lanes->by_partition[lanes->partitions[i]];
        struct recall *recall = lane->is_stopped || lane->is_stale ? NULL : ids_recall(lane->ids, &lane->standing);
        if (recall == NULL)
            continue;
        asked[count] = lane;
        recalls[count++] = recall;
    }
    enum verdict verdict = count == 0 ? GO_ON : store_recall(store, recalls, count, why);
    for (uint32_t i = 0; i < count && verdict == GO_ON; i++)
        if (recalls[i]->verdict != GO_ON)
            lanes_refused(lanes, asked[i], recalls[i]->verdict, &recalls[i]->why);
    return verdict;
}
