/* Choices: every name once, and quotients and quantiles of what was added up, never of each other. */
#include "gentally/inspect/choice.h"

#include <math.h>

#include "gentally/inspect/totals.h"
#include "suite.h"

static struct choice named(const char *name)
{
    for (uint32_t index = 0; index < CHOICE_COUNT; index++) {
        struct choice choice = choice_at(index);
        if (strcmp(choice.name, name) == 0)
            return choice;
    }
    CU_FAIL_FATAL("no such choice");
    return choice_at(0);
}

static void each_name_stands_once(void)
{
    for (uint32_t left = 0; left < CHOICE_COUNT; left++) {
        struct choice choice = choice_at(left);
        CU_ASSERT_NOT_EQUAL(choice.name[0], '\0');
        for (uint32_t right = left + 1; right < CHOICE_COUNT; right++) {
            struct choice other = choice_at(right);
            CU_ASSERT_STRING_NOT_EQUAL(choice.name, other.name);
        }
    }
    CU_ASSERT_STRING_EQUAL(choice_at(0).name, "tokens");
    CU_ASSERT_EQUAL(named("cost").unit, UNIT_NANO_USD);
    CU_ASSERT_EQUAL(named("latency_ms_p99").quantile, QUANTILE_99);
    CU_ASSERT_EQUAL(named("tokens_total_p50").histogram, H_TOKENS_TOTAL);
}

static void quotients_are_of_sums(void)
{
    static const struct {
        const char *name;
        double want; /* NaN: there is none */
    } rows[] = {
        {"usd_per_mtok", 4.0 * 8 / 9}, /* 3.6e6 nano-dollars by 900 tokens; 8 have tokens, 9 have a price */
        {"mean_prompt", 100},          {"mean_completion", 25}, {"mean_tokens", 125},
        {"tool_share", 0.3},           {"failed_share", 0.1},   {"cache_hit_share", 0.5},
    };
    static const int64_t sums[MEASURE_COUNT] = {[M_REQUESTS] = 10,
                                                [M_TOKENS_UNKNOWN] = 2,
                                                [M_COST_UNKNOWN] = 1,
                                                [M_TOKENS_PROMPT] = 800,
                                                [M_TOKENS_COMPLETION] = 200,
                                                [M_TOKENS_CACHED] = 400,
                                                [M_BILLED_TOKENS] = 900,
                                                [M_TOOL_REQUESTS] = 3,
                                                [M_FAILED] = 1,
                                                [M_BILLED_COST_NANO_USD] = 3600000};
    static const int64_t nothing[MEASURE_COUNT] = {0};
    static const int64_t at_least[MEASURE_COUNT] = {
        [M_REQUESTS] = 10, [M_TOKENS_PROMPT] = SUM_TOLD_MAX, [M_BILLED_COST_NANO_USD] = SUM_TOLD_MAX};

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct choice choice = named(rows[index].name);
        int64_t parts[CHOICE_PARTS];
        choice_parts(&choice, sums, parts);
        double value = choice_quotient(&choice, parts);
        if (fabs(value - rows[index].want) > 1e-12)
            printf("%s: %.17g\n", rows[index].name, value);
        CU_ASSERT_DOUBLE_EQUAL(value, rows[index].want, 1e-12);
        choice_parts(&choice, nothing, parts);
        CU_ASSERT_TRUE(isnan(choice_quotient(&choice, parts)));
    }
    struct choice mean = named("mean_prompt");
    int64_t parts[CHOICE_PARTS];
    choice_parts(&mean, at_least, parts);
    CU_ASSERT_TRUE(isnan(choice_quotient(&mean, parts)));
}

/* 1000 rows of one value each have the quantiles of the 1000 values; a name without values has none. */
static void quantiles_are_of_all_rows(void)
{
    static struct cell cell; /* large */
    struct choice choice = named("latency_ms_p90");
    struct totals *totals = NULL;
    struct reason why = {0};
    double value = 0;

    CU_ASSERT_EQUAL_FATAL(totals_open(&totals, &why), GO_ON);
    totals_choose(totals, &choice);
    for (uint32_t row = 0; row < 1000; row++) {
        uint32_t latency = (row * 7) % 10; /* 0 to 9: exact buckets */
        cell = (struct cell){.sums = {[M_REQUESTS] = 1, [M_TOKENS_PROMPT] = row}};
        cell.slots[cell.slot_count++] = (struct slot){H_LATENCY_MS * HISTOGRAM_BUCKETS + latency, 1};
        cell.slots[cell.slot_count++] = (struct slot){H_FIRST_TOKEN_MS * HISTOGRAM_BUCKETS + 200, 1};
        CU_ASSERT_EQUAL(totals_add(totals, 1, span_of("a"), &cell, &why), GO_ON);
    }
    cell = (struct cell){.sums = {[M_REQUESTS] = 1}};
    CU_ASSERT_EQUAL(totals_add(totals, 1, span_of("b"), &cell, &why), GO_ON);
    CU_ASSERT_EQUAL(totals_sort(totals, BY_MEASURE, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(totals_count(totals), 2);
    CU_ASSERT_TRUE(span_equal(totals_row(totals, 0)->name, span_of("a"))); /* by tokens */
    CU_ASSERT_EQUAL(totals_row(totals, 0)->share, 10000);
    CU_ASSERT_TRUE(totals_value(totals, totals_row(totals, 0), &value));
    CU_ASSERT_EQUAL(value, 8); /* of rank 900, the 900th of a hundred of each */
    CU_ASSERT_FALSE(totals_value(totals, totals_row(totals, 1), &value));
    totals_close(totals);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_name_stands_once", each_name_stands_once},
        {"quotients_are_of_sums", quotients_are_of_sums},
        {"quantiles_are_of_all_rows", quantiles_are_of_all_rows},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
