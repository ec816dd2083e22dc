/* Adapters: what each source's words and numbers become, and what is left out, set aside and remarked on. Whole records
 * of every source stand in tests/integration/platform_records.py. */
#include "gentally/adapters/adapter.h"

#include "quantity_read.h"
#include "suite.h"
#include "surrogates.h"
#include "usage.h"
#include "words.h"

static void money_is_rounded_half_up_as_it_is_written(void)
{
    static const struct {
        const char *text;
        int64_t nano;
    } rows[] = {
        {"0", 0},
        {"0.0", 0},
        {"-0.0", 0},
        {"1", 1000000000},
        {"0.0049099999999999994", 4910000},
        {"4.07e-05", 40700},
        {"0.0000000005", 1},
        {"0.00000000049", 0},
        {"0.0000000145", 15}, /* 14.499999999999998 as a float */
        {"1.0000000005", 1000000001},
        {"5e-10", 1},
        {"5e-11", 0},
        {"1e3", 1000000000000},
        {"12.5E1", 125000000000},
        {"9223372036", 9223372036000000000},
        {"0.000000000000000000000000000000000000000000000000000000000000000000000001", 0},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        json_t *number = json_loads(rows[i].text, JSON_DECODE_ANY, NULL), *text = json_string(rows[i].text);
        int64_t nano = -1;
        CU_ASSERT_PTR_NULL(read_cost(number, &nano));
        CU_ASSERT_EQUAL(nano, rows[i].nano);
        nano = -1;
        CU_ASSERT_PTR_NULL(read_cost(text, &nano));
        CU_ASSERT_EQUAL(nano, rows[i].nano);
        json_decref(number);
        json_decref(text);
    }
}

static void what_is_no_money_is_refused(void)
{
    static const char *const texts[] = {"-0.1",    "-1",   "1e99", "9223372037", "\"\"",    "\"$1\"",
                                        "\"1,5\"", "true", "[]",   "\"1e\"",     "\"NaN\"", "\".5\""};

    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        int64_t nano = 7;
        CU_ASSERT_PTR_NOT_NULL(read_cost(json, &nano));
        CU_ASSERT_EQUAL(nano, 7);
        json_decref(json);
    }
}

/* One moment in four units and as texts. */
static void times_are_told_by_their_size(void)
{
    static const char *const texts[] = {
        "1793613600",         "1793613600000",  "1793613600000000",           "1793613600000000000",
        "1793613600.0",       "\"1793613600\"", "\"1793613600000000000\"",    "\"2026-11-02 10:00:00\"",
        "\"1793613600.000\"", "1.7936136e9",    "\"2026-11-02T11:00:00+01\"", "\"2026-11-02T10:00:00.000000Z\"",
    };
    static const char *const bad[] = {"-1793613600", "\"soon\"", "\"\"", "{}", "\"2026-13-02\"", "1e30"};
    int64_t us;

    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        us = 0;
        CU_ASSERT_PTR_NULL(read_time_us(json, &us));
        CU_ASSERT_EQUAL(us, INT64_C(1793613600000000));
        json_decref(json);
    }
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        json_t *json = json_loads(bad[i], JSON_DECODE_ANY, NULL);
        CU_ASSERT_PTR_NOT_NULL(read_time_us(json, &us));
        json_decref(json);
    }
}

static void counts_are_whole_and_not_below_0(void)
{
    static const char *const good[] = {"120", "120.0", "\"120\"", "1.2e2"};
    static const char *const bad[] = {"120.5", "\"1e3\"", "\"120.0\"", "-1", "\"-1\"", "\"\"", "null", "true", "1e300"};
    int64_t count;

    for (size_t i = 0; i < LENGTH_OF(good); i++) {
        json_t *json = json_loads(good[i], JSON_DECODE_ANY, NULL);
        CU_ASSERT_PTR_NULL(read_count(json, &count));
        CU_ASSERT_EQUAL(count, 120);
        json_decref(json);
    }
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        json_t *json = json_loads(bad[i], JSON_DECODE_ANY, NULL);
        CU_ASSERT_PTR_NOT_NULL(read_count(json, &count));
        json_decref(json);
    }
}

