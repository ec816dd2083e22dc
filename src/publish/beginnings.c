/* The store says what lacks a state, the ledger what was told of it, and the log whether all of it is still there. */
#include "gentally/publish/beginnings.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gentally/kafka/source.h"
#include "gentally/publish/ledger_offsets.h"
#include "gentally/redis/store.h"

enum verdict beginnings_floors(struct store *store, int32_t count, int64_t floors_ms[WINDOW_KINDS], bool *has_counted,
                               struct reason *why)
{
    *has_counted = false;
    for (int kind = 0; kind < WINDOW_KINDS; kind++)
        floors_ms[kind] = NO_TIME;
    for (int32_t i = 0; i < count; i++) {
        struct partition_state state;
        enum verdict verdict = store_state(store, i, &state, why);
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

/* Whether the partition has no state. */
static enum verdict look(struct store *store, int32_t partition, bool *is_missing, struct reason *why)
{
    struct partition_state state;
    enum verdict verdict = store_state(store, partition, &state, why);

    *is_missing = verdict == HALT && why->id == STORE_STATE_MISSING;
    return *is_missing ? GO_ON : verdict;
}

/* What is asked once, when it is needed. */
struct asked {
    bool is_known;
    struct ledger_offsets offsets;
    int64_t floors_ms[WINDOW_KINDS];
};

static enum verdict ask(struct asked *asked, const struct config *config, struct store *store, int32_t count,
                        struct reason *why)
{
    bool has_counted = false;

    if (asked->is_known)
        return GO_ON;
    enum verdict verdict = ledger_offsets_read(&asked->offsets, config, why);
    if (verdict == GO_ON)
        verdict = beginnings_floors(store, count, asked->floors_ms, &has_counted, why);
    asked->is_known = verdict == GO_ON;
    return verdict;
}

static enum verdict make(const struct asked *asked, struct store *store, struct source *source, int32_t partition,
                         struct logger *logger, struct reason *why)
{
    int64_t first = 0, next = 0;
    bool is_made = false;
    bool is_new =
        asked->offsets.first[partition] == LEDGER_OFFSETS_NOTHING && asked->offsets.made_ms[partition] == NO_TIME;

    enum verdict verdict = is_new ? source_extent(source, partition, &first, &next, why) : GO_ON;
    if (verdict != GO_ON || !is_new || first != 0)
        return verdict;
    verdict = store_create(store, partition, first, asked->floors_ms, &is_made, why);
    if (is_made)
        log_line(logger, LOG_LEVEL_INFO, "WORKER-PARTITION-ADDED",
                 "partition=%" PRId32 ": it is counted from its start", partition);
    return verdict;
}

enum verdict beginnings_make(const struct config *config, struct store *store, struct source *source,
                             const int32_t partitions[], uint32_t partition_count, int32_t known, int32_t count,
                             struct logger *logger, struct reason *why)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    enum verdict verdict = GO_ON;

    if (asked == NULL)
        return no_memory(why, "to begin with partitions");
    for (uint32_t i = 0; i < partition_count && verdict == GO_ON; i++) {
        bool is_missing = false;
        if (partitions[i] < known)
            continue;
        verdict = look(store, partitions[i], &is_missing, why);
        if (verdict == GO_ON && is_missing)
            verdict = ask(asked, config, store, count, why);
        if (verdict == GO_ON && is_missing)
            verdict = make(asked, store, source, partitions[i], logger, why);
    }
    free(asked);
    return verdict;
}
