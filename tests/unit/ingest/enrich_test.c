/* Enrichment: each measure by rows, labels, dimensions, samples, pseudonyms, room. */
#include "enrich.h"

#include "gentally/core/taxonomy.h"
#include "gentally/ingest/pseudonym.h"
#include "suite.h"

#define PROGRAMMING "/Computers & Electronics/Programming"
#define DEVELOPMENT "/Computers & Electronics/Programming/Development Tools"
#define ROLEPLAY "/Games/Roleplaying Games"
#define SPORTS "/Sports/Team Sports" /* of category other */

struct rig {
    struct taxonomy *taxonomy;
    struct symbols *symbols;
    struct enrich *enrich;
    struct fact fact;
};

static struct rig open_rig(const char *account_key, uint32_t symbols_max)
{
    struct rig rig = {0};
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(taxonomy_open(&rig.taxonomy, NULL, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(symbols_open(&rig.symbols, symbols_max, (size_t)symbols_max * EVENT_TEXT_MAX, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(enrich_open(&rig.enrich, rig.taxonomy, rig.symbols, span_of(account_key), &why), GO_ON);
    return rig;
}

static void close_rig(struct rig *rig)
{
    enrich_close(rig->enrich);
    symbols_close(rig->symbols);
    taxonomy_close(rig->taxonomy);
}

/* 100 + 40 tokens, 7 nano-USD, nothing else set. */
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
        .cost_nano_usd = 7,
        .latency_ms = EVENT_ABSENT,
        .first_token_ms = EVENT_ABSENT,
        .generation_ms = EVENT_ABSENT,
    };
}

static void add_label(struct event *event, const char *path, float confidence)
{
    event->labels[event->label_count++] = (struct label){span_of(path), confidence};
}

/* What a plain event sums up to; the rows below name the differences. */
static const int64_t plain[MEASURE_COUNT] = {
    [M_REQUESTS] = 1,
    [M_TOKENS_PROMPT] = 100,
    [M_TOKENS_COMPLETION] = 40,
    [M_TOKENS_REASONING] = 10,
    [M_TOKENS_CACHED] = 30,
    [M_COST_NANO_USD] = 7,
    [M_BILLED_TOKENS] = 140,
    [M_BILLED_COST_NANO_USD] = 7,
    [M_TOKENS_SQUARED] = 140 * 140,
    [M_TOKENS_PROMPT_SQUARED] = 100 * 100,
};

struct measure_value {
    enum measure measure;
    int64_t value;
};

static void check_sums(struct rig *rig, const char *name, const struct event *event,
                       const struct measure_value differences[], size_t count)
{
    int64_t want[MEASURE_COUNT];

    memcpy(want, plain, sizeof(want));
    for (size_t i = 0; i < count && differences[i].measure != M_REQUESTS; i++)
        want[differences[i].measure] = differences[i].value;
    memset(&rig->fact, 0xa5, sizeof(rig->fact)); /* all that is read must have been written */
    enrich_event(rig->enrich, event, &rig->fact);
    for (unsigned i = 0; i < MEASURE_COUNT; i++) {
        if (rig->fact.sums[i] != want[i])
            printf("%s: %s is %" PRId64 ", not %" PRId64 "\n", name, measure_name((enum measure)i), rig->fact.sums[i],
                   want[i]);
        CU_ASSERT_EQUAL(rig->fact.sums[i], want[i]);
    }
}

static void each_measure_by_its_rule(void)
{
    static const struct row {
        const char *name, *model, *finish_reason;
        bool is_byok, is_free, is_gateway_cache_hit, streamed, cancelled, tools_offered, classified;
        struct measure_value differences[3]; /* up to a M_REQUESTS, which never differs */
    } rows[] = {
        {.name = "plain"},
        {.name = "byok", .is_byok = true, .differences = {{M_BILLED_TOKENS, 0}, {M_BILLED_COST_NANO_USD, 0}}},
        {.name = "free by flag", .is_free = true, .differences = {{M_FREE_TOKENS, 140}, {M_FREE_REQUESTS, 1}}},
        {.name = "free by variant", .model = "a/one:free", .differences = {{M_FREE_TOKENS, 140}, {M_FREE_REQUESTS, 1}}},
        {.name = "free both ways",
         .model = "a/one:free",
         .is_free = true,
         .differences = {{M_FREE_TOKENS, 140}, {M_FREE_REQUESTS, 1}}},
        {.name = "another variant", .model = "a/one:freedom"},
        {.name = "free in the name", .model = "a/free"},
        {.name = "tool_calls",
         .finish_reason = "tool_calls",
         .differences = {{M_TOOL_REQUESTS, 1}, {M_TOOL_TOKENS, 140}}},
        {.name = "tools offered, not called",
         .finish_reason = "stop",
         .tools_offered = true,
         .differences = {{M_TOOLS_OFFERED, 1}, {M_TOOLS_OFFERED_TOKENS, 140}}},
        {.name = "error", .finish_reason = "error", .differences = {{M_FAILED, 1}}},
        {.name = "length", .finish_reason = "length"},
        {.name = "nearly an error", .finish_reason = "errors"},
        {.name = "gateway's cache", .is_gateway_cache_hit = true, .differences = {{M_GATEWAY_CACHE_HITS, 1}}},
        {.name = "streamed", .streamed = true, .differences = {{M_STREAMED, 1}}},
        {.name = "cancelled", .cancelled = true, .differences = {{M_CANCELLED, 1}}},
        {.name = "classified, no label",
         .classified = true,
         .differences = {{M_CLASSIFIED, 1}, {M_CLASSIFIED_TOKENS, 140}}},
    };
    struct rig rig = open_rig(NULL, 1000);

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const struct row *row = &rows[i];
        struct event event = plain_event();
        if (row->model != NULL)
            event.model = span_of(row->model);
        event.finish_reason = span_of(row->finish_reason);
        event.is_byok = row->is_byok;
        event.is_free = row->is_free;
        event.is_gateway_cache_hit = row->is_gateway_cache_hit;
        event.streamed = row->streamed;
        event.cancelled = row->cancelled;
        event.tools_offered = row->tools_offered;
        event.classified = row->classified;
        check_sums(&rig, row->name, &event, row->differences, LENGTH_OF(row->differences));
        CU_ASSERT_EQUAL(rig.fact.event_ms, 1700000000123);
        CU_ASSERT_EQUAL(rig.fact.category_count, 0);
        CU_ASSERT_EQUAL(rig.fact.tag_count, 0);
    }
    close_rig(&rig);
}

static const struct label_row {
    const char *name;
    bool is_unclassified;
    struct {
        const char *path;
        float confidence;
    } labels[4];
    const char *tags;       /* as "category:tag " each, in order */
    const char *categories; /* as "category " each */
    bool is_mapped;
    int count; /* of labels that count */
} label_rows[] = {
    {.name = "one",
     .count = 1,
     .labels = {{PROGRAMMING, 0.9f}},
     .tags = "programming:programming_other ",
     .categories = "programming ",
     .is_mapped = true},
    {.name = "exactly 0.5",
     .count = 1,
     .labels = {{PROGRAMMING, 0.5f}},
     .tags = "programming:programming_other ",
     .categories = "programming ",
     .is_mapped = true},
    {.name = "0.49", .labels = {{PROGRAMMING, 0.49f}}, .tags = "", .categories = ""},
    {.name = "just below 0.5", .labels = {{PROGRAMMING, 0x1.fffffep-2f}}, .tags = "", .categories = ""},
    {.name = "twice the same",
     .count = 2,
     .labels = {{PROGRAMMING, 0.9f}, {PROGRAMMING, 0.8f}},
     .tags = "programming:programming_other ",
     .categories = "programming ",
     .is_mapped = true},
    {.name = "two paths of one tag",
     .count = 2,
     .labels = {{PROGRAMMING, 0.9f}, {PROGRAMMING "/Other", 0.8f}},
     .tags = "programming:programming_other ",
     .categories = "programming ",
     .is_mapped = true},
    {.name = "two tags in one category",
     .count = 2,
     .labels = {{PROGRAMMING, 0.9f}, {DEVELOPMENT, 0.8f}},
     .tags = "programming:development_tools programming:programming_other ",
     .categories = "programming ",
     .is_mapped = true},
    {.name = "two categories",
     .count = 2,
     .labels = {{PROGRAMMING, 0.9f}, {ROLEPLAY, 0.8f}},
     .tags = "programming:programming_other roleplay:roleplaying_games ",
     .categories = "programming roleplay ",
     .is_mapped = true},
    {.name = "the second below the threshold",
     .count = 1,
     .labels = {{PROGRAMMING, 0.9f}, {ROLEPLAY, 0.3f}},
     .tags = "programming:programming_other ",
     .categories = "programming ",
     .is_mapped = true},
    {.name = "only other", .count = 1, .labels = {{SPORTS, 0.9f}}, .tags = "other:sports ", .categories = "other "},
    {.name = "other, and one that is not",
     .count = 2,
     .labels = {{SPORTS, 0.9f}, {ROLEPLAY, 0.8f}},
     .tags = "other:sports roleplay:roleplaying_games ",
     .categories = "other roleplay ",
     .is_mapped = true},
    {.name = "no such path",
     .count = 1,
     .labels = {{"/No Such Path", 0.9f}},
     .tags = "other:other ",
     .categories = "other "},
    {.name = "an empty path", .count = 1, .labels = {{"", 0.9f}}, .tags = "other:other ", .categories = "other "},
    {.name = "not classified", .is_unclassified = true, .labels = {{PROGRAMMING, 0.9f}}, .tags = "", .categories = ""},
    {.name = "three, of four, out of order",
     .count = 3,
     .labels = {{SPORTS, 0.9f}, {ROLEPLAY, 0.8f}, {PROGRAMMING, 0.1f}, {DEVELOPMENT, 0.7f}},
     .tags = "other:sports programming:development_tools roleplay:roleplaying_games ",
     .categories = "other programming roleplay ",
     .is_mapped = true},
};

static void write_tags(const struct rig *rig, char *text, size_t text_size)
{
    size_t size = 0;

    for (uint32_t i = 0; i < rig->fact.tag_count; i++) {
        struct span category = symbols_text(rig->symbols, rig->fact.tag_categories[i]);
        struct span tag = symbols_text(rig->symbols, rig->fact.tags[i]);
        size += (size_t)snprintf(text + size, text_size - size, "%.*s:%.*s ", (int)category.size, category.bytes,
                                 (int)tag.size, tag.bytes);
    }
}

static void write_categories(const struct rig *rig, char *text, size_t text_size)
{
    size_t size = 0;

    for (uint32_t i = 0; i < rig->fact.category_count; i++) {
        struct span category = symbols_text(rig->symbols, rig->fact.categories[i]);
        size += (size_t)snprintf(text + size, text_size - size, "%.*s ", (int)category.size, category.bytes);
    }
}

static void labels_become_distinct_tags_and_categories(void)
{
    struct rig rig = open_rig(NULL, 1000);

    for (size_t i = 0; i < 2 * LENGTH_OF(label_rows); i++) { /* the second time from what was remembered */
        const struct label_row *row = &label_rows[i % LENGTH_OF(label_rows)];
        struct event event = plain_event();
        char tags[256] = "", categories[256] = "";

        event.classified = !row->is_unclassified;
        for (size_t j = 0; j < LENGTH_OF(row->labels) && row->labels[j].path != NULL; j++)
            add_label(&event, row->labels[j].path, row->labels[j].confidence);
        const struct measure_value differences[] = {
            {M_CLASSIFIED, event.classified}, {M_CLASSIFIED_TOKENS, event.classified ? 140 : 0},
            {M_MAPPED, row->is_mapped},       {M_MAPPED_TOKENS, row->is_mapped ? 140 : 0},
            {M_ONE_LABEL, row->count == 1},   {M_TWO_LABELS, row->count == 2},
            {M_MORE_LABELS, row->count > 2},  {M_SPLIT_TOKENS, row->count > 0 ? 140 : 0},
        };
        check_sums(&rig, row->name, &event, differences, LENGTH_OF(differences));
        write_tags(&rig, tags, sizeof(tags));
        write_categories(&rig, categories, sizeof(categories));
        if (strcmp(tags, row->tags) != 0 || strcmp(categories, row->categories) != 0)
            printf("%s: got tags \"%s\" categories \"%s\"\n", row->name, tags, categories);
        CU_ASSERT_STRING_EQUAL(tags, row->tags);
        CU_ASSERT_STRING_EQUAL(categories, row->categories);
    }
    close_rig(&rig);
}

static void dimensions_are_symbols_and_absent_ones_are_zero(void)
{
    struct rig rig = open_rig(NULL, 1000);
    struct event event = plain_event();
    const uint32_t *dims = rig.fact.dims;

    memset(&rig.fact, 0xa5, sizeof(rig.fact));
    event.provider = (struct span){"", 0}; /* empty counts as absent */
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT(span_equal(symbols_text(rig.symbols, dims[DIM_MODEL]), span_of("a/one")));
    for (unsigned i = 0; i < DIM_COUNT; i++)
        CU_ASSERT(i == DIM_MODEL ? dims[i] != 0 : dims[i] == 0);

    event.model = span_of("a/one:free"); /* the slug as it was, variant included */
    event.provider = span_of("DeepInfra");
    event.country = span_of("DE");
    event.language = span_of("de"); /* not the country */
    event.finish_reason = span_of("stop");
    event.classified = true;
    add_label(&event, PROGRAMMING, 1.0f);
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT(span_equal(symbols_text(rig.symbols, dims[DIM_MODEL]), span_of("a/one:free")));
    CU_ASSERT(span_equal(symbols_text(rig.symbols, dims[DIM_PROVIDER]), span_of("DeepInfra")));
    CU_ASSERT(span_equal(symbols_text(rig.symbols, dims[DIM_COUNTRY]), span_of("DE")));
    CU_ASSERT(span_equal(symbols_text(rig.symbols, dims[DIM_LANGUAGE]), span_of("de")));
    CU_ASSERT(span_equal(symbols_text(rig.symbols, dims[DIM_FINISH_REASON]), span_of("stop")));
    CU_ASSERT_EQUAL(dims[DIM_CATEGORY], 0);
    CU_ASSERT_EQUAL(dims[DIM_TAG], 0);
    close_rig(&rig);
}

static void samples_hold_what_is_present(void)
{
    static const struct {
        const char *name;
        int32_t latency_ms, first_token_ms, generation_ms;
        int64_t completion, tokens_per_second; /* -1 = no sample */
    } rows[] = {
        {"none", -1, -1, -1, 40, -1},
        {"zero is a value", 0, 0, -1, 40, -1},
        {"no division by zero", -1, -1, 0, 40, -1},
        {"latency alone", 1234, -1, -1, 40, -1},
        {"first token alone", -1, 321, -1, 40, -1},
        {"40 tokens in 2 s", 5, 6, 2000, 40, 20},
        {"whole tokens only", 5, 6, 3000, 40, 13},
        {"slower than one a second", 5, 6, 50000, 40, 0},
        {"nothing completed", 5, 6, 50000, 0, 0},
        {"the most there can be", INT32_MAX, INT32_MAX, 1, EVENT_TOKENS_MAX, EVENT_TOKENS_MAX * 1000},
    };
    struct rig rig = open_rig(NULL, 1000);

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct event event = plain_event();
        event.account = span_of("somebody"); /* without a key it is not counted */
        event.latency_ms = rows[i].latency_ms;
        event.first_token_ms = rows[i].first_token_ms;
        event.generation_ms = rows[i].generation_ms;
        event.tokens_completion = rows[i].completion;
        const int64_t want[HISTOGRAM_COUNT] = {
            [H_LATENCY_MS] = rows[i].latency_ms,
            [H_FIRST_TOKEN_MS] = rows[i].first_token_ms,
            [H_TOKENS_PER_SECOND] = rows[i].tokens_per_second,
            [H_TOKENS_PROMPT] = 100,
            [H_TOKENS_TOTAL] = 100 + rows[i].completion,
        };
        enrich_event(rig.enrich, &event, &rig.fact);
        for (unsigned h = 0; h < HISTOGRAM_COUNT; h++) {
            uint32_t bucket = sample_bucket(rig.fact.sample, (enum histogram)h);
            if (bucket != (want[h] < 0 ? 0 : histogram_bucket(want[h]) + 1))
                printf("%s: %s\n", rows[i].name, histogram_name((enum histogram)h));
            CU_ASSERT_EQUAL(bucket, want[h] < 0 ? 0 : histogram_bucket(want[h]) + 1);
        }
        CU_ASSERT_EQUAL(sample_rank(rig.fact.sample), 0);
    }
    close_rig(&rig);
}