/* The table's word, unless a total says otherwise, or it cannot be. */
static void parts_are_inside_or_beside_their_whole(void)
{
    const int64_t none = EVENT_UNKNOWN;
    const struct {
        struct usage usage; /* prompt, completion, reasoning, cached, cache_write, total */
        bool is_cache_beside, is_reasoning_beside;
        int64_t prompt, completion;
    } rows[] = {
        {{5000, 10, none, 1000, none, none}, false, false, 5000, 10},
        {{5000, 10, none, 1000, none, none}, true, false, 6000, 10},
        {{5000, 10, none, 1000, 500, 6510}, false, false, 6500, 10},
        {{5000, 10, none, 1000, none, 5010}, true, false, 5000, 10},
        {{100, 10, none, 1000, none, none}, false, false, 1100, 10},
        {{9, 198, 105, none, none, 312}, false, false, 9, 303},
        {{9, 359, 661, none, none, none}, false, false, 9, 1020},
        {{9, 198, 105, none, none, 207}, false, true, 9, 198},
        {{100, 20, 5, 40, none, 999}, false, false, 100, 20},
        {{none, 20, 5, 40, none, 60}, true, false, none, 20},
        {{100, none, 5, none, none, none}, false, true, 100, none},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct remarks remarks = {.count = 0};
        struct event event = {.model = {NULL, 0}};
        usage_resolve(&rows[i].usage, (struct usage_reading){rows[i].is_cache_beside, rows[i].is_reasoning_beside},
                      &event, &remarks);
        CU_ASSERT_EQUAL(event.tokens_prompt, rows[i].prompt);
        CU_ASSERT_EQUAL(event.tokens_completion, rows[i].completion);
        CU_ASSERT_EQUAL(remarks.count, rows[i].usage.total == 999 ? 1 : 0);
    }
}

/* Of the same numbers: who wrote them, and in which version, says whether the cache is among the input. */
static void versions_of_instrumentations_differ(void)
{
    static const struct {
        const char *scope, *version, *provider, *cached;
        int64_t prompt;
    } rows[] = {
        {"mine", "1", "anthropic", "cache_read.input_tokens", 5000},
        {"mine", "1", "anthropic", "cache_read_input_tokens", 6000},
        {"mine", "1", "openai", "cache_read_input_tokens", 5000},
        {"opentelemetry.instrumentation.anthropic", "0.40.0", "anthropic", "cache_read_input_tokens", 5000},
        {"opentelemetry.instrumentation.bedrock", "0.40.0", "aws.bedrock", "cache_read.input_tokens", 6000},
        {"opentelemetry.instrumentation.bedrock", "0.40.0", "openai", "cache_read.input_tokens", 5000},
        {"logfire.anthropic", "4.30.0", "anthropic", "cache_read.input_tokens", 6000},
        {"logfire.anthropic", "4.30.12", "anthropic", "cache_read.input_tokens", 6000},
        {"logfire.anthropic", "4.4", "anthropic", "cache_read.input_tokens", 6000},
        {"logfire.anthropic", "4.31.0", "anthropic", "cache_read_input_tokens", 5000},
        {"logfire.anthropic", "4.100", "anthropic", "cache_read_input_tokens", 5000},
        {"logfire.anthropic", "10", "anthropic", "cache_read_input_tokens", 5000},
    };
    static const char format[] =
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"scope\":{\"name\":\"%s\",\"version\":\"%s\"},\"spans\":[{"
        "\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"eee19b7ec3c1b174\","
        "\"endTimeUnixNano\":\"1793613600000000000\",\"attributes\":["
        "{\"key\":\"gen_ai.provider.name\",\"value\":{\"stringValue\":\"%s\"}},"
        "{\"key\":\"gen_ai.request.model\",\"value\":{\"stringValue\":\"m\"}},"
        "{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":\"5000\"}},"
        "{\"key\":\"gen_ai.usage.output_tokens\",\"value\":{\"intValue\":\"5\"}},"
        "{\"key\":\"gen_ai.usage.%s\",\"value\":{\"intValue\":\"1000\"}}]}]}]}]}";
    struct adapter *adapter;
    struct event event;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(adapter_open(&adapter, FROM_OTEL, NULL, NULL, &why), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char record[1024];
        snprintf(record, sizeof(record), format, rows[i].scope, rows[i].version, rows[i].provider, rows[i].cached);
        CU_ASSERT_EQUAL_FATAL(adapter_take(adapter, span_of(record), &why), GO_ON);
        CU_ASSERT_EQUAL_FATAL(adapter_next(adapter, &event, &why), ADAPTED_EVENT);
        CU_ASSERT_EQUAL(event.tokens_prompt, rows[i].prompt);
        CU_ASSERT_EQUAL(event.tokens_cached, 1000);
    }
    adapter_close(adapter);
}

