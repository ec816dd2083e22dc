/* The store's verbs against a real redis-server: what each guard refuses, and that a refused flush leaves nothing
 * behind. */
#include "gentally/redis/store.h"

#include <inttypes.h>
#include <stdarg.h>

#include "cells.h"
#include "gentally/config/config.h"
#include "redis_server.h"
#include "suite.h"

static struct test_redis redis;
static struct config config;
static struct logger logger;
static struct store *store;
static int64_t monday;
static const int64_t no_floors[WINDOW_KINDS] = {NO_TIME, NO_TIME, NO_TIME, NO_TIME};
static struct cell scratch;
static uint8_t bytes[2][CELL_PACKED_MAX];

static struct span packed(int index, int64_t requests)
{
    cell_clear(&scratch);
    scratch.sums[M_REQUESTS] = requests;
    return (struct span){(const char *)bytes[index], cell_pack(&scratch, bytes[index])};
}

/* A change of one window with one cell, `records` more than before. */
struct small_change {
    struct change change;
    struct change_window window;
    struct change_cell cell;
};

static void prepare(struct small_change *small, const struct partition_state *state, int64_t next, int64_t records)
{
    *small = (struct small_change){
        .change = {.state = state, .next = next, .watermark_ms = monday, .window_count = 1, .cell_count = 1},
        .window = {.window = {WINDOW_DAY, monday}, .cell_count = 1, .records_added = records},
        .cell = {.key = span_of("total")},
    };
    small->change.windows = &small->window;
    small->change.cells = &small->cell;
    small->change.outcomes[OUTCOME_COUNTED] = next;
}

static enum verdict load(struct small_change *small)
{
    struct change *changes[] = {&small->change};
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_load(store, changes, 1, &why), GO_ON);
    return small->change.verdict;
}

static enum verdict flush(struct small_change *small, int64_t requests)
{
    struct change *changes[] = {&small->change};
    struct reason why;

    small->cell.value = packed(0, requests);
    CU_ASSERT_EQUAL_FATAL(store_flush(store, changes, 1, &why), GO_ON);
    return small->change.verdict;
}

/* A new partition for each test, claimed. */
static struct partition_state claimed(int32_t partition)
{
    struct partition_state state = {0};
    struct reason why;
    bool created = false;

    CU_ASSERT_EQUAL_FATAL(store_create(store, partition, 100, no_floors, &created, &why), GO_ON);
    CU_ASSERT_TRUE(created);
    CU_ASSERT_EQUAL_FATAL(store_claim(store, partition, &state, &why), GO_ON);
    return state;
}

static int64_t found_requests;
static enum verdict find_requests(void *context, struct span key, struct span value, struct reason *why)
{
    (void)context;
    (void)why;
    CU_ASSERT_TRUE(span_equal(key, span_of("total")));
    CU_ASSERT_TRUE(cell_unpack(value, &scratch));
    found_requests = scratch.sums[M_REQUESTS];
    return GO_ON;
}

/* What the store holds: records and requests of the one window, and its next offset. */
static void expect(int32_t partition, int64_t next, int64_t records, int64_t requests)
{
    struct partition_state state;
    struct reason why;
    int64_t found_records = -1;

    found_requests = 0;
    CU_ASSERT_EQUAL(store_snapshot(store, partition, (struct window){WINDOW_DAY, monday}, find_requests, NULL,
                                   &found_records, &state, &why),
                    GO_ON);
    CU_ASSERT_EQUAL(state.next, next);
    CU_ASSERT_EQUAL(found_records, records);
    CU_ASSERT_EQUAL(found_requests, requests);
}

