/* What grows without end is windows with too many rows; so the largest is named. */
#include "capacity.h"

#include <inttypes.h>
#include <stdio.h>

#include "gentally/base/calendar.h"
#include "gentally/base/clock.h"
#include "gentally/redis/eviction.h"
#include "gentally/redis/store_windows.h"

#define WINDOWS_ROOM 512 /* of a partition: more than are kept by default */
#define HOUR_MS_F 3600000.0

static uint32_t level_of(const struct store_memory *memory)
{
    double share = memory->limit <= 0 ? 0 : (double)memory->used / (double)memory->limit;

    return share >= 0.9 ? 90 : share >= 0.8 ? 80 : 0;
}

uint32_t capacity_note(struct capacity *capacity, const struct store_memory *memory, int64_t now_ms)
{
    uint32_t percent = level_of(memory);
    bool is_again = percent > 0 && now_ms - capacity->told_ms >= CAPACITY_AGAIN_MS;

    if (capacity->first_bytes == 0) {
        capacity->first_ms = now_ms;
        capacity->first_bytes = memory->used;
    }
    if (percent <= capacity->told_percent && !is_again) {
        capacity->told_percent = percent;
        return 0;
    }
    capacity->told_percent = percent;
    capacity->told_ms = now_ms;
    return percent;
}

bool capacity_note_policy(struct capacity *capacity, const struct store_memory *memory, int64_t now_ms)
{
    bool may_evict = memory->policy[0] != '\0' && eviction_is_possible(memory->policy);
    bool is_news = may_evict != capacity->may_evict;
    bool is_again = may_evict && now_ms - capacity->policy_told_ms >= CAPACITY_POLICY_AGAIN_MS;

    capacity->may_evict = may_evict;
    if (is_news || is_again)
        capacity->policy_told_ms = now_ms;
    return is_news || is_again;
}

int64_t capacity_rate(const struct capacity *capacity, const struct store_memory *memory, int64_t now_ms)
{
    int64_t grown = memory->used - capacity->first_bytes, passed_ms = now_ms - capacity->first_ms;

    return grown <= 0 || passed_ms <= 0 ? 0 : (int64_t)((double)grown * HOUR_MS_F / (double)passed_ms);
}

/* The window with the most cells. */
struct largest {
    int32_t partition;
    struct window window;
    int64_t cells;
};

static enum verdict look_into(struct store *store, int32_t partition, struct largest *largest, struct reason *why)
{
    struct stored_window windows[WINDOWS_ROOM];
    uint32_t count = 0;
    enum verdict verdict = store_windows(store, partition, windows, WINDOWS_ROOM, &count, why);

    for (uint32_t i = 0; i < count && i < WINDOWS_ROOM && verdict == GO_ON; i++) {
        int64_t cells = 0;
        verdict = store_window_cells(store, partition, windows[i].window, &cells, why);
        if (verdict == GO_ON && cells > largest->cells)
            *largest = (struct largest){partition, windows[i].window, cells};
    }
    return verdict;
}

static void tell(const struct capacity *capacity, const struct store_memory *memory, const struct largest *largest,
                 struct logger *logger, int64_t now_ms)
{
    char start[32] = "-", pace[80] = "";
    int64_t rate = capacity_rate(capacity, memory, now_ms);
    struct reason why;

    if (largest->cells > 0)
        time_format(largest->window.start_ms, start, sizeof(start));
    if (rate > 0)
        snprintf(pace, sizeof(pace), ", %" PRId64 " MB more an hour: full in %.1f hours", rate / 1000000,
                 (double)(memory->limit - memory->used) / (double)rate);
    (void)reason_set(&why, GO_ON, STORE_NEARLY_FULL, 0,
                     "Redis uses %" PRId64 " MB of %" PRId64 "%s; the largest window of ours: partition %" PRId32
                     " %s %s with %" PRId64 " cells",
                     memory->used / 1000000, memory->limit / 1000000, pace, largest->partition,
                     window_kind_name(largest->window.kind), start, largest->cells);
    log_reason(logger, LOG_LEVEL_WARN, &why);
}

static void tell_policy(const struct capacity *capacity, const struct store_memory *memory, struct logger *logger)
{
    struct reason why;

    if (!capacity->may_evict) {
        log_line(logger, LOG_LEVEL_INFO, "STORE-POLICY-GOOD", "policy=%s", memory->policy);
        return;
    }
    (void)reason_set(
        &why, GO_ON, STORE_POLICY, 0,
        "maxmemory-policy was changed to %s: Redis may drop counters unseen once its memory is full; set it "
        "to noeviction or a volatile one, in redis.conf too",
        memory->policy);
    log_reason(logger, LOG_LEVEL_ERROR, &why);
}

void capacity_watch(struct capacity *capacity, struct store *store, const struct assignment *assignment,
                    struct logger *logger, int64_t now_ms)
{
    struct store_memory memory;
    struct largest largest = {.cells = 0};
    struct reason why;

    if (now_ms < capacity->due_ms)
        return;
    capacity->due_ms = now_ms + CAPACITY_INTERVAL_MS;
    int64_t asked_us = clock_us(CLOCK_MONOTONIC);
    if (store_memory(store, &memory, &why) != GO_ON) /* Whoever flushes finds that out, too. */
        return;
    capacity->round_trip_us = clock_us(CLOCK_MONOTONIC) - asked_us;
    capacity->memory = memory;
    capacity->looks++;
    if (capacity_note_policy(capacity, &memory, now_ms))
        tell_policy(capacity, &memory, logger);
    if (capacity_note(capacity, &memory, now_ms) == 0)
        return;
    enum verdict verdict = GO_ON;
    for (uint32_t i = 0; i < assignment->count && verdict == GO_ON; i++)
        verdict = look_into(store, assignment->partitions[i], &largest, &why);
    tell(capacity, &memory, &largest, logger, now_ms);
    capacity->first_ms = now_ms;
    capacity->first_bytes = memory.used;
}
