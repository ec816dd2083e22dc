/* JSON reader: what is read, and every kind of refusal with the words that name it. */
#include "gentally/codec/json_read.h"

#include "gentally/codec/json_write.h"
#include "suite.h"

/* The required fields, to be followed by more. */
#define LEAST "\"id\":\"g\",\"created_at\":7,\"model\":\"a/b\",\"tokens_prompt\":1,\"tokens_completion\":2"

struct refusal {
    const char *line;
    const char *id;
    const char *text; /* part of the reason */
};

static const struct refusal refusals[] = {
    {"", "LINE-NOT-JSON", "blank"},
    {"\n", "LINE-NOT-JSON", "blank"},
    {" \t\r\n", "LINE-NOT-JSON", "blank"},
    {"{", "LINE-NOT-JSON", "does not end on its line: `jq -c .`"},
    {"{" LEAST, "LINE-NOT-JSON", "does not end on its line"},
    {"{" LEAST "}}", "LINE-NOT-JSON", "something stands behind"},
    {"{" LEAST "} {" LEAST "}", "LINE-NOT-JSON", "more than one object"},
    {"{" LEAST ",}", "LINE-NOT-JSON", "a comma before a closing bracket"},
    {"[]", "LINE-NOT-JSON", "an array"},
    {"7", "LINE-NOT-JSON", "begins with no {"},
    {"null", "LINE-NOT-JSON", "begins with no {"},
    {"{'id':1}", "LINE-NOT-JSON", "byte 2"},
    {"{" LEAST ",\"app\":\"\xff\"}", "LINE-NOT-JSON", "byte"},         /* no UTF-8 */
    {"{" LEAST ",\"app\":\"\xed\xa0\x80\"}", "LINE-NOT-JSON", "byte"}, /* a surrogate */
    {"{" LEAST ",\"app\":\"a\\u0000b\"}", "LINE-FIELD", "holds U+0000"},
    {"{" LEAST ",\"app\":\"\\u0000\"}", "LINE-FIELD", "holds U+0000"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/A\\u0000\",\"confidence\":1}]}", "LINE-FIELD", "holds U+0000"},
    {"{" LEAST ",\"app\":\"a\nb\"}", "LINE-NOT-JSON", "byte"},
    {"{" LEAST ",\"cost_nano_usd\":9223372036854775808}", "LINE-FIELD", "beyond 64 bits"},
    {"{" LEAST ",\"cost_nano_usd\":01}", "LINE-NOT-JSON", "byte"},

    {"{}", "LINE-FIELD", "id is missing"},
    {"{\"created_at\":7,\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD", "id is missing"},
    {"{\"id\":\"g\",\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD",
     "created_at is missing"},
    {"{\"id\":\"g\",\"created_at\":7,\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD", "model is missing"},
    {"{\"id\":\"g\",\"created_at\":7,\"model\":\"m\",\"tokens_completion\":2}", "LINE-FIELD",
     "tokens_prompt is missing"},
    {"{\"id\":\"g\",\"created_at\":7,\"model\":\"m\",\"tokens_prompt\":1}", "LINE-FIELD",
     "tokens_completion is missing"},

    {"{" LEAST ",\"model\":\"c/d\"}", "LINE-FIELD", "twice"},
    {"{" LEAST ",\"tokens_promt\":1}", "LINE-FIELD", "tokens_promt is not a field"},
    {"{" LEAST ",\"ID\":\"g\"}", "LINE-FIELD", "ID is not a field"},
    {"{" LEAST ",\"\":1}", "LINE-FIELD", "unprintable"},
    {"{" LEAST ",\"\\u001b[31m\":1}", "LINE-FIELD", "unprintable"},

    {"{\"id\":null,\"created_at\":7,\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD",
     "id is null"},
    {"{\"id\":7,\"created_at\":7,\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD",
     "id must be a string"},
    {"{\"id\":\"g\",\"created_at\":7.5,\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD",
     "created_at must be a whole number"},
    {"{\"id\":\"g\",\"created_at\":null,\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD",
     "created_at is null"},
    {"{\"id\":\"g\",\"created_at\":\"\",\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD",
     "created_at must begin with a date"},
    {"{\"id\":\"g\",\"created_at\":\"7\",\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}", "LINE-FIELD",
     "created_at must be"},
    {"{\"id\":\"g\",\"created_at\":\"2025-02-29\",\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}",
     "LINE-FIELD", "created_at has a date that does not exist"},
    {"{\"id\":\"g\",\"created_at\":7,\"model\":\"m\",\"tokens_prompt\":1.5,\"tokens_completion\":2}", "LINE-FIELD",
     "tokens_prompt must be a whole number, and has a fraction"},
    {"{\"id\":\"g\",\"created_at\":7,\"model\":\"m\",\"tokens_prompt\":1e16,\"tokens_completion\":2}", "LINE-FIELD",
     "tokens_prompt is too large"},
    {"{\"id\":\"g\",\"created_at\":7,\"model\":\"m\",\"tokens_prompt\":\"1\",\"tokens_completion\":2}", "LINE-FIELD",
     "tokens_prompt must be a number, without quotation marks"},

    {"{" LEAST ",\"provider\":7}", "LINE-FIELD", "provider must be a string or null"},
    {"{" LEAST ",\"tokens_cached\":true}", "LINE-FIELD", "tokens_cached must be a whole number"},
    {"{" LEAST ",\"is_free\":1}", "LINE-FIELD", "is_free must be true or false"},
    {"{" LEAST ",\"is_free\":\"true\"}", "LINE-FIELD", "is_free must be true or false"},
    {"{" LEAST ",\"latency_ms\":-1}", "LINE-FIELD", "latency_ms must be from 0"},
    {"{" LEAST ",\"latency_ms\":2147483648}", "LINE-FIELD", "latency_ms must be from 0"},
    {"{" LEAST ",\"generation_ms\":1.5}", "LINE-FIELD", "generation_ms must be a whole number"},
    {"{" LEAST ",\"op\":\"delete\"}", "LINE-FIELD", "op must be"},
    {"{" LEAST ",\"op\":0}", "LINE-FIELD", "op must be"},

    {"{" LEAST ",\"cost_usd\":0.1}", "LINE-FIELD", "cost_usd must be a decimal string"},
    {"{" LEAST ",\"cost_usd\":1}", "LINE-FIELD", "cost_usd must be a decimal string"},
    {"{" LEAST ",\"cost_usd\":\"\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\".\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\".5\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\"5.\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\"1.2.3\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\"-1\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\"+1\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\" 1\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\"1e-3\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\"1,5\"}", "LINE-FIELD", "cost_usd must be digits"},
    {"{" LEAST ",\"cost_usd\":\"0.0000000001\"}", "LINE-FIELD", "cost_usd has more than 9 decimals"},
    {"{" LEAST ",\"cost_usd\":\"0.00000000010\"}", "LINE-FIELD", "cost_usd has more than 9 decimals"},
    {"{" LEAST ",\"cost_usd\":\"9223372036.854775808\"}", "LINE-FIELD", "cost_usd is too large"},
    {"{" LEAST ",\"cost_usd\":\"9223372036854775808\"}", "LINE-FIELD", "cost_usd is too large"},
    {"{" LEAST ",\"cost_usd\":\"1\",\"cost_nano_usd\":1000000000}", "LINE-FIELD", "exclude each other"},

    {"{" LEAST ",\"categories\":{}}", "LINE-FIELD", "categories must be an array"},
    {"{" LEAST ",\"categories\":[\"/A\"]}", "LINE-FIELD", "categories must hold objects"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/A\"}]}", "LINE-FIELD", "categories must hold objects"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/A\",\"confidence\":1,\"x\":1}]}", "LINE-FIELD",
     "categories must hold objects"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/A\",\"score\":1}]}", "LINE-FIELD", "categories must have confidences"},
    {"{" LEAST ",\"categories\":[{\"path\":null,\"confidence\":1}]}", "LINE-FIELD", "categories must hold objects"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/A\",\"confidence\":\"1\"}]}", "LINE-FIELD",
     "categories must have confidences"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/A\",\"confidence\":1.01}]}", "LINE-FIELD",
     "categories must have confidences"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/A\",\"confidence\":-0.01}]}", "LINE-FIELD",
     "categories must have confidences"},
};

