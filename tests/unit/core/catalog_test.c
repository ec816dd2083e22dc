/* The model catalog: the bundled one, names folded into one model, dated rows, and what makes a table wrong. */
#include "gentally/core/catalog.h"

#include "gentally/base/calendar.h"
#include "suite.h"
#include "table_file.h"

#define HEADER                                                                                                         \
    "slug,author,country,open_weights,params_b,active_params_b,reasoning,released,prompt_usd_per_mtok,"                \
    "completion_usd_per_mtok,valid_from,aliases\n"

#define ALIASES_COLUMN 11

static struct catalog *open_catalog(const char *path)
{
    struct catalog *catalog = NULL;
    struct reason why = {0};

    if (catalog_open(&catalog, path, &why) != GO_ON)
        printf("%s: %s\n", reason_name(why.id), why.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(catalog);
    return catalog;
}

static struct catalog *open_text(const char *text)
{
    struct table_file file = table_file_open(text);
    struct catalog *catalog = open_catalog(file.path);

    table_file_close(&file);
    return catalog;
}

static void knows_the_models_of_the_study(void)
{
    static const struct {
        const char *slug, *display, *author;
        enum model_source source;
        enum model_size size;
        enum model_reasoning reasoning;
    } rows[] = {
        {"anthropic/claude-sonnet-4", "anthropic/claude-sonnet-4", "anthropic", SOURCE_CLOSED, SIZE_UNKNOWN,
         REASONING_OPTIONAL},
        {"anthropic/claude-4.5-sonnet-20250929", "anthropic/claude-sonnet-4.5", "anthropic", SOURCE_CLOSED,
         SIZE_UNKNOWN, REASONING_OPTIONAL},
        {"x-ai/grok-code-fast-1", "x-ai/grok-code-fast-1", "x-ai", SOURCE_CLOSED, SIZE_UNKNOWN, REASONING_ALWAYS},
        {"x-ai/grok-4.1-fast:free", "x-ai/grok-4.1-fast", "x-ai", SOURCE_CLOSED, SIZE_UNKNOWN, REASONING_ALWAYS},
        {"google/gemini-2.0-flash-001", "google/gemini-2.0-flash-001", "google", SOURCE_CLOSED, SIZE_UNKNOWN,
         REASONING_NO},
        {"google/gemini-3-pro-preview-20251117", "google/gemini-3-pro-preview", "google", SOURCE_CLOSED, SIZE_UNKNOWN,
         REASONING_ALWAYS},
        {"openai/gpt-oss-120b", "openai/gpt-oss-120b", "openai", SOURCE_OPEN_ROW, SIZE_LARGE, REASONING_ALWAYS},
        {"openai/gpt-oss-20b:exacto", "openai/gpt-oss-20b", "openai", SOURCE_OPEN_ROW, SIZE_MEDIUM, REASONING_ALWAYS},
        {"openai/gpt-4o-2024-11-20", "openai/gpt-4o-2024-11-20", "openai", SOURCE_CLOSED, SIZE_UNKNOWN, REASONING_NO},
        {"openai/gpt-5-2025-08-07", "openai/gpt-5", "openai", SOURCE_CLOSED, SIZE_UNKNOWN, REASONING_ALWAYS},
        {"deepseek/deepseek-chat-v3-0324:free", "deepseek/deepseek-chat-v3-0324", "deepseek", SOURCE_OPEN_CN,
         SIZE_LARGE, REASONING_NO},
        {"deepseek/deepseek-v3.2-20251201", "deepseek/deepseek-v3.2", "deepseek", SOURCE_OPEN_CN, SIZE_LARGE,
         REASONING_OPTIONAL},
        {"deepseek/deepseek-r1-0528-qwen3-8b", "deepseek/deepseek-r1-0528-qwen3-8b", "deepseek", SOURCE_OPEN_CN,
         SIZE_SMALL, REASONING_ALWAYS},
        {"tngtech/deepseek-r1t2-chimera:free", "tngtech/deepseek-r1t2-chimera", "tngtech", SOURCE_OPEN_ROW, SIZE_LARGE,
         REASONING_ALWAYS},
        {"qwen/qwen3-coder", "qwen/qwen3-coder", "qwen", SOURCE_OPEN_CN, SIZE_LARGE, REASONING_NO},
        {"qwen/qwen3-max", "qwen/qwen3-max", "qwen", SOURCE_CLOSED, SIZE_LARGE, REASONING_NO},
        {"moonshotai/kimi-k2.5-0127", "moonshotai/kimi-k2.5", "moonshotai", SOURCE_OPEN_CN, SIZE_LARGE,
         REASONING_ALWAYS},
        {"minimax/minimax-m2", "minimax/minimax-m2", "minimax", SOURCE_OPEN_CN, SIZE_LARGE, REASONING_ALWAYS},
        {"mistralai/mistral-nemo", "mistralai/mistral-nemo", "mistralai", SOURCE_OPEN_ROW, SIZE_SMALL, REASONING_NO},
        {"mistralai/mistral-small-3", "mistralai/mistral-small-24b-instruct-2501", "mistralai", SOURCE_OPEN_ROW,
         SIZE_MEDIUM, REASONING_NO},
        {"meta-llama/llama-3.3-70b-instruct", "meta-llama/llama-3.3-70b-instruct", "meta-llama", SOURCE_OPEN_ROW,
         SIZE_LARGE, REASONING_NO},
        {"gryphe/mythomax-l2-13b", "gryphe/mythomax-l2-13b", "gryphe", SOURCE_OPEN_ROW, SIZE_SMALL, REASONING_NO},
        {"z-ai/glm-4.6-20251208", "z-ai/glm-4.6v", "z-ai", SOURCE_OPEN_CN, SIZE_LARGE, REASONING_OPTIONAL},
        {"xiaomi/mimo-v2-flash-20251210:free", "xiaomi/mimo-v2-flash", "xiaomi", SOURCE_OPEN_CN, SIZE_LARGE,
         REASONING_OPTIONAL},
        {"openrouter/polaris-alpha", "openrouter/polaris-alpha", "openrouter", SOURCE_CLOSED, SIZE_UNKNOWN,
         REASONING_NO},
    };
    struct catalog *catalog = open_catalog(NULL);

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct model model = catalog_find(catalog, span_of(rows[i].slug));
        bool is_right = model.is_known && span_equal(model.slug, span_of(rows[i].display)) &&
                        span_equal(model.author, span_of(rows[i].author)) && model.source == rows[i].source &&
                        model.size == rows[i].size && model.reasoning == rows[i].reasoning;
        if (!is_right)
            printf("%s: got %.*s %s %s %s\n", rows[i].slug, (int)model.slug.size, model.slug.bytes,
                   model_source_name(model.source), model_size_name(model.size), model_reasoning_name(model.reasoning));
        CU_ASSERT(is_right);
    }
    catalog_close(catalog);
}

