/* What was gathered is remembered as merged once the shards have it, and forgotten with the connection. */
#include "gentally/publish/merger.h"

#include <stdlib.h>

#include "gentally/base/grow.h"
#include "gentally/redis/store.h"
#include "gentally/redis/store_pairs.h"
#include "gentally/redis/store_retention.h"

#define GATHER_MAX (1u << 16)              /* of one partition, before the next has its turn */
#define ROOM ((1u << 19) - 2 * GATHER_MAX) /* activities that are merged together: 10 MB with the last of them */
#define FILL_AGAIN_MS 600000

/* How far a partition is merged. */
struct mark {
    char incarnation[33];
    int64_t merged;   /* up to this number, over the connection below */
    int64_t gathered; /* up to this one now */
    int64_t last;     /* number of the last entry there is; -1: it was not looked at */
    bool has_more;    /* entries that were not gathered for want of room */
    /* Over a cluster: up to `aged` all are merged for long; up to `aging`, since `aging_ms` (monotonic). 0: none. */
    int64_t aged, aging, aging_ms;
};

struct merger {
    struct store *store;
    struct activities *activities;
    struct mark *marks; /* by partition */
    size_t mark_count, mark_room;
    uint64_t connections; /* over which `merged` holds */
    bool may_stop, is_stopped;
    struct reason why; /* of the stop */
    bool is_fill_told;
    int64_t fill_told_ms; /* monotonic */
};

enum verdict merger_open(struct merger **merger, struct store *store, bool may_stop, struct reason *why)
{
    *merger = calloc(1, sizeof(**merger));
    if (*merger == NULL)
        return no_memory(why, "to merge retention");
    (*merger)->store = store;
    (*merger)->may_stop = may_stop;
    enum verdict verdict = activities_open(&(*merger)->activities, why);
    if (verdict != GO_ON) {
        merger_close(*merger);
        *merger = NULL;
    }
    return verdict;
}

void merger_close(struct merger *merger)
{
    if (merger == NULL)
        return;
    activities_close(merger->activities);
    free(merger->marks);
    free(merger);
}

static void forget(struct mark *mark)
{
    *mark = (struct mark){.last = -1};
}

void merger_begin(struct merger *merger)
{
    uint64_t connections = store_connections(merger->store);

    activities_clear(merger->activities);
    for (size_t i = 0; i < merger->mark_count; i++) {
        struct mark *mark = &merger->marks[i];
        if (connections != merger->connections)
            forget(mark);
        mark->gathered = mark->merged;
        mark->last = -1;
    }
    merger->connections = connections;
}

static struct mark *mark_of(struct merger *merger, int32_t partition)
{
    size_t wanted = (size_t)partition + 1;
    struct mark *marks = grow(merger->marks, &merger->mark_room, wanted, sizeof(*marks));

    if (marks == NULL)
        return NULL;
    merger->marks = marks;
    for (; merger->mark_count < wanted; merger->mark_count++)
        forget(&marks[merger->mark_count]);
    return &marks[partition];
}

enum verdict merger_gather(struct merger *merger, int32_t partition, struct reason *why)
{
    struct pairs_read read;
    struct mark *mark = mark_of(merger, partition);

    if (mark == NULL)
        return no_memory(why, "to merge retention");
    uint32_t room = activities_count(merger->activities) + GATHER_MAX;
    enum verdict verdict =
        store_pairs_read(merger->store, partition, mark->gathered, room, merger->activities, &read, why);
    mark->has_more = false;
    if (verdict == HALT && why->id == STORE_STATE_MISSING) {
        forget(mark);
        return GO_ON;
    }
    if (verdict != GO_ON)
        return verdict;
    if (mark->incarnation[0] != '\0' && strcmp(mark->incarnation, read.incarnation) != 0) {
        forget(mark); /* Its numbers begin anew. */
        return reason_set(why, TRY_LATER, STORE_WINDOW_GREW, 0, "a partition's state was rebuilt");
    }
    memcpy(mark->incarnation, read.incarnation, sizeof(mark->incarnation));
    mark->gathered = read.upto;
    mark->last = read.last;
    mark->has_more = read.upto < read.last;
    return GO_ON;
}

bool merger_is_full(const struct merger *merger)
{
    return activities_count(merger->activities) >= ROOM;
}

/* Tells the shards that retention ends, and why. */
static enum verdict end(struct merger *merger, struct reason *why)
{
    const struct reason because = *why;
    enum verdict verdict = store_retention_stop(merger->store, &because, why);

    if (verdict == GO_ON)
        merger_stop(merger, &because);
    return verdict;
}