/* What is in hand, as providers, languages and slips of the hand leave it; said by field where there is one. */
static const struct refusal kinds[] = {
    {"{" LEAST ",\"tokens_cached\":NaN}", "LINE-NOT-JSON", "tokens_cached is NaN or an infinity"},
    {"{" LEAST ",\"tokens_cached\":nan}", "LINE-NOT-JSON", "tokens_cached is NaN or an infinity"},
    {"{" LEAST ",\"tokens_cached\": Infinity , \"app\":\"x\"}", "LINE-NOT-JSON", "tokens_cached is NaN or an infinity"},
    {"{" LEAST ",\"cost_nano_usd\":-Infinity}", "LINE-NOT-JSON", "cost_nano_usd is NaN or an infinity"},
    {"{\"id\":NaN", "LINE-NOT-JSON", "id is NaN"},
    {"{" LEAST ",\"app\":None}", "LINE-NOT-JSON", "app is None, True or False, which is Python"},
    {"{" LEAST ",\"streamed\":True}", "LINE-NOT-JSON", "streamed is None, True or False"},
    {"{" LEAST ",\"streamed\":TRUE}", "LINE-NOT-JSON", "streamed is a word that is no JSON"},
    {"{" LEAST ",\"app\":undefined}", "LINE-NOT-JSON", "app is a word that is no JSON"},
    {"{" LEAST ",\"app\":'x'}", "LINE-NOT-JSON", "app is in other quotation marks"},
    {"{'id': 'g'}", "LINE-NOT-JSON", "a field is in other quotation marks"},
    {"{" LEAST ",\"tokens_cached\":007}", "LINE-NOT-JSON", "tokens_cached is written like no JSON number"},
    {"{" LEAST ",\"tokens_cached\":+5}", "LINE-NOT-JSON", "tokens_cached is written like no JSON number"},
    {"{" LEAST ",\"tokens_cached\":0x10}", "LINE-NOT-JSON", "tokens_cached is written like no JSON number"},
    {"{" LEAST ",\"tokens_cached\":.5}", "LINE-NOT-JSON", "tokens_cached is written like no JSON number"},
    {"{" LEAST ",\"tokens_cached\":1_000}", "LINE-NOT-JSON", "tokens_cached is written like no JSON number"},
    {"{" LEAST ",\"tokens_cached\":9223372036854775808}", "LINE-FIELD", "tokens_cached is beyond 64 bits"},
    {"{" LEAST ",\"tokens_cached\":-9223372036854775809}", "LINE-FIELD", "tokens_cached is beyond 64 bits"},
    {"{" LEAST ",\"tokens_cached\":1e999}", "LINE-FIELD", "tokens_cached is beyond 64 bits"},
    {"{" LEAST ",\"app\":\"a\",\"app\":\"b\"}", "LINE-FIELD", "app is given twice"},
    {"{" LEAST ",\"app\":\"x\\ud83d\"}", "LINE-NOT-JSON", "app has half of a surrogate pair"},
    {"{" LEAST ",\"app\":\"x\\ude00\\ud83d\"}", "LINE-NOT-JSON", "app has half of a surrogate pair"},
    {"{" LEAST ",\"app\":\"x\\u0000\"}", "LINE-FIELD", "app holds U+0000"},
    {"{" LEAST ",\"app\":\"x\ty\"}", "LINE-NOT-JSON", "app has a text that does not end"},
    {"{" LEAST ",\"app\":\"x", "LINE-NOT-JSON", "does not end on its line"},
    {"{" LEAST ",\"app\":\"\xff\"}", "LINE-NOT-JSON", "app has a text that is not UTF-8"},
    {"{" LEAST ",\"\x1b[31m\":NaN}", "LINE-NOT-JSON", "a field "},
    {"[{" LEAST "},", "LINE-NOT-JSON", "jq -c '.[]'"},
    {"]", "LINE-NOT-JSON", "jq -c '.[]'"},
    {"{" LEAST "},", "LINE-NOT-JSON", "a comma behind the object"},
    {"{" LEAST " ,\t }", "LINE-NOT-JSON", "a comma before a closing bracket, where JSON has none"},
    {"{" LEAST ",\"categories\":[{\"path\":\"/a\"},]}", "LINE-NOT-JSON", "a comma before a closing bracket"},
    {"{" LEAST "}{" LEAST "}", "LINE-NOT-JSON", "more than one object on a line"},
    {"{" LEAST "}\r{" LEAST "}", "LINE-NOT-JSON", "more than one object on a line"},
    {"  \"id\": \"g\",", "LINE-NOT-JSON", "is it CSV?"},
    {"id,created_at,model", "LINE-NOT-JSON", "is it CSV?"},
    {"data: {" LEAST "}", "LINE-NOT-JSON", "server-sent event"},
    {"d", "LINE-NOT-JSON", "begins with no {"},
    {"\x1f\x8b\b", "LINE-NOT-JSON", "gunzip"},
    {"{" LEAST ",\"cost_usd\":\"\"}", "LINE-FIELD", "is empty"},
    {"{" LEAST ",\"cost_usd\":\"4.07e-05\"}", "LINE-FIELD", "without an exponent"},
    {"{" LEAST ",\"cost_usd\":\"-0.0002\"}", "LINE-FIELD", "without a sign"},
    {"{" LEAST ",\"cost_usd\":\"0,0012\"}", "LINE-FIELD", "without commas"},
    {"{" LEAST ",\"cost_usd\":\"$0.0012\"}", "LINE-FIELD", "no currency"},
    {"{" LEAST ",\"cost_usd\":0.0049099999999999994}", "LINE-FIELD", "in quotation marks"},
    {"{" LEAST ",\"tokens_cached\":37.25}", "LINE-FIELD", "tokens_cached must be a whole number, and has a fraction"},
    {"{" LEAST ",\"latency_ms\":\"12\"}", "LINE-FIELD", "latency_ms must be a number, without quotation marks"},
    {"{" LEAST ",\"streamed\":\"true\"}", "LINE-FIELD", "streamed must be true or false, without quotation marks"},
};