/* What the file's text says is asked of the look-up, name by name. That no alias is a slug or has two is refused when
 * the file is opened. */
static void the_bundled_catalog_holds_together(void)
{
    struct catalog *catalog = open_catalog("");
    struct model model;
    size_t index = 0;

    for (; catalog_at(catalog, index, &model); index++) {
        struct model found = catalog_find(catalog, model.slug);
        CU_ASSERT(found.is_known);
        CU_ASSERT(span_equal(found.slug, model.slug));
        CU_ASSERT(model.author.size > 0);
        CU_ASSERT(model.name.size > 0 && model.author_name.size > 0);
        struct model family = catalog_find(catalog, model.family); /* a slug, and not itself folded into a third */
        CU_ASSERT(family.is_known && span_equal(family.slug, model.family) && span_equal(family.family, model.family));
        CU_ASSERT_EQUAL(model.source == SOURCE_UNKNOWN, model.is_router);
        CU_ASSERT_NOT_EQUAL(model.reasoning, REASONING_UNKNOWN);
        struct list_price price = catalog_price(catalog, model.slug, 0);
        CU_ASSERT(price.prompt >= 0 && price.prompt <= 1000);
        CU_ASSERT(price.completion >= 0 && price.completion <= 1000);
        CU_ASSERT(price.from_ms >= model.released_ms && price.until_ms == NO_TIME);
    }
    CU_ASSERT_EQUAL(index, catalog_count(catalog));
    CU_ASSERT(index >= 574);
    CU_ASSERT_NOT_EQUAL(catalog_version(catalog), 0);
    catalog_close(catalog);
}

