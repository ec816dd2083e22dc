/* Lists of models held against a catalog: what is added, what is told, what is left out; the text with the new rows. */
#include "gentally/core/catalog_import.h"

#include "suite.h"
#include "table_file.h"

#define HEADER                                                                                                         \
    "slug,author,country,open_weights,params_b,active_params_b,reasoning,released,prompt_usd_per_mtok,"                \
    "completion_usd_per_mtok,valid_from,aliases,note\n"

static const char table[] =
    "# ours\n" HEADER
    "moonshotai/kimi-k2,moonshotai,CN,1,1000,32,no,2025-07-11,0.5,2,2025-07-11,,\"judged, by us\"\n"
    "# of OpenAI\n"
    "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2.5,10,2024-05-13,openai/gpt-omni,\n"
    "openai/gpt-5,openai,US,0,,,always,2025-08-07,1.25,10,2026-11-30,,\n"
    "openrouter/auto,openrouter,,router,,,no,2023-11-08,0,0,2023-11-08,,\n"
    "qwen/qwen3-8b,qwen,CN,1,8,,optional,2025-04-28,,,2025-04-28,,";

#define DAY_OF_IMPORT INT64_C(1793664000000) /* 2026-11-03 */

/* An import into a catalog of `text`, decided. */
struct stage {
    struct catalog *catalog;
    struct catalog_import *import;
};

static struct stage stage_open(const char *text)
{
    struct stage stage = {NULL, NULL};
    struct reason why = {0};
    struct table_file file = table_file_open(text);

    CU_ASSERT_EQUAL_FATAL(catalog_open(&stage.catalog, file.path, &why), GO_ON);
    table_file_close(&file);
    CU_ASSERT_EQUAL_FATAL(catalog_import_open(&stage.import, stage.catalog, span_of(text), DAY_OF_IMPORT, &why), GO_ON);
    return stage;
}

static void stage_close(struct stage *stage)
{
    catalog_import_close(stage->import);
    catalog_close(stage->catalog);
}

static void take(const struct stage *stage, struct listed_model listed)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(catalog_import_take(stage->import, &listed, &why), GO_ON);
}

static void decide(const struct stage *stage)
{
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(catalog_import_decide(stage->import, &why), GO_ON);
}

static struct listed_model listed(const char *vendor, const char *name)
{
    return (struct listed_model){.name = span_of(name), .vendor = span_of(vendor), .is_text = true};
}