/* RFC 4231, test cases 1, 2, 6 and 7 (keys and texts of many sizes): the first sixteen bytes of HMAC-SHA-256. */
static void pseudonyms_are_hmac_sha_256(void)
{
    char long_key[131];
    const struct {
        struct span key;
        const char *account;
        struct pseudonym want;
    } rows[] = {
        {{"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20},
         "Hi There",
         {0xb0344c61d8db3853, 0x5ca8afceaf0bf12b}},
        {{"Jefe", 4}, "what do ya want for nothing?", {0x5bdcc146bf60754e, 0x6a042426089575c7}},
        {{long_key, 131},
         "Test Using Larger Than Block-Size Key - Hash Key First",
         {0x60e431591ee0b67f, 0x0d8a26aacbf5b77f}},
        {{long_key, 131},
         "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
         "hashed before being used by the HMAC algorithm.",
         {0x9b09ffa71b942fcb, 0x27635fbcd5b0e944}},
    };

    memset(long_key, 0xaa, sizeof(long_key));
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct pseudonyms *pseudonyms;
        struct reason why = {0};
        CU_ASSERT_EQUAL_FATAL(pseudonyms_open(&pseudonyms, rows[i].key, &why), GO_ON);
        for (unsigned repetition = 0; repetition < 3; repetition++) {
            struct pseudonym have = pseudonyms_of(pseudonyms, span_of(rows[i].account));
            CU_ASSERT(have.high == rows[i].want.high && have.low == rows[i].want.low);
        }
        pseudonyms_close(pseudonyms);
    }
}