static void refuse_all(const struct refusal rows[], size_t count)
{
    struct json_reader *reader;
    struct event event;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < count; index++) {
        const struct refusal *row = &rows[index];
        struct reason why = {0};
        enum verdict verdict = json_read_event(reader, span_of(row->line), &event, &why);
        if (verdict != SET_ASIDE || strcmp(reason_name(why.id), row->id) != 0 || strstr(why.text, row->text) == NULL) {
            printf("%s: %d %s %s\n", row->line, verdict, reason_name(why.id), why.text);
            CU_FAIL("a line is not refused as it should be");
        }
    }
    json_reader_close(reader);
}

static void the_kind_of_a_fault_is_said(void)
{
    refuse_all(kinds, LENGTH_OF(kinds));
}

/* Nesting is no reason to walk into a stack's end; the message names the field. */
static void deep_nesting_is_refused_by_its_field(void)
{
    struct json_reader *reader;
    struct event event;
    struct reason why = {0};
    char line[8192] = "{" LEAST ",\"categories\":";
    size_t size = strlen(line);

    memset(line + size, '[', sizeof(line) - size);
    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    CU_ASSERT_EQUAL(json_read_event(reader, (struct span){line, sizeof(line)}, &event, &why), SET_ASIDE);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "categories is nested too deep"));
    json_reader_close(reader);
}

