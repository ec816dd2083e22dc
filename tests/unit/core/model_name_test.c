/* Names of models taken apart: the list of 300 judged by hand, each step, each step switched off. */
#include "gentally/core/model_name.h"

#include <stdlib.h>

#include "gentally/core/catalog.h"
#include "suite.h"

static struct catalog *open_catalog(void)
{
    struct catalog *catalog = NULL;
    struct reason why = {0};

    CU_ASSERT_EQUAL_FATAL(catalog_open(&catalog, NULL, &why), GO_ON);
    return catalog;
}

/* None of the 300 may resolve wrongly. Names without a slug in the catalog resolve to nothing; of the others most must
 * resolve, or the normaliser would be right by doing nothing. */
static void resolves_the_names_judged_by_hand(void)
{
    struct catalog *catalog = open_catalog();
    FILE *file = fopen(GENTALLY_ROOT "/tests/unit/core/names.csv", "r");
    char line[2 * EVENT_TEXT_MAX];
    unsigned count = 0, with_slug = 0, resolved = 0, wrong = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *comma = strrchr(line, ',');
        if (line[0] == '#' || comma == NULL || strcmp(line, "name,slug\n") == 0)
            continue;
        struct span name = {line, (size_t)(comma - line)}, slug = {comma + 1, strcspn(comma + 1, "\n")};
        bool is_none = span_equal(slug, span_of("none"));
        struct model model = catalog_find(catalog, name);
        bool is_wrong = model.is_known && (is_none || !span_equal(model.slug, slug));
        if (is_wrong)
            printf("%.*s: got %.*s, is %.*s\n", (int)name.size, name.bytes, (int)model.slug.size, model.slug.bytes,
                   (int)slug.size, slug.bytes);
        if (getenv("UNRESOLVED") != NULL && !is_none && !model.is_known)
            printf("%.*s: nothing, is %.*s\n", (int)name.size, name.bytes, (int)slug.size, slug.bytes);
        count++;
        with_slug += !is_none;
        resolved += model.is_known;
        wrong += is_wrong;
    }
    fclose(file);
    CU_ASSERT(count >= 300);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(resolved * 100 >= with_slug * 95);
    printf("%u names, %u of a model in the catalog, %u resolved, %u wrongly\n", count, with_slug, resolved, wrong);
    catalog_close(catalog);
}

struct share {
    const char *list;
    unsigned goal, count, resolved; /* the goal in percent */
};

/* Counts the names of one line of the lists, if it is one. */
static void count_name(const struct catalog *catalog, char *line, struct share shares[], size_t share_count)
{
    char *comma = strchr(line, ',');

    if (line[0] == '#' || comma == NULL)
        return;
    struct span list = {line, (size_t)(comma - line)}, name = {comma + 1, strcspn(comma + 1, "\n")};
    for (size_t i = 0; i < share_count; i++) {
        if (!span_equal(list, span_of(shares[i].list)))
            continue;
        shares[i].count++;
        shares[i].resolved += catalog_find(catalog, name).is_known;
    }
}

/* What is left are mostly models that the catalog does not have, and names that stand for several. */
static void most_names_of_price_lists_resolve(void)
{
    struct share shares[] = {{"litellm", 60, 0, 0}, {"models.dev", 85, 0, 0}};
    struct catalog *catalog = open_catalog();
    FILE *file = fopen(GENTALLY_ROOT "/tests/unit/core/listed_names.csv", "r");
    char line[2 * EVENT_TEXT_MAX];

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count_name(catalog, line, shares, LENGTH_OF(shares));
    fclose(file);
    for (size_t i = 0; i < LENGTH_OF(shares); i++) {
        printf("%s: %u of %u resolve (%.1f %%)\n", shares[i].list, shares[i].resolved, shares[i].count,
               100.0 * shares[i].resolved / shares[i].count);
        CU_ASSERT(shares[i].count > 250);
        CU_ASSERT(shares[i].resolved * 100 >= shares[i].count * shares[i].goal);
    }
    catalog_close(catalog);
}

struct wanted {
    const char *name, *slug;
    uint32_t steps;
};

#define STEP(step) NAME_STEP(NAME_##step)