static void every_bundled_alias_resolves(void)
{
    struct catalog *catalog = open_catalog(NULL);
    FILE *file = fopen(GENTALLY_ROOT "/schemas/catalog.csv", "r");
    char line[4096];
    unsigned count = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        struct span slug = {line, strcspn(line, ",")};
        char *alias = line;
        if (line[0] == '#' || strncmp(line, "slug,", 5) == 0)
            continue;
        for (int column = 0; column < ALIASES_COLUMN; column++) { /* no field before it is in quotes */
            alias = strchr(alias, ',');
            CU_ASSERT_PTR_NOT_NULL_FATAL(alias);
            alias++;
        }
        alias[strcspn(alias, ",")] = '\0';
        for (size_t size = 0; *(alias += strspn(alias, " ")) != '\0'; alias += size) {
            size = strcspn(alias, " ");
            struct model model = catalog_find(catalog, (struct span){alias, size});
            CU_ASSERT(model.is_known);
            CU_ASSERT(span_equal(model.slug, slug));
            count++;
        }
    }
    CU_ASSERT(count >= 170);
    fclose(file);
    catalog_close(catalog);
}

static const char family_rows[] = HEADER
    "a/one,a,CN,1,14.9,3,always,2025-01-02,0.25,1,2025-01-02,a/uno a/one-0324;~a/one-latest a/two:thinking\n"
    "a/two,a,HK,1,15,,no,,,,,\n"
    "a/one-20250101,a,TW,1,69.9,,,,,,,\n"
    "b/three,,US,1,70,,no,,,,,\n"
    "b/four,b,,1,,,,,,,,\n"
    "b/five,b,CN,,1,,no,,,,,\n"
    "b/six,b,CN,0,15,,no,,,,,\n";

static void folds_names_into_one_model(void)
{
    static const struct {
        const char *slug, *display; /* NULL: unknown */
    } rows[] = {
        {"a/one", "a/one"},
        {"a/one:free", "a/one"},
        {"a/one:", "a/one"},
        {"a/uno", "a/one"},
        {"a/uno:free", "a/one"},
        {"a/one-0324", "a/one"},
        {"~a/one-latest", "a/one"},
        {"a/two", "a/two"},
        {"a/two:thinking", "a/one"}, /* the more precise name wins */
        {"a/two:free", "a/two"},
        {"a/one-20250101", "a/one-20250101"}, /* its own row, not the date cut off */
        {"a/one-20250101:free", "a/one-20250101"},
        {"a/one-20250102", "a/one"},
        {"a/one-2025-01-02", "a/one"},
        {"a/one-2025-01-02:free", "a/one"},
        {"a/uno-20250102", "a/one"},
        {"a/one-20251302", NULL}, /* no month 13 */
        {"a/one-20250132", NULL},
        {"a/one-30250102", NULL},
        {"a/one-2025-0102", NULL},
        {"a/one-202501022", NULL},
        {"a/one20250102", NULL},
        {"a/one-0325", NULL},   /* four digits tell models apart */
        {"a/one-latest", NULL}, /* without a version it is whatever the vendor has newest */
        {"~a/one", NULL},
        {"a/one ", "a/one"},
        {"A/one", "a/one"},
        {"host/one", NULL}, /* no host that we know */
        {"azure/one", "a/one"},
        {"a/two:free:online", "a/two"},
        {"a/two:7b", NULL}, /* a size, not a variant */
        {"-20250102", NULL},
        {"a/", NULL},
    };
    struct catalog *catalog = open_text(family_rows);

    CU_ASSERT_EQUAL(catalog_count(catalog), 7);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct model model = catalog_find(catalog, span_of(rows[i].slug));
        bool is_right = model.is_known == (rows[i].display != NULL) &&
                        (rows[i].display == NULL || span_equal(model.slug, span_of(rows[i].display)));
        if (!is_right)
            printf("%s: got %.*s\n", rows[i].slug, (int)model.slug.size, model.slug.bytes);
        CU_ASSERT(is_right);
    }
    catalog_close(catalog);
}

