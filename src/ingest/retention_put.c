/* Retention on its way into the store: everything noted, over one connection. */
#include "gentally/redis/store.h"
#include "retention.h"

/* Tells the store that retention stopped, once on each connection. */
static enum verdict tell_stop(struct retention *retention, struct store *store, const struct reason *because,
                              struct reason *why)
{
    uint64_t connections = store_connections(store);

    if (retention_stopped(retention) != NULL && !retention_begin_stop(retention, connections))
        return GO_ON;
    enum verdict verdict = store_retention_stop(store, because, why);
    if (verdict == GO_ON && connections != store_connections(store))
        verdict = reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis was connected to anew");
    if (verdict != GO_ON)
        retention_begin_stop(retention, 0); /* Not told: the next flush begins with it. */
    return verdict;
}

enum verdict retention_put(void *context, struct store *store, struct reason *why)
{
    struct retention *retention = context;
    const struct activity *activities;
    uint32_t at[RETENTION_SHARDS] = {0}, counts[RETENTION_SHARDS];
    uint64_t connections = store_connections(store);
    enum verdict verdict = GO_ON;

    if (retention_stopped(retention) != NULL)
        return tell_stop(retention, store, retention_stopped(retention), why);
    if (!retention_begin(retention, connections))
        return GO_ON;
    while (verdict == GO_ON && retention_gather(retention, at, counts, &activities)) {
        verdict = store_retain(store, activities, counts, why);
        /* Earlier ones went over another. What this one lacks is told all the same. */
        if (connections != store_connections(store) && verdict != TRY_LATER)
            return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis was connected to anew");
    }
    if (verdict == GO_ON)
        retention_acknowledged(retention);
    if (verdict == HALT && why->id == STORE_RETENTION_MISSING)
        return TRY_LATER; /* `setup` makes it; nothing is counted that it would never hear of. */
    if (verdict != HALT || reason_stops(why->id) != STOPS_RETENTION)
        return verdict;
    struct reason because = *why;
    verdict = tell_stop(retention, store, &because, why);
    if (verdict == GO_ON)
        retention_stop(retention, &because, connections);
    return verdict;
}
