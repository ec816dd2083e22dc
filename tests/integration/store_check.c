/* The store's verbs against a real redis-server: what each guard refuses, and that a refused flush leaves nothing
 * behind. */
#include <stdarg.h>

#include "store_scene.h"

static void state_is_created_once_and_never_by_a_claim(void)
{
    struct partition_state state;
    struct reason why;
    bool created = true;

    CU_ASSERT_EQUAL(store_claim(store, 1, &state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-STATE-MISSING");
    state = claimed(1);
    CU_ASSERT_EQUAL(state.first, 100);
    CU_ASSERT_EQUAL(state.next, 100);
    CU_ASSERT_EQUAL(state.watermark_ms, NO_TIME);
    CU_ASSERT_EQUAL(state.floor_ms[WINDOW_HOUR], NO_TIME);
    CU_ASSERT_EQUAL(store_create(store, 1, 7, no_floors, &created, &why), GO_ON);
    CU_ASSERT_FALSE(created);
    CU_ASSERT_EQUAL(store_state(store, 1, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.next, 100);
}

/* As test_redis_cli(), of the server of this program. */
#define redis_cli(...) CU_ASSERT_FATAL(test_redis_cli(&redis, __VA_ARGS__))

static void windows_without_a_state_are_no_beginning(void)
{
    struct partition_state state = claimed(77);
    struct small_change small;
    struct reason why;
    bool created = true;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    redis_cli("DEL '%s:{%s:77}:meta'", config.namespace_, config.topic);
    CU_ASSERT_EQUAL(store_create(store, 77, 100, no_floors, &created, &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_TORN);
    CU_ASSERT_FALSE(created);
    redis_cli("DEL '%s:{%s:77}:windows'", config.namespace_, config.topic);
    CU_ASSERT_EQUAL(store_create(store, 77, 100, no_floors, &created, &why), GO_ON);
    CU_ASSERT_TRUE(created);
}

/* What a partition that nobody owned has got meanwhile, nobody knows: it must not stand aside until it is read. */
static void a_claimed_partition_is_not_idle(void)
{
    struct partition_state state = claimed(10);
    struct small_change small;
    struct reason why;

    prepare(&small, &state, 105, 5);
    small.change.is_idle = true;
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_state(store, 10, &state, &why), GO_ON);
    CU_ASSERT_TRUE(state.is_idle);
    CU_ASSERT_EQUAL(store_claim(store, 10, &state, &why), GO_ON);
    CU_ASSERT_FALSE(state.is_idle);
    CU_ASSERT_EQUAL(store_state(store, 10, &state, &why), GO_ON);
    CU_ASSERT_FALSE(state.is_idle);
    CU_ASSERT_EQUAL(state.watermark_ms, monday);
}

static void a_flush_is_applied_once(void)
{
    struct partition_state state = claimed(2);
    struct small_change small;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_PTR_NULL(small.cell.stored.bytes);
    CU_ASSERT_EQUAL(small.window.records_stored, 0);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    expect(2, 105, 5, 5);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON); /* the reply was lost, say: the identical flush again */
    expect(2, 105, 5, 5);

    state.next = 105;
    prepare(&small, &state, 107, 2);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(small.window.records_stored, 5);
    CU_ASSERT_TRUE(cell_unpack(small.cell.stored, &scratch));
    CU_ASSERT_EQUAL(scratch.sums[M_REQUESTS], 5);
    CU_ASSERT_EQUAL(flush(&small, 7), GO_ON);
    expect(2, 107, 7, 7);
}

static void who_does_not_stand_where_the_store_stands_is_fenced(void)
{
    struct partition_state state = claimed(3), newer;
    struct small_change small, stale;
    struct reason why;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    prepare(&stale, &state, 104, 4);
    CU_ASSERT_EQUAL(load(&stale), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(flush(&stale, 4), REWIND); /* same token, but the offset has moved */
    CU_ASSERT_STRING_EQUAL(reason_name(stale.change.why.id), "STORE-FENCED");
    expect(3, 105, 5, 5);

    CU_ASSERT_EQUAL(store_claim(store, 3, &newer, &why), GO_ON);
    state.next = 105;
    prepare(&small, &state, 110, 5);
    CU_ASSERT_EQUAL(load(&small), REWIND); /* another owner */
    CU_ASSERT_EQUAL(flush(&small, 10), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-FENCED");
    expect(3, 105, 5, 5);
}

static void a_torn_window_is_found(void)
{
    struct partition_state state = claimed(4);
    struct small_change small;
    struct reason why;
    int64_t records = 0;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    redis_cli("DEL 'check:{events:4}:day:%" PRId64 "'", monday);
    state.next = 105;
    prepare(&small, &state, 106, 1);
    CU_ASSERT_EQUAL(load(&small), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-TORN");
    CU_ASSERT_EQUAL(flush(&small, 6), HALT);
    CU_ASSERT_EQUAL(
        store_snapshot(store, 4, (struct window){WINDOW_DAY, monday}, find_requests, NULL, &records, &state, &why),
        HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-TORN");
}

/* A foreign writer put something else where a window, or the whole state, is to be. */
static void what_is_refused_of_one_partition_is_its_own(void)
{
    static const char *const parts[] = {"day", "windows", "meta"};
    struct small_change small[2];
    struct change *changes[] = {&small[0].change, &small[1].change};
    struct reason why;
    char command[512], part[64];

    for (int32_t i = 0; i < (int32_t)LENGTH_OF(parts); i++) {
        struct partition_state states[] = {claimed(50 + i), claimed(60 + i)};
        prepare(&small[0], &states[0], 105, 5);
        prepare(&small[1], &states[1], 105, 5);
        small[0].cell.value = packed(0, 5);
        small[1].cell.value = packed(1, 5);
        snprintf(part, sizeof(part), "%s", parts[i]);
        if (i == 0)
            snprintf(part, sizeof(part), "day:%" PRId64, monday);
        snprintf(command, sizeof(command),
                 "redis-cli -s %s DEL 'check:{events:%d}:%s' >/dev/null && redis-cli -s %s SET 'check:{events:%d}:%s' x"
                 " >/dev/null",
                 redis.socket, (int)(50 + i), part, redis.socket, (int)(50 + i), part);
        CU_ASSERT_EQUAL_FATAL(system(command), 0);
        CU_ASSERT_EQUAL_FATAL(store_load(store, changes, 2, &why), GO_ON);
        CU_ASSERT_EQUAL(small[0].change.verdict, HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(small[0].change.why.id), "STORE-ERROR");
        CU_ASSERT_EQUAL(small[1].change.verdict, GO_ON);
        CU_ASSERT_EQUAL_FATAL(store_flush(store, changes, 2, &why), GO_ON);
        CU_ASSERT_EQUAL(small[0].change.verdict, HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(small[0].change.why.id), "STORE-ERROR");
        CU_ASSERT_PTR_NOT_NULL(strstr(small[0].change.why.text, "partition 5"));
        CU_ASSERT_EQUAL(small[1].change.verdict, GO_ON);
        CU_ASSERT_EQUAL(store_state(store, 60 + i, &states[1], &why), GO_ON);
        CU_ASSERT_EQUAL(states[1].next, 105);
        enum verdict verdict = store_state(store, 50 + i, &states[0], &why);
        CU_ASSERT(verdict == GO_ON ? states[0].next == 100 : i == 2);
    }
}

/* The connection is dropped at the first refusal, so that the next one looks for the primary anew; but what an operator
 * has to hear is why. */
static void what_a_replica_says_is_told(void)
{
    struct partition_state first = claimed(40), second = claimed(41);
    struct small_change small[2];
    struct change *changes[] = {&small[0].change, &small[1].change};
    struct reason why;
    char command[256];

    prepare(&small[0], &first, 105, 5);
    prepare(&small[1], &second, 105, 5);
    small[0].cell.value = packed(0, 5);
    small[1].cell.value = packed(1, 5);
    CU_ASSERT_EQUAL(load(&small[0]), GO_ON);
    CU_ASSERT_EQUAL(load(&small[1]), GO_ON);
    snprintf(command, sizeof(command), "redis-cli -s %s REPLICAOF 127.0.0.1 1 >/dev/null", redis.socket);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_EQUAL(store_flush(store, changes, 2, &why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-BUSY");
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "READONLY"));
    snprintf(command, sizeof(command), "redis-cli -s %s REPLICAOF NO ONE >/dev/null", redis.socket);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_EQUAL(store_flush(store, changes, 2, &why), GO_ON);
    expect(40, 105, 5, 5);
    expect(41, 105, 5, 5);
}

static void windows_end_in_two_steps(void)
{
    struct partition_state state = claimed(6);
    struct small_change small;
    struct reason why;
    struct stored_window windows[4];
    uint32_t count = 0;
    int64_t tuesday = monday + DAY_MS;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_windows(store, 6, windows, 4, &count, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(count, 1);
    CU_ASSERT_EQUAL(windows[0].records, 5);
    CU_ASSERT_EQUAL(windows[0].window.start_ms, monday);

    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), TRY_LATER); /* not sealed */
    windows[0].records = 4;                                                /* the last summary knew of four */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), TRY_LATER);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-WINDOW-GREW");
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 0, &why), TRY_LATER); /* of none */
    windows[0].records = 5;
    state.next = 106; /* a store that forgot the last record */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), TRY_LATER);
    state.next = 99; /* offsets are numbers, not texts */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), GO_ON);

    state.next = 105;
    prepare(&small, &state, 106, 1);
    CU_ASSERT_EQUAL(load(&small), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-COLLECTED");
    CU_ASSERT_EQUAL(flush(&small, 6), REWIND);
    expect(6, 105, 5, 5);
    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), GO_ON); /* harmless to repeat */
    CU_ASSERT_EQUAL(store_windows(store, 6, windows, 4, &count, &why), GO_ON);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, monday, NULL, 0, &why), GO_ON); /* a floor never falls */
    CU_ASSERT_EQUAL(store_state(store, 6, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.floor_ms[WINDOW_DAY], tuesday);
}