enum verdict merger_finish(struct merger *merger, struct reason *why)
{
    enum verdict verdict = activities_count(merger->activities) == 0
                               ? GO_ON
                               : store_retention_merge(merger->store, merger->activities, why);

    if (verdict == HALT && why->id == STORE_RETENTION_MISSING)
        return TRY_LATER; /* `setup` makes it; nothing is dropped that it would never hear of. */
    if (verdict == HALT && reason_stops(why->id) == STOPS_RETENTION && merger->may_stop)
        verdict = end(merger, why);
    if (verdict == GO_ON && merger->connections != store_connections(merger->store))
        return reason_set(why, TRY_LATER, STORE_UNREACHABLE, 0, "Redis was connected to anew");
    for (size_t i = 0; i < merger->mark_count && verdict == GO_ON; i++)
        merger->marks[i].merged = merger->marks[i].gathered;
    activities_clear(merger->activities);
    return verdict;
}

bool merger_has_all(const struct merger *merger, int32_t partition)
{
    if ((size_t)partition >= merger->mark_count)
        return false;
    const struct mark *mark = &merger->marks[partition];
    return mark->last >= 0 && mark->merged >= mark->last;
}

/* Up to which entry no history can lack what was merged. A shard on another primary may lose it by itself: if that were
 * found, all would be merged again, and no mark would be left here. */
static int64_t safe_until(const struct merger *merger, struct mark *mark, int64_t now_ms)
{
    if (!store_is_cluster(merger->store))
        return mark->merged;
    if (mark->aging > 0 && now_ms - mark->aging_ms >= store_forgotten_ms()) {
        mark->aged = mark->aging;
        mark->aging = 0;
    }
    if (mark->aging == 0 && mark->merged > mark->aged) {
        mark->aging = mark->merged;
        mark->aging_ms = now_ms;
    }
    return mark->aged;
}

enum verdict merger_drop(struct merger *merger, const struct partition_state *state, int64_t now_ms, struct reason *why)
{
    struct mark *mark = mark_of(merger, state->partition);

    if (mark == NULL)
        return no_memory(why, "to merge retention");
    if (mark->merged == 0 || strcmp(mark->incarnation, state->incarnation) != 0)
        return GO_ON;
    int64_t upto = safe_until(merger, mark, now_ms);
    return upto == 0 ? GO_ON : store_pairs_drop(merger->store, state, upto, merger->connections, why);
}

int64_t merger_drop_ms(const struct merger *merger, int32_t partition)
{
    const struct mark *mark = (size_t)partition < merger->mark_count ? &merger->marks[partition] : NULL;

    return mark == NULL || mark->aging == 0 ? 0 : mark->aging_ms + store_forgotten_ms();
}

/* Gathers of the partitions that have more, as much as is merged together. `*is_all`: nothing is left then. */
static enum verdict gather_some(struct merger *merger, int32_t partitions, bool *is_all, struct reason *why)
{
    enum verdict verdict = GO_ON;

    *is_all = true;
    for (int32_t i = 0; i < partitions && verdict == GO_ON; i++) {
        if (merger->marks[i].has_more && !merger_is_full(merger))
            verdict = merger_gather(merger, i, why);
        *is_all = *is_all && !merger->marks[i].has_more;
    }
    return verdict;
}

enum verdict merger_run(struct merger *merger, int32_t partitions, struct reason *why)
{
    enum verdict verdict = GO_ON;
    bool is_all = partitions == 0;

    if (!is_all && mark_of(merger, partitions - 1) == NULL)
        return no_memory(why, "to merge retention");
    merger_begin(merger);
    for (int32_t i = 0; i < partitions; i++)
        merger->marks[i].has_more = true;
    while (!is_all && verdict == GO_ON) {
        verdict = gather_some(merger, partitions, &is_all, why);
        if (verdict == GO_ON)
            verdict = merger_finish(merger, why);
    }
    return verdict;
}

void merger_stop(struct merger *merger, const struct reason *why)
{
    merger->is_stopped = true;
    merger->why = *why;
}

const struct reason *merger_stopped(const struct merger *merger)
{
    return merger->is_stopped ? &merger->why : NULL;
}

bool merger_tells_fill(struct merger *merger, const struct retention_fill *fill, int64_t now_ms)
{
    bool is_near = fill->pairs >= fill->pairs_max - fill->pairs_max / 5;

    if (!is_near || merger->is_stopped || (merger->is_fill_told && now_ms - merger->fill_told_ms < FILL_AGAIN_MS))
        return false;
    merger->is_fill_told = true;
    merger->fill_told_ms = now_ms;
    return true;
}
