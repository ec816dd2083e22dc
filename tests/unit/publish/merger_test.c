/* What a merger remembers as merged, and when it drops that. The linker leads the calls of what would need a store to
 * the stand-ins here (CMakeLists.txt: --wrap). */
#include "gentally/publish/merger.h"

#include "gentally/redis/store_pairs.h"
#include "gentally/redis/store_retention.h"
#include "suite.h"

#define PARTITIONS 3

static int64_t now_ms;
static bool is_cluster;

/* The store: entries 1 to `last` of each partition, of which `first` - 1 are dropped. */
static struct {
    int64_t first[PARTITIONS], last[PARTITIONS];
    char incarnation[8];
    bool is_missing; /* the state of partition 1 */
    uint64_t connections;
    bool reconnects; /* while it merges */
    enum verdict answer;
    enum reason_id id;
    uint32_t activities; /* of an entry */
    uint32_t limit;      /* entries that one reading gives; 0: all */
    uint32_t merges, stops;
    uint64_t merged; /* activities, in all merges */
    int64_t dropped; /* the last number that was */
} world;

uint64_t __wrap_store_connections(const struct store *store);
bool __wrap_store_is_cluster(const struct store *store);
enum verdict __wrap_store_pairs_read(struct store *store, int32_t partition, int64_t after, uint32_t room,
                                     struct activities *activities, struct pairs_read *read, struct reason *why);
enum verdict __wrap_store_pairs_drop(struct store *store, const struct partition_state *state, int64_t upto,
                                     uint64_t connections, struct reason *why);
enum verdict __wrap_store_retention_merge(struct store *store, struct activities *activities, struct reason *why);
enum verdict __wrap_store_retention_stop(struct store *store, const struct reason *because, struct reason *why);

uint64_t __wrap_store_connections(const struct store *store)
{
    (void)store;
    return world.connections;
}

bool __wrap_store_is_cluster(const struct store *store)
{
    (void)store;
    return is_cluster;
}

static void add_entry(struct activities *activities)
{
    static struct activity items[200000];
    static uint8_t bytes[200000 * ACTIVITY_MAX];
    struct span model = span_of("a");
    struct reason why;

    CU_ASSERT_FATAL(world.activities <= LENGTH_OF(items));
    size_t size = activities_write(bytes, &model, 1, items, world.activities);
    CU_ASSERT_EQUAL_FATAL(activities_add(activities, (struct span){(const char *)bytes, size}, &why), GO_ON);
}

enum verdict __wrap_store_pairs_read(struct store *store, int32_t partition, int64_t after, uint32_t room,
                                     struct activities *activities, struct pairs_read *read, struct reason *why)
{
    uint32_t given = 0;

    (void)store;
    if (world.is_missing && partition == 1)
        return reason_set(why, HALT, STORE_STATE_MISSING, 0, "it is gone");
    *read = (struct pairs_read){.first = world.first[partition], .last = world.last[partition]};
    snprintf(read->incarnation, sizeof(read->incarnation), "%s", world.incarnation);
    read->upto = after < read->first - 1 ? read->first - 1 : after;
    while (read->upto < read->last && (given == 0 || activities_count(activities) < room) &&
           (world.limit == 0 || given < world.limit)) {
        add_entry(activities);
        read->upto++;
        given++;
    }
    return GO_ON;
}

enum verdict __wrap_store_pairs_drop(struct store *store, const struct partition_state *state, int64_t upto,
                                     uint64_t connections, struct reason *why)
{
    (void)store;
    (void)why;
    CU_ASSERT_EQUAL(connections, world.connections);
    CU_ASSERT_TRUE(upto <= world.last[state->partition]);
    world.dropped = upto;
    world.first[state->partition] = upto + 1;
    return GO_ON;
}

enum verdict __wrap_store_retention_merge(struct store *store, struct activities *activities, struct reason *why)
{
    (void)store;
    world.merges++;
    world.connections += world.reconnects ? 1 : 0;
    if (world.answer != GO_ON)
        return reason_set(why, world.answer, world.id, 0, "as the test says");
    world.merged += activities_count(activities);
    return GO_ON;
}

enum verdict __wrap_store_retention_stop(struct store *store, const struct reason *because, struct reason *why)
{
    (void)store;
    (void)why;
    CU_ASSERT_EQUAL(because->id, world.id);
    world.stops++;
    return GO_ON;
}

static struct merger *begin(bool may_stop)
{
    struct merger *merger = NULL;
    struct reason why;

    memset(&world, 0, sizeof(world));
    for (int i = 0; i < PARTITIONS; i++)
        world.first[i] = 1;
    snprintf(world.incarnation, sizeof(world.incarnation), "aa");
    world.activities = 1;
    world.connections = 1;
    CU_ASSERT_EQUAL_FATAL(merger_open(&merger, NULL, may_stop, &why), GO_ON);
    return merger;
}

static struct partition_state state_of(int32_t partition)
{
    struct partition_state state = {.partition = partition};

