/*
 * OpenRouter's generation object, of `GET /api/v1/generation` and of what is kept of its answers. Tokens are the native
 * ones, by which it bills; `tokens_prompt` and `tokens_completion` are by another tokenizer. Cached tokens are inside
 * the prompt and reasoning inside the completion, whoever serves.
 */
#include "draft.h"

static const struct source_field fields[] = {
    TAKEN("id", read_text, event.id),
    TAKEN("created_at", read_time_us, end_us),
    TAKEN("model", read_text, event.model),
    TAKEN("provider_name", read_text, event.provider),
    TAKEN("api_type", read_text, kind),
    TAKEN("native_tokens_prompt", read_count, usage.prompt),
    TAKEN("native_tokens_completion", read_count, usage.completion),
    TAKEN("native_tokens_reasoning", read_count, usage.reasoning),
    TAKEN("native_tokens_cached", read_count, usage.cached),
    TAKEN("native_tokens_cache_write", read_count, usage.cache_write),
    TAKEN("native_tokens_cache_creation", read_count, usage.cache_write),
    TAKEN("cache_write_tokens", read_count, usage.cache_write),
    TAKEN("total_cost", read_cost, event.cost_nano_usd),
    TAKEN("usage", read_cost, event.cost_nano_usd),
    TAKEN("upstream_inference_cost", read_cost, upstream_nano_usd),
    TAKEN("is_byok", read_flag, event.is_byok),
    TAKEN("streamed", read_flag, event.streamed),
    TAKEN("cancelled", read_flag, event.cancelled),
    TAKEN("finish_reason", read_text, finish),
    TAKEN("latency", read_milliseconds_us, latency_us),
    TAKEN("generation_time", read_milliseconds_us, generating_us),
    TAKEN("external_user", read_text, user),
    TAKEN("app_id", read_value, app_value), /* a number */
    TAKEN("response_cache_source_id", read_value, cache_source),

    /* Of another tokenizer, in the total already, or without a place in the event. */
    PASSED_BY("tokens_prompt"),
    PASSED_BY("tokens_completion"),
    PASSED_BY("native_tokens_completion_images"),
    PASSED_BY("num_media_prompt"),
    PASSED_BY("num_media_completion"),
    PASSED_BY("num_input_audio_prompt"),
    PASSED_BY("num_search_results"),
    PASSED_BY("num_fetches"),
    PASSED_BY("web_search_engine"),
    PASSED_BY("cache_discount"),
    PASSED_BY("native_finish_reason"),
    PASSED_BY("moderation_latency"),
    PASSED_BY("router"),
    PASSED_BY("service_tier"),
    PASSED_BY("data_region"),
    PASSED_BY("request_id"),
    PASSED_BY("session_id"),
    PASSED_BY("upstream_id"),
    PASSED_BY("preset_id"),
    PASSED_BY("workspace_id"),
    PASSED_BY("provider_responses"),

    /* Must not pass. */
    PASSED_BY("origin"),
    PASSED_BY("http_referer"),
    PASSED_BY("user_agent"),
};

/* What asks a model to go on with a text. */
static bool is_completion(struct span api)
{
    static const char *const kinds[] = {"completions", "completion",       "chat",    "chat_completions",
                                        "responses",   "chat.completions", "messages"};

    for (size_t i = 0; i < LENGTH_OF(kinds); i++)
        if (span_equal(api, span_of(kinds[i])))
            return true;
    return api.size == 0;
}

/* A number or a text, as digits that the draft can borrow. */
static struct span app_of(const json_t *app, struct adapting *adapting)
{
    char digits[24];
    struct span text = {NULL, 0};

    if (json_is_string(app) && read_text(app, &text) == NULL)
        return text;
    if (!json_is_integer(app))
        return text;
    snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, json_integer_value(app));
    json_t *kept = json_string(digits);
    if (json_array_append_new(adapting->kept, kept) == 0)
        read_text(kept, &text);
    return text;
}

enum verdict openrouter_take(const json_t *item, struct adapting *adapting, struct draft *draft, struct reason *why)
{
    struct event *event = &draft->event;

    if (fields_take(item, fields, LENGTH_OF(fields), "", draft, adapting->remarks, why) != GO_ON)
        return SET_ASIDE;
    if (!is_completion(draft->kind))
        return leave_out(draft, adapting, REMARK_KIND, draft->kind);
    if (draft->end_us == NOT_TOLD)
        return set_aside_field(why, "created_at", "is missing");
    usage_resolve(&draft->usage, (struct usage_reading){false, false}, event, adapting->remarks);
    /* With the customer's own key OpenRouter's cost is its fee alone; otherwise the upstream's is in it already. */
    if (event->is_byok && draft->upstream_nano_usd != NOT_TOLD)
        event->cost_nano_usd = draft->upstream_nano_usd;
    event->is_gateway_cache_hit = draft->cache_source != NULL;
    draft->app = app_of(draft->app_value, adapting);
    return GO_ON;
}
