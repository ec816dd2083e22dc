/* event.c by rows: each limit from both sides, each reason reached, slugs split where the header says. */
#include "gentally/core/event.h"

#include <math.h>

#include "suite.h"
#include "verdict_name.h"

static struct event good_event(void)
{
    return (struct event){
        .id = {"gen-1", 5},
        .model = {"openai/gpt-4o", 13},
        .created_ms = 1700000000000,
        .tokens_prompt = 10,
        .tokens_completion = 5,
        .latency_ms = EVENT_ABSENT,
        .first_token_ms = EVENT_ABSENT,
        .generation_ms = EVENT_ABSENT,
    };
}

static char long_text[EVENT_TEXT_MAX + 1];

static const struct span longest = {long_text, EVENT_TEXT_MAX};
static const struct span too_long = {long_text, EVENT_TEXT_MAX + 1};

static void expect(const char *name, const struct event *event, const char *want)
{
    struct reason why = {0};
    enum verdict verdict = event_check(event, &why);
    bool is_right = want == NULL
                        ? verdict == GO_ON
                        : verdict == SET_ASIDE && why.id != REASON_NONE && strcmp(reason_name(why.id), want) == 0;

    if (!is_right)
        printf("row %s: %s %s\n", name, verdict_name(verdict), why.id != REASON_NONE ? reason_name(why.id) : "");
    CU_ASSERT(is_right);
}

static void numbers_keep_their_limits(void)
{
    static const struct {
        const char *name;
        size_t field;
        int64_t value;
        const char *want;
    } rows[] = {
        {"prompt 0", offsetof(struct event, tokens_prompt), 0, NULL},
        {"prompt max", offsetof(struct event, tokens_prompt), EVENT_TOKENS_MAX, NULL},
        {"prompt max + 1", offsetof(struct event, tokens_prompt), EVENT_TOKENS_MAX + 1, "EVENT-OUT-OF-RANGE"},
        {"prompt -1", offsetof(struct event, tokens_prompt), -1, "EVENT-OUT-OF-RANGE"},
        {"completion max", offsetof(struct event, tokens_completion), EVENT_TOKENS_MAX, NULL},
        {"completion max + 1", offsetof(struct event, tokens_completion), EVENT_TOKENS_MAX + 1, "EVENT-OUT-OF-RANGE"},
        {"completion min", offsetof(struct event, tokens_completion), INT64_MIN + 1, "EVENT-OUT-OF-RANGE"},
        {"prompt unknown", offsetof(struct event, tokens_prompt), EVENT_UNKNOWN, NULL},
        {"completion unknown", offsetof(struct event, tokens_completion), EVENT_UNKNOWN, NULL},
        {"cost unknown", offsetof(struct event, cost_nano_usd), EVENT_UNKNOWN, NULL},
        {"reasoning unknown", offsetof(struct event, tokens_reasoning), EVENT_UNKNOWN, "EVENT-OUT-OF-RANGE"},
        {"cached unknown", offsetof(struct event, tokens_cached), EVENT_UNKNOWN, "EVENT-OUT-OF-RANGE"},
        {"write unknown", offsetof(struct event, tokens_cache_write), EVENT_UNKNOWN, "EVENT-OUT-OF-RANGE"},
        {"write all", offsetof(struct event, tokens_cache_write), 10, NULL},
        {"write more", offsetof(struct event, tokens_cache_write), 11, "EVENT-TOKENS-IDENTITY"},
        {"write -1", offsetof(struct event, tokens_cache_write), -1, "EVENT-OUT-OF-RANGE"},
        {"reasoning all", offsetof(struct event, tokens_reasoning), 5, NULL},
        {"reasoning more", offsetof(struct event, tokens_reasoning), 6, "EVENT-TOKENS-IDENTITY"},
        {"reasoning -1", offsetof(struct event, tokens_reasoning), -1, "EVENT-OUT-OF-RANGE"},
        {"cached all", offsetof(struct event, tokens_cached), 10, NULL},
        {"cached more", offsetof(struct event, tokens_cached), 11, "EVENT-TOKENS-IDENTITY"},
        {"cached -1", offsetof(struct event, tokens_cached), -1, "EVENT-OUT-OF-RANGE"},
        {"cached huge", offsetof(struct event, tokens_cached), INT64_MAX, "EVENT-OUT-OF-RANGE"},
        {"cost max", offsetof(struct event, cost_nano_usd), EVENT_COST_MAX, NULL},
        {"cost max + 1", offsetof(struct event, cost_nano_usd), EVENT_COST_MAX + 1, "EVENT-OUT-OF-RANGE"},
        {"cost -1", offsetof(struct event, cost_nano_usd), -1, "EVENT-OUT-OF-RANGE"},
        {"created 1970", offsetof(struct event, created_ms), 0, "EVENT-OUT-OF-RANGE"},
        {"created before", offsetof(struct event, created_ms), -1, "EVENT-OUT-OF-RANGE"},
        {"created 2009", offsetof(struct event, created_ms), EVENT_MS_MIN - 1, "EVENT-OUT-OF-RANGE"},
        {"created 2010", offsetof(struct event, created_ms), EVENT_MS_MIN, NULL},
        {"created 9999", offsetof(struct event, created_ms), EVENT_MS_MAX, NULL},
        {"created 10000", offsetof(struct event, created_ms), EVENT_MS_MAX + 1, "EVENT-OUT-OF-RANGE"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct event event = good_event();
        memcpy((char *)&event + rows[i].field, &rows[i].value, sizeof(rows[i].value));
        expect(rows[i].name, &event, rows[i].want);
    }
}

/* What is read of a cache and what is written to one share the prompt, and what is unknown bounds nothing. */
static void parts_keep_within_what_is_known(void)
{
    struct event event = good_event();

    event.tokens_cached = 4;
    event.tokens_cache_write = 6;
    expect("a prompt of both", &event, NULL);
    event.tokens_cache_write = 7;
    expect("one more than the prompt", &event, "EVENT-TOKENS-IDENTITY");
    event.tokens_prompt = EVENT_UNKNOWN;
    expect("of an unknown prompt", &event, NULL);
    event.tokens_reasoning = 6;
    expect("a completion that is known still bounds", &event, "EVENT-TOKENS-IDENTITY");
    event.tokens_completion = event.cost_nano_usd = EVENT_UNKNOWN;
    expect("nothing known", &event, NULL);
    CU_ASSERT_FALSE(event_knows_tokens(&event));
    event.tokens_cached = EVENT_TOKENS_MAX + 1;
    expect("a part has its limit all the same", &event, "EVENT-OUT-OF-RANGE");
}

static void no_number_reads_as_unknown(void)
{
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN + 1};
    struct event event = good_event();

    for (size_t i = 0; i < LENGTH_OF(numbers); i++)
        CU_ASSERT_EQUAL(event_amount(numbers[i]), numbers[i]);
    event.tokens_prompt = event_amount(INT64_MIN);
    CU_ASSERT(event.tokens_prompt != EVENT_UNKNOWN);
    expect("-2^63", &event, "EVENT-OUT-OF-RANGE");
}

