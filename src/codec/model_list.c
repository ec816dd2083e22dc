/* The three forms share nothing but that they are objects, so each has a function that reads an entry. */
#include "gentally/codec/model_list.h"

#include <jansson.h>

#include "gentally/base/calendar.h"
#include "gentally/base/looks.h"

#define MTOK 1e6

struct listing {
    model_list_take *take;
    void *context;
    struct reason *why;
};

static struct span text_of(const json_t *json)
{
    return json_is_string(json) ? (struct span){json_string_value(json), json_string_length(json)}
                                : (struct span){NULL, 0};
}

/* A price that is a number, or 0: negative ones, as of routers, are none. */
static double price_of(const json_t *json)
{
    double price = json_number_value(json);

    return price > 0 ? price : 0;
}

/* A price in a text, "0.0000025", as JSON has numbers. */
static double price_in(const json_t *json)
{
    struct span text = text_of(json);
    json_t *number = text.size == 0 ? NULL : json_loadb(text.bytes, text.size, JSON_DECODE_ANY, NULL);
    double price = json_number_value(number);

    json_decref(number);
    return price;
}

static enum listed_claim claim_of(const json_t *json)
{
    return json_is_true(json) ? SAID_YES : json_is_false(json) ? SAID_NO : NOT_SAID;
}

static bool has_text(const json_t *array, const char *wanted)
{
    const json_t *item;
    size_t index;

    json_array_foreach(array, index, item)
    {
        if (span_equal(text_of(item), span_of(wanted)))
            return true;
    }
    return false;
}

static enum verdict give(const struct listing *listing, const struct listed_model *listed)
{
    return listing->take(listing->context, listed, listing->why);
}

/* ---- LiteLLM ---- */

/* Who is the vendor itself under another name than the catalog's. */
static struct span litellm_vendor(struct span provider)
{
    static const struct {
        const char *provider, *vendor;
    } others[] = {
        {"gemini", "google"},
        {"cohere_chat", "cohere"},
        {"text-completion-openai", "openai"},
        {"amazon_nova", "amazon"},
    };

    for (size_t i = 0; i < LENGTH_OF(others); i++)
        if (span_equal(provider, span_of(others[i].provider)))
            return span_of(others[i].vendor);
    return provider;
}

static enum verdict read_litellm(const struct listing *listing, struct span name, const json_t *entry)
{
    static const char *const modes[] = {"chat", "completion", "responses"};
    static const char openrouter[] = "openrouter/";
    struct span mode = text_of(json_object_get(entry, "mode"));
    struct span provider = text_of(json_object_get(entry, "litellm_provider"));
    struct listed_model listed = {
        .name = name,
        .vendor = litellm_vendor(provider),
        .prompt_usd_per_mtok = MTOK * price_of(json_object_get(entry, "input_cost_per_token")),
        .completion_usd_per_mtok = MTOK * price_of(json_object_get(entry, "output_cost_per_token")),
        .reasoning = json_is_true(json_object_get(entry, "supports_reasoning")) ? SAID_YES : NOT_SAID,
        .is_slug = span_equal(provider, span_of("openrouter")),
    };

    if (span_equal(name, span_of("sample_spec"))) /* it describes the fields */
        return GO_ON;
    for (size_t i = 0; i < LENGTH_OF(modes); i++)
        listed.is_text = listed.is_text || span_equal(mode, span_of(modes[i]));
    if (listed.is_slug && name.size > strlen(openrouter) && memcmp(name.bytes, openrouter, strlen(openrouter)) == 0)
        listed.name = (struct span){name.bytes + strlen(openrouter), name.size - strlen(openrouter)};
    return give(listing, &listed);
}

/* ---- models.dev ---- */

/* models.dev has no kind of output for vectors and ranks, and says text. */
static bool is_named_after(struct span name, const char *what)
{
    return memmem(name.bytes, name.size, what, strlen(what)) != NULL;
}

static enum verdict read_models_dev(const struct listing *listing, struct span provider, struct span maker,
                                    struct span name, const json_t *entry)
{
    const json_t *cost = json_object_get(entry, "cost");
    const json_t *outputs = json_object_get(json_object_get(entry, "modalities"), "output");
    struct span released = text_of(json_object_get(entry, "release_date"));
    struct listed_model listed = {
        .name = name,
        .vendor = provider,
        .title = text_of(json_object_get(entry, "name")),
        .maker = maker,
        .prompt_usd_per_mtok = price_of(json_object_get(cost, "input")),
        .completion_usd_per_mtok = price_of(json_object_get(cost, "output")),
        .open_weights = claim_of(json_object_get(entry, "open_weights")),
        .reasoning = claim_of(json_object_get(entry, "reasoning")),
        .is_slug = span_equal(provider, span_of("openrouter")),
        .is_text = (outputs == NULL || has_text(outputs, "text")) && !is_named_after(name, "embed") &&
                   !is_named_after(name, "rerank"),
    };

    if (released.size != strlen("2025-09-29") || !time_parse(released, &listed.released_ms) || listed.released_ms < 0)
        listed.released_ms = 0;
    return give(listing, &listed);
}

static enum verdict read_provider(const struct listing *listing, struct span provider, const json_t *root)
{
    bool is_maker = !span_equal(provider, span_of("openrouter"));
    struct span maker = is_maker ? text_of(json_object_get(root, "name")) : (struct span){NULL, 0};
    const char *name;
    json_t *entry;
    enum verdict verdict = GO_ON;