static void each_model_has_one_fate(void)
{
    static const struct {
        const char *vendor, *name;
        bool is_slug;
        enum import_fate fate;
        const char *slug; /* of what was added */
    } rows[] = {
        {"openai", "gpt-9", false, IMPORT_ADDED, "openai/gpt-9"},
        {"openai", "gpt-9-2026-10-01", false, IMPORT_ADDED, "openai/gpt-9"}, /* its first snapshot */
        {"moonshotai", "Kimi-K9", false, IMPORT_ADDED, "moonshotai/kimi-k9"},
        {"", "acme/new-model", true, IMPORT_ADDED, "acme/new-model"}, /* OpenRouter's slugs are ours */
        {"openai", "gpt-4o", false, IMPORT_KNOWN, NULL},
        {"azure", "azure/eu/gpt-4o-2024-05-13", false, IMPORT_KNOWN, NULL},
        {"azure", "azure/gpt-9", false, IMPORT_HOSTED, NULL},
        {"deepinfra", "deepinfra/moonshotai/Kimi-K9", false, IMPORT_HOSTED, NULL},
        {"qwen", "kimi-k9", false, IMPORT_DOUBTFUL, NULL},
        {"openai", "qwen-gpt", false, IMPORT_DOUBTFUL, NULL},
        {"openai", "qwen3-8b", false, IMPORT_DOUBTFUL, NULL},
        {"openai", "gpt-9-latest", false, IMPORT_MOVING, NULL},
        {"", "~openai/gpt-latest", true, IMPORT_MOVING, NULL},
        {"", "acme/new-model:free", true, IMPORT_VARIANT, NULL},
        {"openai", "", false, IMPORT_UNUSABLE, NULL},
        {"openai", "gpt 9", false, IMPORT_UNUSABLE, NULL},
        {"openai", "=HYPERLINK(1)", false, IMPORT_UNUSABLE, NULL},
        {"openai", "gpt,9", false, IMPORT_UNUSABLE, NULL},
        {"openai", "\x1b[31m", false, IMPORT_UNUSABLE, NULL},
        {"openai", "\xff\xfe", false, IMPORT_UNUSABLE, NULL},
        {"openai", "ft:gpt-4o:acme::a1", false, IMPORT_UNUSABLE, NULL},
        {"", "no-author", true, IMPORT_UNUSABLE, NULL},
        {"", "-a/b", true, IMPORT_UNUSABLE, NULL},
        {"", "acme/", true, IMPORT_UNUSABLE, NULL},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct stage stage = stage_open(table);
        struct listed_model model = listed(rows[i].vendor, rows[i].name);
        struct import_change change = {IMPORT_FATES, {NULL, 0}, {NULL, 0}};
        model.is_slug = rows[i].is_slug;
        take(&stage, model);
        decide(&stage);
        bool is_right = catalog_import_count(stage.import, rows[i].fate) == 1 &&
                        catalog_import_at(stage.import, 0, &change) == (rows[i].slug != NULL) &&
                        (rows[i].slug == NULL || span_equal(change.slug, span_of(rows[i].slug)));
        if (!is_right)
            printf("%s of %s: got %.*s\n", rows[i].name, rows[i].vendor, (int)change.slug.size, change.slug.bytes);
        CU_ASSERT(is_right);
        stage_close(&stage);
    }
}

static void a_model_without_text_is_left_out(void)
{
    struct stage stage = stage_open(table);
    struct listed_model model = listed("openai", "gpt-image-9");

    model.is_text = false;
    take(&stage, model);
    decide(&stage);
    CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_NO_TEXT), 1);
    stage_close(&stage);
}

/* Whatever order a list has its names in, the plainest of a model's names makes its row. */
static void names_of_one_new_model_make_one_row(void)
{
    static const char *const names[] = {"kimi-k9-2026-10-01", "kimi-k9", "moonshotai.kimi-k9", "Kimi-K9-FP8",
                                        "kimi-k-9"};

    for (size_t first = 0; first < LENGTH_OF(names); first++) {
        struct stage stage = stage_open(table);
        struct import_change change;
        for (size_t i = 0; i < LENGTH_OF(names); i++)
            take(&stage, listed("moonshotai", names[(first + i) % LENGTH_OF(names)]));
        decide(&stage);
        CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_ADDED), 1);
        CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_KNOWN), LENGTH_OF(names) - 1);
        CU_ASSERT(catalog_import_at(stage.import, 0, &change));
        CU_ASSERT(span_equal(change.slug, span_of("moonshotai/kimi-k9")));
        CU_ASSERT_FALSE(catalog_import_at(stage.import, 1, &change));
        stage_close(&stage);
    }
}

static void a_version_like_a_date_is_another_model(void)
{
    struct stage stage = stage_open(table);

    take(&stage, listed("moonshotai", "kimi-k9"));
    take(&stage, listed("moonshotai", "kimi-k9-0905"));
    decide(&stage);
    CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_ADDED), 2);
    stage_close(&stage);
}

static struct listed_model priced(const char *vendor, const char *name, double prompt, double completion)
{
    struct listed_model model = listed(vendor, name);

    model.prompt_usd_per_mtok = prompt;
    model.completion_usd_per_mtok = completion;
    return model;
}

