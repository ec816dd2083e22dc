/* Digests: each field that counts makes another, what is no content does not, and what differs is named. */
#include "digest.h"

#include "suite.h"

static const struct siphash_key key = {{7, 9}}; /* no two of the groups below have one byte under it */
static const struct pseudonym account = {1, 2};

static struct event whole(void)
{
    return (struct event){
        .id = span_of("x"),
        .model = span_of("openai/gpt-4o"),
        .provider = span_of("openai"),
        .account = span_of("a"),
        .app = span_of("app"),
        .country = span_of("DE"),
        .language = span_of("de"),
        .finish_reason = span_of("stop"),
        .created_ms = 1793613600000,
        .tokens_prompt = 100,
        .tokens_completion = 10,
        .tokens_reasoning = 5,
        .tokens_cached = 50,
        .tokens_cache_write = 20,
        .cost_nano_usd = 7,
        .latency_ms = 900,
        .first_token_ms = 300,
        .generation_ms = 600,
        .classified = true,
        .label_count = 2,
        .labels = {{span_of("/Games"), 0.5f}, {span_of("/Science"), 0.75f}},
    };
}

static struct digest digest_for(const struct event *event)
{
    return digest_of(event, account, &key);
}

/* True if the event's digest is another than that of whole(); what differs is then named by `name`. */
static bool is_other(const struct event *event, const char *name)
{
    char text[DIGEST_NAMES_MAX];
    struct event base = whole();
    struct digest left = digest_for(&base), right = digest_for(event);

    digest_difference(&left, &right, text);
    if (digest_same(&left, &right))
        return false;
    CU_ASSERT_PTR_NOT_NULL(strstr(text, name));
    return true;
}

#define CHANGED(member, value, name)                                                                                   \
    do {                                                                                                               \
        struct event event = whole();                                                                                  \
        event.member = (value);                                                                                        \
        CU_ASSERT_TRUE(is_other(&event, (name)));                                                                      \
    } while (0)

static void each_field_that_counts_makes_another(void)
{
    CHANGED(created_ms, 1793613600001, "created_at");
    CHANGED(model, span_of("openai/gpt-4"), "model");
    CHANGED(provider, span_of(""), "provider");
    CHANGED(tokens_prompt, 101, "tokens_prompt");
    CHANGED(tokens_prompt, EVENT_UNKNOWN, "tokens_prompt");
    CHANGED(tokens_cached, 51, "tokens_cached");
    CHANGED(tokens_cache_write, 21, "tokens_cache_write");
    CHANGED(is_gateway_cache_hit, true, "beside these");
    CHANGED(tokens_completion, 11, "tokens_completion");
    CHANGED(tokens_reasoning, 6, "tokens_reasoning");
    CHANGED(cost_nano_usd, 8, "cost_nano_usd");
    CHANGED(is_byok, true, "is_byok");
    CHANGED(is_free, true, "is_free");
    CHANGED(app, span_of("another"), "app");
    CHANGED(country, span_of("FR"), "country");
    CHANGED(language, span_of("fr"), "language");
    CHANGED(finish_reason, span_of("error"), "finish_reason");
    CHANGED(latency_ms, EVENT_ABSENT, "times");
    CHANGED(first_token_ms, 301, "times");
    CHANGED(generation_ms, 601, "times");
    CHANGED(streamed, true, "beside these");
    CHANGED(cancelled, true, "beside these");
    CHANGED(tools_offered, true, "beside these");
    CHANGED(classified, false, "beside these");
    CHANGED(label_count, 1, "labels");
    CHANGED(labels[1].confidence, 0.5f, "labels");
    CHANGED(labels[1].path, span_of("/Sport"), "labels");
}

static void the_account_counts_by_its_pseudonym(void)
{
    struct event event = whole(), other = whole();

    other.account = span_of("b");
    struct digest left = digest_for(&event), right = digest_for(&other);
    CU_ASSERT_TRUE(digest_same(&left, &right)); /* The text itself is not read. */
    for (int i = 0; i < 3; i++) {
        static const struct pseudonym others[] = {{0, 0}, {1, 3}, {2, 2}};
        right = digest_of(&event, others[i], &key);
        CU_ASSERT_FALSE(digest_same(&left, &right));
    }
}

