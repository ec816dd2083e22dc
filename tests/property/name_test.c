/*
 * Names of models of random bytes, and of words that names are made of, in any order: taking one apart ends, and once
 * is as good as twice; folding a spelling does not overrun; a look-up says a model of the catalog or the name itself.
 */
#include "gentally/core/catalog.h"
#include "suite.h"

#define NAMES 100000

static const char *const words[] = {
    "azure",
    "bedrock",
    "us-east-1",
    "us",
    "eu",
    "anthropic",
    "claude",
    "sonnet",
    "opus",
    "zai-org",
    "z-ai",
    "glm",
    "4",
    "5",
    "4.6",
    "v1",
    "v0",
    "p",
    "35",
    "gpt",
    "4o",
    "latest",
    "preview",
    "04-17",
    "20250929",
    "2025-09-29",
    "free",
    "online",
    "thinking",
    "fp8",
    "maas",
    "20b",
    "llama",
    "mixtral",
    "kimi",
    "instruct",
    "databricks",
    "hf",
    "fw",
    "tee",
    "[1m]",
    "default",
    "001",
    "deepseek",
    "chat",
    "grok",
    "reasoning",
    "non-reasoning",
    "~",
    "\xe2\x80\x8b",
    "A",
    " ",
    "mistral",
    "nvidia",
    "openrouter",
    "auto",
    "gemini",
    "0",
    "1",
    "qwen3",
    "30b-a3b",
    "duo-chat",
    "month-commitment",
};
static const char signs[] = "/.-:@_- ";

static struct span random_name(uint64_t *state, char name[EVENT_TEXT_MAX])
{
    size_t size = 0, want = suite_below(state, 8) == 0 ? EVENT_TEXT_MAX : suite_below(state, 60);
    bool is_noise = suite_below(state, 4) == 0;

    while (size < want) {
        const char *word = words[suite_below(state, LENGTH_OF(words))];
        size_t room = want - size, length = strlen(word) < room ? strlen(word) : room;
        if (is_noise || suite_below(state, 2) == 0) {
            name[size++] = is_noise ? (char)suite_below(state, 256) : signs[suite_below(state, sizeof(signs) - 1)];
            continue;
        }
        memcpy(name + size, word, length);
        size += length;
    }
    return (struct span){name, size};
}

static bool keep_form(void *context, const struct name_guess *guess)
{
    struct span *end = context;

    memcpy((char *)(uintptr_t)end->bytes, guess->name.bytes, guess->name.size);
    end->size = guess->name.size;
    return false;
}

/* The last form that is offered. */
static struct span end_of(struct span name, uint32_t steps, char text[EVENT_TEXT_MAX])
{
    struct span end = {text, 0};

    (void)model_name_walk(name, steps, keep_form, &end);
    return end;
}

static bool count_forms(void *context, const struct name_guess *guess)
{
    unsigned *forms = context;

    CU_ASSERT(guess->name.size <= EVENT_TEXT_MAX);
    CU_ASSERT_FATAL(++*forms <= 2 * EVENT_TEXT_MAX); /* it ends */
    return false;
}

static void taken_apart_once_is_as_good_as_twice(void)
{
    uint64_t state = suite_seed();
    char name[EVENT_TEXT_MAX], once[EVENT_TEXT_MAX], twice[EVENT_TEXT_MAX], folded[NAME_FOLDED_MAX];

    for (unsigned i = 0; i < NAMES; i++) {
        uint32_t steps =
            suite_below(&state, 2) == 0 ? NAME_STEPS_ALL : (uint32_t)suite_below(&state, NAME_STEPS_ALL + 1);
        unsigned forms = 0;
        struct span raw = random_name(&state, name);
        (void)model_name_walk(raw, steps, count_forms, &forms);
        struct span end = end_of(raw, steps, once), again = end_of(end, steps, twice);
        if (!span_equal(end, again))
            printf("\"%.*s\" -> \"%.*s\" -> \"%.*s\" by %x\n", (int)raw.size, raw.bytes, (int)end.size, once,
                   (int)again.size, twice, steps);
        CU_ASSERT_FATAL(span_equal(end, again));
        CU_ASSERT(model_name_fold(raw, folded).size <= NAME_FOLDED_MAX);
        struct span base = model_name_base(raw);
        CU_ASSERT(span_equal(model_name_base(base), base));
    }
}

static void a_look_up_is_of_the_catalog_or_the_name_itself(void)
{
    struct catalog *catalog = NULL;
    struct reason why = {0};
    uint64_t state = suite_seed();
    char name[EVENT_TEXT_MAX];

    CU_ASSERT_EQUAL_FATAL(catalog_open(&catalog, NULL, &why), GO_ON);
    for (unsigned i = 0; i < NAMES / 4; i++) {
        struct span raw = random_name(&state, name);
        struct model model = catalog_find(catalog, raw);
        CU_ASSERT(
            span_equal(model.slug, model.is_known ? catalog_find(catalog, model.slug).slug : model_name_base(raw)));
    }
    catalog_close(catalog);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"taken_apart_once_is_as_good_as_twice", taken_apart_once_is_as_good_as_twice},
        {"a_look_up_is_of_the_catalog_or_the_name_itself", a_look_up_is_of_the_catalog_or_the_name_itself},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
