/*
 * The limit on retention's pairs against a real redis-server: each shard takes exactly its share, and what was refused
 * has left nothing.
 */
#include "retained_pairs.h"

/* Opens a store of its own that knows another limit; the one of all tests is put aside. */
static struct store *with_limit(int64_t pairs_max)
{
    struct store *before = store;
    struct reason why = {0};

    int64_t usual = config.retention_pairs_max;
    config.retention_pairs_max = pairs_max;
    CU_ASSERT_EQUAL_FATAL(store_open(&store, &config, &logger, &why), GO_ON);
    config.retention_pairs_max = usual;
    CU_ASSERT_EQUAL_FATAL(store_retention_open(store, &why), GO_ON);
    return before;
}

static void without_limit(struct store *before)
{
    store_close(store);
    store = before;
}

/* Each shard takes exactly its share, in calls of any size; what is known goes on, in months that are new, too. */
static void a_full_shard_takes_no_new_pair(void)
{
    enum { SHARE = 5 };
    struct activity calls[RETENTION_CALL_PAIRS], known[RETENTION_SHARDS * SHARE];
    uint32_t in_shard[RETENTION_SHARDS] = {0}, known_count = 0, refused = 0;
    struct reason why = {0};

    begin_anew();
    struct store *before = with_limit(RETENTION_SHARDS * SHARE + 7); /* the rest is nobody's */
    CU_ASSERT_EQUAL(store_retention_fill(store).pairs_max, SHARE);
    for (unsigned account = 0; account < ACCOUNTS; account++) {
        struct activity activity = activity_of(account, 0, 3);
        uint32_t shard = retention_shard(activity.low);
        for (int times = 0; times < 2; times++) {
            enum verdict verdict = retain(&activity, 1, &why);
            CU_ASSERT_EQUAL(verdict, in_shard[shard] < SHARE || was_active[account][0][3] ? GO_ON : HALT);
            if (verdict == GO_ON && !was_active[account][0][3]) {
                was_active[account][0][3] = true;
                known[known_count++] = activity;
                in_shard[shard]++;
            }
            refused += verdict == HALT ? 1 : 0;
            if (verdict == HALT)
                CU_ASSERT_STRING_EQUAL(reason_name(why.id), "RETENTION-FULL");
        }
    }
    CU_ASSERT_EQUAL(known_count, RETENTION_SHARDS * SHARE);
    CU_ASSERT(refused > 100);
    compare(); /* of what was refused nothing is written */
    CU_ASSERT_EQUAL(retain(known, known_count, &why), GO_ON);
    for (unsigned account = 0; account < ACCOUNTS; account++) { /* another month, an older one */
        struct activity activity = activity_of(account, 0, account % 3);
        if (!was_active[account][0][3])
            continue;
        CU_ASSERT_EQUAL(retain(&activity, 1, &why), GO_ON);
        was_active[account][0][account % 3] = true;
    }
    compare();
    uint32_t count = 0; /* known ones and a new one in one call: none of them is noted */
    for (uint32_t i = 0; i < known_count; i++)
        if (retention_shard(known[i].low) == 2) {
            calls[count] = known[i];
            calls[count++].month = JANUARY_2023 + 30;
        }
    for (unsigned account = 0; count <= SHARE; account++)
        if (!was_active[account][0][3] && retention_shard(activity_of(account, 0, 3).low) == 2)
            calls[count++] = activity_of(account, 0, 3);
    CU_ASSERT_EQUAL(retain(calls, count, &why), HALT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "shard 2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "6"));
    compare();
    without_limit(before);
    compare();
    before = with_limit(RETENTION_SHARDS); /* lowered below what is there */
    CU_ASSERT_EQUAL(retain(known, known_count, &why), GO_ON);
    CU_ASSERT_EQUAL(retain(calls, count, &why), HALT);
    without_limit(before);
    compare();
}

/* Whoever stops for it says so in every shard, by its own name. */
static void retention_that_is_full_says_so(void)
{
    static int64_t months[MONTHS_MAX];
    static const struct reason full = {.id = RETENTION_FULL, .text = "shard 5 has no room"};
    struct activity activity = activity_of(1, 0, 3);
    struct reason why = {0};
    int64_t revision = 0;
    uint32_t floor = 0;

    begin_anew();
    CU_ASSERT_EQUAL_FATAL(retain(&activity, 1, &why), GO_ON);
    for (int times = 0; times < 2; times++)
        CU_ASSERT_EQUAL_FATAL(store_retention_stop(store, &full, &why), GO_ON);
    for (int call = 0; call < 4; call++) {
        enum verdict verdict = call == 0   ? retain(&activity, 1, &why)
                               : call == 1 ? store_retained(store, activity.month, take_count, NULL, &revision, &why)
                               : call == 2 ? store_retention_revisions(store, months, &floor, &why)
                                           : store_retention_open(store, &why);
        CU_ASSERT_EQUAL(verdict, HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "RETENTION-FULL");
        CU_ASSERT_STRING_EQUAL(why.text, full.text);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"a_full_shard_takes_no_new_pair", a_full_shard_takes_no_new_pair},
        {"retention_that_is_full_says_so", retention_that_is_full_says_so},
        CU_TEST_INFO_NULL,
    };

    return retained_run("retention_full_check", argc, argv, tests);
}
