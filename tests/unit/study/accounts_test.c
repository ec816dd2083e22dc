/* Accounts of a model come and go by its curve: counted naively, from the numbers handed out. */
#include "accounts.h"

#include "suite.h"

#define REQUESTS 20000u
#define ACCOUNTS_MAX 200000u

static bool seen[ACCOUNTS_MONTHS][ACCOUNTS_MAX];

/* Plays all months in one country; a fifth of the requests is of new accounts. */
static void play(struct accounts *accounts, uint32_t model)
{
    memset(seen, 0, sizeof(seen));
    for (uint32_t month = 0; month < ACCOUNTS_MONTHS; month++) {
        for (uint32_t number = 0; number < REQUESTS; number++) {
            struct random_stream stream = random_stream(7, (uint64_t)month << 32 | number);
            bool is_new = number % 5 == 0;
            uint64_t account = accounts_next(accounts, model, 0, month, is_new, &stream);
            CU_ASSERT_FATAL(account < ACCOUNTS_MAX);
            seen[month][account] = true;
        }
    }
}

/* Percent of those whose first month is `cohort` that are seen `age` months later. */
static double retention(uint32_t cohort, uint32_t age)
{
    uint32_t all = 0, left = 0;

    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++) {
        bool is_older = false;
        for (uint32_t month = 0; month < cohort; month++)
            is_older = is_older || seen[month][account];
        if (is_older || !seen[cohort][account])
            continue;
        all++;
        left += seen[cohort + age][account];
    }
    return all == 0 ? 0 : 100.0 * left / all;
}

static void open_with(struct accounts **accounts, const char *slug)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(accounts_open(accounts, 2, 1, 200000, &why), GO_ON);
    accounts_set_curve(*accounts, 1, span_of(slug));
}

static bool is_about(double got, double want)
{
    return got > want - 3 && got < want + 3;
}

static void an_ordinary_model_keeps_what_its_curve_says(void)
{
    struct accounts *accounts;

    open_with(&accounts, "someone/else");
    play(accounts, 1);
    for (uint32_t cohort = 0; cohort < 8; cohort++) {
        CU_ASSERT(is_about(retention(cohort, 1), 35));
        CU_ASSERT(is_about(retention(cohort, 5), 12));
        CU_ASSERT(is_about(retention(cohort, 3), accounts_retention(accounts, 1, cohort, 3) / 100.0));
    }
    accounts_close(accounts);
}

static void a_foundational_cohort_stays(void)
{
    struct accounts *accounts;

    open_with(&accounts, "openai/gpt-4o-mini");
    play(accounts, 1);
    CU_ASSERT(is_about(retention(0, 5), 35));
    CU_ASSERT(is_about(retention(4, 5), 8));
    accounts_close(accounts);
}

static void a_cohort_comes_back(void)
{
    struct accounts *accounts;

    open_with(&accounts, "deepseek/deepseek-chat-v3-0324");
    play(accounts, 1);
    CU_ASSERT(retention(9, 2) > retention(9, 1) + 3);
    CU_ASSERT(retention(8, 2) < retention(8, 1));
    accounts_close(accounts);
}

static void who_waits_is_told_until_nobody_does(void)
{
    struct accounts *accounts;
    struct random_stream stream = random_stream(1, 1);
    uint32_t served = 0;

    open_with(&accounts, "anthropic/claude-sonnet-4");
    CU_ASSERT_FALSE(accounts_has_waiting(accounts, 1, 0, 0));
    for (uint32_t number = 0; number < 100; number++)
        CU_ASSERT_EQUAL(accounts_next(accounts, 1, 0, 0, true, &stream) / 128, 0); /* a hundred different ones */
    CU_ASSERT_FALSE(accounts_has_waiting(accounts, 1, 0, 0));
    for (; accounts_has_waiting(accounts, 1, 0, 1) && served < 1000; served++)
        (void)accounts_next(accounts, 1, 0, 1, false, &stream);
    CU_ASSERT(served >= 30);
    CU_ASSERT(served < 1000);
    CU_ASSERT_FALSE(accounts_has_waiting(accounts, 1, 0, 1));
    CU_ASSERT_FALSE(accounts_has_waiting(accounts, 0, 0, 1)); /* another model's accounts are others */
    accounts_close(accounts);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"an_ordinary_model_keeps_what_its_curve_says", an_ordinary_model_keeps_what_its_curve_says},
        {"a_foundational_cohort_stays", a_foundational_cohort_stays},
        {"a_cohort_comes_back", a_cohort_comes_back},
        {"who_waits_is_told_until_nobody_does", who_waits_is_told_until_nobody_does},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
