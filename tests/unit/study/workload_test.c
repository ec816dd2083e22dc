/*
 * The generator: the same seed gives the same bytes, every event keeps the event's rules, and the shares are those of
 * the study. Shares are counted over 100,000 events of the default eight weeks; tolerances are several standard
 * deviations wide and the seed is fixed, so a failure means a changed shape.
 */
#include "workload.h"

#include "arrivals.h"
#include "gentally/codec/json_write.h"
#include "gentally/core/window.h"
#include "suite.h"
#include "table_file.h"

#define FROM_MS INT64_C(1759708800000) /* 2025-10-06, a Monday */
#define WEEK_MS (7 * DAY_MS)

static struct workload_options options_of(int64_t events, uint64_t seed)
{
    return (struct workload_options){.seed = seed,
                                     .events = events,
                                     .from_ms = FROM_MS,
                                     .to_ms = FROM_MS + 8 * WEEK_MS,
                                     .accounts = 5000,
                                     .classified = 50000,
                                     .errors = 10000};
}

struct rule_tables {
    struct catalog *catalog;
    struct taxonomy *taxonomy;
};

static void tables_open(struct rule_tables *tables)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(catalog_open(&tables->catalog, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&tables->taxonomy, NULL, &why), GO_ON);
}

static void tables_close(struct rule_tables *tables)
{
    catalog_close(tables->catalog);
    taxonomy_close(tables->taxonomy);
}

static struct workload *open_workload(const struct rule_tables *tables, const struct workload_options *options)
{
    struct workload *workload = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(workload_open(&workload, options, tables->catalog, tables->taxonomy, &why), GO_ON);
    return workload;
}

/* FNV-1a over all lines, and how many there were. Ids are left out: they spell the seed. */
static uint64_t hash_of(const struct workload_options *options, int64_t *lines)
{
    static char line[EVENT_JSON_MAX];
    struct rule_tables tables;
    struct event event;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    tables_open(&tables);
    struct workload *workload = open_workload(&tables, options);
    for (*lines = 0; workload_next(workload, &event); ++*lines) {
        size_t size = json_write_event(&event, line);
        for (size_t index = strcspn(line, ","); index < size; index++)
            hash = (hash ^ (unsigned char)line[index]) * UINT64_C(0x100000001b3);
    }
    workload_close(workload);
    tables_close(&tables);
    return hash;
}

static void same_seed_same_bytes(void)
{
    struct workload_options options = options_of(3000, 7), other = options_of(3000, 8);
    int64_t lines, lines_again;
    uint64_t hash = hash_of(&options, &lines);

    CU_ASSERT_EQUAL(lines, 3000);
    CU_ASSERT_EQUAL(hash, hash_of(&options, &lines_again));
    CU_ASSERT_NOT_EQUAL(hash, hash_of(&other, &lines));
    options.disorder_ms = 3 * HOUR_MS;
    CU_ASSERT_NOT_EQUAL(hash, hash_of(&options, &lines));
    CU_ASSERT_EQUAL(lines, 3000);
}

static void every_event_keeps_the_rules(void)
{
    struct workload_options options = options_of(100000, 1);
    struct rule_tables tables;
    struct event event;
    struct reason why = {0};
    int64_t last_ms = FROM_MS, count = 0, broken = 0, unknown = 0, late = 0, early = 0, dated = 0;
    int64_t cut_off = 0, unpriced = 0, hits = 0, written = 0;

    tables_open(&tables);
    struct workload *workload = open_workload(&tables, &options);
    for (; workload_next(workload, &event); count++) {
        broken += event_check(&event, &why) != GO_ON;
        broken += event_is_free(&event) && event.cost_nano_usd != 0;
        broken += span_equal(event.finish_reason, span_of("tool_calls")) && !event.tools_offered;
        broken += event.classified != (event.label_count > 0) || event.label_count > 3;
        broken +=
            event.first_token_ms != EVENT_ABSENT && event.first_token_ms + event.generation_ms != event.latency_ms;
        broken += event.created_ms < options.from_ms || event.created_ms >= options.to_ms;
        broken += !event_knows_tokens(&event) && !(event.cancelled && event.streamed);
        broken += event.is_gateway_cache_hit && event.cost_nano_usd > 0;
        cut_off += !event_knows_tokens(&event);
        unpriced += event.cost_nano_usd == EVENT_UNKNOWN;
        hits += event.is_gateway_cache_hit;
        written += event.tokens_cache_write > 0;
        struct model model = catalog_find(tables.catalog, event.model);
        unknown += !model.is_known;
        early += model.released_ms > event.created_ms;
        dated += model.released_ms != 0;
        late += event.created_ms < last_ms;
        last_ms = event.created_ms;
    }
    CU_ASSERT_EQUAL(count, 100000);
    CU_ASSERT_EQUAL(broken, 0);
    CU_ASSERT_EQUAL(unknown, 0);
    CU_ASSERT(cut_off > 100 && unpriced > cut_off && hits > 100 && written > 1000); /* so that there are some */
    CU_ASSERT_EQUAL(late, 0);
    CU_ASSERT_EQUAL(early, 0);         /* nobody uses a model that is not out yet */
    CU_ASSERT_TRUE(dated > count / 2); /* which says something only if the catalog has dates */
    workload_close(workload);
    tables_close(&tables);
}

