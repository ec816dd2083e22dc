/*
 * An account taken out of retention's shards in a real redis-server: its pairs go, all others and all counts stay; and
 * who has read of it before cannot bring it back.
 */
#include "gentally/redis/store_erase.h"
#include "retained_pairs.h"

static bool has_account(unsigned account)
{
    struct activity activity = activity_of(account, 0, 0);
    struct reason why;
    uint32_t pairs = 0;

    CU_ASSERT_EQUAL_FATAL(store_retention_erase(store, activity.account, true, &pairs, &why), GO_ON);
    return pairs > 0;
}

static void pairs_go_and_counts_stay(void)
{
    static struct activity activities[3000];
    struct reason why = {0};
    int64_t pairs = 0, left = 0;
    uint32_t gone = 0;

    begin_anew();
    for (unsigned i = 0; i < LENGTH_OF(activities); i++) {
        unsigned account = i % ACCOUNTS, model = i / ACCOUNTS % MODELS, month = i * 7 % MONTHS;
        activities[i] = activity_of(account, model, month);
        was_active[account][model][month] = true;
    }
    CU_ASSERT_EQUAL_FATAL(retain(activities, LENGTH_OF(activities), &why), GO_ON);
    compare();
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        pairs += state_number(shard, "pairs");
    for (unsigned account = 0; account < ACCOUNTS; account += 3) {
        uint32_t its = 0;
        CU_ASSERT_TRUE(has_account(account));
        CU_ASSERT_EQUAL_FATAL(store_retention_erase(store, activities[account].account, false, &its, &why), GO_ON);
        gone += its;
        CU_ASSERT_FALSE(has_account(account));
    }
    for (uint32_t shard = 0; shard < RETENTION_SHARDS; shard++)
        left += state_number(shard, "pairs");
    CU_ASSERT_EQUAL(left, pairs - gone);
    CU_ASSERT_EQUAL(gone, MODELS * (ACCOUNTS / 3));
    for (unsigned account = 0; account < ACCOUNTS; account++)
        CU_ASSERT_EQUAL(has_account(account), account % 3 != 0);
    uint64_t before = fingerprint();
    CU_ASSERT_EQUAL_FATAL(retain(activities + 1, 2, &why), GO_ON); /* of those that are there: nothing changes */
    CU_ASSERT_EQUAL(fingerprint(), before);
}

/* A worker read an entry of pairs, and the shard's state, before; and merges what it read afterwards. */
static void who_read_before_gives_it_up(void)
{
    struct activity activity = activity_of(7, 1, 3);
    struct store *eraser = NULL;
    struct reason why = {0};
    uint32_t pairs = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    uint64_t connections = store_connections(store);
    CU_ASSERT_EQUAL_FATAL(store_open(&eraser, &config, &logger, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_open(eraser, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(store_retention_erase(eraser, activity.account, false, &pairs, &why), GO_ON);
    CU_ASSERT_EQUAL(pairs, 1);
    CU_ASSERT_EQUAL(retain(&activity, 1, &why), TRY_LATER);
    CU_ASSERT_EQUAL(state_number(shard_of(7), "pairs"), 0);
    CU_ASSERT_EQUAL_FATAL(store_retention_open(store, &why), GO_ON);
    CU_ASSERT_TRUE(store_connections(store) > connections); /* by which it knows that all is to be read again */
    CU_ASSERT_EQUAL(retain(&activity, 1, &why), GO_ON);     /* as what comes from then on is */
    CU_ASSERT_EQUAL(state_number(shard_of(7), "pairs"), 1);
    store_close(eraser);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"pairs_go_and_counts_stay", pairs_go_and_counts_stay},
        {"who_read_before_gives_it_up", who_read_before_gives_it_up},
        CU_TEST_INFO_NULL,
    };

    return retained_run("retention_erase_check", argc, argv, tests);
}
