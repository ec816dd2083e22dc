/* The pairs of a partition against a real redis-server: they come with their flush, once, and go when their owner says
 * that they are merged. */
#include "gentally/redis/store_pairs.h"

#include "store_scene.h"

#define ALL UINT32_MAX

/* As test_redis_cli(), of the server of this program. */
#define redis_cli(...) CU_ASSERT_FATAL(test_redis_cli(&redis, __VA_ARGS__))

static struct activities *read_set;

/* An entry of one activity, in month `month`. */
static struct span entry_of(unsigned month)
{
    static uint8_t room[64];
    const struct activity activity = {.account = {1, 2, 3}, .month = (uint16_t)month};
    struct span model = span_of("a/b");

    return (struct span){(const char *)room, activities_write(room, &model, 1, &activity, 1)};
}

static void expect_there(int32_t partition, int64_t first, int64_t last)
{
    struct partition_state state;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_state(store, partition, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.pairs_first, first);
    CU_ASSERT_EQUAL(state.pairs_last, last);
    redis_cli("HLEN 'check:{events:%d}:pairs' | grep -qx %" PRId64, (int)partition, last - first + 1);
}

/* Flushes one record, with an entry of its month, or (0) without. */
static enum verdict flush_month(struct small_change *small, struct partition_state *state, unsigned month)
{
    prepare(small, state, state->next + 1, 1);
    small->change.pairs = month == 0 ? span_of(NULL) : entry_of(month);
    enum verdict verdict = flush(small, 1);
    if (verdict == GO_ON)
        state->next++;
    return verdict;
}

/* The months that are read behind a number. */
static void expect_months(int32_t partition, int64_t after, const unsigned months[], uint32_t count)
{
    struct pairs_read read;
    struct reason why;

    activities_clear(read_set);
    CU_ASSERT_EQUAL_FATAL(store_pairs_read(store, partition, after, ALL, read_set, &read, &why), GO_ON);
    CU_ASSERT_EQUAL(read.upto, read.last);
    CU_ASSERT_EQUAL_FATAL(activities_count(read_set), count);
    for (uint32_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL(activities_items(read_set)[i].month, months[i]);
}

static void pairs_come_with_their_flush(void)
{
    static const unsigned months[] = {670, 671};
    struct partition_state state = claimed(1), before;
    struct small_change small;

    expect_there(1, 1, 0);
    CU_ASSERT_EQUAL(flush_month(&small, &state, 670), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 1), GO_ON); /* the answer was lost, say: the identical flush again */
    expect_there(1, 1, 1);
    CU_ASSERT_EQUAL(flush_month(&small, &state, 0), GO_ON);
    expect_there(1, 1, 1);
    before = state;
    CU_ASSERT_EQUAL(flush_month(&small, &state, 671), GO_ON);
    CU_ASSERT_EQUAL(flush_month(&small, &before, 672), REWIND); /* who is fenced writes nothing */
    expect_there(1, 1, 2);
    expect_months(1, 0, months, 2);
    expect_months(1, 1, months + 1, 1);
    expect_months(1, 2, NULL, 0);
}

static void the_owner_drops_what_is_merged(void)
{
    static const unsigned months[] = {672, 673};
    struct partition_state state = claimed(2), newer;
    struct small_change small;
    struct reason why;
    uint64_t connections = store_connections(store);

    for (unsigned month = 670; month < 673; month++)
        CU_ASSERT_EQUAL(flush_month(&small, &state, month), GO_ON);
    CU_ASSERT_EQUAL(store_pairs_drop(store, &state, 2, connections + 1, &why), TRY_LATER);
    expect_there(2, 1, 3);
    CU_ASSERT_EQUAL(store_pairs_drop(store, &state, 4, connections, &why), TRY_LATER); /* of another history */
    expect_there(2, 1, 3);
    CU_ASSERT_EQUAL(store_pairs_drop(store, &state, 2, connections, &why), GO_ON);
    CU_ASSERT_EQUAL(store_pairs_drop(store, &state, 1, connections, &why), GO_ON);
    expect_there(2, 3, 3);
    CU_ASSERT_EQUAL(flush_month(&small, &state, 673), GO_ON); /* the numbers go on */
    expect_there(2, 3, 4);
    expect_months(2, 0, months, 2);
    CU_ASSERT_EQUAL(store_claim(store, 2, &newer, &why), GO_ON);
    CU_ASSERT_EQUAL(store_pairs_drop(store, &state, 4, connections, &why), REWIND);
    CU_ASSERT_EQUAL(why.id, STORE_FENCED);
    expect_there(2, 3, 4);
    CU_ASSERT_EQUAL(store_pairs_drop(store, &newer, 4, connections, &why), GO_ON);
    expect_there(2, 5, 4);
    CU_ASSERT_EQUAL(store_pairs_drop(store, &newer, 4, connections, &why), GO_ON);
}