/* Null is what providers say for what they do not have: as if the field were left out, but for tokens and cost. */
static void null_is_not_given(void)
{
    static const char *const optional[] = {
        "provider",         "account",       "app",        "country",
        "language",         "finish_reason", "latency_ms", "first_token_ms",
        "generation_ms",    "tokens_cached", "is_byok",    "is_free",
        "tokens_reasoning", "tools_offered", "streamed",   "cancelled",
        "classified",       "categories",    "op",
    };
    static const char *const required[] = {"id", "created_at", "model"};
    struct json_reader *reader;
    struct event event, plain;
    char line[256];

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(optional); index++) {
        snprintf(line, sizeof(line), "{%s,\"%s\":null}", LEAST, optional[index]);
        CU_ASSERT_EQUAL(json_read_event(reader, span_of(line), &event, NULL), GO_ON);
        event.id = event.model = (struct span){NULL, 0}; /* which are the reader's */
        CU_ASSERT_EQUAL(json_read_event(reader, span_of("{" LEAST "}"), &plain, NULL), GO_ON);
        plain.id = plain.model = (struct span){NULL, 0};
        CU_ASSERT_EQUAL(memcmp(&event, &plain, offsetof(struct event, labels)), 0);
    }
    CU_ASSERT_EQUAL(json_read_event(reader, span_of("{" LEAST ",\"cost_usd\":null,\"cost_nano_usd\":5}"), &event, NULL),
                    GO_ON);
    CU_ASSERT_EQUAL(event.cost_nano_usd, 5);
    for (size_t index = 0; index < LENGTH_OF(required); index++) {
        struct reason why = {0};
        snprintf(line, sizeof(line), "{\"%s\":null}", required[index]);
        CU_ASSERT_EQUAL(json_read_event(reader, span_of(line), &event, &why), SET_ASIDE);
        CU_ASSERT_EQUAL(why.id, LINE_FIELD);
    }
    json_reader_close(reader);
}

