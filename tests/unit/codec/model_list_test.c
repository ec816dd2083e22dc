/* Lists of models in each of the forms that are read, with what is odd in them; and what is no such list. */
#include "gentally/codec/model_list.h"

#include <math.h>

#include "gentally/core/event.h"
#include "suite.h"

#define TAKEN_MAX 16

/* What was given, with copies of the texts. */
struct taken {
    struct listed_model models[TAKEN_MAX];
    char texts[TAKEN_MAX][5][EVENT_TEXT_MAX];
    size_t count, stop; /* 0 = never */
};

static struct span copied(struct span text, char copy[EVENT_TEXT_MAX])
{
    CU_ASSERT_FATAL(text.size <= EVENT_TEXT_MAX);
    if (text.size > 0)
        memcpy(copy, text.bytes, text.size);
    return (struct span){text.size == 0 ? NULL : copy, text.size};
}

static enum verdict take(void *context, const struct listed_model *listed, struct reason *why)
{
    struct taken *taken = context;

    CU_ASSERT_FATAL(taken->count < TAKEN_MAX);
    struct listed_model *model = &taken->models[taken->count];
    *model = *listed;
    model->name = copied(listed->name, taken->texts[taken->count][0]);
    model->vendor = copied(listed->vendor, taken->texts[taken->count][1]);
    model->alias = copied(listed->alias, taken->texts[taken->count][2]);
    model->title = copied(listed->title, taken->texts[taken->count][3]);
    model->maker = copied(listed->maker, taken->texts[taken->count][4]);
    taken->count++;
    return taken->count == taken->stop ? no_memory(why, "for a test") : GO_ON;
}

static void claim_read(const char *text, const char *form, struct taken *taken)
{
    const char *got = NULL;
    struct reason why = {0};

    *taken = (struct taken){.count = 0};
    CU_ASSERT_EQUAL_FATAL(model_list_read(span_of(text), "list.json", take, taken, &got, &why), GO_ON);
    CU_ASSERT_STRING_EQUAL(got, form);
}

static bool is_model(const struct listed_model *model, const char *name, const char *vendor, double prompt,
                     double completion)
{
    bool is_right = span_equal(model->name, span_of(name)) && span_equal(model->vendor, span_of(vendor)) &&
                    fabs(model->prompt_usd_per_mtok - prompt) < 1e-9 &&
                    fabs(model->completion_usd_per_mtok - completion) < 1e-9;

    if (!is_right)
        printf("got %.*s of %.*s: %g, %g\n", (int)model->name.size, model->name.bytes, (int)model->vendor.size,
               model->vendor.bytes, model->prompt_usd_per_mtok, model->completion_usd_per_mtok);
    return is_right;
}

static bool is_called(const struct listed_model *model, const char *title, const char *maker)
{
    bool is_right = span_equal(model->title, span_of(title)) && span_equal(model->maker, span_of(maker));

    if (!is_right)
        printf("got %.*s by %.*s\n", (int)model->title.size, model->title.bytes, (int)model->maker.size,
               model->maker.bytes);
    return is_right;
}

static void reads_litellms_prices(void)
{
    static const char text[] =
        "\xef\xbb\xbf{\"sample_spec\": {\"mode\": \"one of chat, embedding\", \"litellm_provider\": \"one of ...\"},"
        "\"gpt-9\": {\"litellm_provider\": \"openai\", \"mode\": \"chat\", \"input_cost_per_token\": 1.25e-06,"
        " \"output_cost_per_token\": 1e-05, \"supports_reasoning\": true},"
        "\"gemini/gemini-9\": {\"litellm_provider\": \"gemini\", \"mode\": \"responses\", \"input_cost_per_token\": 1,"
        " \"output_cost_per_token\": \"free\", \"supports_reasoning\": false},"
        "\"openrouter/acme/new\": {\"litellm_provider\": \"openrouter\", \"mode\": \"completion\"},"
        "\"openrouter\": {\"litellm_provider\": \"openrouter\", \"mode\": \"chat\"},"
        "\"text-embedding-9\": {\"litellm_provider\": \"openai\", \"mode\": \"embedding\"},"
        "\"odd\": [], \"null\": null}";
    struct taken taken;

    claim_read(text, "LiteLLM", &taken);
    CU_ASSERT_EQUAL_FATAL(taken.count, 7);
    CU_ASSERT(is_model(&taken.models[0], "gpt-9", "openai", 1.25, 10));
    CU_ASSERT(taken.models[0].is_text && !taken.models[0].is_slug);
    CU_ASSERT_EQUAL(taken.models[0].reasoning, SAID_YES);
    CU_ASSERT_EQUAL(taken.models[0].open_weights, NOT_SAID);
    CU_ASSERT(is_model(&taken.models[1], "gemini/gemini-9", "google", 1e6, 0));
    CU_ASSERT_EQUAL(taken.models[1].reasoning, NOT_SAID); /* it is told of those that can alone */
    CU_ASSERT(is_model(&taken.models[2], "acme/new", "openrouter", 0, 0));
    CU_ASSERT(taken.models[2].is_slug && taken.models[2].is_text);
    CU_ASSERT(is_model(&taken.models[3], "openrouter", "openrouter", 0, 0));
    CU_ASSERT(is_model(&taken.models[4], "text-embedding-9", "openai", 0, 0));
    CU_ASSERT_FALSE(taken.models[4].is_text);
    CU_ASSERT(is_model(&taken.models[5], "odd", "", 0, 0));
    CU_ASSERT_FALSE(taken.models[6].is_text);
}

