/* Answers are for people, too: `curl` shows why. */
#include "health.h"

#include <inttypes.h>

bool health_is_live(FILE *file, int64_t turned_ms, int64_t now_ms)
{
    bool is_live = now_ms - turned_ms < LIVE_MS;

    fprintf(file, "%s: the loop turned %" PRId64 " ms ago\n", is_live ? "live" : "not live",
            now_ms > turned_ms ? now_ms - turned_ms : 0);
    return is_live;
}

bool health_is_ready(FILE *file, const struct metrics *metrics, int64_t turned_ms, int64_t now_ms)
{
    bool turns = now_ms - turned_ms < READY_MS;
    bool is_ready = turns && metrics->has_joined && metrics->is_store_up && metrics->is_broker_up &&
                    metrics->trouble == REASON_NONE;

    fputs(is_ready ? "ready\n" : "not ready\n", file);
    if (!turns)
        fprintf(file, "the loop has not turned for %" PRId64 " s\n", (now_ms - turned_ms) / 1000);
    if (!metrics->has_joined)
        fputs("no assignment of the consumer group is in force\n", file);
    if (!metrics->is_store_up)
        fputs("Redis: not connected\n", file);
    if (!metrics->is_broker_up)
        fputs("Kafka: no broker is connected\n", file);
    if (metrics->trouble != REASON_NONE)
        fprintf(file, "trouble: %s\n", reason_name(metrics->trouble));
    if (metrics->store_evicts == 1)
        fputs("Redis may drop counters: its maxmemory-policy is neither noeviction nor a volatile one\n", file);
    for (uint32_t at = 0; at < metrics->partition_count; at++)
        if (metrics->partitions[at].stopped != REASON_NONE)
            fprintf(file, "partition %" PRId32 " stopped: %s\n", metrics->partitions[at].number,
                    reason_name(metrics->partitions[at].stopped));
    if (metrics->retention_stopped != REASON_NONE)
        fprintf(file, "retention stopped: %s\n", reason_name(metrics->retention_stopped));
    if (metrics->closer.stuck != REASON_NONE)
        fprintf(file, "closer stuck: %s\n", reason_name(metrics->closer.stuck));
    return is_ready;
}