/* Each step: what it finds and says, and that without it the name is unknown. */
static void every_step_is_told_and_can_be_left_out(void)
{
    static const struct wanted rows[] = {
        {"openai/gpt-4o", "openai/gpt-4o", 0},
        {" openai/gpt-4o\xe2\x80\x8b\n", "openai/gpt-4o", STEP(CLEAN)},
        {"OpenAI/GPT-4o", "openai/gpt-4o", STEP(CASE)},
        {"openrouter/openai/gpt-4o", "openai/gpt-4o", STEP(HOST)},
        {"azure/eu/openai/gpt-4o", "openai/gpt-4o", STEP(HOST)},
        {"us.anthropic.claude-sonnet-5", "anthropic/claude-sonnet-5", STEP(REGION) | STEP(VENDOR)},
        {"zai-org/glm-4.6", "z-ai/glm-4.6", STEP(VENDOR)},
        {"amazon.nova-pro-v1", "amazon/nova-pro-v1", STEP(VENDOR)},
        {"openai-gpt-5.4-pro", "openai/gpt-5.4-pro", STEP(VENDOR)},
        {"deepseek/deepseek-r1:free:online", "deepseek/deepseek-r1", STEP(VARIANT)},
        {"anthropic/claude-opus-4.8[1m]", "anthropic/claude-opus-4.8", STEP(VARIANT)},
        {"amazon/nova-micro-v1:0", "amazon/nova-micro-v1", STEP(PIN)},
        {"anthropic/claude-sonnet-5@default", "anthropic/claude-sonnet-5", STEP(PIN)},
        {"x-ai/grok-4-fast-non-reasoning", "x-ai/grok-4-fast", STEP(MODE)},
        {"qwen/qwen3-8b-fp8", "qwen/qwen3-8b", STEP(PRECISION)},
        {"openai/gpt-4-turbo-2024-04-09", "openai/gpt-4-turbo", STEP(DATE)},
        {"anthropic/claude-opus-4@20250514", "anthropic/claude-opus-4", STEP(DATE)},
        {"google/gemini-2.5-flash-preview-04-17", "google/gemini-2.5-flash-preview", STEP(DATE)},
        {"x-ai/grok-4.3-latest", "x-ai/grok-4.3", STEP(LATEST)},
        {"openai/gpt-oss:20b", "openai/gpt-oss-20b", STEP(TAG)},
        {"ollama/llama3.1:8b", "meta-llama/llama-3.1-8b-instruct",
         STEP(HOST) | STEP(TAG) | STEP(TUNED) | STEP(BARE) | STEP(SPELLING)},
        {"cerebras/meta-llama/llama-3.3-70b", "meta-llama/llama-3.3-70b-instruct", STEP(HOST) | STEP(TUNED)},
        {"moonshotai/kimi-k2-0905-preview", "moonshotai/kimi-k2-0905", STEP(DATE)},
        {"anthropic.claude-v2:1", "anthropic/claude-2.1", STEP(VENDOR) | STEP(PIN)},
        {"anthropic/claude-opus-4.1-thinking:8192", "anthropic/claude-opus-4.1", STEP(VARIANT) | STEP(MODE)},
        {"z-ai/glm-5-free", "z-ai/glm-5", STEP(VARIANT)},
        {"thedrummer 2/skyfall-36b-v2", "thedrummer/skyfall-36b-v2", STEP(VENDOR)},
        {"meta-llama/llama-3.3-70b-instruct-turbo", "meta-llama/llama-3.3-70b-instruct", STEP(PRECISION)},
        {"openrouter/deepseek/deepseek-chat", "deepseek/deepseek-chat", STEP(HOST)},
        {"mistralai/mistral-small-2503", "mistralai/mistral-small-3.1-24b-instruct", STEP(SPELLING)},
        {"mistralai/ministral-3-14b-instruct-2512", "mistralai/ministral-14b-2512", STEP(SPELLING)},
        {"nvidia/nemotron-nano-3-30b", "nvidia/nemotron-3-nano-30b-a3b", STEP(SPELLING)},
        {"openai/gpt-52", "openai/gpt-5.2", STEP(SPELLING)},
        {"Z-AI/GLM-4.6-20251208", "z-ai/glm-4.6v", STEP(CASE)}, /* a slug as it stands goes before a date cut off */
        {"gpt-4o", "openai/gpt-4o", STEP(BARE)},
        {"anthropic/claude-sonnet-4-6", "anthropic/claude-sonnet-4.6", STEP(SPELLING)},
        {"anthropic/claude-4.6-sonnet", "anthropic/claude-sonnet-4.6", STEP(SPELLING)},
        {"openai/gpt-35-turbo", "openai/gpt-3.5-turbo", STEP(SPELLING)},
        {"meta-llama/llama-v3p3-70b-instruct", "meta-llama/llama-3.3-70b-instruct", STEP(SPELLING)},
        {"deepseek/deepseek-v3.1", "deepseek/deepseek-chat-v3.1", STEP(SPELLING)},
    };
    struct catalog *catalog = open_catalog();
    uint32_t taken, all = 0;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        catalog_use_steps(catalog, NAME_STEPS_ALL);
        struct model model = catalog_match(catalog, span_of(rows[i].name), &taken);
        bool is_right = model.is_known && span_equal(model.slug, span_of(rows[i].slug)) && taken == rows[i].steps;
        for (unsigned step = 0; step < NAME_STEPS; step++) {
            catalog_use_steps(catalog, NAME_STEPS_ALL & ~NAME_STEP(step));
            model = catalog_match(catalog, span_of(rows[i].name), &taken);
            is_right = is_right && model.is_known == ((rows[i].steps & NAME_STEP(step)) == 0);
        }
        catalog_use_steps(catalog, rows[i].steps); /* and these alone do */
        is_right = is_right && catalog_find(catalog, span_of(rows[i].name)).is_known;
        if (!is_right)
            printf("%s: by other steps than told\n", rows[i].name);
        CU_ASSERT(is_right);
        all |= rows[i].steps;
    }
    CU_ASSERT_EQUAL(all, NAME_STEPS_ALL);
    catalog_close(catalog);
}