static int compare(const void *left, const void *right)
{
    uint64_t a, b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    return (a > b) - (a < b);
}

/* Many more accounts than places: each stays the same, remembered or not, and is nobody else's. */
static void pseudonyms_do_not_depend_on_what_is_remembered(void)
{
    enum { COUNT = 150000 };
    struct pseudonyms *pseudonyms;
    struct reason why = {0};
    static uint64_t first[COUNT];

    CU_ASSERT_EQUAL_FATAL(pseudonyms_open(&pseudonyms, span_of("key"), &why), GO_ON);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < COUNT; i++) {
            char account[16];
            snprintf(account, sizeof(account), "user-%u", i);
            struct pseudonym both = pseudonyms_of(pseudonyms, span_of(account));
            uint64_t pseudonym = both.high ^ both.low;
            if (round == 0)
                first[i] = pseudonym;
            CU_ASSERT_EQUAL(pseudonym, first[i]);
        }
    pseudonyms_close(pseudonyms);
    qsort(first, COUNT, sizeof(first[0]), compare);
    for (unsigned i = 1; i < COUNT; i++)
        CU_ASSERT_NOT_EQUAL(first[i - 1], first[i]);
}

static void accounts_are_sampled_by_their_pseudonym(void)
{
    struct rig rig = open_rig("Jefe", 1000);
    struct event event = plain_event();

    enrich_event(rig.enrich, &event, &rig.fact);
    uint64_t without = rig.fact.sample;
    CU_ASSERT_EQUAL(sample_rank(without), 0);
    event.account = span_of("what do ya want for nothing?");
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT_EQUAL(rig.fact.sample, sample_with_account(without, UINT64_C(0x5bdcc146bf60754e)));
    CU_ASSERT_NOT_EQUAL(sample_rank(rig.fact.sample), 0);
    CU_ASSERT(rig.fact.account.high == UINT64_C(0x5bdcc146bf60754e) &&
              rig.fact.account.low == UINT64_C(0x6a042426089575c7));
    event.account = (struct span){"", 0};
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT_EQUAL(rig.fact.sample, without);
    CU_ASSERT(rig.fact.account.high == 0 && rig.fact.account.low == 0);
    close_rig(&rig);
}