enum sum {
    S_ALL,
    S_CLOSED,
    S_OPEN_CN,
    S_OPEN_ROW,
    S_REASONING,
    S_TOOL,
    S_US,
    S_SG,
    S_EN,
    S_ZH,
    S_STREAMED,
    S_BYOK,
    S_CLASSIFIED,
    S_ERROR,
    S_LAST_WEEK,
    SUM_COUNT
};

struct workload_sums {
    int64_t requests[SUM_COUNT], tokens[SUM_COUNT];
};

static void add_event(struct workload_sums *sums, const struct catalog *catalog, const struct event *event)
{
    struct model model = catalog_find(catalog, event->model);
    bool belongs[SUM_COUNT] = {
        [S_ALL] = true,
        [S_CLOSED] = model.source == SOURCE_CLOSED || model.source == SOURCE_UNKNOWN,
        [S_OPEN_CN] = model.source == SOURCE_OPEN_CN,
        [S_OPEN_ROW] = model.source == SOURCE_OPEN_ROW,
        [S_REASONING] = model_reasons(&model),
        [S_TOOL] = span_equal(event->finish_reason, span_of("tool_calls")),
        [S_US] = span_equal(event->country, span_of("US")),
        [S_SG] = span_equal(event->country, span_of("SG")),
        [S_EN] = span_equal(event->language, span_of("en")),
        [S_ZH] = span_equal(event->language, span_of("zh-Hans")),
        [S_STREAMED] = event->streamed,
        [S_BYOK] = event->is_byok,
        [S_CLASSIFIED] = event->classified,
        [S_ERROR] = span_equal(event->finish_reason, span_of("error")),
        [S_LAST_WEEK] = event->created_ms >= FROM_MS + 7 * WEEK_MS,
    };

    for (enum sum sum = 0; sum < SUM_COUNT; sum++) {
        if (belongs[sum]) {
            sums->requests[sum]++;
            sums->tokens[sum] += event_knows_tokens(event) ? event->tokens_prompt + event->tokens_completion : 0;
        }
    }
}

/* Per mille of requests, or of tokens where the study's number is of tokens and a customer's choice sets it. */
static void shares_are_the_studys(void)
{
    static const struct {
        const char *name;
        enum sum sum;
        bool is_of_tokens;
        int want, tolerance;
    } rows[] = {
        {"closed models", S_CLOSED, true, 779, 30},
        {"open, Chinese", S_OPEN_CN, true, 142, 25},
        {"open, rest of world", S_OPEN_ROW, true, 80, 15},
        {"reasoning models", S_REASONING, true, 620, 70},
        {"tool calls", S_TOOL, true, 150, 40},
        {"United States", S_US, false, 472, 20},
        {"Singapore", S_SG, false, 92, 10},
        {"English", S_EN, false, 829, 15},
        {"simplified Chinese", S_ZH, false, 50, 8},
        {"streamed", S_STREAMED, false, 700, 10},
        {"own key", S_BYOK, false, 28, 6},
        {"classified", S_CLASSIFIED, false, 50, 4},
        {"errors", S_ERROR, false, 10, 2},
        {"last week", S_LAST_WEEK, false, 141, 5},
    };
    struct workload_options options = options_of(100000, 20251124);
    struct rule_tables tables;
    struct event event;
    struct workload_sums sums = {0};

    tables_open(&tables);
    struct workload *workload = open_workload(&tables, &options);
    while (workload_next(workload, &event))
        add_event(&sums, tables.catalog, &event);
    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        const int64_t *counts = rows[index].is_of_tokens ? sums.tokens : sums.requests;
        int share = (int)(counts[rows[index].sum] * 1000 / counts[S_ALL]);
        bool is_near = abs(share - rows[index].want) <= rows[index].tolerance;
        if (!is_near)
            printf("%s: %d per mille, want %d +- %d\n", rows[index].name, share, rows[index].want,
                   rows[index].tolerance);
        CU_ASSERT_TRUE(is_near);
    }
    workload_close(workload);
    tables_close(&tables);
}