    json_object_foreach(json_object_get(root, "models"), name, entry)
    {
        verdict = read_models_dev(listing, provider, maker, span_of(name), entry);
        if (verdict != GO_ON)
            break;
    }
    return verdict;
}

/* ---- OpenRouter ---- */

/* "OpenAI: GPT-4o" is its maker and its name; what has no ": " is a name alone. */
static void set_names(struct listed_model *listed, struct span text)
{
    const char *colon = text.size == 0 ? NULL : memmem(text.bytes, text.size, ": ", 2);

    listed->title = text;
    if (colon == NULL)
        return;
    listed->maker = (struct span){text.bytes, (size_t)(colon - text.bytes)};
    listed->title = (struct span){colon + 2, (size_t)(text.bytes + text.size - colon) - 2};
}

static enum verdict read_openrouter(const struct listing *listing, const json_t *entry)
{
    const json_t *pricing = json_object_get(entry, "pricing");
    const json_t *outputs = json_object_get(json_object_get(entry, "architecture"), "output_modalities");
    const json_t *parameters = json_object_get(entry, "supported_parameters");
    const json_t *created = json_object_get(entry, "created");
    double prompt = price_in(json_object_get(pricing, "prompt"));
    double completion = price_in(json_object_get(pricing, "completion"));
    struct listed_model listed = {
        .name = text_of(json_object_get(entry, "id")),
        .alias = text_of(json_object_get(entry, "canonical_slug")),
        .prompt_usd_per_mtok = prompt > 0 ? MTOK * prompt : 0,
        .completion_usd_per_mtok = completion > 0 ? MTOK * completion : 0,
        .open_weights = text_of(json_object_get(entry, "hugging_face_id")).size > 0 ? SAID_YES : NOT_SAID,
        .reasoning = !json_is_array(parameters)          ? NOT_SAID
                     : has_text(parameters, "reasoning") ? SAID_YES
                                                         : SAID_NO,
        .is_slug = true,
        .is_router = prompt < 0,
        .is_text = outputs == NULL || has_text(outputs, "text"),
    };
    json_int_t seconds = json_integer_value(created);

    set_names(&listed, text_of(json_object_get(entry, "name")));
    if (seconds > 0 && seconds < INT32_MAX)
        listed.released_ms = (int64_t)seconds * 1000 / DAY_MS * DAY_MS;
    return give(listing, &listed);
}

/* ---- which of them ---- */

static bool any_has(json_t *root, const char *field)
{
    const char *name;
    json_t *entry;

    json_object_foreach(root, name, entry)
    {
        if (json_object_get(entry, field) != NULL)
            return true;
    }
    return false;
}

static enum verdict read_entries(const struct listing *listing, json_t *root, bool is_models_dev)
{
    const char *name;
    json_t *entry;
    enum verdict verdict = GO_ON;

    json_object_foreach(root, name, entry)
    {
        verdict =
            is_models_dev ? read_provider(listing, span_of(name), entry) : read_litellm(listing, span_of(name), entry);
        if (verdict != GO_ON)
            break;
    }
    return verdict;
}

static enum verdict read_array(const struct listing *listing, const json_t *entries)
{
    const json_t *entry;
    size_t index;
    enum verdict verdict = GO_ON;

    json_array_foreach(entries, index, entry)
    {
        verdict = read_openrouter(listing, entry);
        if (verdict != GO_ON)
            break;
    }
    return verdict;
}

static enum verdict read_root(const struct listing *listing, json_t *root, const char *path, const char **form)
{
    const json_t *entries = json_is_array(root) ? root : json_object_get(root, "data");

    if (json_is_array(entries) && json_object_get(json_array_get(entries, 0), "id") != NULL) {
        *form = "OpenRouter";
        return read_array(listing, entries);
    }
    if (any_has(root, "models") || any_has(root, "litellm_provider")) {
        bool is_models_dev = any_has(root, "models");
        *form = is_models_dev ? "models.dev" : "LiteLLM";
        return read_entries(listing, root, is_models_dev);
    }
    return reason_set(listing->why, HALT, TABLE_INVALID, 0,
                      "%s: is no list of models that is known: neither LiteLLM's, nor models.dev's api.json, nor what "
                      "OpenRouter answers to /models",
                      path);
}

enum verdict model_list_read(struct span text, const char *path, model_list_take *take, void *context,
                             const char **form, struct reason *why)
{
    const struct listing listing = {.take = take, .context = context, .why = why};
    const char *look = looks_like(text);
    json_error_t error;

    *form = NULL;
    if (look != NULL)
        return reason_set(why, HALT, TABLE_INVALID, 0, "%s: is %s", path, look);
    text = without_mark(text);
    json_t *root = json_loadb(text.bytes, text.size, 0, &error);
    if (root == NULL) {
        enum json_error_code code = json_error_code(&error);
        if (code == json_error_out_of_memory)
            return no_memory(why, "for a list of models");
        return reason_set(why, HALT, TABLE_INVALID, code, "%s:%d: %s", path, error.line,
                          code == json_error_premature_end_of_input
                              ? "ends in the middle: was it fetched whole?"
                              : "is no JSON from here on, so none of it is taken");
    }
    enum verdict verdict = read_root(&listing, root, path, form);
    json_decref(root);
    return verdict;
}
