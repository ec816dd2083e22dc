/*
 * LiteLLM's StandardLoggingPayload, which its callbacks send, and the rows of LiteLLM_SpendLogs, which its proxy keeps.
 * Their names do not collide, so one table has both. LiteLLM makes its usage like OpenAI's for every vendor: what was
 * cached is inside the prompt.
 */
#include "draft.h"

static const struct source_field fields[] = {
    TAKEN("litellm_call_id", read_text, call_id), /* ids of providers repeat, and cache hits repeat them */
    TAKEN("id", read_text, event.id),
    TAKEN("request_id", read_text, event.id),
    TAKEN("call_type", read_text, kind),
    TAKEN("model", read_text, event.model),
    TAKEN("custom_llm_provider", read_text, event.provider),
    TAKEN("startTime", read_time_us, start_us),
    TAKEN("endTime", read_time_us, end_us),
    TAKEN("completionStartTime", read_time_us, first_us),
    TAKEN("stream", read_value, stream),
    TAKEN("status", read_text, status),
    TAKEN("prompt_tokens", read_count, usage.prompt),
    TAKEN("completion_tokens", read_count, usage.completion),
    TAKEN("total_tokens", read_count, usage.total),
    TAKEN("response_cost", read_cost, event.cost_nano_usd),
    TAKEN("spend", read_cost, event.cost_nano_usd),
    TAKEN("cache_hit", read_flag, event.is_gateway_cache_hit),
    TAKEN("user", read_text, user),
    TAKEN("metadata", read_value, metadata),           /* its usage_object and the user's id alone */
    TAKEN("response", read_value, response),           /* why it ended, alone */
    TAKEN("model_parameters", read_value, parameters), /* whether tools were offered, alone */

    /* Without a place in the event. */
    PASSED_BY("trace_id"),
    PASSED_BY("session_id"),
    PASSED_BY("cost_finalized"),
    PASSED_BY("cost_breakdown"),
    PASSED_BY("saved_cache_cost"),
    PASSED_BY("autorouter_savings"),
    PASSED_BY("autorouter_savings_estimate"),
    PASSED_BY("autorouter_baseline_observation"),
    PASSED_BY("response_cost_failure_debug_info"),
    PASSED_BY("zero_cost_diagnostic"),
    PASSED_BY("status_fields"),
    PASSED_BY("response_time"), /* until the first token, when streamed */
    PASSED_BY("request_duration_ms"),
    PASSED_BY("model_map_information"),
    PASSED_BY("model_id"),
    PASSED_BY("model_group"),
    PASSED_BY("request_tags"),
    PASSED_BY("request_model_access_groups"),
    PASSED_BY("agent_id"),
    PASSED_BY("billing_agent_id"),
    PASSED_BY("mcp_namespaced_tool_name"),
    PASSED_BY("hidden_params"),
    PASSED_BY("guardrail_information"),
    PASSED_BY("standard_built_in_tools_params"),
    PASSED_BY("team_id"),
    PASSED_BY("organization_id"),
    PASSED_BY("created_at"), /* of the row */
    PASSED_BY("updated_at"),

    /* Must not pass. */
    PASSED_BY("messages"),
    PASSED_BY("proxy_server_request"),
    PASSED_BY("requester_ip_address"),
    PASSED_BY("user_agent"),
    PASSED_BY("api_key"),
    PASSED_BY("api_base"),
    PASSED_BY("cache_key"),
    PASSED_BY("end_user"),
    PASSED_BY("error_str"),
    PASSED_BY("error_information"),
};

/* A call that asks a model; what only fetches an earlier answer (aget_responses), embeds, ranks or speaks is none, and
 * a batch is many. */
static bool is_request(struct span call)
{
    static const char *const kinds[] = {"completion",
                                        "acompletion",
                                        "text_completion",
                                        "atext_completion",
                                        "responses",
                                        "aresponses",
                                        "generate_content",
                                        "agenerate_content",
                                        "generate_content_stream",
                                        "chat_completion",
                                        "anthropic_messages",
                                        "achat_completion",
                                        "agenerate_content_stream"};

    for (size_t i = 0; i < LENGTH_OF(kinds); i++)
        if (span_equal(call, span_of(kinds[i])))
            return true;
    return false;
}