/* By the pseudonym, never by the account; and only if somebody asked for it. */
static void accounts_are_named_if_a_rollup_does(void)
{
    struct rig rig = open_rig("Jefe", 1000);
    struct event event = plain_event();

    event.account = span_of("what do ya want for nothing?");
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT_EQUAL(rig.fact.dims[DIM_ACCOUNT], 0);
    enrich_name_accounts(rig.enrich, true);
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT(
        span_equal(symbols_text(rig.symbols, rig.fact.dims[DIM_ACCOUNT]), span_of("5bdcc146bf60754e6a042426089575c7")));
    event.account = span_of(NULL);
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT_EQUAL(rig.fact.dims[DIM_ACCOUNT], 0);
    event.account = span_of("what do ya want for nothing?");
    enrich_name_accounts(rig.enrich, false);
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT_EQUAL(rig.fact.dims[DIM_ACCOUNT], 0);
    close_rig(&rig);
}

static void apps_are_named_if_a_rollup_does(void)
{
    struct rig rig = open_rig(NULL, 1000);
    struct event event = plain_event();

    event.app = span_of("chat");
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT_EQUAL(rig.fact.dims[DIM_APP], 0);
    CU_ASSERT_EQUAL(symbols_find(rig.symbols, span_of("chat")), 0); /* no text is kept for nothing */
    enrich_name_apps(rig.enrich, true);
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT(span_equal(symbols_text(rig.symbols, rig.fact.dims[DIM_APP]), span_of("chat")));
    event.app = span_of(NULL);
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT_EQUAL(rig.fact.dims[DIM_APP], 0);
    close_rig(&rig);
}