/* The text that comes out, or fails. */
static void claim_text(const struct stage *stage, const char *want)
{
    char *text = NULL;
    size_t size = 0;
    struct reason why = {0};
    struct catalog *catalog = NULL;

    CU_ASSERT_EQUAL_FATAL(catalog_import_text(stage->import, &text, &size, &why), GO_ON);
    bool is_right = size == strlen(want) && memcmp(text, want, size) == 0;
    if (!is_right)
        printf("got:\n%.*s\nwant:\n%s\n", (int)size, text, want);
    CU_ASSERT(is_right);
    struct table_file file = table_file_open(want);
    CU_ASSERT_EQUAL(catalog_open(&catalog, file.path, &why), GO_ON);
    table_file_close(&file);
    catalog_close(catalog);
    free(text);
}

/* Every byte of before stays, comments, quotes and columns of the operator's own too; rows stand at their places. */
static void rows_are_only_ever_added(void)
{
    struct stage stage = stage_open(table);
    struct listed_model new = priced("openai", "gpt-9", 0.000001, 12.5);
    struct listed_model open = priced("moonshotai", "kimi-k9", 0.6000000000000001, 3);
    struct import_change change;

    new.released_ms = INT64_C(1790812800000);
    new.reasoning = SAID_YES;
    new.open_weights = SAID_NO;
    open.open_weights = SAID_YES;
    open.reasoning = SAID_NO;
    take(&stage, new);
    take(&stage, open);
    take(&stage, priced("openai", "gpt-4o", 2, 8));
    take(&stage, priced("qwen", "qwen3-8b", 0.1, 0));
    decide(&stage);
    CU_ASSERT(catalog_import_at(stage.import, 1, &change));
    CU_ASSERT(span_equal(change.what, span_of("price 2 / 8, was 2.5 / 10")));
    claim_text(&stage, "# ours\n" HEADER
                       "moonshotai/kimi-k2,moonshotai,CN,1,1000,32,no,2025-07-11,0.5,2,2025-07-11,,\"judged, by us\"\n"
                       "# of OpenAI\n"
                       "moonshotai/kimi-k9,moonshotai,CN,1,,,no,,0.6,3,2026-11-03,,\n"
                       "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2.5,10,2024-05-13,openai/gpt-omni,\n"
                       "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2,8,2026-11-03,openai/gpt-omni,\n"
                       "openai/gpt-5,openai,US,0,,,always,2025-08-07,1.25,10,2026-11-30,,\n"
                       "openai/gpt-9,openai,US,0,,,optional,2026-10-01,0.000001,12.5,2026-11-03,,\n"
                       "openrouter/auto,openrouter,,router,,,no,2023-11-08,0,0,2023-11-08,,\n"
                       "qwen/qwen3-8b,qwen,CN,1,8,,optional,2025-04-28,,,2025-04-28,,\n"
                       "qwen/qwen3-8b,qwen,CN,1,8,,optional,2025-04-28,0.1,,2026-11-03,,\n");
    stage_close(&stage);
}

static void a_file_in_another_order_gets_them_at_its_end(void)
{
    static const char unsorted[] = HEADER "b/x,b,US,0,,,no,,,,,,\r\na/y,a,US,0,,,no,,,,,,\r\n";
    struct stage stage = stage_open(unsorted);
    struct listed_model model = listed("", "acme/new-model");

    model.is_slug = true;
    model.alias = span_of("acme/new-model-20260101");
    take(&stage, model);
    decide(&stage);
    claim_text(&stage, HEADER
               "b/x,b,US,0,,,no,,,,,,\r\na/y,a,US,0,,,no,,,,,,\r\n"
               "acme/new-model,acme,,,,,,,,,2026-11-03,acme/new-model-20260101,\n");
    stage_close(&stage);
}