static void what_is_no_content_makes_no_difference(void)
{
    struct event event = whole();

    event.id = span_of("y");
    event.op = OP_AMEND;
    event.labels[0] = whole().labels[1];
    event.labels[1] = whole().labels[0];
    CU_ASSERT_FALSE(is_other(&event, ""));
    struct event zero = whole(), minus = whole();
    zero.labels[0].confidence = 0.0f;
    minus.labels[0].confidence = -0.0f;
    struct digest left = digest_for(&zero), right = digest_for(&minus);
    CU_ASSERT_TRUE(digest_same(&left, &right));
}

/* Texts that only together are the same bytes, and labels whose parts change places. */
/* What is left out says something else than what counts, though each of its fields is the same. */
static void left_out_is_another_content(void)
{
    struct event event = whole();
    struct digest counts = digest_for(&event), left_out = counts;

    digest_leave_out(&left_out);
    CU_ASSERT_FALSE(digest_same(&counts, &left_out));
    CU_ASSERT_EQUAL(
        memcmp(counts.bytes + DIGEST_WHOLE_SIZE, left_out.bytes + DIGEST_WHOLE_SIZE, DIGEST_SIZE - DIGEST_WHOLE_SIZE),
        0);
}

static void fields_do_not_run_into_each_other(void)
{
    struct event left = whole(), right = whole();

    left.country = span_of("DE");
    left.language = span_of("de");
    right.country = span_of("DEd");
    right.language = span_of("e");
    struct digest one = digest_for(&left), other = digest_for(&right);
    CU_ASSERT_FALSE(digest_same(&one, &other));
    left = right = whole();
    left.labels[0].confidence = 0.75f;
    left.labels[1].confidence = 0.5f;
    one = digest_for(&left);
    other = digest_for(&right);
    CU_ASSERT_FALSE(digest_same(&one, &other));
}

static void the_fullest_event_fits(void)
{
    static char text[EVENT_TEXT_MAX];
    struct span full = {text, sizeof(text)};
    struct event event = {
        .model = full, .provider = full, .app = full, .country = full, .language = full, .finish_reason = full};
    char names[DIGEST_NAMES_MAX];

    memset(text, 'x', sizeof(text));
    event.label_count = EVENT_LABELS_MAX;
    for (uint32_t i = 0; i < EVENT_LABELS_MAX; i++)
        event.labels[i] = (struct label){full, 1.0f};
    struct digest left = digest_for(&event), right = left;
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        right.bytes[i] = (char)~right.bytes[i];
    digest_difference(&left, &right, names); /* All names at once. */
    CU_ASSERT_PTR_NOT_NULL(
        strstr(names, "created_at, model, provider, account, tokens_prompt, tokens_cached or tokens_cache_write"));
    right = left;
    digest_difference(&left, &right, names);
    CU_ASSERT_TRUE(strlen(names) > 0);
}

static void another_key_gives_another_digest(void)
{
    static const struct siphash_key other = {{UINT64_C(0x0123456789abcdee), UINT64_C(0xfedcba9876543210)}};
    struct event event = whole();
    struct digest left = digest_for(&event), right = digest_of(&event, account, &other);

    CU_ASSERT_FALSE(digest_same(&left, &right));
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_field_that_counts_makes_another", each_field_that_counts_makes_another},
        {"the_account_counts_by_its_pseudonym", the_account_counts_by_its_pseudonym},
        {"what_is_no_content_makes_no_difference", what_is_no_content_makes_no_difference},
        {"left_out_is_another_content", left_out_is_another_content},
        {"fields_do_not_run_into_each_other", fields_do_not_run_into_each_other},
        {"the_fullest_event_fits", the_fullest_event_fits},
        {"another_key_gives_another_digest", another_key_gives_another_digest},
        CU_TEST_INFO_NULL,
    };

    return suite_run(argc, argv, tests);
}
