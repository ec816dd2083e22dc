/* Retention on its way into the store: everything noted, over one connection. */
#include "gentally/redis/store.h"
#include "retention.h"

enum verdict retention_put(void *context, struct store *store, struct reason *why)
{
    struct retention *retention = context;
    const struct activity *activities;
    uint32_t at[RETENTION_SHARDS] = {0}, counts[RETENTION_SHARDS];
    uint64_t connections = store_connections(store);
    enum verdict verdict = GO_ON;

    if (!retention_begin(retention, connections))
        return GO_ON;
    while (verdict == GO_ON && retention_gather(retention, at, counts, &activities)) {
        verdict = store_retain(store, activities, counts, why);
        if (connections != store_connections(store)) /* Earlier ones went over another. */
            return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis was connected to anew");
    }
    if (verdict == GO_ON)
        retention_acknowledged(retention);
    return verdict;
}
