/*
 * Langfuse's observations: rows of its exports (snake_case), and of its API (camelCase). Usage is buckets that exclude
 * each other, so that the prompt is their sum; but some SDKs send an input with the cache in it, and a total tells.
 */
#include "draft.h"

static const struct source_field fields[] = {
    TAKEN("id", read_text, event.id),
    TAKEN("type", read_text, kind),
    TAKEN("start_time", read_time_us, start_us),
    TAKEN("startTime", read_time_us, start_us),
    TAKEN("end_time", read_time_us, end_us),
    TAKEN("endTime", read_time_us, end_us),
    TAKEN("completion_start_time", read_time_us, first_us),
    TAKEN("completionStartTime", read_time_us, first_us),
    TAKEN("latency", read_seconds_us, latency_us),
    TAKEN("time_to_first_token", read_seconds_us, until_first_us),
    TAKEN("timeToFirstToken", read_seconds_us, until_first_us),
    TAKEN("provided_model_name", read_text, event.model),
    TAKEN("providedModelName", read_text, event.model),
    TAKEN("model", read_text, event.model),
    TAKEN("usage_details", read_value, counts),
    TAKEN("usageDetails", read_value, counts),
    TAKEN("usage", read_value, counts),
    TAKEN("total_cost", read_cost, event.cost_nano_usd),
    TAKEN("totalCost", read_cost, event.cost_nano_usd),
    TAKEN("calculatedTotalCost", read_cost, event.cost_nano_usd),
    TAKEN("cost_details", read_value, costs),
    TAKEN("costDetails", read_value, costs),
    TAKEN("level", read_text, status),
    TAKEN("user_id", read_text, user),
    TAKEN("userId", read_text, user),
    TAKEN("tool_definitions", read_value, tools), /* whether there are any, alone */
    TAKEN("toolDefinitions", read_value, tools),

    /* Without a place in the event. */
    PASSED_BY("trace_id"),
    PASSED_BY("traceId"),
    PASSED_BY("project_id"),
    PASSED_BY("projectId"),
    PASSED_BY("parent_observation_id"),
    PASSED_BY("parentObservationId"),
    PASSED_BY("environment"),
    PASSED_BY("version"),
    PASSED_BY("release"),
    PASSED_BY("session_id"),
    PASSED_BY("sessionId"),
    PASSED_BY("prompt_id"),
    PASSED_BY("promptId"),
    PASSED_BY("prompt_version"),
    PASSED_BY("promptVersion"),
    PASSED_BY("internal_model_id"),
    PASSED_BY("model_id"),
    PASSED_BY("modelId"),
    PASSED_BY("provided_usage_details"),
    PASSED_BY("provided_cost_details"),
    PASSED_BY("usage_pricing_tier_id"),
    PASSED_BY("usage_pricing_tier_name"),
    PASSED_BY("input_price"),
    PASSED_BY("inputPrice"),
    PASSED_BY("output_price"),
    PASSED_BY("outputPrice"),
    PASSED_BY("total_price"),
    PASSED_BY("totalPrice"),
    PASSED_BY("created_at"), /* of the row */
    PASSED_BY("createdAt"),
    PASSED_BY("updated_at"),
    PASSED_BY("updatedAt"),
    PASSED_BY("event_ts"),
    PASSED_BY("is_deleted"),
    PASSED_BY("bookmarked"),
    PASSED_BY("public"),

    /* Must not pass. */
    PASSED_BY("input"),
    PASSED_BY("output"),
    PASSED_BY("metadata"),
    PASSED_BY("status_message"),
    PASSED_BY("statusMessage"),
    PASSED_BY("name"),
    PASSED_BY("trace_name"),
    PASSED_BY("traceName"),
    PASSED_BY("prompt_name"),
    PASSED_BY("promptName"),
    PASSED_BY("tags"),
    PASSED_BY("model_parameters"),
    PASSED_BY("modelParameters"),
    PASSED_BY("tool_calls"),
    PASSED_BY("toolCalls"),
    PASSED_BY("tool_call_names"),
    PASSED_BY("toolCallNames"),
};

static bool has_part(const char *name, const char *part)
{
    return strstr(name, part) != NULL;
}

static bool begins(const char *name, const char *begin)
{
    return strncmp(name, begin, strlen(begin)) == 0;
}

static void add(int64_t *sum, int64_t count)
{
    *sum = *sum == EVENT_UNKNOWN ? 0 : *sum;
    if (__builtin_add_overflow(*sum, count, sum))
        *sum = INT64_MAX;
}

/* Adds one bucket to what it belongs to. Parts of another kind (audio, images) are in a bucket of their own, too. */
static void bucket_add(const char *name, int64_t count, struct usage *usage, struct usage *parts,
                       struct remarks *remarks)
{
    bool is_cache_read = has_part(name, "cache_read") || has_part(name, "cached");
    bool is_cache_write = has_part(name, "cache_creation") || has_part(name, "cache_write");

