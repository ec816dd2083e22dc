/* An item of demand cut into stretches: however it is cut, all its requests, tokens and costs come in their time. */
#include "requests.h"

#include "gentally/core/window.h"
#include "suite.h"

#define START_MS (STUDY_FIRST_DAY * DAY_MS)
#define WEEK_MS (7 * DAY_MS)

static void any_cut_gives_the_same_sums(void)
{
    static const struct {
        int64_t requests, tokens, cost, from_day, until_day;
        uint32_t cuts;
    } rows[] = {
        {1, 9, 5, 0, 7, 1},          {1, 1000, 0, 0, 7, 13},          {2, 5, 1, 3, 4, 7},
        {100, 250000, 777, 0, 7, 5}, {100, 100 * 16, 1000, 6, 7, 29}, {5000, 123456789, 987654321, 2, 5, 168},
    };

    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        struct demand_item item = {.requests = rows[index].requests,
                                   .tokens = rows[index].tokens,
                                   .cost_nano_usd = rows[index].cost,
                                   .from_ms = START_MS + rows[index].from_day * DAY_MS,
                                   .until_ms = START_MS + rows[index].until_day * DAY_MS};
        struct demand demand = {1, 1, &item};
        struct requests requests = {0};
        struct reason why = {0};
        uint64_t number = 0;
        int64_t tokens = 0, cost = 0;
        for (uint32_t cut = 0; cut < rows[index].cuts; cut++) {
            int64_t from = START_MS + WEEK_MS * cut / rows[index].cuts;
            int64_t until = START_MS + WEEK_MS * (cut + 1) / rows[index].cuts;
            struct requests_stretch stretch = {from, until, true, 5};
            size_t first = requests.count;
            CU_ASSERT_EQUAL_FATAL(requests_add(&requests, &demand, 0, &stretch, &number, &why), GO_ON);
            for (; first < requests.count; first++) {
                const struct study_request *request = &requests.items[first];
                CU_ASSERT(request->event_ms >= from && request->event_ms < until);
                CU_ASSERT(request->event_ms >= item.from_ms && request->event_ms < item.until_ms);
                tokens += request->tokens;
                cost += request->cost_nano_usd;
                CU_ASSERT(request->tokens >= 0 && request->cost_nano_usd >= 0);
            }
        }
        CU_ASSERT_EQUAL((int64_t)requests.count, rows[index].requests);
        CU_ASSERT_EQUAL(tokens, rows[index].tokens);
        CU_ASSERT_EQUAL(cost, rows[index].cost);
        CU_ASSERT_EQUAL((int64_t)number, rows[index].requests);
        free(requests.items);
    }
}

static void a_week_is_weighed_from_its_monday(void)
{
    uint64_t before = 0;

    CU_ASSERT_EQUAL(requests_week_weight(0), 0);
    for (int64_t hour = 1; hour <= 168; hour++) {
        uint64_t weight = requests_week_weight(hour * HOUR_MS);
        CU_ASSERT_EQUAL(weight - before, (uint64_t)study_hour((uint32_t)hour - 1) * HOUR_MS);
        before = weight;
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"any_cut_gives_the_same_sums", any_cut_gives_the_same_sums},
        {"a_week_is_weighed_from_its_monday", a_week_is_weighed_from_its_monday},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