static void finish_reasons_become_the_products(void)
{
    static const struct {
        const char *word, *ours;
    } rows[] = {
        {"stop", "stop"},
        {"STOP", "stop"},
        {"end_turn", "stop"},
        {"stop_sequence", "stop"},
        {"COMPLETE", "stop"},
        {"length", "length"},
        {"MAX_TOKENS", "length"},
        {"max_output_tokens", "length"},
        {"model_context_window_exceeded", "length"},
        {"tool-calls", "tool_calls"},
        {"tool_use", "tool_calls"},
        {"function_call", "tool_calls"},
        {"SAFETY", "content_filter"},
        {"RECITATION", "content_filter"},
        {"refusal", "content_filter"},
        {"guardrail_intervened", "content_filter"},
        {"ERROR", "error"},
        {"failed", "error"},
        {"pause_turn", ""},
        {"", ""},
        {"my words were: hello", ""},
        {"Flux", "flux"},
    };
    struct remarks remarks = {.count = 0};
    char room[WORD_MAX];

    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        CU_ASSERT(span_equal(finish_of(span_of(rows[i].word), room, &remarks), span_of(rows[i].ours)));
    CU_ASSERT_EQUAL_FATAL(remarks.count, 2);
    CU_ASSERT_EQUAL(remarks.list[0].kind, REMARK_FINISH_TEXT);
    CU_ASSERT_STRING_EQUAL(remarks.list[1].word, "flux");
}

static void hosts_are_providers_and_never_authors(void)
{
    static const struct {
        const char *name, *model, *provider;
    } rows[] = {
        {"azure/gpt-4o", "gpt-4o", "azure"},
        {"azure/eu/gpt-4o", "gpt-4o", "azure"},
        {"bedrock/us-east-1/anthropic.claude-v2", "anthropic.claude-v2", "bedrock"},
        {"vertex_ai/gemini-2.5-pro", "gemini-2.5-pro", "vertex_ai"},
        {"openai/gpt-4o", "openai/gpt-4o", ""},
        {"meta-llama/llama-3.1-8b-instruct", "meta-llama/llama-3.1-8b-instruct", ""},
        {"openrouter/openai/gpt-4o", "openai/gpt-4o", "openrouter"},
        {"gpt-4o", "gpt-4o", ""},
        {"azure/", "azure/", ""},
        {"", "", ""},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span provider = {NULL, 0}, told = span_of("told");
        CU_ASSERT(span_equal(model_without_host(span_of(rows[i].name), &provider), span_of(rows[i].model)));
        CU_ASSERT(span_equal(provider, span_of(rows[i].provider)));
        CU_ASSERT(span_equal(model_without_host(span_of(rows[i].name), &told), span_of(rows[i].model)));
        CU_ASSERT(span_equal(told, span_of("told")));
    }
}

/* Kinds are bounded, and a word that may be anything is not shown. */
static void remarks_are_bounded_and_show_no_texts(void)
{
    struct remarks remarks = {.count = 0};

    remark_count(&remarks, REMARK_FIELD, span_of("sk-secret"));
    CU_ASSERT_STRING_EQUAL(remarks.list[0].word, "(not shown)");
    CU_ASSERT_EQUAL(remarks.count, 1);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 200; i++) {
            char word[16];
            snprintf(word, sizeof(word), "w%d", i);
            remark_count(&remarks, REMARK_FIELD, span_of(word));
        }
    CU_ASSERT_EQUAL(remarks.count, REMARKS_MAX + 1);
    CU_ASSERT_EQUAL(remarks.list[1].count, 2);
    CU_ASSERT_EQUAL(remarks.list[REMARKS_MAX].kind, REMARK_MORE);
    CU_ASSERT_EQUAL(remarks.list[REMARKS_MAX].count, 2 * (200 - (REMARKS_MAX - 1)));
}

static void hide(void *context, struct span text, char hidden[ADAPTER_HIDDEN_SIZE])
{
    (void)context;
    memset(hidden, 'h', ADAPTER_HIDDEN_SIZE);
    hidden[0] = text.bytes[0];
}

