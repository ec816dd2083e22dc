/* When it is told that Redis fills up. */
#include "capacity.h"

#include "suite.h"

static void it_is_told_at_80_and_at_90_per_cent(void)
{
    static const struct {
        int64_t at_s, used;
        uint32_t told;
    } looks[] = {
        {0, 100, 0},   {10, 799, 0},    {20, 800, 80},  {30, 810, 0},   {40, 899, 0},    {50, 900, 90},
        {60, 999, 0},  {649, 950, 0},   {650, 950, 90}, {660, 850, 0},  {670, 910, 90}, /* it fell and rose again */
        {680, 700, 0}, {690, 1000, 90}, {700, 500, 0},  {1500, 500, 0}, {1510, 801, 80},
    };
    struct capacity capacity = {0};

    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        const struct store_memory memory = {.used = looks[i].used, .limit = 1000};
        uint32_t told = capacity_note(&capacity, &memory, 1000000 + looks[i].at_s * 1000);
        if (told != looks[i].told)
            printf("at %lld s: %u\n", (long long)looks[i].at_s, told);
        CU_ASSERT_EQUAL(told, looks[i].told);
    }
}

static void without_a_limit_there_is_nothing_to_tell(void)
{
    struct capacity capacity = {0};

    CU_ASSERT_EQUAL(capacity_note(&capacity, &(struct store_memory){.used = INT64_MAX, .limit = 0}, 5), 0);
}

static void the_rate_is_by_the_hour(void)
{
    struct capacity capacity = {0};

    CU_ASSERT_EQUAL(capacity_note(&capacity, &(struct store_memory){.used = 1000, .limit = 100000}, 7000), 0);
    CU_ASSERT_EQUAL(capacity_rate(&capacity, &(struct store_memory){.used = 1100, .limit = 100000}, 7000 + 360000),
                    1000);
    CU_ASSERT_EQUAL(capacity_rate(&capacity, &(struct store_memory){.used = 900, .limit = 100000}, 8000), 0);
    CU_ASSERT_EQUAL(capacity_rate(&capacity, &(struct store_memory){.used = 2000, .limit = 100000}, 7000), 0);
}

/* When it changes, each minute while it is bad, and when it is good again. */
static void a_policy_is_told_when_it_changes(void)
{
    static const struct {
        int64_t at_s;
        const char *policy;
        bool is_told, may_evict;
    } looks[] = {
        {0, "noeviction", false, false},     {10, "", false, false},
        {20, "allkeys-lru", true, true},     {30, "allkeys-lru", false, true},
        {79, "allkeys-random", false, true}, {80, "allkeys-lru", true, true},
        {130, "allkeys-lru", false, true},   {135, "noeviction", true, false},
        {300, "volatile-ttl", false, false}, {310, "allkeys-lfu", true, true},
    };
    struct capacity capacity = {0};

    for (size_t i = 0; i < LENGTH_OF(looks); i++) {
        struct store_memory memory = {.used = 1};
        snprintf(memory.policy, sizeof(memory.policy), "%s", looks[i].policy);
        CU_ASSERT_EQUAL(capacity_note_policy(&capacity, &memory, 1000000 + looks[i].at_s * 1000), looks[i].is_told);
        CU_ASSERT_EQUAL(capacity.may_evict, looks[i].may_evict);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"it is told at 80 and at 90 per cent", it_is_told_at_80_and_at_90_per_cent},
        {"without a limit there is nothing to tell", without_a_limit_there_is_nothing_to_tell},
        {"the rate is by the hour", the_rate_is_by_the_hour},
        {"a policy is told when it changes", a_policy_is_told_when_it_changes},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