static void state_is_created_once_and_never_by_a_claim(void)
{
    struct partition_state state;
    struct reason why;
    bool created = true;

    CU_ASSERT_EQUAL(store_claim(store, 1, &state, &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-STATE-MISSING");
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
    CU_ASSERT_STRING_EQUAL(stale.change.why.id, "STORE-FENCED");
    expect(3, 105, 5, 5);

    CU_ASSERT_EQUAL(store_claim(store, 3, &newer, &why), GO_ON);
    state.next = 105;
    prepare(&small, &state, 110, 5);
    CU_ASSERT_EQUAL(load(&small), REWIND); /* another owner */
    CU_ASSERT_EQUAL(flush(&small, 10), REWIND);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-FENCED");
    expect(3, 105, 5, 5);
}

static void a_torn_window_is_found(void)
{
    struct partition_state state = claimed(4);
    struct small_change small;
    struct reason why;
    int64_t records = 0;
    char command[256];

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    snprintf(command, sizeof(command), "redis-cli -s %s DEL 'check:{events:4}:day:%" PRId64 "' >/dev/null",
             redis.socket, monday);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    state.next = 105;
    prepare(&small, &state, 106, 1);
    CU_ASSERT_EQUAL(load(&small), HALT);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-TORN");
    CU_ASSERT_EQUAL(flush(&small, 6), HALT);
    CU_ASSERT_EQUAL(
        store_snapshot(store, 4, (struct window){WINDOW_DAY, monday}, find_requests, NULL, &records, &state, &why),
        HALT);
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-TORN");
}

/* ---- Ids: flushed with the counts, asked for under the fence. */

static struct id_change ids_of_change;
static struct id_pair pairs[2];
static char answers[256];

static enum verdict note_answer(void *context, uint32_t bucket, uint32_t id, struct span value, struct reason *why)
{
    size_t size = strlen(answers);

    (void)context;
    (void)why;
    snprintf(answers + size, sizeof(answers) - size, "%u/%u=%.*s ", bucket, id, (int)value.size, value.bytes);
    return GO_ON;
}

static const struct id_bucket id_buckets[] = {{-3600000, 3600000}, {7200000, 3600000}};
static const struct span asked_ids[] = {
    {"fourteen bytes", ID_SIZE}, {"\0\r\n% unusual!!", ID_SIZE}, {"never was seen", ID_SIZE}};

/* Flushes `next` with the first two ids in the bucket, or drops it. */
static enum verdict flush_ids(struct partition_state *state, int64_t next, struct id_bucket bucket, const char *value)
{
    struct small_change small;

    prepare(&small, state, next, next - state->next);
    pairs[0] = (struct id_pair){asked_ids[0], span_of(value)};
    pairs[1] = (struct id_pair){asked_ids[1], span_of("")};
    ids_of_change = (struct id_change){.section_count = 1, .pair_count = 2, .pairs = pairs};
    ids_of_change.sections[0] = (struct id_section){bucket, 0, value == NULL ? 0 : 2};
    ids_of_change.pair_count = value == NULL ? 0 : 2;
    small.change.ids = &ids_of_change;
    enum verdict verdict = load(&small);
    verdict = verdict == GO_ON ? flush(&small, next - 100) : verdict;
    if (verdict == GO_ON)
        state->next = next;
    return verdict;
}

static enum verdict ask(const struct partition_state *state, uint32_t bucket_count, struct reason *why)
{
    struct id_lookup lookup = {.state = state,
                               .bucket_count = bucket_count,
                               .buckets = id_buckets,
                               .id_count = LENGTH_OF(asked_ids),
                               .ids = asked_ids,
                               .each = note_answer};
    struct id_lookup *lookups[] = {&lookup};

    answers[0] = '\0';
    CU_ASSERT_EQUAL_FATAL(store_look_up_ids(store, lookups, 1, why), GO_ON);
    *why = lookup.why;
    return lookup.verdict;
}

static void ids_come_and_go_with_the_counts(void)
{
    struct partition_state state = claimed(21), stale = state;
    struct reason why;

    CU_ASSERT_EQUAL(state.id_bucket_count, 0);
    CU_ASSERT_EQUAL(flush_ids(&state, 105, id_buckets[0], "one"), GO_ON);
    CU_ASSERT_EQUAL(flush_ids(&state, 106, id_buckets[1], "two"), GO_ON);
    CU_ASSERT_EQUAL(flush_ids(&stale, 103, id_buckets[1], "stale"), REWIND); /* fenced: no id is written either */
    CU_ASSERT_EQUAL(ask(&state, 2, &why), GO_ON);
    CU_ASSERT_STRING_EQUAL(answers, "0/0=one 0/1= 1/0=two 1/1= ");
    CU_ASSERT_EQUAL(ask(&stale, 2, &why), REWIND);
    CU_ASSERT_STRING_EQUAL(answers, "");
    CU_ASSERT_EQUAL(store_claim(store, 21, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.id_bucket_count, 2);
    CU_ASSERT_EQUAL(flush_ids(&state, 107, id_buckets[1], NULL), GO_ON);
    CU_ASSERT_EQUAL(store_claim(store, 21, &state, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(state.id_bucket_count, 1);
    CU_ASSERT_EQUAL(state.id_buckets[0].start_ms, id_buckets[0].start_ms);
    CU_ASSERT_EQUAL(state.id_buckets[0].width_ms, id_buckets[0].width_ms);
    CU_ASSERT_EQUAL(ask(&state, 1, &why), GO_ON);
    CU_ASSERT_STRING_EQUAL(answers, "0/0=one 0/1= ");
}

static void a_bucket_that_is_gone_is_found(void)
{
    struct partition_state state = claimed(22);
    struct reason why;
    char command[256];

    CU_ASSERT_EQUAL(flush_ids(&state, 105, id_buckets[0], "one"), GO_ON);
    snprintf(command, sizeof(command), "redis-cli -s %s DEL 'check:{events:22}:ids:3600000:-3600000' >/dev/null",
             redis.socket);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_EQUAL(ask(&state, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-TORN");
    CU_ASSERT_EQUAL(flush_ids(&state, 106, id_buckets[0], "two"), HALT);
    expect(22, 105, 5, 5);
}

static void a_flush_that_cannot_write_leaves_nothing(void)
{
    struct partition_state state = claimed(5);
    struct small_change small;
    char command[256];

    snprintf(command, sizeof(command), "redis-cli -s %s SET 'check:{events:5}:day:%" PRId64 "' x >/dev/null",
             redis.socket, monday);
    CU_ASSERT_EQUAL_FATAL(system(command), 0); /* a foreign writer put something else there */
    prepare(&small, &state, 105, 5);
    struct change *changes[] = {&small.change};
    struct reason why;
    small.cell.value = packed(0, 5);
    CU_ASSERT_EQUAL(store_flush(store, changes, 1, &why), HALT);
    CU_ASSERT_EQUAL(store_state(store, 5, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.next, 100);
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
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-BUSY");
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
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-WINDOW-GREW");
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 0, &why), TRY_LATER); /* of none */
    windows[0].records = 5;
    state.next = 106; /* a store that forgot the last record */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), TRY_LATER);
    state.next = 99; /* offsets are numbers, not texts */
    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, tuesday, windows, 1, &why), GO_ON);

    state.next = 105;
    prepare(&small, &state, 106, 1);
    CU_ASSERT_EQUAL(load(&small), REWIND);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-COLLECTED");
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

__attribute__((format(printf, 1, 2))) static void redis_cli(const char *format, ...)
{
    char words[400], command[600];
    va_list values;

    va_start(values, format);
    vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    snprintf(command, sizeof(command), "redis-cli -s %s %s >/dev/null", redis.socket, words);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
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
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-DENIED");
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "HSET"));
    CU_ASSERT_EQUAL_FATAL(store_check(store, &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-DENIED");
    redis_cli("ACL SETUSER default +hset");
    expect(11, 100, 0, 0);
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
    expect(11, 105, 5, 5);

    CU_ASSERT_EQUAL(store_seal(store, &state, WINDOW_DAY, monday + DAY_MS, &known, 1, &why), GO_ON);
    redis_cli("ACL SETUSER default -hdel");
    CU_ASSERT_EQUAL_FATAL(store_collect(store, 11, &known, 1, &why), HALT);
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-DENIED");
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
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-ROLLED-BACK");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-ROLLED-BACK");
    redis_cli("HSET 'check:{events:12}:meta' next 101");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-FENCED");
    CU_ASSERT_PTR_NOT_NULL(strstr(small.change.why.text, "ahead"));
    redis_cli("HSET 'check:{events:12}:meta' next 100 tok other");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), REWIND);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-FENCED");
    redis_cli("HSET 'check:{events:12}:meta' tok '%s' inc other", state.token);
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-INCARNATION");
    redis_cli("DEL 'check:{events:12}:meta'");
    CU_ASSERT_EQUAL_FATAL(flush(&small, 5), HALT);
    CU_ASSERT_STRING_EQUAL(small.change.why.id, "STORE-STATE-MISSING");
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
    CU_ASSERT_STRING_EQUAL(why.id, "STORE-DAMAGED");
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

/* What a person at redis-cli sees. */
static void people_can_read_the_cells(void)
{
    struct partition_state state = claimed(9);
    struct small_change small;
    char command[300], line[300] = "";

    prepare(&small, &state, 105, 5);
    CU_ASSERT_EQUAL(load(&small), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 300), GO_ON);
    snprintf(command, sizeof(command),
             "redis-cli -s %s FCALL_RO gentally_1_read 1 'check:{events:9}:day:%" PRId64 "' total", redis.socket,
             monday);
    FILE *output = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(output);
    while (fgets(line, sizeof(line), output) != NULL)
        ;
    pclose(output);
    CU_ASSERT_STRING_EQUAL(line, "requests=300\n");
}

