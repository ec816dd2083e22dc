/* Who decided what, in a real redis-server: written down by the flush that moves on, once for each owner. */
#include "gentally/redis/store_deciders.h"

#include <stdlib.h>

#include "store_scene.h"

static struct deciders deciders;
static char name[DECIDER_SIZE];

static void read_them(int32_t partition)
{
    struct reason why;

    free(deciders.items);
    CU_ASSERT_EQUAL_FATAL(store_deciders(store, partition, &deciders, &why), GO_ON);
}

static enum decision decision(const struct partition_state *owner, int64_t offset)
{
    decider_write(owner->incarnation, owner->token, name);
    read_them(owner->partition);
    return decision_of(&deciders, offset, span_of(name));
}

static void move_on(struct partition_state *state, int64_t next)
{
    struct small_change small;

    prepare(&small, state, next, next - state->next);
    CU_ASSERT_EQUAL_FATAL(flush(&small, next), GO_ON);
    state->next = next;
}

static struct partition_state claim(int32_t partition)
{
    struct partition_state state;
    struct reason why;

    CU_ASSERT_EQUAL_FATAL(store_claim(store, partition, &state, &why), GO_ON);
    return state;
}

static void the_owner_who_moves_on_is_written_down(void)
{
    struct partition_state first = claimed(0);

    CU_ASSERT_EQUAL(decision(&first, 100), DECISION_PENDING);
    move_on(&first, 100); /* not moved on: nothing is decided */
    CU_ASSERT_EQUAL(deciders.count, 0);
    move_on(&first, 110);
    move_on(&first, 120);
    CU_ASSERT_EQUAL(decision(&first, 119), DECISION_FINAL);
    CU_ASSERT_EQUAL(deciders.count, 1);
    struct partition_state second = claim(0), third = claim(0);
    CU_ASSERT_EQUAL(decision(&second, 119), DECISION_SUPERSEDED);
    CU_ASSERT_EQUAL(decision(&second, 120), DECISION_PENDING); /* a claim decides nothing */
    move_on(&third, 130);
    CU_ASSERT_EQUAL(decision(&second, 120), DECISION_SUPERSEDED);
    CU_ASSERT_EQUAL(decision(&third, 120), DECISION_FINAL);
    CU_ASSERT_EQUAL(decision(&third, 119), DECISION_SUPERSEDED);
    CU_ASSERT_EQUAL(decision(&first, 119), DECISION_FINAL);
    CU_ASSERT_EQUAL(decision(&first, 99), DECISION_UNKNOWN);
    CU_ASSERT_EQUAL(deciders.count, 2);
}

/* Refused and repeated flushes write down nothing of their own. */
static void a_fenced_owner_is_not_written_down(void)
{
    struct partition_state first = claimed(1), second = claim(1);
    struct small_change small, again;

    prepare(&small, &second, 150, 50);
    prepare(&again, &first, 160, 60);
    struct change *late[] = {&again.change};
    struct reason why;
    fill(&again, 60);
    CU_ASSERT_EQUAL_FATAL(store_flush(store, late, 1, &why), GO_ON);
    CU_ASSERT_EQUAL(again.change.verdict, REWIND);
    CU_ASSERT_EQUAL(flush(&small, 50), GO_ON);
    CU_ASSERT_EQUAL(flush(&small, 50), GO_ON); /* under the same nonce */
    CU_ASSERT_EQUAL(decision(&first, 100), DECISION_SUPERSEDED);
    CU_ASSERT_EQUAL(decision(&second, 100), DECISION_FINAL);
    CU_ASSERT_EQUAL(deciders.count, 1);
}

static void the_oldest_are_forgotten(void)
{
    struct partition_state first = claimed(2), last = first;

    move_on(&first, 101);
    for (int64_t next = 102; next < 102 + 4200; next++) {
        last = claim(2);
        move_on(&last, next);
    }
    CU_ASSERT_EQUAL(decision(&last, last.next - 1), DECISION_FINAL);
    CU_ASSERT_TRUE(deciders.count > 3000 && deciders.count <= 4096);
    for (size_t i = 1; i < deciders.count; i++)
        CU_ASSERT_EQUAL(deciders.items[i].first, deciders.items[i - 1].first + 1);
    CU_ASSERT_EQUAL(decision(&last, deciders.items[0].first - 1), DECISION_UNKNOWN);
    CU_ASSERT_EQUAL(decision(&first, 100), DECISION_UNKNOWN);
}

static void a_partition_without_a_state_has_none(void)
{
    read_them(99);
    CU_ASSERT_EQUAL(deciders.count, 0);
    CU_ASSERT_STRING_EQUAL(deciders.incarnation, "");
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"the_owner_who_moves_on_is_written_down", the_owner_who_moves_on_is_written_down},
        {"a_fenced_owner_is_not_written_down", a_fenced_owner_is_not_written_down},
        {"the_oldest_are_forgotten", the_oldest_are_forgotten},
        {"a_partition_without_a_state_has_none", a_partition_without_a_state_has_none},
        CU_TEST_INFO_NULL,
    };

    int status = store_scene_run(argc, argv, tests);
    free(deciders.items);
    return status;
}