/* Many entries are read in portions; whoever has enough stops there, and goes on. */
static void many_entries_are_read_in_portions(void)
{
    struct partition_state state = claimed(3);
    struct small_change small;
    struct pairs_read read;
    struct reason why;
    uint32_t count = 0;

    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(flush_month(&small, &state, 600 + i), GO_ON);
    for (int64_t after = 0; after < 100; after = read.upto) {
        activities_clear(read_set);
        CU_ASSERT_EQUAL_FATAL(store_pairs_read(store, 3, after, 1, read_set, &read, &why), GO_ON);
        CU_ASSERT_TRUE_FATAL(read.upto > after && read.last == 100);
        for (uint32_t i = 0; i < activities_count(read_set); i++, count++)
            CU_ASSERT_EQUAL(activities_items(read_set)[i].month, 600 + count);
    }
    CU_ASSERT_EQUAL(count, 100);
}

/* An entry that is gone, a key of another kind, bytes that are not ours: nothing is counted that would lack its pairs,
 * and nothing is merged that nobody wrote. */
static void what_is_wrong_with_pairs_is_found(void)
{
    static const struct {
        const char *command, *part, *words;
        enum reason_id of_flush, of_reading;
    } rows[] = {
        {"HDEL", "pairs", "1", STORE_TORN, STORE_TORN},
        {"DEL", "pairs", "", STORE_TORN, STORE_TORN},
        {"HSET", "meta", "pairs_last x", STORE_TORN, STORE_TORN},
        {"SET", "pairs", "x", STORE_ERROR, STORE_ERROR},
        {"HSET", "pairs", "1 x", REASON_NONE, STORE_DAMAGED},
        {"DEL", "meta", "", STORE_STATE_MISSING, STORE_STATE_MISSING},
    };
    struct small_change small;
    struct pairs_read read;
    struct reason why;

    for (int32_t i = 0; i < (int32_t)LENGTH_OF(rows); i++) {
        struct partition_state state = claimed(10 + i);
        CU_ASSERT_EQUAL(flush_month(&small, &state, 670), GO_ON);
        CU_ASSERT_EQUAL(flush_month(&small, &state, 671), GO_ON);
        redis_cli("%s 'check:{events:%d}:%s' %s", rows[i].command, (int)(10 + i), rows[i].part, rows[i].words);
        CU_ASSERT_EQUAL(flush_month(&small, &state, 672), rows[i].of_flush == REASON_NONE ? GO_ON : HALT);
        if (rows[i].of_flush != REASON_NONE)
            CU_ASSERT_EQUAL(small.change.why.id, rows[i].of_flush);
        activities_clear(read_set);
        CU_ASSERT_EQUAL(store_pairs_read(store, 10 + i, 0, ALL, read_set, &read, &why), HALT);
        CU_ASSERT_EQUAL(why.id, rows[i].of_reading);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "partition 1"));
    }
}

/* A state that is made anew has nothing of an old one. */
static void a_new_state_has_no_pairs(void)
{
    struct partition_state state = claimed(30);
    struct small_change small;

    CU_ASSERT_EQUAL(flush_month(&small, &state, 670), GO_ON);
    redis_cli("--raw KEYS 'check:{events:30}:*' | grep -v pairs | xargs redis-cli -s %s DEL", redis.socket);
    state = claimed(30);
    expect_there(30, 1, 0);
    CU_ASSERT_EQUAL(flush_month(&small, &state, 670), GO_ON);
    expect_there(30, 1, 1);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"pairs_come_with_their_flush", pairs_come_with_their_flush},
        {"the_owner_drops_what_is_merged", the_owner_drops_what_is_merged},
        {"many_entries_are_read_in_portions", many_entries_are_read_in_portions},
        {"what_is_wrong_with_pairs_is_found", what_is_wrong_with_pairs_is_found},
        {"a_new_state_has_no_pairs", a_new_state_has_no_pairs},
        CU_TEST_INFO_NULL,
    };
    struct reason why;

    if (activities_open(&read_set, &why) != GO_ON)
        return EXIT_FAILURE;
    int status = store_scene_run(argc, argv, tests);
    activities_close(read_set);
    return status;
}