static void attributes_follow_from_the_row(void)
{
    static const struct {
        const char *slug, *author;
        enum model_source source;
        enum model_size size;
        enum model_reasoning reasoning;
    } rows[] = {
        {"a/one", "a", SOURCE_OPEN_CN, SIZE_SMALL, REASONING_ALWAYS},
        {"a/two", "a", SOURCE_OPEN_CN, SIZE_MEDIUM, REASONING_NO},
        {"a/one-20250101", "a", SOURCE_OPEN_CN, SIZE_MEDIUM, REASONING_UNKNOWN},
        {"b/three", "b", SOURCE_OPEN_ROW, SIZE_LARGE, REASONING_NO},       /* author from the slug */
        {"b/four", "b", SOURCE_OPEN_ROW, SIZE_UNKNOWN, REASONING_UNKNOWN}, /* no country = rest of world */
        {"b/five", "b", SOURCE_UNKNOWN, SIZE_SMALL, REASONING_NO},
        {"b/six", "b", SOURCE_CLOSED, SIZE_MEDIUM, REASONING_NO},
    };
    struct catalog *catalog = open_text(family_rows);

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct model model = catalog_find(catalog, span_of(rows[i].slug));
        CU_ASSERT(span_equal(model.author, span_of(rows[i].author)));
        CU_ASSERT_EQUAL(model.source, rows[i].source);
        CU_ASSERT_EQUAL(model.size, rows[i].size);
        CU_ASSERT_EQUAL(model.reasoning, rows[i].reasoning);
    }
    catalog_close(catalog);
}

static void an_unknown_model_keeps_its_name(void)
{
    static const struct {
        const char *slug, *base, *author; /* NULL = absent */
    } rows[] = {
        {"acme/new-model:free", "acme/new-model", "acme"},
        {"acme/new-model-20250929", "acme/new-model-20250929", "acme"},
        {"acme/new/model:nitro", "acme/new/model", "acme"},
        {"acme/new-model:free:online", "acme/new-model", "acme"},
        {"acme/new-model:", "acme/new-model", "acme"},
        {"acme/new-model:70b", "acme/new-model:70b", "acme"},   /* sizes are models of their own */
        {"azure/our-deployment", "azure/our-deployment", NULL}, /* a host is no author */
        {"bedrock/us-east-1/acme/new", "bedrock/us-east-1/acme/new", "acme"},
        {"nobody", "nobody", NULL},
        {"/nobody", "/nobody", NULL},
        {"", "", NULL},
        {NULL, NULL, NULL},
    };
    struct catalog *catalog = open_catalog(NULL);

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct model model = catalog_find(catalog, span_of(rows[i].slug));
        CU_ASSERT_FALSE(model.is_known);
        CU_ASSERT(span_equal(model.slug, span_of(rows[i].base)));
        CU_ASSERT(span_equal(model.author, span_of(rows[i].author)));
        CU_ASSERT_EQUAL(model.author.bytes == NULL, rows[i].author == NULL);
        CU_ASSERT_EQUAL(model.source, SOURCE_UNKNOWN);
        CU_ASSERT_EQUAL(model.size, SIZE_UNKNOWN);
        CU_ASSERT_EQUAL(model.reasoning, REASONING_UNKNOWN);
    }
    catalog_close(catalog);
}

static void the_newest_row_of_a_slug_counts(void)
{
    static const char text[] = HEADER
        "a/one,a,US,0,,,no,,3,15,2025-06-01,a/uno\n"
        "a/two,a,US,0,,,no,,0,0,,\n"
        "a/one,a,US,1,80,,always,,2.5,10,2025-07-01,a/uno a/eins\n"
        "a/one,a,CN,1,1,,always,,9,9,,\n";
    struct catalog *catalog = open_text(text);
    struct model model;

    CU_ASSERT_EQUAL(catalog_count(catalog), 2);
    CU_ASSERT(catalog_at(catalog, 0, &model));
    CU_ASSERT(span_equal(model.slug, span_of("a/one")));
    CU_ASSERT_EQUAL(model.source, SOURCE_OPEN_ROW);
    CU_ASSERT_EQUAL(model.size, SIZE_LARGE);
    CU_ASSERT(catalog_at(catalog, 1, &model));
    CU_ASSERT(span_equal(model.slug, span_of("a/two")));
    CU_ASSERT_FALSE(catalog_at(catalog, 2, &model));
    CU_ASSERT_EQUAL(catalog_find(catalog, span_of("a/uno")).size, SIZE_LARGE);
    CU_ASSERT_EQUAL(catalog_find(catalog, span_of("a/eins")).size, SIZE_LARGE);
    catalog_close(catalog);
}

