/* Changes that are sent ahead of the flush that writes them, against a real redis-server. */
#include <signal.h>

#include "store_scene.h"

#define LARGE ((size_t)1 << 17) /* what is smaller is not sent by itself */

/* Two partitions' changes, of which the first has an entry that fills a write of its own: a row of a long key. */
struct pair {
    struct partition_state states[2];
    struct small_change small[2];
    struct change *changes[2];
    struct span entries[2];
};

static uint8_t large[LARGE + 1024];

static struct span large_entry(void)
{
    static char key[LARGE];
    struct entry_writer writer;
    const struct entry_row row = {
        .base_ms = monday, .kinds = 1u << WINDOW_DAY, .key = {key, sizeof(key)}, .packed = packed(0, 1)};

    memset(key, 'k', sizeof(key));
    entry_begin(&writer, large, 1000, NULL, 0, 1);
    entry_put_row(&writer, &row);
    return (struct span){(const char *)large, (size_t)(writer.at - large)};
}

static void prepare_pair(struct pair *pair, int32_t partition)
{
    for (int i = 0; i < 2; i++) {
        pair->states[i] = claimed(partition + i);
        prepare(&pair->small[i], &pair->states[i], 105, 5);
        fill(&pair->small[i], 5);
        pair->changes[i] = &pair->small[i].change;
    }
    pair->entries[0] = pair->small[0].entry;
    pair->entries[1] = large_entry();
    pair->small[0].change.entries = pair->entries;
    pair->small[0].change.entry_count = 2;
}

/* The next offset that Redis has, as another connection sees it. */
static int64_t next_in_redis(int32_t partition)
{
    char command[256], line[64] = "";

    snprintf(command, sizeof(command), "redis-cli -s %s HGET 'check:{events:%d}:meta' next", redis.socket,
             (int)partition);
    FILE *pipe = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    if (fgets(line, sizeof(line), pipe) == NULL)
        line[0] = '\0';
    pclose(pipe);
    return strtoll(line, NULL, 10);
}

static enum verdict pass(void *context, struct span key, struct span value, struct reason *why)
{
    (void)context;
    (void)key;
    (void)value;
    (void)why;
    return GO_ON;
}

static int64_t records_of(int32_t partition)
{
    struct partition_state state;
    struct reason why;
    int64_t records = -1;

    CU_ASSERT_EQUAL(store_state(store, partition, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.next, 105);
    CU_ASSERT_EQUAL(
        store_snapshot(store, partition, (struct window){WINDOW_DAY, monday}, pass, NULL, &records, &state, &why),
        GO_ON);
    return records;
}

/* Redis works on it while the next one is planned: nobody has asked for an answer yet. */
static void a_large_change_is_written_before_the_flush(void)
{
    struct pair pair;
    struct reason why;

    prepare_pair(&pair, 20);
    store_flush_ahead(store, pair.changes[0]);
    for (int i = 0; i < 1000 && next_in_redis(20) != 105; i++)
        continue;
    CU_ASSERT_EQUAL(next_in_redis(20), 105);
    CU_ASSERT_EQUAL(next_in_redis(21), 100);
    CU_ASSERT_EQUAL(store_flush(store, pair.changes, 2, &why), GO_ON);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(pair.small[i].change.verdict, GO_ON);
        CU_ASSERT_EQUAL(records_of(20 + i), 5);
    }
    /* The identical flush once more: both are found written. */
    CU_ASSERT_EQUAL(store_flush(store, pair.changes, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(pair.small[0].change.verdict, GO_ON);
    CU_ASSERT_EQUAL(records_of(20), 5);
}

/* Whether they were written or not: all are sent again, under their nonces. */
static void what_a_lost_connection_took_is_sent_again(void)
{
    struct pair pair;
    struct reason why;

    for (int sent = 1; sent <= 2; sent++) {
        prepare_pair(&pair, 20 + 10 * sent);
        uint64_t connections = store_connections(store);
        for (int i = 0; i < sent; i++)
            store_flush_ahead(store, pair.changes[i]);
        test_redis_cli(&redis, "CLIENT KILL TYPE normal SKIPME yes");
        CU_ASSERT_EQUAL(store_flush(store, pair.changes, 2, &why), GO_ON);
        CU_ASSERT_EQUAL(store_connections(store), connections + 1);
        for (int i = 0; i < 2; i++) {
            CU_ASSERT_EQUAL(pair.small[i].change.verdict, GO_ON);
            CU_ASSERT_EQUAL(records_of(20 + 10 * sent + i), 5);
        }
    }
}

/* Each has its own answer, in the order of the calls, refused or not. */
static void a_refusal_is_that_of_its_own_change(void)
{
    struct pair pair;
    struct partition_state other;
    struct reason why;

    prepare_pair(&pair, 50);
    CU_ASSERT_EQUAL_FATAL(store_claim(store, 50, &other, &why), GO_ON);
    store_flush_ahead(store, pair.changes[0]);
    CU_ASSERT_EQUAL(store_flush(store, pair.changes, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(pair.small[0].change.verdict, REWIND);
    CU_ASSERT_EQUAL(pair.small[0].change.why.id, STORE_FENCED);
    CU_ASSERT_EQUAL(pair.small[1].change.verdict, GO_ON);
    CU_ASSERT_EQUAL(next_in_redis(50), 100);
    CU_ASSERT_EQUAL(records_of(51), 5);
}

/* Or the answer to what was sent would be taken for that to the next question. */
static void what_is_abandoned_answers_nothing(void)
{
    struct pair pair;
    struct partition_state state;
    struct reason why;

    prepare_pair(&pair, 60);
    store_flush_ahead(store, pair.changes[0]);
    store_flush_abandon(store);
    CU_ASSERT_EQUAL(store_state(store, 61, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(state.next, 100);
    uint64_t connections = store_connections(store);
    store_flush_abandon(store); /* nothing was */
    CU_ASSERT_EQUAL(store_flush(store, pair.changes, 2, &why), GO_ON);
    CU_ASSERT_EQUAL(store_connections(store), connections);
    CU_ASSERT_EQUAL(records_of(60), 5);
    CU_ASSERT_EQUAL(records_of(61), 5);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_large_change_is_written_before_the_flush", a_large_change_is_written_before_the_flush},
        {"what_a_lost_connection_took_is_sent_again", what_a_lost_connection_took_is_sent_again},
        {"a_refusal_is_that_of_its_own_change", a_refusal_is_that_of_its_own_change},
        {"what_is_abandoned_answers_nothing", what_is_abandoned_answers_nothing},
        CU_TEST_INFO_NULL,
    };

    signal(SIGPIPE, SIG_IGN); /* as the program does */
    return store_scene_run(argc, argv, tests);
}
