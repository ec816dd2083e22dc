/* A partition that stopped, one that was given up, and the lease of closing, against a real redis-server. */
#include "gentally/redis/store_stop.h"

#include "gentally/redis/store_lease.h"
#include "store_scene.h"

static struct partition_state state_of(int32_t partition)
{
    struct partition_state state = {0};
    struct reason why;

    CU_ASSERT_EQUAL(store_state(store, partition, &state, &why), GO_ON);
    return state;
}

static void flush_once(int32_t partition, int64_t next, bool is_idle)
{
    struct partition_state state = {0};
    struct small_change small;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_claim(store, partition, &state, &why), GO_ON);
    prepare(&small, &state, next, next - state.next);
    small.change.is_idle = is_idle;
    CU_ASSERT_EQUAL(flush(&small, 5), GO_ON);
}

static void a_stopped_partition_says_why_and_where(void)
{
    struct partition_state state = claimed(1), stopped = state_of(1);
    struct reason why;

    CU_ASSERT_STRING_EQUAL(stopped.stopped, "");
    CU_ASSERT_EQUAL(store_stop(store, &state, SOURCE_GAP, "records are gone", &why), GO_ON);
    stopped = state_of(1);
    CU_ASSERT_STRING_EQUAL(stopped.stopped, "SOURCE-GAP");
    CU_ASSERT_STRING_EQUAL(stopped.stopped_why, "records are gone");
    CU_ASSERT_EQUAL(stopped.stopped_at, 100);
    CU_ASSERT_FALSE(stopped.is_given_up);
}

static void only_the_owner_says_so(void)
{
    struct partition_state old = claimed(2), state = old, unknown = old;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_claim(store, 2, &state, &why), GO_ON);
    CU_ASSERT_EQUAL(store_stop(store, &old, SOURCE_GAP, "too late", &why), REWIND);
    CU_ASSERT_EQUAL(why.id, STORE_FENCED);
    unknown.incarnation[0] = 'x';
    CU_ASSERT_EQUAL(store_stop(store, &unknown, SOURCE_GAP, "another state", &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_INCARNATION);
    unknown.partition = 999;
    CU_ASSERT_EQUAL(store_stop(store, &unknown, SOURCE_GAP, "none", &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_STATE_MISSING);
    CU_ASSERT_STRING_EQUAL(state_of(2).stopped, "");
}

/* A touch that neither moves on nor finds the end says nothing about the log. */
static void what_counts_again_is_neither_stopped_nor_given_up(void)
{
    const struct {
        int64_t more;
        bool is_idle, counts;
    } rows[] = {{0, false, false}, {5, false, true}, {0, true, true}, {5, true, true}};
    struct reason why;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        int32_t partition = 10 + (int32_t)i;
        struct partition_state state = claimed(partition);
        CU_ASSERT_EQUAL(store_stop(store, &state, SOURCE_GAP, "gone", &why), GO_ON);
        CU_ASSERT_EQUAL(store_give_up(store, partition, "too old to matter", &why), GO_ON);
        flush_once(partition, 100 + rows[i].more, rows[i].is_idle);
        state = state_of(partition);
        CU_ASSERT_EQUAL(state.stopped[0] == '\0', rows[i].counts);
        CU_ASSERT_EQUAL(state.is_given_up, !rows[i].counts);
    }
}

static void only_what_stopped_is_given_up(void)
{
    struct partition_state state = claimed(20);
    struct reason why;

    CU_ASSERT_EQUAL(store_give_up(store, 20, "why not", &why), HALT);
    CU_ASSERT_EQUAL(why.id, GIVE_UP_COUNTING);
    CU_ASSERT_EQUAL(store_give_up(store, 998, "why not", &why), HALT);
    CU_ASSERT_EQUAL(why.id, STORE_STATE_MISSING);
    CU_ASSERT_EQUAL(store_stop(store, &state, SOURCE_GAP, "gone", &why), GO_ON);
    CU_ASSERT_EQUAL(store_give_up(store, 20, "why not", &why), GO_ON);
    CU_ASSERT_TRUE(state_of(20).is_given_up);
    CU_ASSERT_EQUAL(store_stop(store, &state, SOURCE_GAP, "gone, says the next owner", &why), GO_ON);
    CU_ASSERT_TRUE(state_of(20).is_given_up);
    CU_ASSERT_EQUAL(store_give_up(store, 20, NULL, &why), GO_ON);
    CU_ASSERT_FALSE(state_of(20).is_given_up);
    CU_ASSERT_STRING_EQUAL(state_of(20).stopped, "SOURCE-GAP");
}