/* The details of tokens, in the forms of Chat Completions, Responses and Anthropic: the same tokens twice, never both.
 */
static const char *details_read(const json_t *usage, struct usage *details, const char **name)
{
    static const char *const cached[] = {"prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens",
                                         "cache_read_input_tokens"};
    static const char *const written[] = {"cache_creation_input_tokens", "prompt_tokens_details.cache_write_tokens",
                                          "prompt_tokens_details.cache_creation_tokens",
                                          "input_tokens_details.cache_write_tokens"};
    static const char *const reasoning[] = {"completion_tokens_details.reasoning_tokens",
                                            "output_tokens_details.reasoning_tokens"};

    *name = "usage_object: cached tokens";
    const char *problem = count_at(usage, cached, LENGTH_OF(cached), &details->cached);
    if (problem != NULL)
        return problem;
    *name = "usage_object: cache creation tokens";
    problem = count_at(usage, written, LENGTH_OF(written), &details->cache_write);
    if (problem != NULL)
        return problem;
    *name = "usage_object: reasoning tokens";
    return count_at(usage, reasoning, LENGTH_OF(reasoning), &details->reasoning);
}

/* Why the answer ended. Gemini says STOP where it calls tools. */
static struct span finish_in(const json_t *response)
{
    static const char calls[] = "tool_calls";
    const json_t *choice = json_array_get(json_object_get(response, "choices"), 0);
    const json_t *reason = value_at(choice, "finish_reason");
    struct span finish = {NULL, 0};

    if (reason == NULL || read_text(reason, &finish) != NULL)
        return finish;
    bool is_stop = finish.size == 4 && strncasecmp(finish.bytes, "stop", 4) == 0;
    return is_stop && json_array_size(value_at(choice, "message.tool_calls")) > 0 ? span_of(calls) : finish;
}

static void times_set(struct draft *draft)
{
    struct event *event = &draft->event;
    bool is_failure = span_equal(draft->status, span_of("failure"));
    bool is_told = draft->stream != NULL; /* whether it was streamed */

    /* Rows do not say whether they were streamed; of what was not, the first token is the end. */
    if (!is_told)
        event->streamed = draft->first_us != NOT_TOLD && draft->first_us < draft->end_us;
    if (!is_failure || draft->start_us < draft->end_us) /* failures end when they begin */
        duration_set(&event->latency_ms, duration_between(draft->start_us, draft->end_us));
    if (event->streamed)
        duration_set(&event->first_token_ms, duration_between(draft->start_us, draft->first_us));
    if (is_failure)
        draft->finish = span_of("error");
}

enum verdict litellm_take(const json_t *item, struct adapting *adapting, struct draft *draft, struct reason *why)
{
    struct event *event = &draft->event;
    const char *name;

    if (fields_take(item, fields, LENGTH_OF(fields), "", draft, adapting->remarks, why) != GO_ON)
        return SET_ASIDE;
    if (draft->kind.size == 0)
        return set_aside_field(why, "call_type", "is missing");
    if (!is_request(draft->kind))
        return leave_out(draft, adapting, REMARK_KIND, draft->kind);
    if (draft->end_us == NOT_TOLD)
        return set_aside_field(why, "endTime", "is missing");
    if (draft->stream != NULL && read_flag(draft->stream, &event->streamed) != NULL)
        return set_aside_field(why, "stream", "must be true or false");
    const json_t *metadata = object_in(draft->metadata, adapting);
    const char *problem = details_read(value_at(metadata, "usage_object"), &draft->usage, &name);
    if (problem != NULL)
        return set_aside_field(why, name, problem);
    usage_resolve(&draft->usage, (struct usage_reading){false, false}, event, adapting->remarks);
    if (draft->call_id.size > 0)
        event->id = draft->call_id;
    const json_t *user = value_at(metadata, "user_api_key_user_id");
    if (draft->user.size == 0 && json_is_string(user))
        read_text(user, &draft->user);
    draft->finish = finish_in(object_in(draft->response, adapting));
    event->tools_offered = has_items(value_at(object_in(draft->parameters, adapting), "tools"), adapting);
    times_set(draft);
    event->model = model_without_host(event->model, &event->provider);
    return GO_ON;
}
