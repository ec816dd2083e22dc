/* First all are checked, by the ledger; then floors are taken from those that count, and states made with them. */
#include "gentally/publish/beginnings.h"

#include "gentally/kafka/source.h"
#include "gentally/redis/store.h"
#include "ledger_offsets.h"

enum verdict beginnings_check(const struct beginnings *beginnings, struct reason *why)
{
    struct ledger_offsets offsets;
    struct partition_state state;
    int64_t now_ms = 0;
    enum verdict verdict = ledger_offsets_read(&offsets, beginnings->config, why);

    if (verdict == GO_ON)
        verdict = store_clock(beginnings->store, &now_ms, why);
    for (int32_t i = beginnings->first; i < beginnings->count && verdict == GO_ON; i++) {
        int64_t first = 0, next = 0;
        verdict = store_state(beginnings->store, i, &state, why);
        if (verdict != HALT || why->id != STORE_STATE_MISSING)
            continue;
        verdict = source_extent(beginnings->source, i, &first, &next, why);
        if (verdict == GO_ON && !beginnings->may_begin_again)
            verdict = ledger_offsets_may_begin(&offsets, i, first, why);
        if (verdict == GO_ON)
            verdict = ledger_offsets_may_follow(&offsets, i, now_ms, why);
    }
    return verdict;
}

/* Finds the windows that partitions with a state have sealed already. A new partition begins with the same floors: in a
 * window that others have collected it could only count records that no summary can hold any more. */
static enum verdict find_floors(const struct beginnings *beginnings, int64_t floors_ms[WINDOW_KINDS], bool *has_counted,
                                struct reason *why)
{
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        floors_ms[kind] = NO_TIME;
    for (int32_t i = 0; i < beginnings->count; i++) {
        struct partition_state state;
        enum verdict verdict = store_state(beginnings->store, i, &state, why);
        if (verdict == HALT && why->id == STORE_STATE_MISSING)
            continue;
        if (verdict != GO_ON)
            return verdict;
        *has_counted = *has_counted || state.next != state.first;
        for (int kind = 0; kind < WINDOW_KINDS; kind++)
            if (state.floor_ms[kind] > floors_ms[kind])
                floors_ms[kind] = state.floor_ms[kind];
    }
    return GO_ON;
}

enum verdict beginnings_create(const struct beginnings *beginnings, struct begun *begun, struct reason *why)
{
    int64_t floors_ms[WINDOW_KINDS];

    *begun = (struct begun){.created = 0};
    enum verdict verdict = find_floors(beginnings, floors_ms, &begun->has_counted, why);
    for (int32_t i = beginnings->first; i < beginnings->count && verdict == GO_ON; i++) {
        int64_t first = 0, next = 0;
        bool is_created = false;
        verdict = source_extent(beginnings->source, i, &first, &next, why);
        if (verdict == GO_ON)
            verdict = store_create(beginnings->store, i, first, floors_ms, &is_created, why);
        begun->created += is_created ? 1 : 0;
    }
    return verdict;
}