/* Whatever order the rows are in: the price of a day is that of its row, and one of the future is none yet. */
static void prices_are_those_of_their_time(void)
{
    static const char *const days[] = {"2025-06-01", "2025-07-01", "2025-08-01"};
    static const char *const prices[] = {"3,15", "2.5,10", "2,8"};
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const struct {
        const char *at;
        double prompt, completion;
        const char *from, *until; /* NULL: there is none */
    } wants[] = {
        {"1970-01-01", 3, 15, "2025-06-01", "2025-07-01"},
        {"2025-05-31T23:59:59.999Z", 3, 15, "2025-06-01", "2025-07-01"},
        {"2025-06-01", 3, 15, "2025-06-01", "2025-07-01"},
        {"2025-06-30T23:59:59.999Z", 3, 15, "2025-06-01", "2025-07-01"},
        {"2025-07-01", 2.5, 10, "2025-07-01", "2025-08-01"},
        {"2025-07-31T23:59:59.999Z", 2.5, 10, "2025-07-01", "2025-08-01"},
        {"2025-08-01", 2, 8, "2025-08-01", NULL},
        {"2099-01-01", 2, 8, "2025-08-01", NULL},
    };

    for (size_t order = 0; order < LENGTH_OF(orders); order++) {
        char text[1024] = HEADER;
        for (int row = 0; row < 3; row++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "a/one,a,,,,,,,%s,%s,\n",
                     prices[orders[order][row]], days[orders[order][row]]);
        struct catalog *catalog = open_text(text);
        for (size_t i = 0; i < LENGTH_OF(wants); i++) {
            int64_t at_ms = 0, from_ms = NO_TIME, until_ms = NO_TIME;
            CU_ASSERT(time_parse(span_of(wants[i].at), &at_ms) && time_parse(span_of(wants[i].from), &from_ms));
            CU_ASSERT(wants[i].until == NULL || time_parse(span_of(wants[i].until), &until_ms));
            struct list_price price = catalog_price(catalog, span_of("a/one"), at_ms);
            CU_ASSERT(price.prompt == wants[i].prompt && price.completion == wants[i].completion);
            CU_ASSERT(price.from_ms == from_ms && price.until_ms == until_ms);
        }
        catalog_close(catalog);
    }
}

/* A row without a day is before all others, and no price of it has an end unless another follows. */
static void a_price_without_a_day_is_of_before(void)
{
    struct catalog *catalog = open_text(HEADER "a/one,a,,,,,,,2,8,2030-01-01,\na/one,a,,,,,,,3,15,,\n");
    struct list_price price = catalog_price(catalog, span_of("a/one"), INT64_C(1764000000000));

    CU_ASSERT(price.prompt == 3 && price.completion == 15 && price.from_ms == NO_TIME);
    CU_ASSERT_EQUAL(price.until_ms, INT64_C(1893456000000));
    catalog_close(catalog);
}

#define NAMED                                                                                                          \
    "slug,author,country,open_weights,params_b,active_params_b,reasoning,released,prompt_usd_per_mtok,"                \
    "completion_usd_per_mtok,valid_from,aliases,author_name,name\n"