    if (strcmp(name, "total") == 0 || strcmp(name, "total_tokens") == 0 || strcmp(name, "totalTokens") == 0)
        usage->total = count;
    else if (strcmp(name, "input") == 0 || strcmp(name, "prompt_tokens") == 0 || strcmp(name, "promptTokens") == 0)
        usage->prompt = count;
    else if (strcmp(name, "output") == 0 || strcmp(name, "completion_tokens") == 0 ||
             strcmp(name, "completionTokens") == 0)
        usage->completion = count;
    else if (is_cache_read)
        add(&usage->cached, count);
    else if (is_cache_write)
        add(&usage->cache_write, count);
    else if (begins(name, "output") && has_part(name, "reasoning"))
        add(&usage->reasoning, count);
    else if (begins(name, "input"))
        add(&parts->prompt, count);
    else if (begins(name, "output"))
        add(&parts->completion, count);
    else
        remark_count(remarks, REMARK_BUCKET, span_of(name));
}

/* Reads all buckets; NULL, or what is wrong with one of them. */
static const char *buckets_read(const json_t *counts, struct usage *usage, struct remarks *remarks)
{
    struct usage parts = USAGE_NONE;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)counts, name, value)
    {
        int64_t count;
        if (json_is_null(value) || strcmp(name, "unit") == 0)
            continue;
        const char *problem = read_count(value, &count);
        if (problem != NULL)
            return problem;
        bucket_add(name, count, usage, &parts, remarks);
    }
    if (usage->prompt == EVENT_UNKNOWN && (usage->cached != EVENT_UNKNOWN || parts.prompt != EVENT_UNKNOWN))
        usage->prompt = 0; /* all of it was in other buckets */
    if (usage->completion == EVENT_UNKNOWN && (usage->reasoning != EVENT_UNKNOWN || parts.completion != EVENT_UNKNOWN))
        usage->completion = 0;
    if (parts.prompt != EVENT_UNKNOWN)
        add(&usage->prompt, parts.prompt);
    if (parts.completion != EVENT_UNKNOWN)
        add(&usage->completion, parts.completion);
    return NULL;
}

/* GENERATION; of some versions in small letters. */
static bool is_generation(struct span type)
{
    return type.size == 10 && strncasecmp(type.bytes, "GENERATION", 10) == 0;
}

static bool end_find(struct draft *draft)
{
    if (draft->end_us == NOT_TOLD && draft->start_us != NOT_TOLD && draft->latency_us != NOT_TOLD &&
        __builtin_add_overflow(draft->start_us, draft->latency_us, &draft->end_us))
        draft->end_us = NOT_TOLD;
    return draft->end_us != NOT_TOLD;
}

static void times_set(struct draft *draft)
{
    struct event *event = &draft->event;
    int64_t latency = draft->latency_us, first = draft->until_first_us;

    duration_set(&event->latency_ms, latency != NOT_TOLD ? latency : duration_between(draft->start_us, draft->end_us));
    duration_set(&event->first_token_ms,
                 first != NOT_TOLD ? first : duration_between(draft->start_us, draft->first_us));
}

enum verdict langfuse_take(const json_t *item, struct adapting *adapting, struct draft *draft, struct reason *why)
{
    struct event *event = &draft->event;

    if (fields_take(item, fields, LENGTH_OF(fields), "", draft, adapting->remarks, why) != GO_ON)
        return SET_ASIDE;
    if (!is_generation(draft->kind))
        return leave_out(draft, adapting, REMARK_KIND, draft->kind);
    if (!end_find(draft))
        return leave_out(draft, adapting, REMARK_UNFINISHED, (struct span){NULL, 0});
    const char *problem = buckets_read(object_in(draft->counts, adapting), &draft->usage, adapting->remarks);
    if (problem != NULL)
        return set_aside_field(why, "usage_details: a bucket", problem);
    bool has_parts = draft->usage.cached > 0 || draft->usage.cache_write > 0 || draft->usage.reasoning > 0;
    if (has_parts && draft->usage.total == EVENT_UNKNOWN)
        remark_count(adapting->remarks, REMARK_BUCKETS, (struct span){NULL, 0});
    usage_resolve(&draft->usage, (struct usage_reading){true, true}, event, adapting->remarks);
    const json_t *total = value_at(object_in(draft->costs, adapting), "total");
    problem = event->cost_nano_usd != EVENT_UNKNOWN || total == NULL ? NULL : read_cost(total, &event->cost_nano_usd);
    if (problem != NULL)
        return set_aside_field(why, "cost_details.total", problem);
    times_set(draft);
    event->tools_offered = has_items(draft->tools, adapting);
    if (span_equal(draft->status, span_of("ERROR")))
        draft->finish = span_of("error");
    event->model = model_without_host(event->model, &event->provider);
    return GO_ON;
}