static void check_too_small(const struct taxonomy *taxonomy, uint32_t count_max, size_t bytes_max)
{
    struct symbols *symbols;
    struct enrich *enrich;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(symbols_open(&symbols, count_max, bytes_max, &why), GO_ON);
    CU_ASSERT_EQUAL_FATAL(enrich_open(&enrich, taxonomy, symbols, span_of(NULL), &why), GO_ON);
    CU_ASSERT_FALSE(enrich_has_room(enrich));
    enrich_close(enrich);
    symbols_close(symbols);
}

/* One event of everything at its longest, in as many bytes as promised: it fits exactly when enrich says so. */
static void room_covers_the_worst_event(void)
{
    enum { WORST = 8 + 2 * EVENT_LABELS_MAX };
    struct rig rig = open_rig("key", WORST);
    static char texts[6][EVENT_TEXT_MAX];
    struct event event = plain_event();
    struct span *const dims[] = {&event.model,    &event.provider,      &event.country,
                                 &event.language, &event.finish_reason, &event.app};

    check_too_small(rig.taxonomy, WORST - 1, WORST * EVENT_TEXT_MAX);
    check_too_small(rig.taxonomy, WORST, WORST * EVENT_TEXT_MAX - 1);
    CU_ASSERT(enrich_has_room(rig.enrich));
    enrich_name_accounts(rig.enrich, true);
    enrich_name_apps(rig.enrich, true);
    event.account = span_of("somebody");
    for (size_t i = 0; i < LENGTH_OF(dims); i++) {
        memset(texts[i], 'a' + (int)i, EVENT_TEXT_MAX);
        *dims[i] = (struct span){texts[i], EVENT_TEXT_MAX};
    }
    event.classified = true;
    struct span pattern, tag, category;
    for (size_t i = 0; i < EVENT_LABELS_MAX && taxonomy_at(rig.taxonomy, i, &pattern, &tag, &category); i++)
        event.labels[event.label_count++] = (struct label){pattern, 1.0f};
    CU_ASSERT_EQUAL(event.label_count, EVENT_LABELS_MAX);
    enrich_event(rig.enrich, &event, &rig.fact);
    CU_ASSERT(rig.fact.tag_count > 25);
    enrich_erase(rig.enrich, (struct pseudonym){0}, &rig.fact);
    CU_ASSERT_FALSE(enrich_has_room(rig.enrich));

    enrich_forget(rig.enrich);
    CU_ASSERT(enrich_has_room(rig.enrich));
    CU_ASSERT_EQUAL(symbols_count(rig.symbols), 1);
    uint32_t tag_count = rig.fact.tag_count;
    enrich_event(rig.enrich, &event, &rig.fact); /* what was remembered by id is forgotten too */
    CU_ASSERT_EQUAL(rig.fact.tag_count, tag_count);
    for (uint32_t i = 0; i < rig.fact.tag_count; i++) {
        CU_ASSERT(rig.fact.tags[i] < symbols_count(rig.symbols));
        CU_ASSERT(rig.fact.tag_categories[i] < symbols_count(rig.symbols));
    }
    close_rig(&rig);
}