/* Each model of the bundled catalog has a name, and all models of an author the same author's name. */
static void the_bundled_names_are_of_their_authors(void)
{
    static const struct {
        const char *slug, *name, *author_name;
    } rows[] = {
        {"anthropic/claude-4.5-sonnet-20250929", "Claude Sonnet 4.5", "Anthropic"},
        {"openai/gpt-4o-mini:free", "GPT-4o mini", "OpenAI"},
        {"z-ai/glm-4.6", "GLM-4.6", "Z.ai"},
        {"deepseek/deepseek-chat", "DeepSeek V3", "DeepSeek"},
        {"mistralai/mistral-7b-instruct", "Mistral 7B Instruct", "Mistral AI"},
    };
    struct catalog *catalog = open_catalog(NULL);
    struct model model, other;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        model = catalog_find(catalog, span_of(rows[i].slug));
        CU_ASSERT(span_equal(model.name, span_of(rows[i].name)));
        CU_ASSERT(span_equal(model.author_name, span_of(rows[i].author_name)));
    }
    for (size_t i = 0; catalog_at(catalog, i, &model); i++) {
        for (size_t k = 0; k < i && catalog_at(catalog, k, &other); k++) {
            if (span_equal(other.author, model.author))
                CU_ASSERT(span_equal(other.author_name, model.author_name));
        }
    }
    catalog_close(catalog);
}

/* The columns of names may stand anywhere, or be missing; a row may have one, none or both. */
static void names_for_people_are_told(void)
{
    static const char text[] = NAMED
        "a/one,a,,,,,,,,,,,Aye Inc.,\"One, \xc3\xa9\"\n"
        "a/two,a,,,,,,,,,,,,Two\n"
        "a/three,a,,,,,,,,,,,Aye Inc.,\n"
        "a/one,a,,,,,,,,,2026-01-01,,Aye Inc.,One II\n";
    struct catalog *catalog = open_text(text);
    struct model one = catalog_find(catalog, span_of("a/one")), two = catalog_find(catalog, span_of("a/two"));
    struct model three = catalog_find(catalog, span_of("a/three")), none = catalog_find(catalog, span_of("a/none"));

    CU_ASSERT(span_equal(one.name, span_of("One II")) && span_equal(one.author_name, span_of("Aye Inc.")));
    CU_ASSERT(span_equal(two.name, span_of("Two")) && two.author_name.bytes == NULL);
    CU_ASSERT(three.name.bytes == NULL && span_equal(three.author_name, span_of("Aye Inc.")));
    CU_ASSERT(none.name.bytes == NULL && none.author_name.bytes == NULL);
    catalog_close(catalog);
    catalog = open_text(HEADER "a/one,a,,,,,,,,,,\n"); /* as catalogs were before */
    one = catalog_find(catalog, span_of("a/one"));
    CU_ASSERT(one.is_known && one.name.bytes == NULL && one.author_name.bytes == NULL);
    catalog_close(catalog);
}