/* Counts what the arrivals give: numbers exactly once, times in range, never further back than allowed. */
static void check_arrivals(const struct arrivals_options *options)
{
    static uint8_t seen[5000];
    struct arrivals *arrivals = NULL;
    struct reason why = {0};
    uint64_t number;
    int64_t event_ms, newest_ms = options->from_ms, count = 0, wrong = 0, behind = 0;

    memset(seen, 0, sizeof(seen));
    CU_ASSERT_EQUAL_FATAL(arrivals_open(&arrivals, options, &why), GO_ON);
    while (arrivals_next(arrivals, &number, &event_ms)) {
        if (number >= (uint64_t)options->events || seen[number]++ != 0)
            wrong++;
        if (event_ms < options->from_ms || event_ms >= options->to_ms || newest_ms - event_ms > options->disorder_ms)
            wrong++;
        behind += event_ms < newest_ms;
        newest_ms = event_ms > newest_ms ? event_ms : newest_ms;
        count++;
    }
    CU_ASSERT_EQUAL(count, options->events);
    CU_ASSERT_EQUAL(wrong, 0);
    if (options->disorder_ms >= 600000 && options->events > 1)
        CU_ASSERT_TRUE(behind > 0);
    if (options->disorder_ms == 0)
        CU_ASSERT_EQUAL(behind, 0);
    arrivals_close(arrivals);
}

#define LOYAL_ACCOUNTS 200

/* The models that an account was seen with, at most one more than it may have. */
struct customer {
    char models[6][EVENT_TEXT_MAX + 1];
    int counts[6];
    int model_count, events;
};

static void add_to(struct customer *customer, struct span model)
{
    int at = 0;

    while (at < customer->model_count && !span_equal(span_of(customer->models[at]), model))
        at++;
    if (at == customer->model_count && at < 6) {
        memcpy(customer->models[at], model.bytes, model.size);
        customer->model_count++;
    }
    customer->events++;
    if (at < 6)
        customer->counts[at]++;
}

/* An account has two to five models, two of which may be the same by chance, and a favourite. */
static void loyal_accounts_keep_to_their_models(void)
{
    static struct customer customers[LOYAL_ACCOUNTS];
    struct workload_options options = options_of(40000, 7);
    struct rule_tables tables;
    struct event event;
    int one = 0, favourite = 0, all = 0;

    options.accounts = LOYAL_ACCOUNTS;
    options.is_loyal = true;
    tables_open(&tables);
    struct workload *workload = open_workload(&tables, &options);
    while (workload_next(workload, &event)) {
        long account = strtol(event.account.bytes + strlen("acct-"), NULL, 10);
        CU_ASSERT_FATAL(account >= 0 && account < LOYAL_ACCOUNTS);
        add_to(&customers[account], event.model);
    }
    for (int i = 0; i < LOYAL_ACCOUNTS; i++) {
        const struct customer *customer = &customers[i];
        int most = 0;
        CU_ASSERT(customer->model_count >= 1 && customer->model_count <= 5);
        for (int j = 0; j < customer->model_count; j++)
            most = customer->counts[j] > most ? customer->counts[j] : most;
        one += customer->model_count == 1 ? 1 : 0;
        favourite += most;
        all += customer->events;
    }
    CU_ASSERT(one < LOYAL_ACCOUNTS / 10);
    CU_ASSERT(favourite * 100 > 45 * all); /* 60 of 90 to 137 shares, and more where two are the same */
    workload_close(workload);
    tables_close(&tables);
}

static void arrivals_lose_nothing(void)
{
    static const struct arrivals_options rows[] = {
        {1, 1, FROM_MS, FROM_MS + 1, 0},                            /* the smallest there is */
        {1, 1, FROM_MS, FROM_MS + 8 * WEEK_MS, DAY_MS},             /* one event in eight weeks */
        {2, 5000, FROM_MS, FROM_MS + 1, 0},                         /* all at once */
        {2, 5000, FROM_MS + 1800000, FROM_MS + 3 * HOUR_MS + 5, 0}, /* hours cut short at both ends */
        {3, 5000, FROM_MS, FROM_MS + WEEK_MS, 600000},              /* a little disorder */
        {4, 5000, FROM_MS, FROM_MS + HOUR_MS, DAY_MS},              /* more disorder than time */
        {5, 5000, -WEEK_MS, WEEK_MS, 1},                            /* about 1970, the least disorder */
        {6, 5000, FROM_MS, FROM_MS + ARRIVALS_MS_MAX, 0},
    };

    for (size_t index = 0; index < LENGTH_OF(rows); index++)
        check_arrivals(&rows[index]);
}