/* Neither paths nor accounts are rows' keys: as many as like may come, and `symbols` does not grow. */
static void paths_and_accounts_take_no_room(void)
{
    struct rig rig = open_rig("key", 200);
    char path[64], account[32];
    uint32_t count = 0;

    for (unsigned i = 0; i < 10000; i++) {
        struct event event = plain_event();
        event.classified = true;
        snprintf(path, sizeof(path), ROLEPLAY "/%u", i);
        snprintf(account, sizeof(account), "account-%u", i);
        event.account = span_of(account);
        add_label(&event, path, 0.7f);
        CU_ASSERT_FATAL(enrich_has_room(rig.enrich));
        enrich_event(rig.enrich, &event, &rig.fact);
        CU_ASSERT(span_equal(symbols_text(rig.symbols, rig.fact.tags[0]), span_of("roleplaying_games")));
        if (i == 0)
            count = symbols_count(rig.symbols);
        CU_ASSERT_EQUAL(symbols_count(rig.symbols), count);
    }
    close_rig(&rig);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_measure_by_its_rule", each_measure_by_its_rule},
        {"labels_become_distinct_tags_and_categories", labels_become_distinct_tags_and_categories},
        {"dimensions_are_symbols_and_absent_ones_are_zero", dimensions_are_symbols_and_absent_ones_are_zero},
        {"samples_hold_what_is_present", samples_hold_what_is_present},
        {"pseudonyms_are_hmac_sha_256", pseudonyms_are_hmac_sha_256},
        {"pseudonyms_do_not_depend_on_what_is_remembered", pseudonyms_do_not_depend_on_what_is_remembered},
        {"accounts_are_sampled_by_their_pseudonym", accounts_are_sampled_by_their_pseudonym},
        {"accounts are named if a rollup does", accounts_are_named_if_a_rollup_does},
        {"apps are named if a rollup does", apps_are_named_if_a_rollup_does},
        {"room_covers_the_worst_event", room_covers_the_worst_event},
        {"paths_and_accounts_take_no_room", paths_and_accounts_take_no_room},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