    snprintf(state.incarnation, sizeof(state.incarnation), "%s", world.incarnation);
    return state;
}

static void what_was_merged_is_not_merged_again(void)
{
    struct merger *merger = begin(true);
    struct partition_state state = state_of(2);
    struct reason why;

    world.last[0] = 4;
    world.last[2] = 3;
    world.is_missing = true; /* the others have theirs */
    CU_ASSERT_EQUAL(merger_run(merger, PARTITIONS, &why), GO_ON);
    CU_ASSERT_EQUAL(world.merged, 7);
    CU_ASSERT_EQUAL(merger_run(merger, PARTITIONS, &why), GO_ON);
    CU_ASSERT_EQUAL(world.merged, 7);
    world.last[2] = 5;
    CU_ASSERT_EQUAL(merger_run(merger, PARTITIONS, &why), GO_ON);
    CU_ASSERT_EQUAL(world.merged, 9);
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 5);
    merger_close(merger);
}

/* Another connection may lead to a Redis that lost what was merged: all is merged again, and nothing dropped before. */
static void another_connection_remembers_nothing(void)
{
    struct merger *merger = begin(true);
    struct partition_state state = state_of(0);
    struct reason why;

    world.last[0] = 4;
    world.reconnects = true;
    CU_ASSERT_EQUAL(merger_run(merger, 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 0);
    world.reconnects = false;
    CU_ASSERT_EQUAL(merger_run(merger, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(world.merged, 8);
    world.connections++;
    CU_ASSERT_EQUAL(merger_run(merger, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(world.merged, 12);
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 4);
    merger_close(merger);
}

/* A shard on another primary may lose what was merged, and nobody sees to it for a while. */
static void a_cluster_keeps_what_was_merged_for_long(void)
{
    struct merger *merger = begin(true);
    struct partition_state state = state_of(0);
    const int64_t minute_ms = 60000;
    struct reason why;

    is_cluster = true;
    world.last[0] = 4;
    for (now_ms = 1000; now_ms < 1000 + 15 * minute_ms; now_ms += minute_ms) {
        CU_ASSERT_EQUAL(merger_run(merger, 1, &why), GO_ON);
        CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
        CU_ASSERT_EQUAL(world.dropped, 0);
        CU_ASSERT_TRUE(merger_has_all(merger, 0));
        CU_ASSERT_EQUAL(merger_drop_ms(merger, 0), 1000 + 15 * minute_ms);
        world.last[0] = 7; /* since the first time */
    }
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 4);
    CU_ASSERT_EQUAL(merger_drop_ms(merger, 0), now_ms + 15 * minute_ms); /* of the others */
    now_ms += 15 * minute_ms - 1;
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 4);
    world.connections++; /* another history: all is merged again, and the time begins anew */
    CU_ASSERT_EQUAL(merger_run(merger, 1, &why), GO_ON);
    now_ms += minute_ms;
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 4);
    now_ms += 15 * minute_ms;
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 7);
    CU_ASSERT_EQUAL(merger_drop_ms(merger, 0), 0);
    CU_ASSERT_EQUAL(merger_drop_ms(merger, 1), 0);
    is_cluster = false;
    merger_close(merger);
}