static void whole_numbers_are_taken_as_they_are_written(void)
{
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {{"120.0", 120}, {"1e3", 1000}, {"0.0", 0},
                {"-0", 0},      {"1.5e1", 15}, {"9007199254740992.0", INT64_C(9007199254740992)},
                {"-0.0", 0},    {"12e0", 12},  {"9223372036854775807", INT64_MAX}};
    struct json_reader *reader;
    struct event event;
    char line[256];

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        snprintf(line, sizeof(line), "{%s,\"tokens_cached\":%s}", LEAST, rows[index].text);
        CU_ASSERT_EQUAL(json_read_event(reader, span_of(line), &event, NULL), GO_ON);
        CU_ASSERT_EQUAL(event.tokens_cached, rows[index].value);
    }
    CU_ASSERT_EQUAL(json_read_event(reader, span_of("{" LEAST ",\"latency_ms\":1250.0}"), &event, NULL), GO_ON);
    CU_ASSERT_EQUAL(event.latency_ms, 1250);
    CU_ASSERT_EQUAL(json_read_event(reader, span_of("\xef\xbb\xbf{" LEAST "}"), &event, NULL), GO_ON);
    json_reader_close(reader);
}

static void refusals_name_what_is_wrong(void)
{
    refuse_all(refusals, LENGTH_OF(refusals));
}

static void reasons_do_not_quote_values(void)
{
    static const char *const texts[] = {
        "{" LEAST ",\"account\":\"s3cret\" \"x\"}", "{" LEAST ",\"account\":s3cret}",
        "{" LEAST ",\"cost_usd\":\"s3cret\"}",      "{" LEAST ",\"op\":\"s3cret\"}",
        "{" LEAST ",\"app\":{\"s3cret\":1}}",       "{" LEAST ",\"id\":\"s3cret\"}",
    };
    struct json_reader *reader;
    struct event event;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(texts); index++) {
        struct reason why = {0};
        CU_ASSERT_EQUAL(json_read_event(reader, span_of(texts[index]), &event, &why), SET_ASIDE);
        CU_ASSERT_PTR_NULL(strstr(why.text, "s3cret"));
    }
    json_reader_close(reader);
}

static void the_least_line_gets_the_schema_defaults(void)
{
    static const char *const texts[] = {
        "{" LEAST "}",
        "  {" LEAST "}  \r\n",
        "{" LEAST
        ",\"provider\":null,\"account\":null,\"app\":null,\"country\":null,\"language\":null,"
        "\"finish_reason\":null,\"latency_ms\":null,\"first_token_ms\":null,\"generation_ms\":null,\"categories\":[]}",
    };
    struct json_reader *reader;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(texts); index++) {
        struct event event;
        struct reason why = {0};
        memset(&event, 0x55, sizeof(event)); /* What was there before must not shine through. */
        CU_ASSERT_EQUAL_FATAL(json_read_event(reader, span_of(texts[index]), &event, &why), GO_ON);
        CU_ASSERT(span_equal(event.id, span_of("g")) && span_equal(event.model, span_of("a/b")));
        CU_ASSERT(event.provider.bytes == NULL && event.account.bytes == NULL && event.app.bytes == NULL);
        CU_ASSERT(event.country.bytes == NULL && event.language.bytes == NULL && event.finish_reason.bytes == NULL);
        CU_ASSERT(event.created_ms == 7 && event.tokens_prompt == 1 && event.tokens_completion == 2);
        CU_ASSERT(event.tokens_reasoning == 0 && event.tokens_cached == 0 && event.cost_nano_usd == 0);
        CU_ASSERT(event.tokens_cache_write == 0 && !event.is_gateway_cache_hit);
        CU_ASSERT(!event.is_byok && !event.is_free && !event.streamed && !event.cancelled);
        CU_ASSERT(!event.tools_offered && !event.classified && event.label_count == 0 && event.op == OP_CREATE);
        CU_ASSERT_EQUAL(event.latency_ms, EVENT_ABSENT);
        CU_ASSERT_EQUAL(event.first_token_ms, EVENT_ABSENT);
        CU_ASSERT_EQUAL(event.generation_ms, EVENT_ABSENT);
    }
    json_reader_close(reader);
}