/* What a list says otherwise is told, and nothing is changed for it. */
static void what_was_judged_stays(void)
{
    struct stage stage = stage_open(table);
    struct listed_model open = listed("openai", "gpt-4o"), newer = priced("openai", "gpt-5", 1, 8);
    struct listed_model router = listed("", "openrouter/auto"), promised = priced("openai", "gpt-4o", 0, 0);
    struct import_change change;

    open.open_weights = SAID_YES;
    open.reasoning = SAID_YES;
    router.is_slug = true;
    router.reasoning = SAID_YES;
    take(&stage, open);
    take(&stage, newer);
    take(&stage, router);
    take(&stage, promised);
    decide(&stage);
    CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_REPRICED), 0);
    CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_DIFFERS), 2);
    CU_ASSERT(catalog_import_at(stage.import, 0, &change));
    CU_ASSERT(
        span_equal(change.what, span_of("open_weights is 0 here, 1 in the list; reasoning is no here, possible in "
                                        "the list")));
    CU_ASSERT(catalog_import_at(stage.import, 1, &change));
    CU_ASSERT(span_equal(change.what, span_of("price is 1.25 / 10 here since 2026-11-30, 1 / 8 in the list")));
    claim_text(&stage, table);
    stage_close(&stage);
}

#define NAMED                                                                                                          \
    "slug,author,country,open_weights,params_b,active_params_b,reasoning,released,prompt_usd_per_mtok,"                \
    "completion_usd_per_mtok,valid_from,aliases,name,author_name\n"

static const char nameless[] = NAMED
    "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2.5,10,2024-05-13,,,\n"
    "openai/gpt-5,openai,US,0,,,always,2025-08-07,1.25,10,2025-08-07,,,OpenAI\n"
    "openai/gpt-6,openai,US,0,,,always,,1,1,2030-01-01,,,\n"
    "openai/gpt-7,openai,US,0,,,always,,1,1,,,Ours,\n";

static struct listed_model titled(struct listed_model model, const char *title, const char *maker)
{
    model.title = span_of(title);
    model.maker = span_of(maker);
    return model;
}

/* A name comes with a new row, beside a new price, or in a row of its own; one that is there stays. */
static void names_for_people_are_filled(void)
{
    struct stage stage = stage_open(nameless);
    struct import_change change;

    take(&stage, titled(priced("openai", "gpt-4o", 2.5, 10), "GPT-4o, \"omni\"", "Open AI"));
    take(&stage, titled(priced("openai", "gpt-5", 1, 8), "GPT-5", "Open AI"));
    take(&stage, titled(priced("openai", "gpt-6", 1, 1), "GPT-6", NULL)); /* ours is newer than the list */
    take(&stage, titled(priced("openai", "gpt-7", 1, 1), "GPT-7", NULL)); /* ours has a name */
    take(&stage, titled(priced("openai", "gpt-9", 1, 1), "GPT-9", "Open AI"));
    take(&stage, titled(priced("anthropic", "claude-9", 1, 1), "Claude\033[31m 9", "Anthropic"));
    take(&stage, priced("openai", "gpt-7-mini", 1, 1));
    decide(&stage);
    CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_NAMED), 1);
    CU_ASSERT(catalog_import_at(stage.import, 1, &change));
    CU_ASSERT(change.fate == IMPORT_NAMED && span_equal(change.what, span_of("GPT-4o, \"omni\"")));
    claim_text(&stage, NAMED
               "anthropic/claude-9,anthropic,,,,,,,1,1,2026-11-03,,,Anthropic\n"
               "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2.5,10,2024-05-13,,,\n"
               "openai/gpt-4o,openai,US,0,,,no,2024-05-13,2.5,10,2026-11-03,,\"GPT-4o, \"\"omni\"\"\",Open AI\n"
               "openai/gpt-5,openai,US,0,,,always,2025-08-07,1.25,10,2025-08-07,,,OpenAI\n"
               "openai/gpt-5,openai,US,0,,,always,2025-08-07,1,8,2026-11-03,,GPT-5,OpenAI\n"
               "openai/gpt-6,openai,US,0,,,always,,1,1,2030-01-01,,,\n"
               "openai/gpt-7,openai,US,0,,,always,,1,1,,,Ours,\n"
               "openai/gpt-7-mini,openai,US,,,,,,1,1,2026-11-03,,,OpenAI\n"
               "openai/gpt-9,openai,US,,,,,,1,1,2026-11-03,,GPT-9,OpenAI\n");
    stage_close(&stage);
}

