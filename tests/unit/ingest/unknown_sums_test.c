/* What an event counts of whose tokens or cost nobody knows. */
#include "enrich.h"
#include "gentally/core/taxonomy.h"
#include "suite.h"

static struct taxonomy *taxonomy;
static struct symbols *symbols;
static struct enrich *enrich;
static struct fact fact;

static struct event plain_event(void)
{
    return (struct event){
        .id = span_of("1"),
        .model = span_of("a/one"),
        .created_ms = 1700000000123,
        .tokens_prompt = 100,
        .tokens_completion = 40,
        .tokens_reasoning = 10,
        .tokens_cached = 30,
        .tokens_cache_write = 20,
        .cost_nano_usd = 7,
        .latency_ms = EVENT_ABSENT,
        .first_token_ms = EVENT_ABSENT,
        .generation_ms = EVENT_ABSENT,
    };
}

/* If one of the two counts is unknown, no token of the event counts anywhere, and no part of them. */
static void what_is_unknown_counts_as_such(void)
{
    const uint32_t all = 1u << H_TOKENS_PROMPT | 1u << H_TOKENS_TOTAL | 1u << H_TOKENS_PER_SECOND;
    const struct {
        int64_t prompt, completion, cost;
        uint32_t buckets; /* of tokens: a bit per histogram that has a value */
    } rows[] = {
        {100, 40, 7, all},
        {EVENT_UNKNOWN, 40, 7, 0},
        {100, EVENT_UNKNOWN, 7, 0},
        {EVENT_UNKNOWN, EVENT_UNKNOWN, 7, 0},
        {100, 40, EVENT_UNKNOWN, all},
        {EVENT_UNKNOWN, EVENT_UNKNOWN, EVENT_UNKNOWN, 0},
        {0, 40, 0, all},
    };
    static const enum measure of_tokens[] = {
        M_TOKENS_PROMPT, M_TOKENS_COMPLETION, M_TOKENS_REASONING, M_TOKENS_CACHED,        M_TOKENS_CACHE_WRITE,
        M_BILLED_TOKENS, M_FREE_TOKENS,       M_TOOL_TOKENS,      M_TOOLS_OFFERED_TOKENS, M_CLASSIFIED_TOKENS,
        M_MAPPED_TOKENS, M_SPLIT_TOKENS,      M_TOKENS_SQUARED,   M_TOKENS_PROMPT_SQUARED};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct event event = plain_event();
        event.tokens_prompt = rows[i].prompt;
        event.tokens_completion = rows[i].completion;
        event.cost_nano_usd = rows[i].cost;
        event.tokens_cached = event.tokens_cache_write = event.tokens_reasoning = 0;
        event.generation_ms = 1000;
        event.is_free = event.tools_offered = event.classified = true;
        event.finish_reason = span_of("tool_calls");
        event.labels[event.label_count++] = (struct label){span_of("/Science"), 0.9f};
        enrich_event(enrich, &event, &fact);
        bool is_known = rows[i].buckets != 0;
        for (size_t k = 0; k < LENGTH_OF(of_tokens) && !is_known; k++)
            CU_ASSERT_EQUAL(fact.sums[of_tokens[k]], 0);
        CU_ASSERT_EQUAL(fact.sums[M_TOKENS_UNKNOWN], !is_known);
        CU_ASSERT_EQUAL(fact.sums[M_COST_UNKNOWN], rows[i].cost == EVENT_UNKNOWN);
        CU_ASSERT_EQUAL(fact.sums[M_COST_NANO_USD], rows[i].cost == EVENT_UNKNOWN ? 0 : rows[i].cost);
        CU_ASSERT_EQUAL(fact.sums[M_BILLED_COST_NANO_USD], fact.sums[M_COST_NANO_USD]);
        CU_ASSERT_EQUAL(fact.sums[M_REQUESTS], 1);
        for (enum histogram h = H_TOKENS_PER_SECOND; h <= H_TOKENS_TOTAL; h++)
            CU_ASSERT_EQUAL(sample_bucket(fact.sample, h) != 0, (rows[i].buckets >> h & 1) != 0);
    }
}

/* An unknown count hides its parts too: they would be parts of nothing. */
static void parts_of_what_is_unknown_do_not_count(void)
{
    struct event event = plain_event();

    enrich_event(enrich, &event, &fact);
    CU_ASSERT_EQUAL(fact.sums[M_TOKENS_CACHE_WRITE], 20);
    event.tokens_completion = EVENT_UNKNOWN;
    enrich_event(enrich, &event, &fact);
    CU_ASSERT_EQUAL(fact.sums[M_TOKENS_CACHE_WRITE], 0);
    CU_ASSERT_EQUAL(fact.sums[M_TOKENS_CACHED], 0);
    CU_ASSERT_EQUAL(fact.sums[M_TOKENS_REASONING], 0);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"what is unknown counts as such", what_is_unknown_counts_as_such},
        {"parts of what is unknown do not count", parts_of_what_is_unknown_do_not_count},
        CU_TEST_INFO_NULL,
    };
    struct reason why;

    if (taxonomy_open(&taxonomy, NULL, &why) != GO_ON || symbols_open(&symbols, 1000, 256000, &why) != GO_ON ||
        enrich_open(&enrich, taxonomy, symbols, span_of(NULL), &why) != GO_ON)
        return EXIT_FAILURE;
    int status = suite_run(argc, argv, tests);
    enrich_close(enrich);
    symbols_close(symbols);
    taxonomy_close(taxonomy);
    return status;
}