/* One model's name in the ways that hosts write it. */
static void spellings_of_one_name_are_one(void)
{
    static const struct {
        const char *name, *slug;
    } rows[] = {
        {"qwen/qwen2-5-vl-72b-instruct", "qwen/qwen2.5-vl-72b-instruct"},
        {"qwen/qwen3-coder-480b-a35b-instruct", "qwen/qwen3-coder"},
        {"mistralai/mistral-nemo-12b-instruct", "mistralai/mistral-nemo"},
        {"meta-llama/llama-4-scout-17b-instruct", "meta-llama/llama-4-scout"},
        {"sao10k/l3.1-70b-euryale-v2.2", "sao10k/l3.1-euryale-70b"},
        {"amazon/nova-pro", "amazon/nova-pro-v1"},
        {"tngtech/deepseek-tng-r1t2-chimera", "tngtech/deepseek-r1t2-chimera"},
        {"openai/gpt-5.2-instant", "openai/gpt-5.2-chat"},
        {"ai21/jamba-large-1.6", "ai21/jamba-1.6-large"},
        {"anthropic/claude-opus-41", "anthropic/claude-opus-4.1"},
        {"microsoft/phi-3.5-mini-instruct", "microsoft/phi-3.5-mini-128k-instruct"},
    };
    struct catalog *catalog = open_catalog();
    uint32_t taken;

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct model model = catalog_match(catalog, span_of(rows[i].name), &taken);
        bool is_right = span_equal(model.slug, span_of(rows[i].slug)) && taken == STEP(SPELLING);
        if (!is_right)
            printf("%s: got %.*s\n", rows[i].name, (int)model.slug.size, model.slug.bytes);
        CU_ASSERT(is_right);
    }
    catalog_close(catalog);
}

/* The catalog has two models under names of others. As they stand there they mean these; in another spelling they say
 * what they say, and never these. */
static void a_misleading_name_is_right_only_as_it_stands(void)
{
    static const struct {
        const char *name, *misnamed;
        bool is_spelt_so;
    } rows[] = {
        {"qwen/qwen-2-vl-7b-instruct", "qwen/qwen-2.5-vl-7b-instruct", true},
        {"Qwen/Qwen-2-VL-7B-Instruct", "qwen/qwen-2.5-vl-7b-instruct", false},
        {"qwen/qwen-2_vl-7b-instruct", "qwen/qwen-2.5-vl-7b-instruct", false},
        {"qwen_2-vl-7b-instruct", "qwen/qwen-2.5-vl-7b-instruct", false},
        {"qwen/qwen-2.5-vl-72b-instruct", "qwen/qwen-2.5-vl-72b-instruct", true},
        {"Qwen/Qwen2-5-VL-72B-Instruct", "qwen/qwen-2.5-vl-72b-instruct", false},
    };
    struct catalog *catalog = open_catalog();

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        struct model model = catalog_find(catalog, span_of(rows[i].name));
        bool is_right = span_equal(model.slug, span_of(rows[i].misnamed)) == rows[i].is_spelt_so;
        if (!is_right)
            printf("%s: got %.*s\n", rows[i].name, (int)model.slug.size, model.slug.bytes);
        CU_ASSERT(is_right);
    }
    catalog_close(catalog);
}