/* Without the right to write nothing is written, and nothing is tainted: with it, the same flush goes through. */
static void a_lacking_right_is_found_before_a_write(void)
{
    struct partition_state state = claimed(11), now;
    struct small_change small;
    struct change *changes[] = {&small.change};
    struct reason why;
    struct stored_window known = {{WINDOW_DAY, monday}, 5};

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    small.cell.value = packed(0, 5);
    redis_cli("ACL SETUSER default -hset");
    CU_ASSERT_EQUAL_FATAL(store_flush(store, changes, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "HSET"));
    CU_ASSERT_EQUAL_FATAL(store_check(store, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    redis_cli("ACL SETUSER default +hset");
    expect(11, 100, 0, 0);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    expect(11, 105, 5, 5);

    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, monday + DAY_MS, &known, 1, &why), GO_ON);
    redis_cli("ACL SETUSER default -hdel");
    CU_ASSERT_EQUAL_FATAL(store_collect(store, 11, &known, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    redis_cli("ACL SETUSER default +hdel");
    expect(11, 105, 5, 5); /* not torn */
    CU_ASSERT_EQUAL(store_state(store, 11, &now, &why), GO_ON);
    CU_ASSERT_EQUAL(store_collect(store, 11, &known, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(store_check(store, &why), GO_ON);
}

/* Behind us stands only a store that forgot something. */
static void a_rollback_is_told_from_another_owner(void)
{
    struct partition_state state = claimed(12);
    struct small_change small;

    prepare(&small, &state, 105, 5);
    redis_cli("HSET 'check:{events:12}:meta' next 99");
    CU_ASSERT_EQUAL_FATAL(load(&small), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-ROLLED-BACK");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-ROLLED-BACK");
    redis_cli("HSET 'check:{events:12}:meta' next 101");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-FENCED");
    CU_ASSERT_PTR_NOT_NULL(strstr(small.change.why.text, "ahead"));
    redis_cli("HSET 'check:{events:12}:meta' next 100 tok other");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-FENCED");
    redis_cli("HSET 'check:{events:12}:meta' tok '%s' inc other", state.token);
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-INCARNATION");
    redis_cli("DEL 'check:{events:12}:meta'");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-STATE-MISSING");
}

static void the_anchor_comes_back_as_it_was_flushed(void)
{
    struct partition_state state = claimed(14);
    struct anchor anchor = {104, 1700000000000, UINT64_C(0x0123456789abcdef)};
    struct small_change small;
    struct reason why;

    CU_ASSERT_EQUAL(state.anchor.offset, ANCHOR_NONE);
    prepare(&small, &state, 105, 5);
    small.change.anchor = anchor;
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_claim(store, 14, &state, &why), GO_ON);
    CU_ASSERT_TRUE(anchor_equal(&state.anchor, &anchor));
    redis_cli("HSET 'check:{events:14}:meta' anchor x");
    CU_ASSERT_EQUAL_FATAL(store_claim(store, 14, &state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DAMAGED");
}

/* More cells than one unpack() takes, over several partitions in one round trip. */
static void large_changes_go_in_chunks(void)
{
    enum { CELLS = 13000 };
    struct partition_state states[2] = {claimed(7), claimed(8)};
    struct change_cell *cells = calloc(CELLS, sizeof(*cells));
    char(*keys)[32] = calloc(CELLS, sizeof(*keys));
    struct change_window windows[2];
    struct change changes[2], *both[] = {&changes[0], &changes[1]};
    struct reason why;

    for (int i = 0; i < CELLS; i++) {
        snprintf(keys[i], sizeof(keys[i]), "model|author/name-%d", i);
        cells[i].key = span_of(keys[i]);
        cells[i].value = packed(i % 2, i % 2 + 1);
    }
    for (int i = 0; i < 2; i++) {
        windows[i] = (struct change_window){.window = {WINDOW_DAY, monday}, .cell_count = CELLS, .records_added = 9};
        changes[i] = (struct change){.state = &states[i],
                                     .next = 200,
                                     .window_count = 1,
                                     .windows = &windows[i],
                                     .cell_count = CELLS,
                                     .cells = cells};
    }
    CU_ASSERT_EQUAL(store_flush(store, both, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(changes[0].verdict, GO_ON);
    CU_ASSERT_EQUAL(changes[1].verdict, GO_ON);
    states[0].next = states[1].next = 200;
    changes[0].nonce[0] = changes[1].nonce[0] = '\0';
    CU_ASSERT_EQUAL(store_load(store, both, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(changes[1].verdict, GO_ON);
    CU_ASSERT_EQUAL(windows[1].records_stored, 9);
    for (int i = 0; i < CELLS; i++) {
        CU_ASSERT_FATAL(cells[i].stored.bytes != NULL && cell_unpack(cells[i].stored, &scratch));
        CU_ASSERT_EQUAL_FATAL(scratch.sums[M_REQUESTS], i % 2 + 1);
    }
    free(cells);
    free(keys);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"state_is_created_once_and_never_by_a_claim", state_is_created_once_and_never_by_a_claim},
        {"windows_without_a_state_are_no_beginning", windows_without_a_state_are_no_beginning},
        {"a_claimed_partition_is_not_idle", a_claimed_partition_is_not_idle},
        {"a_flush_is_applied_once", a_flush_is_applied_once},
        {"who_does_not_stand_where_the_store_stands_is_fenced", who_does_not_stand_where_the_store_stands_is_fenced},
        {"a_torn_window_is_found", a_torn_window_is_found},
        {"what_is_refused_of_one_partition_is_its_own", what_is_refused_of_one_partition_is_its_own},
        {"what_a_replica_says_is_told", what_a_replica_says_is_told},
        {"windows_end_in_two_steps", windows_end_in_two_steps},
        {"a_lacking_right_is_found_before_a_write", a_lacking_right_is_found_before_a_write},
        {"a_rollback_is_told_from_another_owner", a_rollback_is_told_from_another_owner},
        {"the_anchor_comes_back_as_it_was_flushed", the_anchor_comes_back_as_it_was_flushed},
        {"large_changes_go_in_chunks", large_changes_go_in_chunks},
        CU_TEST_INFO_NULL,
    };

    return store_scene_run(argc, argv, tests);
}