static void accounts_pass_hidden_or_not_at_all(void)
{
    static const char record[] =
        "{\"id\":\"g\",\"created_at\":1793613600,\"model\":\"a/b\",\"external_user\":\"user\","
        "\"app_id\":77,\"native_tokens_prompt\":1,\"native_tokens_completion\":2}";
    struct adapter *adapter;
    struct adapter_remark remark;
    struct event event;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(adapter_open(&adapter, FROM_OPENROUTER, hide, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(adapter_take(adapter, span_of(record), &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(adapter_next(adapter, &event, &why), ADAPTED_EVENT);
    CU_ASSERT(span_equal(event.account, span_of("uhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh")));
    CU_ASSERT(span_equal(event.app, span_of("7hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh")));
    CU_ASSERT_EQUAL(adapter_next(adapter, &event, &why), ADAPTED_END);
    CU_ASSERT(!adapter_remark(adapter, 0, &remark));
    adapter_close(adapter);

    CU_ASSERT_EQUAL_FATAL(adapter_open(&adapter, FROM_OPENROUTER, NULL, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(adapter_take(adapter, span_of(record), &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(adapter_next(adapter, &event, &why), ADAPTED_EVENT);
    CU_ASSERT(event.account.size == 0 && event.app.size == 0);
    CU_ASSERT_FATAL(adapter_remark(adapter, 0, &remark));
    CU_ASSERT_EQUAL(remark.count, 2);
    adapter_close(adapter);
}

/* A record that cannot be read has no items, and those of the record before are gone. */
static void a_bad_record_leaves_nothing_behind(void)
{
    struct adapter *adapter;
    struct event event;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(adapter_open(&adapter, FROM_OTEL, NULL, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL(adapter_next(adapter, &event, &why), ADAPTED_END);
    CU_ASSERT_EQUAL(adapter_take(adapter, span_of("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[7,{}]}]}]}"), &why),
                    GO_ON);
    CU_ASSERT_EQUAL(adapter_next(adapter, &event, &why), ADAPTED_LEFT_OUT);
    CU_ASSERT_EQUAL(adapter_take(adapter, span_of("{\"resourceSpans\":7}"), &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, LINE_FIELD);
    CU_ASSERT_EQUAL(adapter_next(adapter, &event, &why), ADAPTED_END);
    CU_ASSERT_EQUAL(adapter_take(adapter, span_of("{"), &why), SET_ASIDE);
    CU_ASSERT_EQUAL(why.id, LINE_NOT_JSON);
    CU_ASSERT_EQUAL(adapter_next(adapter, &event, &why), ADAPTED_END);
    adapter_close(adapter);
}

static void halves_of_characters_are_mended(void)
{
    static const struct {
        const char *json, *mended;
    } rows[] = {
        {"\\ud83d\\ude00", "\\ud83d\\ude00"}, {"\\ud83d", "\\ufffd"},
        {"x\\uDE00y", "x\\ufffdy"},           {"\\ud83d\\ud83d\\ude00", "\\ufffd\\ud83d\\ude00"},
        {"\\\\ud83d", "\\\\ud83d"},           {"\\ud83", "\\ud83"},
        {"\\ud83d\\n", "\\ufffd\\n"},         {"\\u00e9\\ud7ff", "\\u00e9\\ud7ff"},
        {"\\ude00\\ud83d", "\\ufffd\\ufffd"}, {"\\", "\\"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char text[64];
        size_t size = strlen(rows[i].json);
        memcpy(text, rows[i].json, size + 1);
        size_t count = surrogates_mend(text, size);
        CU_ASSERT_STRING_EQUAL(text, rows[i].mended);
        CU_ASSERT_EQUAL(count > 0, strcmp(rows[i].json, rows[i].mended) != 0);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"money is rounded half up as it is written", money_is_rounded_half_up_as_it_is_written},
        {"what is no money is refused", what_is_no_money_is_refused},
        {"times are told by their size", times_are_told_by_their_size},
        {"counts are whole and not below 0", counts_are_whole_and_not_below_0},
        {"parts are inside or beside their whole", parts_are_inside_or_beside_their_whole},
        {"versions of instrumentations differ", versions_of_instrumentations_differ},
        {"finish reasons become the product's", finish_reasons_become_the_products},
        {"hosts are providers and never authors", hosts_are_providers_and_never_authors},
        {"remarks are bounded and show no texts", remarks_are_bounded_and_show_no_texts},
        {"accounts pass hidden or not at all", accounts_pass_hidden_or_not_at_all},
        {"a bad record leaves nothing behind", a_bad_record_leaves_nothing_behind},
        {"halves of characters are mended", halves_of_characters_are_mended},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