/* Now, at the domain's first second and at its last, in every unit and from every beginning that platforms have. */
static void wrong_units_of_time_are_refused_by_name(void)
{
    static const struct {
        int64_t offset_s, parts, divided;
        const char *want;
    } rows[] = {
        {0, 1, 1, "seconds since 1970"},
        {0, 1000000, 1, "microseconds since 1970"},
        {0, 1000000000, 1, "nanoseconds since 1970"},
        {2209161600, 1, 86400, "days, as a spreadsheet has"},
        {-978307200, 1, 1, "seconds since 2001"},
        {-978307200, 1000, 1, "milliseconds since 2001"},
        {11644473600, 1000000, 1, "microseconds since 1601"},
        {11644473600, 10000000, 1, "100 ns since 1601"},
        {62135596800, 10000000, 1, "ticks, as .NET counts"},
    };
    static const int64_t now_s[] = {1262304000, 1763640000, 2051222400}; /* 2010, 2025, 2035 */

    for (size_t i = 0; i < LENGTH_OF(rows) * LENGTH_OF(now_s); i++) {
        size_t row = i / LENGTH_OF(now_s);
        struct event event = good_event();
        struct reason why = {0};
        event.created_ms = (now_s[i % LENGTH_OF(now_s)] + rows[row].offset_s) / rows[row].divided * rows[row].parts;
        expect(rows[row].want, &event, "EVENT-OUT-OF-RANGE");
        CU_ASSERT_EQUAL(event_check(&event, &why), SET_ASIDE);
        if (strstr(why.text, rows[row].want) == NULL)
            printf("row %s: %s\n", rows[row].want, why.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[row].want));
    }
}

