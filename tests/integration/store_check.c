/* The store's verbs against a real redis-server: what each guard refuses, and that a refused flush leaves nothing
 * behind. */
#include <stdarg.h>

#include "gentally/redis/store_journal.h"
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
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_state(store, 10, &state, &why), GO_ON);
    CU_ASSERT_TRUE(state.is_idle);
    CU_ASSERT_EQUAL(store_claim(store, 10, &state, &why), GO_ON);
    CU_ASSERT_FALSE(state.is_idle);
    CU_ASSERT_EQUAL(store_state(store, 10, &state, &why), GO_ON);
    CU_ASSERT_FALSE(state.is_idle);
    CU_ASSERT_EQUAL(state.watermark_ms, monday);
}

static void a_flush_counts_once(void)
{
    struct partition_state state = claimed(2);
    struct small_change small;
    struct reason why;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    expect(2, 105, 5, 5);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON); /* the reply was lost, say: the identical flush again */
    expect(2, 105, 5, 5);

    state.next = 105;
    prepare(&small, &state, 107, 2);
    CU_ASSERT_EQUAL(flush(&small, 2), GO_ON);
    expect(2, 107, 7, 7);
    CU_ASSERT_EQUAL(apply(&state, &why), GO_ON);
    expect(2, 107, 7, 7);
    CU_ASSERT_EQUAL(flush(&small, 2), GO_ON);
    expect(2, 107, 7, 7);
}

/* The journal holds what is not applied, and nothing else; cells and journal are the window, whatever is where. */
static void a_window_is_its_cells_and_the_journal(void)
{
    struct partition_state state = claimed(15), other;
    struct small_change small;
    struct reason why;
    int64_t requests = 0;

    for (int64_t next = 101; next < 120; next++) {
        prepare(&small, &state, next, 1);
        CU_ASSERT_EQUAL(flush(&small, next), GO_ON);
        requests += next;
        state.next = next;
        expect(15, next, next - 100, requests);
        if (next % 4 != 0)
            continue;
        CU_ASSERT_EQUAL(apply(&state, &why), GO_ON);
        expect(15, next, next - 100, requests);
        CU_ASSERT_EQUAL(store_state(store, 15, &other, &why), GO_ON);
        CU_ASSERT_EQUAL(other.journal_first, other.journal_last + 1);
        CU_ASSERT_EQUAL(apply(&state, &why), GO_ON); /* nothing is left */
        expect(15, next, next - 100, requests);
    }
    CU_ASSERT_EQUAL(store_claim(store, 15, &other, &why), GO_ON);
    CU_ASSERT_EQUAL(other.journal_last, 19);
    CU_ASSERT_EQUAL(other.journal_first, 17);
    CU_ASSERT_EQUAL(apply(&state, &why), REWIND); /* no more the owner */
    CU_ASSERT_EQUAL(why.id, STORE_FENCED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(why.text, "it has another owner")); /* and nothing of an offset that it named none of */
    CU_ASSERT_EQUAL(apply(&other, &why), GO_ON);
    expect(15, 119, 19, requests);
}