static void refuses_a_wrong_table(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"slug,author\na/b,a\n", ":1: has no column \"country\""},
        {HEADER, ":2: has no rows"},
        {HEADER ",a,US,1,1,1,always,,,,,\n", ":2: slug \"\" is not a name without variant"},
        {HEADER "a/b:free,a,US,1,1,1,always,,,,,\n", ":2: slug \"a/b:free\" is not a name without variant"},
        {HEADER "a/b:free:online,a,US,1,1,1,always,,,,,\n", ":2: slug \"a/b:free:online\" is not a name without"},
        {HEADER "a/b,a,usa,1,1,1,always,,,,,\n", ":2: country \"usa\" is not two capitals or empty"},
        {HEADER "a/b,a,US,yes,1,1,always,,,,,\n", ":2: open_weights \"yes\" is not 0, 1, router or empty"},
        {HEADER "a/b,a,US,2,1,1,always,,,,,\n", ":2: open_weights \"2\" is not 0, 1, router or empty"},
        {HEADER "a/b,a,US,1,1,1,01,,,,,\n", ":2: reasoning \"01\" is not always, optional, no or empty"},
        {HEADER "a/b,a,US,1,70B,1,always,,,,,\n", ":2: params_b \"70B\" is not a number like 0.25 or empty"},
        {HEADER "a/b,a,US,1,-1,1,always,,,,,\n", ":2: params_b \"-1\" is not a number like 0.25 or empty"},
        {HEADER "a/b,a,US,1,1e3,1,always,,,,,\n", ":2: params_b \"1e3\" is not a number like 0.25 or empty"},
        {HEADER "a/b,a,US,1,.5,,always,,,,,\n", ":2: params_b \".5\" is not a number like 0.25 or empty"},
        {HEADER "a/b,a,US,1,5.,,always,,,,,\n", ":2: params_b \"5.\" is not a number like 0.25 or empty"},
        {HEADER "a/b,a,US,1,1.2.3,,always,,,,,\n", ":2: params_b \"1.2.3\" is not a number like 0.25 or empty"},
        {HEADER "a/b,a,US,1,9999999999,,always,,,,,\n", ":2: params_b \"9999999999\" is not a number"},
        {HEADER "a/b,a,US,1,8,9,always,,,,,\n", ":2: active_params_b \"9\" is not at most params_b"},
        {HEADER "a/b,a,US,1,1,1,always,,x,,,\n", ":2: prompt_usd_per_mtok \"x\" is not a number like 0.25 or empty"},
        {HEADER "a/b,a,US,1,1,1,always,2025,,,,\n", ":2: released \"2025\" is not a date like 2025-09-29 or empty"},
        {HEADER "a/b,a,US,1,1,1,always,,,,2025-13-01,\n", ":2: valid_from \"2025-13-01\" is not a date"},
        {HEADER "a/b,a,US,1,1,1,always,,,,20250101,\n", ":2: valid_from \"20250101\" is not a date"},
        {HEADER "a/b,,,,,,,,,,,\na/c,,,,,,,,,,,\na/b,,,,,,,,,,,\n", ":4: slug a/b appears twice with the same"},
        {HEADER "a/b,,,,,,,,,,2025-01-01,\na/b,,,,,,,,,,2025-01-01,\n", ":3: slug a/b appears twice"},
        {HEADER "a/b,,,,,,,,,,,x/y\na/c,,,,,,,,,,,x/y\n", ":3: alias x/y belongs to another slug too"},
        {HEADER "a/b,,,,,,,,,,,a/c\na/c,,,,,,,,,,,\n", ":2: alias a/c is a slug itself"},
        {HEADER "a/b,,,,,,,,,,,a/b\n", ":2: alias a/b is a slug itself"},
        {NAMED "a/b,a,,,,,,,,,,,,A\033[31m\n", ":2: name \"A"},
        {NAMED "a/b,a,,,,,,,,,,,\"A\nB\",\n", "\" is not a name on one line, of at most 256 bytes"},
        {HEADER "a/b,,,,,,,,,,\n", ":2: has 11 fields, the header has 12"},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct catalog *catalog = NULL;
        struct reason why = {0};
        struct table_file file = table_file_open(rows[i].text);
        CU_ASSERT_EQUAL(catalog_open(&catalog, file.path, &why), HALT);
        CU_ASSERT_STRING_EQUAL_FATAL(reason_name(why.id), "TABLE-INVALID");
        if (strstr(why.text, rows[i].want) == NULL)
            printf("got \"%s\"\n", why.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].want));
        CU_ASSERT_PTR_NULL(catalog);
        table_file_close(&file);
    }
}

/* What `catalog missing` lists is the slug of an unknown model: with a row of that slug the same name is known. */
static void what_is_missing_can_be_added_under_just_that_name(void)
{
    static const char *const names[] = {
        "gpt-nobody-has",
        "qwen9:7b",
        "ollama/qwen9:72b:free",
        "azure/our-deployment",
        "a|b",
        "comma,name",
        "a b",
        "line\nbreak",
        "tab\tname",
        "\"quoted\"",
        "=HYPERLINK(\"http://x.example\",\"y\")",
        "\x1b[31mred",
        "a/",
        "/b",
        "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc123",
        "ft:gpt-4o:acme::a1",
        "~acme/new-latest",
        "#comment",
        " blank ",
        "Acme/Capitals",
        "acme/new@20250101",
    };
    struct catalog *bundled = open_catalog(NULL);

    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        struct model missing = catalog_find(bundled, span_of(names[i]));
        char row[1024] = HEADER "\"";
        size_t size = strlen(row);
        CU_ASSERT_FALSE(missing.is_known);
        for (size_t at = 0; at < missing.slug.size; at++) { /* quoted, as CSV wants it */
            if (missing.slug.bytes[at] == '"')
                row[size++] = '"';
            row[size++] = missing.slug.bytes[at];
        }
        snprintf(row + size, sizeof(row) - size, "\",acme,US,1,80,,always,,,,,\n");
        struct catalog *catalog = open_text(row);
        struct model model = catalog_find(catalog, span_of(names[i]));
        CU_ASSERT(model.is_known && span_equal(model.slug, missing.slug) && model.size == SIZE_LARGE);
        catalog_close(catalog);
    }
    catalog_close(bundled);
}