static void reads_models_devs_providers(void)
{
    static const char text[] =
        "{\"openai\": {\"id\": \"openai\", \"name\": \"OpenAI\", \"models\": {"
        "\"gpt-9\": {\"name\": \"GPT-9\", \"release_date\": \"2026-10-01\","
        " \"open_weights\": false, \"reasoning\": true,"
        " \"cost\": {\"input\": 1.25, \"output\": 10}, \"modalities\": {\"output\": [\"audio\", \"text\"]}},"
        "\"gpt-image-9\": {\"modalities\": {\"output\": [\"image\"]}, \"release_date\": \"2026-10\"},"
        "\"text-embedding-9\": {\"modalities\": {\"output\": [\"text\"]}},"
        "\"gpt-oss-9\": {\"release_date\": \"1012-07-11\","
        " \"open_weights\": true, \"reasoning\": \"yes\", \"cost\": {\"input\": -1}}}},"
        "\"openrouter\": {\"name\": \"OpenRouter\", \"models\": {\"acme/new\": {\"name\": \"New\"}}},"
        "\"empty\": {}, \"odd\": {\"models\": [1, 2]}, \"null\": null}";
    struct taken taken;

    claim_read(text, "models.dev", &taken);
    CU_ASSERT_EQUAL_FATAL(taken.count, 5);
    CU_ASSERT(is_model(&taken.models[0], "gpt-9", "openai", 1.25, 10));
    CU_ASSERT(is_called(&taken.models[0], "GPT-9", "OpenAI"));
    CU_ASSERT(is_called(&taken.models[3], NULL, "OpenAI"));
    CU_ASSERT(is_called(&taken.models[4], "New", NULL)); /* OpenRouter lists what others made */
    CU_ASSERT_EQUAL(taken.models[0].released_ms, INT64_C(1790812800000));
    CU_ASSERT_EQUAL(taken.models[0].open_weights, SAID_NO);
    CU_ASSERT_EQUAL(taken.models[0].reasoning, SAID_YES);
    CU_ASSERT(taken.models[0].is_text && !taken.models[0].is_slug);
    CU_ASSERT_FALSE(taken.models[1].is_text);
    CU_ASSERT_EQUAL(taken.models[1].released_ms, 0);
    CU_ASSERT_FALSE(taken.models[2].is_text);
    CU_ASSERT(is_model(&taken.models[3], "gpt-oss-9", "openai", 0, 0));
    CU_ASSERT_EQUAL(taken.models[3].released_ms, 0);
    CU_ASSERT_EQUAL(taken.models[3].open_weights, SAID_YES);
    CU_ASSERT_EQUAL(taken.models[3].reasoning, NOT_SAID);
    CU_ASSERT(is_model(&taken.models[4], "acme/new", "openrouter", 0, 0));
    CU_ASSERT(taken.models[4].is_slug);
}

static void reads_what_openrouter_answers(void)
{
    static const char text[] =
        "{\"data\": ["
        "{\"id\": \"acme/new\", \"name\": \"Acme: New: 1\","
        " \"canonical_slug\": \"acme/new-20261001\", \"created\": 1790870400,"
        " \"hugging_face_id\": \"Acme/New\", \"architecture\": {\"output_modalities\": [\"text\"]},"
        " \"pricing\": {\"prompt\": \"0.00000125\", \"completion\": \"0.00001\"},"
        " \"supported_parameters\": [\"reasoning\", \"tools\"]},"
        "{\"id\": \"openrouter/new\", \"name\": \"New Router\","
        " \"created\": -5, \"hugging_face_id\": \"\", \"pricing\": {\"prompt\": \"-1\","
        " \"completion\": \"-1\"}, \"supported_parameters\": []},"
        "{\"id\": 7, \"name\": 8,"
        " \"created\": 1e30, \"pricing\": {\"prompt\": \"0x10\", \"completion\": \"[1]\"}}, 8]}";
    struct taken taken;

    claim_read(text, "OpenRouter", &taken);
    CU_ASSERT_EQUAL_FATAL(taken.count, 4);
    CU_ASSERT(is_model(&taken.models[0], "acme/new", "", 1.25, 10));
    CU_ASSERT(span_equal(taken.models[0].alias, span_of("acme/new-20261001")));
    CU_ASSERT(is_called(&taken.models[0], "New: 1", "Acme"));
    CU_ASSERT(is_called(&taken.models[1], "New Router", NULL));
    CU_ASSERT(is_called(&taken.models[2], NULL, NULL));
    CU_ASSERT_EQUAL(taken.models[0].released_ms, INT64_C(1790812800000)); /* of the day, without the hour */
    CU_ASSERT_EQUAL(taken.models[0].open_weights, SAID_YES);
    CU_ASSERT_EQUAL(taken.models[0].reasoning, SAID_YES);
    CU_ASSERT(taken.models[0].is_slug && taken.models[0].is_text && !taken.models[0].is_router);
    CU_ASSERT(is_model(&taken.models[1], "openrouter/new", "", 0, 0));
    CU_ASSERT(taken.models[1].is_router);
    CU_ASSERT_EQUAL(taken.models[1].open_weights, NOT_SAID);
    CU_ASSERT_EQUAL(taken.models[1].reasoning, SAID_NO);
    CU_ASSERT_EQUAL(taken.models[1].released_ms, 0);
    CU_ASSERT(is_model(&taken.models[2], "", "", 0, 0));
    CU_ASSERT_EQUAL(taken.models[2].reasoning, NOT_SAID);
    CU_ASSERT_EQUAL(taken.models[3].name.size, 0);
    claim_read("[{\"id\": \"acme/new\"}]", "OpenRouter", &taken); /* its `data` alone, as `jq .data` has it */
    CU_ASSERT_EQUAL(taken.count, 1);
}