/* Many windows are behind when old traffic is counted: they are applied without a look at all for each. */
static void many_windows_are_applied_at_one_look(void)
{
    enum { DAYS = 100 };
    static uint8_t room[DAYS * 64];
    static struct entry_window windows[DAYS];
    struct partition_state state = claimed(17), after;
    struct entry_writer writer;
    struct span entry;
    struct change change = {.state = &state, .next = 200, .window_count = DAYS, .windows = windows, .entry_count = 1};
    struct change *changes[] = {&change};
    struct reason why;

    for (int i = 0; i < DAYS; i++)
        windows[i] = (struct entry_window){{WINDOW_DAY, monday + i * DAY_MS}, 1};
    entry_begin(&writer, room, 1000, windows, DAYS, DAYS);
    for (int i = 0; i < DAYS; i++) {
        const struct entry_row row = {.base_ms = windows[i].window.start_ms,
                                      .kinds = 1u << WINDOW_DAY,
                                      .key = span_of("total"),
                                      .packed = packed(0, 1)};
        entry_put_row(&writer, &row);
    }
    CU_ASSERT_FATAL((size_t)(writer.at - room) <= sizeof(room));
    entry = (struct span){(const char *)room, (size_t)(writer.at - room)};
    change.entries = &entry;
    CU_ASSERT_EQUAL(store_flush(store, changes, 1, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(change.verdict, GO_ON);
    redis_cli("CONFIG RESETSTAT");
    CU_ASSERT_EQUAL(apply(&state, &why), GO_ON);
    redis_cli("INFO commandstats | grep 'cmdstat_hgetall:calls=1,'"); /* which are behind, once */
    CU_ASSERT_EQUAL(store_state(store, 17, &after, &why), GO_ON);
    CU_ASSERT_EQUAL(after.journal_first, after.journal_last + 1);
    expect(17, 200, 1, 1);
}

/* Whoever reads the same twice writes it once: what is written follows from what `behind` said, or is not written. */
static void what_was_applied_meanwhile_is_not_applied_again(void)
{
    const struct window window = {WINDOW_DAY, monday};
    struct partition_state state = claimed(16);
    struct small_change small;
    struct journal journal;
    struct tail *tail = NULL;
    struct reason why;

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_journal_read(store, &state, &journal, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(journal.behind_count, 1);
    CU_ASSERT_EQUAL_FATAL(tail_open(&tail, &why), GO_ON);
    tail_begin(tail, window);
    CU_ASSERT_EQUAL_FATAL(tail_add(tail, journal.entries[0], &why), GO_ON);
    const struct window_step step = {&journal.behind[0], tail};
    CU_ASSERT_EQUAL_FATAL(store_journal_load(store, 16, &step, 1, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(tail_merge(tail, &why), GO_ON);
    CU_ASSERT_EQUAL(store_journal_apply(store, &state, &journal, &step, 1, 2, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_WINDOW_GREW); /* there is no second entry */
    CU_ASSERT_EQUAL(store_journal_apply(store, &state, &journal, &step, 1, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(store_journal_apply(store, &state, &journal, &step, 1, 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL(why.id, STORE_WINDOW_GREW);
    expect(16, 105, 5, 5);
    tail_close(tail);
    store_journal_close(&journal);
}

static void who_does_not_stand_where_the_store_stands_is_fenced(void)
{
    struct partition_state state = claimed(3), newer;
    struct small_change small, stale;
    struct reason why;

    prepare(&small, &state, 105, 5);
    prepare(&stale, &state, 104, 4);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(flush(&stale, 4), REWIND); /* same token, but the offset has moved */
    CU_ASSERT_STRING_EQUAL(reason_name(stale.change.why.id), "STORE-FENCED");
    expect(3, 105, 5, 5);

    CU_ASSERT_EQUAL(store_claim(store, 3, &newer, &why), GO_ON);
    state.next = 105;
    prepare(&small, &state, 110, 5);
    CU_ASSERT_EQUAL(flush(&small, 10), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-FENCED");
    expect(3, 105, 5, 5);
}

static void expect_torn(int32_t partition, const struct partition_state *state)
{
    struct partition_state found;
    struct small_change small;
    struct reason why;
    int64_t records = 0;

    prepare(&small, state, state->next + 1, 1);
    CU_ASSERT_EQUAL(flush(&small, 6), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-TORN");
    CU_ASSERT_EQUAL(store_snapshot(store, partition, (struct window){WINDOW_DAY, monday}, find_requests, NULL, &records,
                                   &found, &why),
                    HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-TORN");
}

/* Of two flushes the first is applied. One part of what there is then goes. */
static void whatever_part_goes_is_found(void)
{
    static const char *const parts[] = {"day", "windows", "journal", "behind"};
    struct small_change small;
    struct reason why;
    char part[64];

    for (int32_t i = 0; i < (int32_t)LENGTH_OF(parts); i++) {
        struct partition_state state = claimed(20 + i);
        prepare(&small, &state, 105, 5);
        CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
        CU_ASSERT_EQUAL(apply(&state, &why), GO_ON);
        state.next = 105;
        prepare(&small, &state, 106, 1);
        CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
        state.next = 106;
        snprintf(part, sizeof(part), "%s", parts[i]);
        if (i == 0)
            snprintf(part, sizeof(part), "day:%" PRId64, monday);
        redis_cli("DEL 'check:{events:%d}:%s'", (int)(20 + i), part);
        expect_torn(20 + i, &state);
        if (i == 3) /* nobody says that anything is to be applied */
            continue;
        CU_ASSERT_EQUAL(apply(&state, &why), HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-TORN");
    }
}

/* A foreign writer put something else where a window, or the whole state, is to be. */
static void what_is_refused_of_one_partition_is_its_own(void)
{
    static const char *const parts[] = {"day", "windows", "meta", "journal", "behind"};
    struct small_change small[2];
    struct change *changes[] = {&small[0].change, &small[1].change};
    struct reason why;
    char command[512], part[64];

    for (int32_t i = 0; i < (int32_t)LENGTH_OF(parts); i++) {
        struct partition_state states[] = {claimed(50 + i), claimed(60 + i)};
        prepare(&small[0], &states[0], 105, 5);
        prepare(&small[1], &states[1], 105, 5);
        fill(&small[0], 5);
        fill(&small[1], 5);
        snprintf(part, sizeof(part), "%s", parts[i]);
        if (i == 0)
            snprintf(part, sizeof(part), "day:%" PRId64, monday);
        snprintf(command, sizeof(command),
                 "redis-cli -s %s DEL 'check:{events:%d}:%s' >/dev/null && redis-cli -s %s SET 'check:{events:%d}:%s' x"
                 " >/dev/null",
                 redis.socket, (int)(50 + i), part, redis.socket, (int)(50 + i), part);
        CU_ASSERT_EQUAL_FATAL(system(command), 0);
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

/* A write that fails behind all checks, here that of who decided: nobody writes to the partition any more, even when
 * what refused it is gone. */
static void a_write_that_fails_taints(void)
{
    struct partition_state state = claimed(13);
    struct small_change small;
    struct reason why;

    redis_cli("SET 'check:{events:13}:deciders' x");
    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-TAINTED");
    redis_cli("DEL 'check:{events:13}:deciders'");
    state.next = 105;
    prepare(&small, &state, 106, 1);
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-TAINTED");
    CU_ASSERT_EQUAL_FATAL(store_claim(store, 13, &state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-TAINTED");
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
    fill(&small[0], 5);
    fill(&small[1], 5);
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
    CU_ASSERT_EQUAL(flush(&small, 6), REWIND);
    CU_ASSERT_STRING_EQUAL(reason_name(small.change.why.id), "STORE-COLLECTED");
    expect(6, 105, 5, 5);
    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(store_collect(store, 6, windows, 1, &why), GO_ON); /* harmless to repeat */
    CU_ASSERT_EQUAL(store_windows(store, 6, windows, 4, &count, &why), GO_ON);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, monday, NULL, 0, &why), GO_ON); /* a floor never falls */
    CU_ASSERT_EQUAL(store_state(store, 6, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.floor_ms[WINDOW_DAY], tuesday);
    CU_ASSERT_EQUAL(state.journal_first, 2); /* what it had of the window alone went with it */
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
    fill(&small, 5);
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

    redis_cli("ACL SETUSER default -hdel");
    CU_ASSERT_EQUAL(apply(&state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DENIED");
    redis_cli("ACL SETUSER default +hdel");
    expect(11, 105, 5, 5);
    CU_ASSERT_EQUAL(apply(&state, &why), GO_ON);
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
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    CU_ASSERT_EQUAL(store_claim(store, 14, &state, &why), GO_ON);
    CU_ASSERT_TRUE(anchor_equal(&state.anchor, &anchor));
    redis_cli("HSET 'check:{events:14}:meta' anchor x");
    CU_ASSERT_EQUAL_FATAL(store_claim(store, 14, &state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-DAMAGED");
}

static enum verdict count_cell(void *context, struct span key, struct span value, struct reason *why)
{
    int *count = context;
    int row = (int)strtol(key.bytes + strlen("model|author/name-"), NULL, 10);

    (void)why;
    CU_ASSERT_FATAL(cell_unpack(value, &scratch));
    CU_ASSERT_EQUAL(scratch.sums[M_REQUESTS], row % 2 + 1);
    ++*count;
    return GO_ON;
}

static void expect_cells(int32_t partition, int wanted)
{
    struct partition_state state;
    struct reason why;
    int64_t records = 0;
    int count = 0;

    CU_ASSERT_EQUAL(store_snapshot(store, partition, (struct window){WINDOW_DAY, monday}, count_cell, &count, &records,
                                   &state, &why),
                    GO_ON);
    CU_ASSERT_EQUAL(count, wanted);
    CU_ASSERT_EQUAL(records, 9);
}

/* More cells than one unpack() takes, and more than one call changes, over several partitions in one round trip. */
static void large_changes_go_in_chunks(void)
{
    enum { CELLS = 13000 };
    struct partition_state states[2] = {claimed(7), claimed(8)};
    const struct entry_window window = {{WINDOW_DAY, monday}, 9};
    struct span entries[2];
    struct change changes[2], *both[] = {&changes[0], &changes[1]};
    struct reason why;

    for (int i = 0; i < 2; i++) {
        uint8_t *room = malloc(CELLS * 100);
        struct entry_writer writer;
        CU_ASSERT_PTR_NOT_NULL_FATAL(room);
        entry_begin(&writer, room, 100000, &window, i == 0, CELLS / 2);
        for (int row = i * CELLS / 2; row < (i + 1) * CELLS / 2; row++) {
            char key[32];
            snprintf(key, sizeof(key), "model|author/name-%d", row);
            const struct entry_row put = {
                .base_ms = monday, .kinds = 1u << WINDOW_DAY, .key = span_of(key), .packed = packed(0, row % 2 + 1)};
            entry_put_row(&writer, &put);
        }
        entries[i] = (struct span){(const char *)room, (size_t)(writer.at - room)};
    }
    for (int i = 0; i < 2; i++)
        changes[i] = (struct change){.state = &states[i],
                                     .next = 200,
                                     .window_count = 1,
                                     .windows = &window,
                                     .entry_count = 2,
                                     .entries = entries};
    CU_ASSERT_EQUAL(store_flush(store, both, 2, &why), GO_ON);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(changes[i].verdict, GO_ON);
        expect_cells(7 + i, CELLS);
        CU_ASSERT_EQUAL(apply(&states[i], &why), GO_ON);
        expect_cells(7 + i, CELLS);
        free((void *)(uintptr_t)entries[i].bytes);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"state_is_created_once_and_never_by_a_claim", state_is_created_once_and_never_by_a_claim},
        {"windows_without_a_state_are_no_beginning", windows_without_a_state_are_no_beginning},
        {"a_claimed_partition_is_not_idle", a_claimed_partition_is_not_idle},
        {"a_flush_counts_once", a_flush_counts_once},
        {"a_window_is_its_cells_and_the_journal", a_window_is_its_cells_and_the_journal},
        {"many_windows_are_applied_at_one_look", many_windows_are_applied_at_one_look},
        {"what_was_applied_meanwhile_is_not_applied_again", what_was_applied_meanwhile_is_not_applied_again},
        {"who_does_not_stand_where_the_store_stands_is_fenced", who_does_not_stand_where_the_store_stands_is_fenced},
        {"whatever_part_goes_is_found", whatever_part_goes_is_found},
        {"what_is_refused_of_one_partition_is_its_own", what_is_refused_of_one_partition_is_its_own},
        {"a_write_that_fails_taints", a_write_that_fails_taints},
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
