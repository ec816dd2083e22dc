/* Chance that repeats: a weighted choice pays by its weights, a heavy-tailed spread keeps its mean. */
#include "random.h"

#include "alias_table.h"
#include "suite.h"

static void an_alias_table_chooses_by_weight(void)
{
    static const uint32_t weights[] = {0, 1, 2, 4, 0, 93, 900, 0};
    struct alias_table table;
    struct reason why = {0};
    struct random_stream stream = random_stream(1, 2);
    uint32_t counts[LENGTH_OF(weights)] = {0};

    CU_ASSERT_EQUAL_FATAL(alias_table_open(&table, LENGTH_OF(weights), &why), GO_ON);
    alias_table_fill(&table, weights, LENGTH_OF(weights));
    for (int turn = 0; turn < 1000000; turn++)
        counts[alias_table_draw(&table, &stream)]++;
    for (size_t index = 0; index < LENGTH_OF(weights); index++) {
        int want = (int)weights[index] * 1000;
        CU_ASSERT_TRUE(abs((int)counts[index] - want) <= want / 20 + (weights[index] > 0 ? 150 : 0));
    }
    alias_table_fill(&table, &weights[1], 1); /* one thing always wins */
    CU_ASSERT_EQUAL(alias_table_draw(&table, &stream), 0);
    alias_table_close(&table);
}

static void a_spread_keeps_its_mean(void)
{
    struct random_stream stream = random_stream(7, 0);
    int64_t sum = 0, min = INT64_MAX, max = 0;

    for (int turn = 0; turn < 400000; turn++) {
        int64_t value = random_spread(&stream, 10000);
        sum += value;
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    CU_ASSERT_TRUE(llabs(sum / 400000 - 10000) < 150);
    CU_ASSERT_TRUE(min >= 261);
    CU_ASSERT_TRUE(max > 130000);
    CU_ASSERT_TRUE(max <= 140854);
    CU_ASSERT_EQUAL(random_spread(&stream, 0), 0);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"an_alias_table_chooses_by_weight", an_alias_table_chooses_by_weight},
        {"a_spread_keeps_its_mean", a_spread_keeps_its_mean},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