/* A host's price is not the vendor's, nor that of a snapshot the model's, nor that of what its vendor moves. */
static void only_a_vendors_price_of_that_model_counts(void)
{
    struct stage stage = stage_open(table);

    take(&stage, priced("azure", "azure/gpt-4o", 9, 9));
    take(&stage, priced("openai", "gpt-4o-2024-11-20", 9, 9));
    take(&stage, priced("openai", "gpt-4o-fp8", 9, 9));
    take(&stage, priced("openai", "gpt-4o", -1, 1e9));
    decide(&stage);
    CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_REPRICED), 0);
    stage_close(&stage);
    stage = stage_open(HEADER "deepseek/deepseek-chat,deepseek,CN,1,671,37,no,2024-12-26,0.3,1.2,2024-12-26,,\n");
    take(&stage, priced("deepseek", "deepseek-chat", 9, 9));
    decide(&stage);
    CU_ASSERT_EQUAL(catalog_import_count(stage.import, IMPORT_REPRICED), 0);
    stage_close(&stage);
}

/* Open weights of an author whose country nobody knows would count as of the rest of the world. */
static void weights_of_an_unknown_author_are_left_to_people(void)
{
    struct stage stage = stage_open(table);
    struct listed_model model = listed("", "acme/new-model");
    struct import_change change;

    model.is_slug = true;
    model.open_weights = SAID_YES;
    take(&stage, model);
    decide(&stage);
    CU_ASSERT(catalog_import_at(stage.import, 0, &change));
    CU_ASSERT(
        span_equal(change.what, span_of("price none; released unknown; open_weights unknown, reasoning unknown")));
    stage_close(&stage);
}

/* A list may say any year; what the catalog cannot have as a day is not known. */
static void a_day_that_no_catalog_has_is_not_said(void)
{
    static const int64_t days[] = {INT64_C(31150310400000), INT64_C(4102444800000), INT64_MAX, -1, 0};

    for (size_t i = 0; i < LENGTH_OF(days); i++) {
        struct stage stage = stage_open(table);
        struct listed_model model = listed("openai", "gpt-9");
        struct import_change change;
        model.released_ms = days[i];
        take(&stage, model);
        decide(&stage);
        CU_ASSERT(catalog_import_at(stage.import, 0, &change));
        CU_ASSERT(
            span_equal(change.what, span_of("price none; released unknown; open_weights unknown, reasoning unknown")));
        stage_close(&stage);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"each_model_has_one_fate", each_model_has_one_fate},
        {"a_model_without_text_is_left_out", a_model_without_text_is_left_out},
        {"names_of_one_new_model_make_one_row", names_of_one_new_model_make_one_row},
        {"a_version_like_a_date_is_another_model", a_version_like_a_date_is_another_model},
        {"rows_are_only_ever_added", rows_are_only_ever_added},
        {"a_file_in_another_order_gets_them_at_its_end", a_file_in_another_order_gets_them_at_its_end},
        {"what_was_judged_stays", what_was_judged_stays},
        {"names_for_people_are_filled", names_for_people_are_filled},
        {"only_a_vendors_price_of_that_model_counts", only_a_vendors_price_of_that_model_counts},
        {"weights_of_an_unknown_author_are_left_to_people", weights_of_an_unknown_author_are_left_to_people},
        {"a_day_that_no_catalog_has_is_not_said", a_day_that_no_catalog_has_is_not_said},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