static void every_field_reaches_its_place(void)
{
    static const char text[] =
        "{\"op\":\"retract\",\"id\":\"i\",\"created_at\":-1,\"model\":\"m:free\",\"provider\":\"p\",\"account\":\"a\","
        "\"app\":\"x\",\"country\":\"DE\",\"language\":\"\xc3\xa4\",\"tokens_prompt\":11,\"tokens_completion\":12,"
        "\"tokens_reasoning\":13,\"tokens_cached\":14,\"tokens_cache_write\":16,\"cost_nano_usd\":15,"
        "\"is_byok\":true,\"is_free\":false,\"is_gateway_cache_hit\":true,"
        "\"streamed\":true,\"cancelled\":false,\"finish_reason\":\"stop\",\"tools_offered\":true,\"latency_ms\":0,"
        "\"first_token_ms\":2147483647,\"generation_ms\":18,\"classified\":false,\"categories\":[{\"path\":\"/A\","
        "\"confidence\":1},{\"confidence\":0.5,\"path\":\"/B\"}]}";
    struct json_reader *reader;
    struct event event;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(json_read_event(reader, span_of(text), &event, &why), GO_ON);
    CU_ASSERT(span_equal(event.id, span_of("i")) && span_equal(event.model, span_of("m:free")));
    CU_ASSERT(span_equal(event.provider, span_of("p")) && span_equal(event.account, span_of("a")));
    CU_ASSERT(span_equal(event.app, span_of("x")) && span_equal(event.country, span_of("DE")));
    CU_ASSERT(span_equal(event.language, span_of("\xc3\xa4")) && span_equal(event.finish_reason, span_of("stop")));
    CU_ASSERT(event.created_ms == -1 && event.tokens_prompt == 11 && event.tokens_completion == 12);
    CU_ASSERT(event.tokens_reasoning == 13 && event.tokens_cached == 14 && event.cost_nano_usd == 15);
    CU_ASSERT(event.tokens_cache_write == 16 && event.is_gateway_cache_hit);
    CU_ASSERT(event.is_byok && !event.is_free && event.streamed && !event.cancelled && event.tools_offered);
    CU_ASSERT(!event.classified && event.op == OP_RETRACT);
    CU_ASSERT(event.latency_ms == 0 && event.first_token_ms == INT32_MAX && event.generation_ms == 18);
    CU_ASSERT_EQUAL_FATAL(event.label_count, 2);
    CU_ASSERT(span_equal(event.labels[0].path, span_of("/A")) && span_equal(event.labels[1].path, span_of("/B")));
    CU_ASSERT_DOUBLE_EQUAL(event.labels[0].confidence, 1, 0);
    CU_ASSERT_DOUBLE_EQUAL(event.labels[1].confidence, 0.5, 0);
    json_reader_close(reader);
}