int main(int argc, char **argv)
{
    struct reason why;
    CU_TestInfo tests[] = {
        {"state_is_created_once_and_never_by_a_claim", state_is_created_once_and_never_by_a_claim},
        {"a_claimed_partition_is_not_idle", a_claimed_partition_is_not_idle},
        {"a_flush_is_applied_once", a_flush_is_applied_once},
        {"who_does_not_stand_where_the_store_stands_is_fenced", who_does_not_stand_where_the_store_stands_is_fenced},
        {"a_torn_window_is_found", a_torn_window_is_found},
        {"ids_come_and_go_with_the_counts", ids_come_and_go_with_the_counts},
        {"a_bucket_that_is_gone_is_found", a_bucket_that_is_gone_is_found},
        {"a_flush_that_cannot_write_leaves_nothing", a_flush_that_cannot_write_leaves_nothing},
        {"what_a_replica_says_is_told", what_a_replica_says_is_told},
        {"windows_end_in_two_steps", windows_end_in_two_steps},
        {"a_lacking_right_is_found_before_a_write", a_lacking_right_is_found_before_a_write},
        {"a_rollback_is_told_from_another_owner", a_rollback_is_told_from_another_owner},
        {"the_anchor_comes_back_as_it_was_flushed", the_anchor_comes_back_as_it_was_flushed},
        {"large_changes_go_in_chunks", large_changes_go_in_chunks},
        {"people_can_read_the_cells", people_can_read_the_cells},
        CU_TEST_INFO_NULL,
    };

    config_defaults(&config);
    monday = days_of_date(2025, 10, 6) * DAY_MS;
    log_open(&logger, LOG_LEVEL_ERROR, "store_check");
    if (!test_redis_start(&redis)) {
        printf("SKIP store_check: redis-server\n");
        return 77;
    }
    snprintf(config.redis_url, sizeof(config.redis_url), "unix://%s", redis.socket);
    snprintf(config.namespace_, sizeof(config.namespace_), "check");
    snprintf(config.topic, sizeof(config.topic), "events");
    int status = EXIT_FAILURE;
    if (store_open(&store, &config, &logger, &why) == GO_ON) {
        if (store_check(store, &why) == HALT && strcmp(why.id, "STORE-FUNCTIONS-MISSING") == 0 &&
            store_install(store, &why) == GO_ON && store_check(store, &why) == GO_ON)
            status = suite_run(argc, argv, "store_check", tests);
        else
            printf("store_check: the functions: %s\n", why.text);
        store_close(store);
    }
    test_redis_stop(&redis);
    return status;
}