/* Names that look like a model of the catalog with something to be cut off, and are another one, or several. */
static void what_may_be_another_model_is_none(void)
{
    static const char *const names[] = {
        "deepseek/deepseek-v4-flash-0731",                    /* newer than the model by months */
        "stepfun/step-3.5-flash-2603",                        /* likewise */
        "openai/gpt-4o-0513",                                 /* there is a row of that day */
        "openai/gpt-4-0613",                                  /* another snapshot than the one that is listed */
        "google/gemini-2.0-flash-0101-0205",                  /* two days are none */
        "qwen/qwen-plus-2025-09-11",                          /* the catalog's is of January */
        "bytedance-seed/seed-1.6-250915",                     /* the catalog's is of June */
        "fireworks_ai/accounts/fireworks/models/llama-v3-8b", /* a base model: this host has them */
        "replicate/meta/llama-3-70b",                         /* likewise */
        "ollama/qwen3-vl:8b",                                 /* "-instruct" or "-thinking"? */
        "vercel/alibaba/qwen3-235b-a22b-thinking",            /* of July, not the one that can do both */
        "snowflake/mistral-7b",                               /* which of three? */
        "azure/gpt-3.5",
        "meta-llama/llama-4-scout-17b-16e", /* the base model */
        "vertex_ai/meta/llama-4-scout-17b-128e-instruct-maas",
        "mistralai/mistral-nemo-base-2407",
        "mistralai/magistral-small-2507",
        "mistralai/ministral-3-14b-reasoning-2512",
        "mistralai/mistral-large-2402", /* the slug has been several */
        "deepseek-chat",
        "minimax/minimax-m2.5-highspeed", /* of another price */
        "nebius/moonshotai/Kimi-K2.5-fast",
        "novita/deepseek/deepseek-r1-turbo",
        "sao10k/l3-8b-lunaris-v1-abliterated",
        "nvidia/llama-3.3-nemotron-super-49b",
        "alibaba/qwen3.5-plus", /* there are two days of it */
        "openai/gpt-oss-120b-thinking",
        "qwen/qwen-72b",
    };
    struct catalog *catalog = open_catalog();

    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        struct model model = catalog_find(catalog, span_of(names[i]));
        if (model.is_known)
            printf("%s: got %.*s\n", names[i], (int)model.slug.size, model.slug.bytes);
        CU_ASSERT_FALSE(model.is_known);
    }
    catalog_close(catalog);
}

static void steps_are_read_by_their_names(void)
{
    static const struct {
        const char *text;
        uint32_t steps;
        bool is_good;
    } rows[] = {
        {"all", NAME_STEPS_ALL, true},
        {"none", 0, true},
        {"case", STEP(CASE), true},
        {"host,case,host", STEP(CASE) | STEP(HOST), true},
        {"", 0, false},
        {"case,", 0, false},
        {",case", 0, false},
        {"Case", 0, false},
        {"case, host", 0, false},
        {"all,case", 0, false},
        {"cases", 0, false},
    };

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        uint32_t steps = 0;
        CU_ASSERT_EQUAL(name_steps_parse(rows[i].text, &steps), rows[i].is_good);
        CU_ASSERT(!rows[i].is_good || steps == rows[i].steps);
    }
    for (unsigned step = 0; step < NAME_STEPS; step++) {
        uint32_t steps;
        CU_ASSERT(name_steps_parse(name_step_name((enum name_step)step), &steps));
        CU_ASSERT_EQUAL(steps, NAME_STEP(step));
    }
}

/* A changed set of steps is another table: windows that are kept are told again. */
static void steps_belong_to_the_version(void)
{
    struct catalog *catalog = open_catalog();
    uint64_t version = catalog_version(catalog);

    catalog_use_steps(catalog, NAME_STEPS_ALL & ~STEP(BARE));
    CU_ASSERT_NOT_EQUAL(catalog_version(catalog), version);
    catalog_use_steps(catalog, NAME_STEPS_ALL);
    CU_ASSERT_EQUAL(catalog_version(catalog), version);
    catalog_close(catalog);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"resolves_the_names_judged_by_hand", resolves_the_names_judged_by_hand},
        {"most_names_of_price_lists_resolve", most_names_of_price_lists_resolve},
        {"what_may_be_another_model_is_none", what_may_be_another_model_is_none},
        {"every_step_is_told_and_can_be_left_out", every_step_is_told_and_can_be_left_out},
        {"spellings_of_one_name_are_one", spellings_of_one_name_are_one},
        {"a_misleading_name_is_right_only_as_it_stands", a_misleading_name_is_right_only_as_it_stands},
        {"steps_are_read_by_their_names", steps_are_read_by_their_names},
        {"steps_belong_to_the_version", steps_belong_to_the_version},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