/* An explicit null says that nobody knows. A count of tokens that is left out is a fault, a cost that is left out 0. */
static void null_of_tokens_and_cost_is_unknown(void)
{
    static const struct {
        const char *text;
        int64_t prompt, completion, cost;
    } rows[] = {
        {"\"tokens_prompt\":null,\"tokens_completion\":2", EVENT_UNKNOWN, 2, 0},
        {"\"tokens_prompt\":1,\"tokens_completion\":null", 1, EVENT_UNKNOWN, 0},
        {"\"tokens_prompt\":1,\"tokens_completion\":2,\"cost_nano_usd\":null", 1, 2, EVENT_UNKNOWN},
        {"\"tokens_prompt\":null,\"tokens_completion\":null,\"cost_usd\":null", EVENT_UNKNOWN, EVENT_UNKNOWN,
         EVENT_UNKNOWN},
        {"\"tokens_prompt\":1,\"tokens_completion\":2,\"cost_usd\":null,\"cost_nano_usd\":null", 1, 2, EVENT_UNKNOWN},
        {"\"tokens_prompt\":1,\"tokens_completion\":2,\"cost_usd\":null,\"cost_nano_usd\":5", 1, 2, 5},
        {"\"tokens_prompt\":1,\"tokens_completion\":2,\"cost_usd\":\"1\",\"cost_nano_usd\":null", 1, 2, 1000000000},
        {"\"tokens_prompt\":-9223372036854775808,\"tokens_completion\":-9223372036854775808,"
         "\"cost_nano_usd\":-9223372036854775808",
         INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1},
    };
    struct json_reader *reader;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        char line[512], again[EVENT_JSON_MAX];
        struct event event, read;
        struct reason why = {0};
        snprintf(line, sizeof(line), "{\"id\":\"g\",\"created_at\":7,\"model\":\"m\",%s}", rows[i].text);
        CU_ASSERT_EQUAL_FATAL(json_read_event(reader, span_of(line), &event, &why), GO_ON);
        CU_ASSERT_EQUAL(event.tokens_prompt, rows[i].prompt);
        CU_ASSERT_EQUAL(event.tokens_completion, rows[i].completion);
        CU_ASSERT_EQUAL(event.cost_nano_usd, rows[i].cost);
        struct span text = {again, json_write_event(&event, again)};
        CU_ASSERT_EQUAL_FATAL(json_read_event(reader, text, &read, &why), GO_ON);
        CU_ASSERT(read.tokens_prompt == rows[i].prompt && read.tokens_completion == rows[i].completion);
        CU_ASSERT_EQUAL(read.cost_nano_usd, rows[i].cost);
    }
    json_reader_close(reader);
}

static void each_flag_sets_its_own_field(void)
{
    static const struct {
        const char *name;
        size_t place;
    } rows[] = {
        {"is_byok", offsetof(struct event, is_byok)},
        {"is_free", offsetof(struct event, is_free)},
        {"streamed", offsetof(struct event, streamed)},
        {"cancelled", offsetof(struct event, cancelled)},
        {"classified", offsetof(struct event, classified)},
        {"tools_offered", offsetof(struct event, tools_offered)},
        {"is_gateway_cache_hit", offsetof(struct event, is_gateway_cache_hit)},
    };
    struct json_reader *reader;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        char text[256];
        struct event event;
        snprintf(text, sizeof(text), "{" LEAST ",\"%s\":true}", rows[index].name);
        CU_ASSERT_EQUAL_FATAL(json_read_event(reader, span_of(text), &event, NULL), GO_ON);
        for (size_t other = 0; other < LENGTH_OF(rows); other++)
            CU_ASSERT_EQUAL(*(const bool *)((const char *)&event + rows[other].place), other == index);
    }
    json_reader_close(reader);
}

static void dollars_are_exact_to_the_nano(void)
{
    static const struct {
        const char *text;
        int64_t nano_usd;
    } rows[] = {
        {"0", 0},
        {"0.0", 0},
        {"0.000000001", 1},
        {"0.999999999", 999999999},
        {"0.1", 100000000},
        {"00.10", 100000000},
        {"1", 1000000000},
        {"1.000000000000000000000000000000", 1000000000},
        {"12.5", 12500000000},
        {"0.07", 70000000}, /* 0.07 * 1e9 is not whole in binary */
        {"9223372036.854775807", INT64_MAX},
        {"000000000000000000000000000000000000001", 1000000000},
    };
    struct json_reader *reader;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        char text[256];
        struct event event = {0};
        snprintf(text, sizeof(text), "{" LEAST ",\"cost_usd\":\"%s\"}", rows[index].text);
        enum verdict verdict = json_read_event(reader, span_of(text), &event, NULL);
        if (verdict != GO_ON || event.cost_nano_usd != rows[index].nano_usd) {
            printf("%s: %d %" PRId64 "\n", rows[index].text, verdict, event.cost_nano_usd);
            CU_FAIL("the cost is another");
        }
    }
    json_reader_close(reader);
}