static void a_time_looks_like_one_thing_or_nothing(void)
{
    static const struct {
        int64_t ms;
        const char *want; /* NULL: nothing */
    } rows[] = {
        {1763640000000, NULL},
        {EVENT_MS_MIN, NULL},
        {0, "a time that was never set"},
        {-62135596800000, "a time that was never set"},
        {1, NULL},
        {-1763640000, NULL},
        {INT64_MIN, NULL},
        {INT64_MAX, NULL},
        {EVENT_MS_MAX, NULL},
        {1763640000000 + 2209161600000, "milliseconds since 1900"},
        {1763640000000 + 11644473600000, "milliseconds since 1601"},
        {1763640000000 + 62135596800000, "milliseconds since the year 1"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const char *looks = event_time_looks_like(rows[i].ms);
        CU_ASSERT((looks == NULL) == (rows[i].want == NULL));
        CU_ASSERT(looks == NULL || rows[i].want == NULL || strcmp(looks, rows[i].want) == 0);
    }
}

static void latencies_are_absent_or_not_negative(void)
{
    static const size_t fields[] = {offsetof(struct event, latency_ms), offsetof(struct event, first_token_ms),
                                    offsetof(struct event, generation_ms)};
    static const struct {
        int32_t value;
        const char *want;
    } rows[] = {{EVENT_ABSENT, NULL},
                {0, NULL},
                {INT32_MAX, NULL},
                {-2, "EVENT-OUT-OF-RANGE"},
                {INT32_MIN, "EVENT-OUT-OF-RANGE"}};

    for (size_t k = 0; k < LENGTH_OF(fields); k++) {
        for (size_t i = 0; i < LENGTH_OF(rows); i++) {
            struct event event = good_event();
            memcpy((char *)&event + fields[k], &rows[i].value, sizeof(rows[i].value));
            expect("latency", &event, rows[i].want);
        }
    }
}

static void texts_keep_their_limits(void)
{
    static const size_t fields[] = {offsetof(struct event, id),       offsetof(struct event, model),
                                    offsetof(struct event, provider), offsetof(struct event, account),
                                    offsetof(struct event, app),      offsetof(struct event, country),
                                    offsetof(struct event, language), offsetof(struct event, finish_reason)};

    memset(long_text, 'x', sizeof(long_text));
    for (size_t k = 0; k < LENGTH_OF(fields); k++) {
        struct event event = good_event();
        memcpy((char *)&event + fields[k], &longest, sizeof(longest));
        expect("longest", &event, NULL);
        memcpy((char *)&event + fields[k], &too_long, sizeof(too_long));
        expect("too long", &event, "EVENT-TEXT-TOO-LONG");
    }
}

static void the_name_of_others_is_ours(void)
{
    static const struct {
        const char *text;
        bool is_ours;
    } rows[] = {{"(other)", true}, {"(other", false}, {"other", false}, {"(Other)", false}, {"(other) ", false}};
    static const size_t dims[] = {offsetof(struct event, model),         offsetof(struct event, provider),
                                  offsetof(struct event, country),       offsetof(struct event, language),
                                  offsetof(struct event, finish_reason), offsetof(struct event, app)};
    static const size_t texts[] = {offsetof(struct event, id), offsetof(struct event, account)};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span text = span_of(rows[i].text);
        struct event event;
        for (size_t k = 0; k < LENGTH_OF(dims); k++) {
            event = good_event();
            memcpy((char *)&event + dims[k], &text, sizeof(text));
            expect(rows[i].text, &event, rows[i].is_ours ? "EVENT-TEXT-RESERVED" : NULL);
        }
        for (size_t k = 0; k < LENGTH_OF(texts); k++) {
            event = good_event();
            memcpy((char *)&event + texts[k], &text, sizeof(text));
            expect("no dimension", &event, NULL);
        }
    }
    struct event event = good_event();
    event.model = span_of("(other):free");
    expect("with a variant", &event, "EVENT-TEXT-RESERVED");
    event.model = span_of("acme/(other)");
    expect("of an author", &event, NULL);
}

static void what_must_be_there_is(void)
{
    struct event event = good_event();

    expect("good", &event, NULL);
    event.id = (struct span){"x", 0};
    expect("empty id", &event, "EVENT-ID-MISSING");
    event = good_event();
    event.model = (struct span){NULL, 0};
    expect("no model", &event, "EVENT-MODEL-MISSING");
    event = good_event();
    event.op = OP_AMEND;
    expect("amend", &event, NULL); /* whether it can be counted is the fold's question */
    event.op = OP_RETRACT;
    expect("retract", &event, NULL);
}