static void a_router_is_no_closed_model(void)
{
    struct catalog *catalog = open_catalog(NULL);
    struct model router = catalog_find(catalog, span_of("openrouter/auto"));

    CU_ASSERT(router.is_known && router.is_router && router.source == SOURCE_UNKNOWN);
    CU_ASSERT_FALSE(catalog_find(catalog, span_of("auto")).is_known); /* every gateway has one */
    CU_ASSERT_FALSE(catalog_find(catalog, span_of("kilo-auto/free")).is_known);
    CU_ASSERT_FALSE(catalog_find(catalog, span_of("openai/gpt-4o")).is_router);
    catalog_close(catalog);
}

static void what_several_models_are_called_is_none_of_them(void)
{
    static const char text[] = HEADER
        "a/seven,a,US,1,7,,no,2025-01-01,,,,\n"
        "b/seven,b,US,1,70,,no,2025-01-01,,,,\n"
        "b/eight-1,b,US,1,70,,no,2025-01-01,,,,b/acht\n"
        "b/eight1,b,US,1,7,,no,2025-01-01,,,,\n"
        "b/nine,b,US,1,7,,no,2025-01-01,,,,\n"
        "b/nine-0605,b,US,1,7,,no,2025-06-05,,,,\n";
    static const struct {
        const char *name, *slug;
    } rows[] = {
        {"seven", NULL},           {"azure/seven", NULL},    {"A/Seven", "a/seven"}, {"azure/b/seven", "b/seven"},
        {"B/eight.1", NULL}, /* which of the two? */
        {"eight1", "b/eight1"},    {"eight-1", "b/eight-1"}, {"acht", "b/eight-1"},  {"b/nine-20250115", "b/nine"},
        {"b/nine-20250605", NULL}, /* another snapshot: the file tells them apart */
        {"nine-20251224", NULL},
    };
    struct catalog *catalog = open_text(text);

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct model model = catalog_find(catalog, span_of(rows[i].name));
        bool is_right = model.is_known == (rows[i].slug != NULL) &&
                        (rows[i].slug == NULL || span_equal(model.slug, span_of(rows[i].slug)));
        if (!is_right)
            printf("%s: got %.*s\n", rows[i].name, (int)model.slug.size, model.slug.bytes);
        CU_ASSERT(is_right);
    }
    catalog_close(catalog);
}

static void a_missing_file_is_unreadable(void)
{
    struct catalog *catalog = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL(catalog_open(&catalog, "no/such.csv", &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "TABLE-UNREADABLE");
    CU_ASSERT_STRING_EQUAL(why.text, "no/such.csv: No such file or directory");
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"knows_the_models_of_the_study", knows_the_models_of_the_study},
        {"the_bundled_catalog_holds_together", the_bundled_catalog_holds_together},
        {"every_bundled_alias_resolves", every_bundled_alias_resolves},
        {"folds_names_into_one_model", folds_names_into_one_model},
        {"attributes_follow_from_the_row", attributes_follow_from_the_row},
        {"an_unknown_model_keeps_its_name", an_unknown_model_keeps_its_name},
        {"the_newest_row_of_a_slug_counts", the_newest_row_of_a_slug_counts},
        {"prices_are_those_of_their_time", prices_are_those_of_their_time},
        {"a_price_without_a_day_is_of_before", a_price_without_a_day_is_of_before},
        {"the_bundled_names_are_of_their_authors", the_bundled_names_are_of_their_authors},
        {"names_for_people_are_told", names_for_people_are_told},
        {"refuses_a_wrong_table", refuses_a_wrong_table},
        {"what_is_missing_can_be_added_under_just_that_name", what_is_missing_can_be_added_under_just_that_name},
        {"a_router_is_no_closed_model", a_router_is_no_closed_model},
        {"what_several_models_are_called_is_none_of_them", what_several_models_are_called_is_none_of_them},
        {"a_missing_file_is_unreadable", a_missing_file_is_unreadable},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