static void times_are_integers_or_texts(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"0", 0},
        {"-1", -1},
        {"1763982000123", 1763982000123},
        {"\"1970-01-01\"", 0},
        {"\"2025-11-24T11:00:00Z\"", 1763982000000},
        {"\"2025-11-24 11:00:00.123\"", 1763982000123},
        {"\"2025-11-24T16:30:00+05:30\"", 1763982000000},
    };
    struct json_reader *reader;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t index = 0; index < LENGTH_OF(rows); index++) {
        char text[256];
        struct event event = {0};
        snprintf(text, sizeof(text),
                 "{\"id\":\"g\",\"created_at\":%s,\"model\":\"m\",\"tokens_prompt\":1,\"tokens_completion\":2}",
                 rows[index].text);
        enum verdict verdict = json_read_event(reader, span_of(text), &event, NULL);
        if (verdict != GO_ON || event.created_ms != rows[index].ms) {
            printf("%s: %d %" PRId64 "\n", rows[index].text, verdict, event.created_ms);
            CU_FAIL("the time is another");
        }
    }
    json_reader_close(reader);
}

static void labels_end_at_their_limit(void)
{
    struct json_reader *reader;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    for (size_t count = EVENT_LABELS_MAX - 1; count <= EVENT_LABELS_MAX + 1; count++) {
        char text[4096];
        struct event event = {0};
        struct reason why = {0};
        size_t size = (size_t)snprintf(text, sizeof(text), "{" LEAST ",\"categories\":[");
        for (size_t index = 0; index < count; index++)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%s{\"path\":\"/%zu\",\"confidence\":0.25}",
                                     index == 0 ? "" : ",", index);
        size += (size_t)snprintf(text + size, sizeof(text) - size, "]}");
        enum verdict verdict = json_read_event(reader, (struct span){text, size}, &event, &why);
        CU_ASSERT_EQUAL(verdict, count <= EVENT_LABELS_MAX ? GO_ON : SET_ASIDE);
        if (verdict == GO_ON)
            CU_ASSERT_EQUAL(event.label_count, count);
    }
    json_reader_close(reader);
}

/* The line is a span: what lies behind it, digits or another line, is not read. */
static void a_line_ends_where_its_span_ends(void)
{
    static const char text[] = "{" LEAST "}garbage";
    struct json_reader *reader;
    struct event event;

    CU_ASSERT_EQUAL_FATAL(json_reader_open(&reader, NULL), GO_ON);
    CU_ASSERT_EQUAL(json_read_event(reader, (struct span){text, strlen(text) - strlen("garbage")}, &event, NULL),
                    GO_ON);
    CU_ASSERT_EQUAL(json_read_event(reader, span_of(text), &event, NULL), SET_ASIDE);
    CU_ASSERT_EQUAL(json_read_event(reader, (struct span){NULL, 0}, &event, NULL), SET_ASIDE);
    for (size_t size = 0; size < strlen("{" LEAST "}"); size++) {
        char *exact = malloc(size == 0 ? 1 : size); /* its end is watched by the address sanitizer */
        memcpy(exact, text, size);
        CU_ASSERT_EQUAL(json_read_event(reader, (struct span){exact, size}, &event, NULL), SET_ASIDE);
        free(exact);
    }
    json_reader_close(reader);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"refusals name what is wrong", refusals_name_what_is_wrong},
        {"the kind of a fault is said", the_kind_of_a_fault_is_said},
        {"deep nesting is refused by its field", deep_nesting_is_refused_by_its_field},
        {"null is not given", null_is_not_given},
        {"whole numbers are taken as they are written", whole_numbers_are_taken_as_they_are_written},
        {"reasons do not quote values", reasons_do_not_quote_values},
        {"the least line gets the schema's defaults", the_least_line_gets_the_schema_defaults},
        {"every field reaches its place", every_field_reaches_its_place},
        {"null of tokens and cost is unknown", null_of_tokens_and_cost_is_unknown},
        {"each flag sets its own field", each_flag_sets_its_own_field},
        {"dollars are exact to the nano", dollars_are_exact_to_the_nano},
        {"times are integers or texts", times_are_integers_or_texts},
        {"labels end at their limit", labels_end_at_their_limit},
        {"a line ends where its span ends", a_line_ends_where_its_span_ends},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