static void refuses_what_is_no_list(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "list.json:1: ends in the middle"},
        {"{\"data\": [{\"id\": \"a/b\"}", "list.json:1: ends in the middle: was it fetched whole?"},
        {"{\n\"a\": NaN}", "list.json:2: is no JSON from here on, so none of it is taken"},
        {"<!DOCTYPE html>", "list.json:1: is no JSON"},
        {"\x1f\x8b\x08", "list.json: is gzip"},
        {"{}", "list.json: is no list of models that is known"},
        {"[]", "list.json: is no list of models that is known"},
        {"{\"data\": []}", "list.json: is no list of models that is known"},
        {"{\"error\": {\"code\": 429}}", "list.json: is no list of models that is known"},
        {"{\"object\": \"list\", \"data\": [{}]}", "list.json: is no list of models that is known"},
        {"{\"a\": {\"b\": 1}}", "list.json: is no list of models that is known"},
        {"{\"a\\u0000b\": {\"models\": {}}}", "list.json:1: is no JSON"},
        {"{\"a\": \"\xff\"}", "list.json:1: is no JSON"},
    };
    struct taken taken = {.count = 0};

    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        const char *form = NULL;
        struct reason why = {0};
        CU_ASSERT_EQUAL(model_list_read(span_of(rows[i].text), "list.json", take, &taken, &form, &why), HALT);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "TABLE-INVALID");
        if (strncmp(why.text, rows[i].want, strlen(rows[i].want)) != 0)
            printf("%s: got \"%s\"\n", rows[i].text, why.text);
        CU_ASSERT_EQUAL(strncmp(why.text, rows[i].want, strlen(rows[i].want)), 0);
    }
    CU_ASSERT_EQUAL(taken.count, 0);
}

static void a_depth_without_end_is_refused(void)
{
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH);
    const char *form = NULL;
    struct reason why = {0};
    struct taken taken = {.count = 0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, '[', DEPTH);
    CU_ASSERT_EQUAL(model_list_read((struct span){text, DEPTH}, "list.json", take, &taken, &form, &why), HALT);
    CU_ASSERT_STRING_EQUAL(reason_name(why.id), "TABLE-INVALID");
    free(text);
}

static void who_takes_them_can_end_it(void)
{
    static const char *const texts[] = {
        "{\"a\": {\"litellm_provider\": \"x\"}, \"b\": {\"litellm_provider\": \"x\"}}",
        "{\"a\": {\"models\": {\"b\": {}, \"c\": {}}}, \"d\": {\"models\": {\"e\": {}}}}",
        "{\"data\": [{\"id\": \"a/b\"}, {\"id\": \"a/c\"}]}",
    };

    for (size_t i = 0; i < LENGTH_OF(texts); i++) {
        const char *form = NULL;
        struct reason why = {0};
        struct taken taken = {.stop = 1};
        CU_ASSERT_EQUAL(model_list_read(span_of(texts[i]), "list.json", take, &taken, &form, &why), HALT);
        CU_ASSERT_EQUAL(taken.count, 1);
        CU_ASSERT_STRING_EQUAL(reason_name(why.id), "NO-MEMORY");
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"reads_litellms_prices", reads_litellms_prices},
        {"reads_models_devs_providers", reads_models_devs_providers},
        {"reads_what_openrouter_answers", reads_what_openrouter_answers},
        {"refuses_what_is_no_list", refuses_what_is_no_list},
        {"a_depth_without_end_is_refused", a_depth_without_end_is_refused},
        {"who_takes_them_can_end_it", who_takes_them_can_end_it},
        CU_TEST_INFO_NULL,
    };
    return suite_run(argc, argv, tests);
}