static void long_texts_are_cut(void)
{
    struct partition_state state = claimed(30);
    struct reason why;
    char text[2000] = "";

    memset(text, 'x', sizeof(text) - 1);
    CU_ASSERT_EQUAL(store_stop(store, &state, SOURCE_GAP, text, &why), GO_ON);
    CU_ASSERT_EQUAL(store_give_up(store, 30, text, &why), GO_ON);
    state = state_of(30);
    CU_ASSERT_EQUAL(strlen(state.stopped_why), STORE_TEXT_SIZE - 1);
    CU_ASSERT_TRUE(state.is_given_up);
}

static bool take(const char *holder, int64_t ms)
{
    struct lease lease = {.taken_ms = -1};
    struct reason why;

    CU_ASSERT_EQUAL(store_lease(store, holder, ms, 0, &lease, &why), GO_ON);
    CU_ASSERT_TRUE(lease.taken_ms >= 0);
    CU_ASSERT_TRUE(lease.taken_ms <= 60000);
    return lease.taken_ms == 0;
}

/* What the holder repeats of the count of looks is proof that it lived after them. */
static void a_holder_answers_those_who_look(void)
{
    struct lease lease, look;
    struct reason why;

    CU_ASSERT_TRUE(take("answering", 60000));
    CU_ASSERT_EQUAL(store_lease(store, "asking", 60000, 0, &look, &why), GO_ON);
    CU_ASSERT_TRUE(look.taken_ms > 0);
    CU_ASSERT_TRUE(look.seen < look.looks);
    CU_ASSERT_EQUAL(store_lease(store, "answering", 60000, look.looks - 1, &lease, &why), GO_ON); /* an old renewal */
    CU_ASSERT_EQUAL(lease.looks, look.looks);
    int64_t asked = look.looks;
    CU_ASSERT_EQUAL(store_lease(store, "asking", 60000, 0, &look, &why), GO_ON);
    CU_ASSERT_TRUE(look.seen < asked);
    CU_ASSERT_EQUAL(store_lease(store, "answering", 60000, lease.looks, &lease, &why), GO_ON);
    CU_ASSERT_EQUAL(store_lease(store, "asking", 60000, 0, &look, &why), GO_ON);
    CU_ASSERT_TRUE(look.seen >= asked);
    CU_ASSERT_EQUAL(store_lease_return(store, "answering", &why), GO_ON);
}

static void one_holds_the_lease_until_it_ends_or_is_returned(void)
{
    char one[LEASE_TOKEN_SIZE], two[LEASE_TOKEN_SIZE];
    struct reason why;

    store_lease_token(one);
    store_lease_token(two);
    CU_ASSERT_STRING_NOT_EQUAL(one, two);
    CU_ASSERT_TRUE(take(one, 60000));
    CU_ASSERT_FALSE(take(two, 60000));
    CU_ASSERT_TRUE(take(one, 60000));
    CU_ASSERT_EQUAL(store_lease_return(store, two, &why), GO_ON); /* which is not its own */
    CU_ASSERT_FALSE(take(two, 60000));
    CU_ASSERT_EQUAL(store_lease_return(store, one, &why), GO_ON);
    CU_ASSERT_TRUE(take(two, 1)); /* for a moment, which is over when the other asks, or soon */
    while (!take(one, 60000))
        ;
    CU_ASSERT_FALSE(take(two, 60000));
    CU_ASSERT_EQUAL(store_lease_return(store, one, &why), GO_ON);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_stopped_partition_says_why_and_where", a_stopped_partition_says_why_and_where},
        {"only_the_owner_says_so", only_the_owner_says_so},
        {"what_counts_again_is_neither_stopped_nor_given_up", what_counts_again_is_neither_stopped_nor_given_up},
        {"only_what_stopped_is_given_up", only_what_stopped_is_given_up},
        {"long_texts_are_cut", long_texts_are_cut},
        {"one_holds_the_lease_until_it_ends_or_is_returned", one_holds_the_lease_until_it_ends_or_is_returned},
        {"a_holder_answers_those_who_look", a_holder_answers_those_who_look},
        CU_TEST_INFO_NULL,
    };

    return store_scene_run(argc, argv, tests);
}
