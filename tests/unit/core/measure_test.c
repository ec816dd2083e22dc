/* Buckets, enumerated: there are but 255. */
#include "gentally/core/measure.h"

#include "suite.h"

static void buckets_of_values(void)
{
    static const struct {
        int64_t value;
        uint32_t bucket;
    } rows[] = {
        {INT64_MIN, 0},
        {-1, 0},
        {0, 0},
        {1, 1},
        {7, 7},
        {8, 8},
        {15, 15},
        {16, 16},
        {17, 16},
        {18, 17},
        {31, 23},
        {32, 24},
        {1000, 63},
        {1024, 64},
        {(INT64_C(14) << 30) - 1, 253},
        {INT64_C(14) << 30, 254},
        {INT64_C(15) << 30, 254},
        {INT64_MAX, 254},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        if (histogram_bucket(rows[i].value) != rows[i].bucket)
            printf("bucket of %" PRId64 " is %u\n", rows[i].value, histogram_bucket(rows[i].value));
        CU_ASSERT_EQUAL(histogram_bucket(rows[i].value), rows[i].bucket);
    }
}

static void a_floor_is_the_least_of_its_bucket(void)
{
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
        CU_ASSERT_EQUAL(histogram_bucket(histogram_floor(bucket)), bucket);
        if (bucket > 0)
            CU_ASSERT_EQUAL(histogram_bucket(histogram_floor(bucket) - 1), bucket - 1);
    }
}

static void no_bucket_is_wider_than_an_eighth(void)
{
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
        int64_t width = histogram_floor(bucket + 1) - histogram_floor(bucket);
        CU_ASSERT(width >= 1);
        CU_ASSERT(width == 1 || 8 * width <= histogram_floor(bucket));
    }
}

static void a_sample_holds_five_values_and_an_account(void)
{
    uint64_t sample = 0;

    for (unsigned h = 0; h < HISTOGRAM_COUNT; h++)
        CU_ASSERT_EQUAL(sample_bucket(sample, (enum histogram)h), 0);
    CU_ASSERT_EQUAL(sample_rank(sample), 0);
    for (unsigned h = 0; h < HISTOGRAM_COUNT; h++) {
        sample = sample_with_value(sample, (enum histogram)h, INT64_MAX); /* is replaced below */
        sample = sample_with_value(sample, (enum histogram)h, h == 0 ? 0 : INT64_C(100) << h);
    }
    sample = sample_with_account(sample, UINT64_MAX);
    sample = sample_with_account(sample, UINT64_C(5) << 53 | UINT64_C(1) << 50);
    CU_ASSERT_EQUAL(sample_bucket(sample, H_LATENCY_MS), 1);
    for (unsigned h = 1; h < HISTOGRAM_COUNT; h++)
        CU_ASSERT_EQUAL(sample_bucket(sample, (enum histogram)h), histogram_bucket(INT64_C(100) << h) + 1);
    CU_ASSERT_EQUAL(sample_register(sample), 5);
    CU_ASSERT_EQUAL(sample_rank(sample), 3);
    CU_ASSERT_EQUAL(sample >> 57, 0);
}

static void accounts_have_register_and_rank(void)
{
    static const struct {
        uint64_t hash;
        uint32_t register_index, rank;
    } rows[] = {
        {0, 0, 54},
        {1, 0, 53},
        {UINT64_C(1) << 52, 0, 1},
        {UINT64_C(1) << 53, 1, 54},
        {UINT64_MAX, 2047, 1},
        {~(UINT64_MAX >> 11), 2047, 54},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        uint64_t sample = sample_with_account(0, rows[i].hash);
        CU_ASSERT_EQUAL(sample_register(sample), rows[i].register_index);
        CU_ASSERT_EQUAL(sample_rank(sample), rows[i].rank);
        for (unsigned h = 0; h < HISTOGRAM_COUNT; h++)
            CU_ASSERT_EQUAL(sample_bucket(sample, (enum histogram)h), 0);
    }
}

static void squares_are_of_so_many_tokens_at_most(void)
{
    CU_ASSERT_EQUAL(tokens_squared(0), 0);
    CU_ASSERT_EQUAL(tokens_squared(1), 1);
    CU_ASSERT_EQUAL(tokens_squared(65536), INT64_C(4294967296));
    CU_ASSERT_EQUAL(tokens_squared(2097151), INT64_C(4398042316801));
    CU_ASSERT_EQUAL(tokens_squared(2097152), INT64_C(4398046511104));
    CU_ASSERT_EQUAL(tokens_squared(2097153), INT64_C(4398046511104));
    CU_ASSERT_EQUAL(tokens_squared(2000000000000), INT64_C(4398046511104));
}

static void names_are_all_there_and_differ(void)
{
    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(measure_name((enum measure)i));
        for (unsigned j = 0; j < i; j++)
            CU_ASSERT_STRING_NOT_EQUAL(measure_name((enum measure)i), measure_name((enum measure)j));
    }
    for (unsigned i = 0; i < HISTOGRAM_COUNT; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(histogram_name((enum histogram)i), "_histogram"));
    CU_ASSERT_STRING_EQUAL(measure_name(M_REQUESTS), "requests");
    CU_ASSERT_STRING_EQUAL(measure_name(M_CLASSIFIED_TOKENS), "classified_tokens");
    CU_ASSERT_STRING_EQUAL(measure_name(M_TOKENS_PROMPT_SQUARED), "tokens_prompt_squared");
    CU_ASSERT_STRING_EQUAL(measure_name(M_COST_UNKNOWN), "cost_unknown");
}

/* The schema lists the measures in this order, so a writer can walk both at once. */
static void names_are_those_of_the_summary(void)
{
    static char schema[65536];
    FILE *file = fopen(GENTALLY_ROOT "/schemas/summary.avsc", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t size = fread(schema, 1, sizeof(schema) - 1, file);
    fclose(file);
    schema[size] = '\0';

    const char *at = schema;
    for (unsigned i = 0; i < MEASURE_COUNT + HISTOGRAM_COUNT && at != NULL; i++) {
        char quoted[64];
        snprintf(quoted, sizeof(quoted), "\"%s\"",
                 i < MEASURE_COUNT ? measure_name((enum measure)i)
                                   : histogram_name((enum histogram)(i - MEASURE_COUNT)));
        at = strstr(at, quoted);
        if (at == NULL)
            printf("not in its place in the schema: %s\n", quoted);
        CU_ASSERT_PTR_NOT_NULL(at);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"buckets of values", buckets_of_values},
        {"a floor is the least of its bucket", a_floor_is_the_least_of_its_bucket},
        {"no bucket is wider than an eighth", no_bucket_is_wider_than_an_eighth},
        {"a sample holds five values and an account", a_sample_holds_five_values_and_an_account},
        {"accounts have register and rank", accounts_have_register_and_rank},
        {"squares are of so many tokens at most", squares_are_of_so_many_tokens_at_most},
        {"names are all there and differ", names_are_all_there_and_differ},
        {"names are those of the summary", names_are_those_of_the_summary},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