static void an_event_is_one_line_of_json(void)
{
    static char line[EVENT_JSON_MAX];
    struct event event = {.id = span_of("a\"b"),
                          .model = span_of("x/y:free"),
                          .created_ms = 1759708800000,
                          .tokens_prompt = 12,
                          .latency_ms = EVENT_ABSENT,
                          .first_token_ms = 0,
                          .generation_ms = EVENT_ABSENT,
                          .classified = true,
                          .op = OP_CREATE,
                          .label_count = 2,
                          .labels = {{span_of("/Adult"), 1.0f}, {span_of("/A & B/\\C"), 0.05f}}};
    const char *want =
        "{\"id\":\"a\\\"b\",\"created_at\":1759708800000,\"model\":\"x/y:free\",\"tokens_prompt\":12,"
        "\"tokens_completion\":0,\"first_token_ms\":0,\"classified\":true,\"categories\":[{\"path\":"
        "\"/Adult\",\"confidence\":1.000},{\"path\":\"/A & B/\\\\C\",\"confidence\":0.050}]}\n";

    size_t size = json_write_event(&event, line);
    CU_ASSERT_TRUE(span_equal((struct span){line, size}, span_of(want)));
}

/* The costs of the same events under a catalog of one model. */
static void costs_under(const char *rows, int64_t costs[], int64_t times[], int64_t count, int64_t change_ms)
{
    const struct workload_options options = {.seed = 7,
                                             .events = count,
                                             .from_ms = change_ms - 2 * DAY_MS,
                                             .to_ms = change_ms + 2 * DAY_MS,
                                             .accounts = 10,
                                             .disorder_ms = 60000};
    char text[1024];
    struct rule_tables tables = {NULL, NULL};
    struct reason why = {0};
    struct event event;

    snprintf(text, sizeof(text), "%s%s",
             "slug,author,country,open_weights,params_b,active_params_b,reasoning,released,prompt_usd_per_mtok,"
             "completion_usd_per_mtok,valid_from,aliases\n",
             rows);
    struct table_file file = table_file_open(text);
    CU_ASSERT_EQUAL_FATAL(catalog_open(&tables.catalog, file.path, &why), GO_ON);
    table_file_close(&file);
    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&tables.taxonomy, NULL, &why), GO_ON);
    struct workload *workload = open_workload(&tables, &options);
    for (int64_t i = 0; i < count; i++) {
        CU_ASSERT_FATAL(workload_next(workload, &event));
        costs[i] = event.cost_nano_usd;
        times[i] = event.created_ms;
    }
    workload_close(workload);
    tables_close(&tables);
}

/* Events cost what the catalog's price was when they were: also those that come late, over midnight. */
static void an_event_costs_what_its_day_does(void)
{
    enum { COUNT = 2000 };
    static int64_t before[COUNT], after[COUNT], changed[COUNT], times[COUNT];
    const int64_t change_ms = INT64_C(1763337600000); /* 2025-11-17 */
    int differing = 0, seen[2] = {0};

    costs_under("a/b,a,US,0,,,no,2025-01-01,1,4,2025-01-01,\n", before, times, COUNT, change_ms);
    costs_under("a/b,a,US,0,,,no,2025-01-01,3,9,2025-01-01,\n", after, times, COUNT, change_ms);
    costs_under("a/b,a,US,0,,,no,2025-01-01,3,9,2025-11-17,\na/b,a,US,0,,,no,2025-01-01,1,4,2025-01-01,\n", changed,
                times, COUNT, change_ms);
    for (int i = 0; i < COUNT; i++) {
        bool is_after = times[i] >= change_ms;
        differing += before[i] != after[i];
        seen[is_after]++;
        CU_ASSERT_EQUAL(changed[i], is_after ? after[i] : before[i]);
    }
    CU_ASSERT(differing > COUNT / 2 && seen[0] > COUNT / 4 && seen[1] > COUNT / 4);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"same_seed_same_bytes", same_seed_same_bytes},
        {"every_event_keeps_the_rules", every_event_keeps_the_rules},
        {"shares_are_the_studys", shares_are_the_studys},
        {"loyal_accounts_keep_to_their_models", loyal_accounts_keep_to_their_models},
        {"arrivals_lose_nothing", arrivals_lose_nothing},
        {"an_event_costs_what_its_day_does", an_event_costs_what_its_day_does},
        {"an_event_is_one_line_of_json", an_event_is_one_line_of_json},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