static void labels_are_checked_to_the_last(void)
{
    static const struct {
        const char *name;
        float confidence;
        const char *want;
    } rows[] = {{"0", 0.0f, NULL},
                {"-0", -0.0f, NULL},
                {"1", 1.0f, NULL},
                {"above 1", 1.0000001f, "EVENT-CONFIDENCE"},
                {"below 0", -1e-30f, "EVENT-CONFIDENCE"},
                {"NaN", NAN, "EVENT-CONFIDENCE"},
                {"infinity", INFINITY, "EVENT-CONFIDENCE"}};
    struct event event = good_event();

    event.label_count = EVENT_LABELS_MAX;
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        event.labels[EVENT_LABELS_MAX - 1] = (struct label){{"/A", 2}, rows[i].confidence};
        expect(rows[i].name, &event, rows[i].want);
    }
    event.labels[EVENT_LABELS_MAX - 1] = (struct label){longest, 0.5f};
    expect("longest path", &event, NULL);
    event.labels[EVENT_LABELS_MAX - 1].path = too_long;
    expect("path too long", &event, "EVENT-TEXT-TOO-LONG");
    event.label_count--;
    expect("not counted, not checked", &event, NULL);
}

static void slugs_split_at_the_last_colon_of_the_name(void)
{
    static const struct {
        const char *slug, *base, *variant; /* NULL: absent */
        bool is_free;
    } rows[] = {
        {"openai/gpt-4o", "openai/gpt-4o", NULL, false},
        {"deepseek/r1:free", "deepseek/r1", "free", true},
        {"deepseek/r1:Free", "deepseek/r1", "Free", false},
        {"a/b:c:free", "a/b:c", "free", true},
        {"a/b:free:c", "a/b:free", "c", true}, /* "free" with a plug-in is still free of charge */
        {"a/b:free:online", "a/b:free", "online", true},
        {"a/b:freed:c", "a/b:freed", "c", false},
        {"a:free:c/b", "a:free:c/b", NULL, false},
        {"a:free/b", "a:free/b", NULL, false},
        {"host:8/a:x/b:free", "host:8/a:x/b", "free", true},
        {"a/b:", "a/b", NULL, false},
        {"free", "free", NULL, false},
        {":free", "", "free", true},
        {"a/:free", "a/", "free", true},
        {"/", "/", NULL, false},
        {"", "", NULL, false},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct span slug = span_of(rows[i].slug);
        struct span variant = slug_variant(slug);
        struct event event = {.model = slug};
        bool is_right = span_equal(slug_base(slug), span_of(rows[i].base)) &&
                        (variant.bytes == NULL) == (rows[i].variant == NULL) &&
                        span_equal(variant, span_of(rows[i].variant)) && event_is_free(&event) == rows[i].is_free;
        if (!is_right)
            printf("row %s\n", rows[i].slug);
        CU_ASSERT(is_right);
    }
    struct event event = {.model = span_of("a/b"), .is_free = true};
    CU_ASSERT(event_is_free(&event));
    CU_ASSERT(slug_variant((struct span){NULL, 0}).bytes == NULL);
    CU_ASSERT(slug_base((struct span){NULL, 0}).size == 0);
}

static void dimensions_are_known_by_name(void)
{
    enum dimension dimension;

    for (unsigned i = 0; i < DIM_COUNT; i++) {
        const char *name = dimension_name((enum dimension)i);
        CU_ASSERT_FATAL(name != NULL);
        CU_ASSERT(dimension_parse(span_of(name), &dimension) && dimension == (enum dimension)i);
    }
    CU_ASSERT_STRING_EQUAL(dimension_name(DIM_FINISH_REASON), "finish_reason");
    CU_ASSERT_STRING_EQUAL(dimension_name(DIM_ACCOUNT), "account");
    CU_ASSERT_STRING_EQUAL(dimension_name(DIM_APP), "app");
    CU_ASSERT(!dimension_parse(span_of(""), &dimension));
    CU_ASSERT(!dimension_parse(span_of(NULL), &dimension));
    CU_ASSERT(!dimension_parse(span_of("Model"), &dimension));
    CU_ASSERT(!dimension_parse(span_of("models"), &dimension));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"numbers_keep_their_limits", numbers_keep_their_limits},
        {"parts_keep_within_what_is_known", parts_keep_within_what_is_known},
        {"no_number_reads_as_unknown", no_number_reads_as_unknown},
        {"wrong_units_of_time_are_refused_by_name", wrong_units_of_time_are_refused_by_name},
        {"a_time_looks_like_one_thing_or_nothing", a_time_looks_like_one_thing_or_nothing},
        {"latencies_are_absent_or_not_negative", latencies_are_absent_or_not_negative},
        {"texts_keep_their_limits", texts_keep_their_limits},
        {"what_must_be_there_is", what_must_be_there_is},
        {"the name of others is ours", the_name_of_others_is_ours},
        {"labels_are_checked_to_the_last", labels_are_checked_to_the_last},
        {"slugs_split_at_the_last_colon_of_the_name", slugs_split_at_the_last_colon_of_the_name},
        {"dimensions_are_known_by_name", dimensions_are_known_by_name},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
