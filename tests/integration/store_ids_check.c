/* Ids in the store, against a real redis-server: flushed with the counts, and asked for under the fence. */
#include "gentally/redis/store_ids.h"

#include "store_scene.h"

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
    enum verdict verdict = flush(&small, next - 100);
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
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "STORE-TORN");
    CU_ASSERT_EQUAL(flush_ids(&state, 106, id_buckets[0], "two"), HALT);
    expect(22, 105, 5, 5);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"ids_come_and_go_with_the_counts", ids_come_and_go_with_the_counts},
        {"a_bucket_that_is_gone_is_found", a_bucket_that_is_gone_is_found},
        CU_TEST_INFO_NULL,
    };

    return store_scene_run(argc, argv, tests);
}