/* A state that was rebuilt begins its numbers anew. */
static void a_rebuilt_partition_is_merged_from_its_begin(void)
{
    struct merger *merger = begin(true);
    struct partition_state state = state_of(0);
    struct reason why;

    world.last[0] = 4;
    CU_ASSERT_EQUAL(merger_run(merger, 1, &why), GO_ON);
    snprintf(world.incarnation, sizeof(world.incarnation), "bb");
    world.last[0] = 2;
    CU_ASSERT_EQUAL(merger_run(merger, 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL(merger_run(merger, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(world.merged, 6);
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON); /* of the old one nothing is known any more */
    CU_ASSERT_EQUAL(world.dropped, 0);
    state = state_of(0);
    CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
    CU_ASSERT_EQUAL(world.dropped, 2);
    merger_close(merger);
}

/* More than is merged together comes in portions, of one partition or of many, and the union is complete all the same.
 */
static void much_is_merged_in_portions(void)
{
    struct merger *merger = begin(true);
    struct reason why;

    world.activities = 150000;
    for (int i = 0; i < PARTITIONS; i++)
        world.last[i] = 5;
    world.limit = 2;
    CU_ASSERT_EQUAL(merger_run(merger, PARTITIONS, &why), GO_ON);
    CU_ASSERT_EQUAL(world.merged, 15 * 150000);
    CU_ASSERT_TRUE(world.merges > 2);
    merger_begin(merger);
    world.last[0] = 9;
    world.limit = 1;
    CU_ASSERT_EQUAL(merger_gather(merger, 0, &why), GO_ON);
    CU_ASSERT_FALSE(merger_has_all(merger, 0));
    CU_ASSERT_FALSE(merger_is_full(merger));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(merger_gather(merger, 0, &why), GO_ON);
    CU_ASSERT_TRUE(merger_is_full(merger));
    CU_ASSERT_FALSE(merger_has_all(merger, 0)); /* not before they are merged */
    CU_ASSERT_EQUAL(merger_finish(merger, &why), GO_ON);
    CU_ASSERT_TRUE(merger_has_all(merger, 0));
    CU_ASSERT_FALSE(merger_has_all(merger, 1)); /* it was not gathered since */
    CU_ASSERT_FALSE(merger_has_all(merger, PARTITIONS));
    merger_close(merger);
}

/* Where retention is damaged or full the shards are told, and then it is as if all were merged; by whoever may. */
static void retention_stops_in_every_shard(void)
{
    static const enum reason_id ids[] = {RETENTION_FULL, STORE_RETENTION_DAMAGED};
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(ids); i++) {
        struct merger *merger = begin(true);
        struct partition_state state = state_of(0);
        world.last[0] = 4;
        world.answer = HALT;
        world.id = ids[i];
        CU_ASSERT_EQUAL(merger_run(merger, 1, &why), GO_ON);
        CU_ASSERT_EQUAL(world.stops, 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(merger_stopped(merger));
        CU_ASSERT_EQUAL(merger_stopped(merger)->id, ids[i]);
        CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
        CU_ASSERT_EQUAL(world.dropped, 4);
        merger_close(merger);
        merger = begin(false);
        world.last[0] = 4;
        world.answer = HALT;
        world.id = ids[i];
        CU_ASSERT_EQUAL(merger_run(merger, 1, &why), HALT);
        CU_ASSERT_EQUAL(why.id, ids[i]);
        CU_ASSERT_EQUAL(world.stops, 0);
        CU_ASSERT_PTR_NULL(merger_stopped(merger));
        merger_close(merger);
    }
}

/* A state that `setup` has not made yet is waited for, and so is an answer; a right that lacks is told. */
static void nothing_is_dropped_that_was_not_merged(void)
{
    static const struct {
        enum verdict answer, want;
        enum reason_id id;
    } rows[] = {{TRY_LATER, TRY_LATER, STORE_UNREACHABLE},
                {HALT, TRY_LATER, STORE_RETENTION_MISSING},
                {HALT, HALT, STORE_DENIED}};
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct merger *merger = begin(true);
        struct partition_state state = state_of(0);
        world.last[0] = 4;
        world.answer = rows[i].answer;
        world.id = rows[i].id;
        CU_ASSERT_EQUAL(merger_run(merger, 1, &why), rows[i].want);
        CU_ASSERT_EQUAL(world.stops, 0);
        CU_ASSERT_EQUAL(merger_drop(merger, &state, now_ms, &why), GO_ON);
        CU_ASSERT_EQUAL(world.dropped, 0);
        CU_ASSERT_FALSE(merger_has_all(merger, 0));
        merger_close(merger);
    }
}

/* At four fifths, rounded up; every ten minutes as long as it is so; not once it stopped. */
static void what_is_nearly_full_is_told_now_and_then(void)
{
    static const struct {
        struct retention_fill fill;
        int64_t now_ms;
        bool is_told;
    } rows[] = {
        {{0, 79, 100}, 1, false},
        {{0, 80, 100}, 2, true},
        {{0, 80, 100}, 3, false},
        {{0, 100, 100}, 600001, false},
        {{3, 100, 100}, 600002, true},
        {{0, 81, 100}, 600003, false},
        {{0, 79, 100}, 9000000, false},
        {{0, 300, 100}, 9000001, true},
        {{0, 0, 1}, 99000000, false},
        {{0, 1, 1}, 99000001, true},
        {{0, 3, 4}, 999000000, false},
        {{0, 4, 4}, 999000001, true},
        {{0, 0, INT64_MAX}, 9990000000, false},
    };
    static const struct reason full = {.id = RETENTION_FULL};
    struct merger *merger = begin(true);

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT_EQUAL(merger_tells_fill(merger, &rows[i].fill, rows[i].now_ms), rows[i].is_told);
    merger_stop(merger, &full);
    CU_ASSERT_FALSE(merger_tells_fill(merger, &rows[1].fill, INT64_C(99990000000)));
    merger_close(merger);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_cluster_keeps_what_was_merged_for_long", a_cluster_keeps_what_was_merged_for_long},
        {"what_was_merged_is_not_merged_again", what_was_merged_is_not_merged_again},
        {"another_connection_remembers_nothing", another_connection_remembers_nothing},
        {"a_rebuilt_partition_is_merged_from_its_begin", a_rebuilt_partition_is_merged_from_its_begin},
        {"much_is_merged_in_portions", much_is_merged_in_portions},
        {"retention_stops_in_every_shard", retention_stops_in_every_shard},
        {"nothing_is_dropped_that_was_not_merged", nothing_is_dropped_that_was_not_merged},
        {"what_is_nearly_full_is_told_now_and_then", what_is_nearly_full_is_told_now_and_then},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
