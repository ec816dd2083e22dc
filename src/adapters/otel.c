/*
 * OpenTelemetry's spans of gen_ai, in the names of all versions of the conventions and of the instrumentations that
 * have others. A span is its attributes, put together as an object with what is read of the span itself under names
 * that no attribute has.
 */
#include "otel.h"

static const struct source_field fields[] = {
    TAKEN("gen_ai.operation.name", read_text, kind),
    TAKEN("llm.request.type", read_text, kind),
    TAKEN("gen_ai.response.model", read_text, event.model),
    TAKEN("gen_ai.request.model", read_text, event.model),
    TAKEN("llm.response.model", read_text, event.model),
    TAKEN("llm.request.model", read_text, event.model),
    TAKEN("gen_ai.provider.name", read_text, event.provider),
    TAKEN("gen_ai.system", read_text, event.provider),
    TAKEN("llm.vendor", read_text, event.provider),
    TAKEN("gen_ai.usage.input_tokens", read_count, usage.prompt),
    TAKEN("gen_ai.usage.prompt_tokens", read_count, usage.prompt),
    TAKEN("llm.usage.prompt_tokens", read_count, usage.prompt),
    TAKEN("gen_ai.usage.output_tokens", read_count, usage.completion),
    TAKEN("gen_ai.usage.completion_tokens", read_count, usage.completion),
    TAKEN("llm.usage.completion_tokens", read_count, usage.completion),
    TAKEN("gen_ai.usage.cache_read.input_tokens", read_count, usage.cached),
    TAKEN("gen_ai.usage.cache_read_input_tokens", read_count, usage.cached),
    TAKEN("gen_ai.usage.input_tokens.cached", read_count, usage.cached),
    TAKEN("gen_ai.usage.cached_tokens", read_count, usage.cached),
    TAKEN("gen_ai.usage.cache_creation.input_tokens", read_count, usage.cache_write),
    TAKEN("gen_ai.usage.cache_creation_input_tokens", read_count, usage.cache_write),
    TAKEN("gen_ai.usage.cache_write.input_tokens", read_count, usage.cache_write),
    TAKEN("gen_ai.usage.cache_write_input_tokens", read_count, usage.cache_write),
    TAKEN("gen_ai.usage.input_tokens.cache_write", read_count, usage.cache_write),
    TAKEN("gen_ai.usage.reasoning.output_tokens", read_count, usage.reasoning),
    TAKEN("gen_ai.usage.reasoning_tokens", read_count, usage.reasoning),
    TAKEN("gen_ai.usage.output_tokens.reasoning", read_count, usage.reasoning),
    TAKEN("llm.usage.reasoning_tokens", read_count, usage.reasoning),
    TAKEN("gen_ai.usage.total_tokens", read_count, usage.total),
    TAKEN("llm.usage.total_tokens", read_count, usage.total),
    TAKEN("gen_ai.response.finish_reasons", read_value, finishes),
    TAKEN("gen_ai.response.finish_reason", read_value, finishes),
    TAKEN("llm.response.finish_reason", read_value, finishes),
    TAKEN("gen_ai.response.time_to_first_chunk", read_seconds_us, until_first_us),
    TAKEN("gen_ai.server.time_to_first_token", read_seconds_us, until_first_us),
    TAKEN("gen_ai.request.stream", read_flag, event.streamed),
    TAKEN("gen_ai.request.is_stream", read_flag, event.streamed),
    TAKEN("gen_ai.response.streaming", read_flag, event.streamed),
    TAKEN("llm.is_streaming", read_flag, event.streamed),
    TAKEN("gen_ai.usage.cost", read_cost, event.cost_nano_usd), /* dollars, by who sends it */
    TAKEN("gen_ai.tool.definitions", read_value, tools),        /* whether there are any, alone */
    TAKEN("gen_ai.request.available_tools", read_value, tools),
    TAKEN("error.type", read_text, error),
    TAKEN(OTEL_START, read_time_us, start_us),
    TAKEN(OTEL_END, read_time_us, end_us),
    TAKEN(OTEL_STATUS, read_value, stream), /* a number or a word */
    TAKEN(OTEL_TRACE_STATE, read_text, status),
    TAKEN(OTEL_ID, read_text, event.id),
    TAKEN(OTEL_PARENT, read_text, parent),

    /* Without a place in the event. */
    PASSED_BY("gen_ai.response.id"), /* not unique, and may be absent */
    PASSED_BY("gen_ai.conversation.id"),
    PASSED_BY("gen_ai.output.type"),
    PASSED_BY("gen_ai.token.type"),
    PASSED_BY("gen_ai.data_source.id"),
    PASSED_BY("gen_ai.request.choice.count"),
    PASSED_BY("gen_ai.request.encoding_formats"),
    PASSED_BY("gen_ai.request.frequency_penalty"),
    PASSED_BY("gen_ai.request.presence_penalty"),
    PASSED_BY("gen_ai.request.max_tokens"),
    PASSED_BY("gen_ai.request.seed"),
    PASSED_BY("gen_ai.request.temperature"),
    PASSED_BY("gen_ai.request.top_k"),
    PASSED_BY("gen_ai.request.top_p"),
    PASSED_BY("gen_ai.request.reasoning_effort"),
    PASSED_BY("gen_ai.openai.request.response_format"),
    PASSED_BY("gen_ai.openai.request.seed"),
    PASSED_BY("gen_ai.openai.request.service_tier"),
    PASSED_BY("gen_ai.openai.response.service_tier"),
    PASSED_BY("gen_ai.openai.response.system_fingerprint"),

    /* Must not pass. */
    PASSED_BY("gen_ai.agent.id"),
    PASSED_BY("gen_ai.agent.name"),
    PASSED_BY("gen_ai.agent.description"),
    PASSED_BY("gen_ai.input.messages"),
    PASSED_BY("gen_ai.output.messages"),
    PASSED_BY("gen_ai.system_instructions"),
    PASSED_BY("gen_ai.prompt"),
    PASSED_BY("gen_ai.completion"),
    PASSED_BY("gen_ai.request.stop_sequences"),
    PASSED_BY("gen_ai.user.message"),
    PASSED_BY("gen_ai.tool.call.arguments"),
    PASSED_BY("gen_ai.tool.call.result"),
};

/* Instrumentations that are known to count otherwise than their spelling says. Of several rows that fit, the last. */
static const struct {
    const char *scope; /* the begin of a scope's name */
    const char *below; /* only versions below this one; NULL: all */
    bool is_cache_beside;
} scopes[] = {
    {"opentelemetry.instrumentation.anthropic", NULL, false}, /* adds the cache to Anthropic's input_tokens */
    {"opentelemetry.instrumentation.bedrock", NULL, true},    /* gives Bedrock's inputTokens as they are */
    {"logfire.anthropic", NULL, false},
    {"logfire.anthropic", "4.31.0", true},
    {"strands", NULL, true},
};

/* Compares dotted versions by their numbers: true if `version` is below `other`. */
static bool is_below(struct span version, struct span other)
{
    size_t at = 0, other_at = 0;

    while (at < version.size || other_at < other.size) {
        long number = 0, other_number = 0;
        for (; at < version.size && version.bytes[at] != '.'; at++)
            number = version.bytes[at] >= '0' && version.bytes[at] <= '9' && number < 1000000
                         ? 10 * number + version.bytes[at] - '0'
                         : number;
        for (; other_at < other.size && other.bytes[other_at] != '.'; other_at++)
            other_number = 10 * other_number + other.bytes[other_at] - '0';
        if (number != other_number)
            return number < other_number;
        at++;
        other_at++;
    }
    return false;
}

/*
 * How this span counts. The names with a point, of the conventions since cached tokens are in them, say "included in
 * input_tokens"; older names come from instrumentations that pass on what the vendor says.
 */
static struct usage_reading reading_of(const json_t *attributes, const struct draft *draft)
{
    const struct event *event = &draft->event;
    bool is_convention = json_object_get(attributes, "gen_ai.usage.cache_read.input_tokens") != NULL ||
                         json_object_get(attributes, "gen_ai.usage.cache_creation.input_tokens") != NULL;
    struct usage_reading reading = {
        .is_cache_beside = !is_convention && vendor_leaves_out_cache(event->provider, event->model),
        .is_reasoning_beside = json_object_get(attributes, "gen_ai.usage.reasoning.output_tokens") == NULL &&
                               vendor_leaves_out_reasoning(event->provider, event->model),
    };

    for (size_t i = 0; i < LENGTH_OF(scopes); i++) {
        size_t size = strlen(scopes[i].scope);
        bool is_scope = draft->scope.size >= size && memcmp(draft->scope.bytes, scopes[i].scope, size) == 0;
        if (is_scope && (scopes[i].below == NULL || is_below(draft->scope_version, span_of(scopes[i].below))))
            reading.is_cache_beside =
                scopes[i].is_cache_beside && vendor_leaves_out_cache(event->provider, event->model);
    }
    return reading;
}

/* The first of a list of reasons, which may be written as a text. */
static struct span first_finish(const json_t *finishes, struct adapting *adapting)
{
    struct span finish = {NULL, 0};

    if (json_is_string(finishes) && json_string_value(finishes)[0] != '[') {
        read_text(finishes, &finish);
        return finish;
    }
    const json_t *list = json_is_string(finishes) ? array_in(finishes, adapting) : finishes;
    const json_t *first = json_array_get(list, 0);
    if (json_is_string(first))
        read_text(first, &finish);
    return finish;
}

static bool is_error(const struct draft *draft)
{
    struct span code;

    if (draft->error.size > 0 || json_integer_value(draft->stream) == 2)
        return true;
    return json_is_string(draft->stream) && read_text(draft->stream, &code) == NULL &&
           (span_equal(code, span_of("STATUS_CODE_ERROR")) || span_equal(code, span_of("2")));
}

/* A threshold in OpenTelemetry's own part of the trace state says that others were dropped. */
static bool is_sampled(struct span state)
{
    const char *ours = state.size == 0 ? NULL : memmem(state.bytes, state.size, "ot=", 3);
    size_t left = ours == NULL ? 0 : state.size - (size_t)(ours - state.bytes);
    const char *end = left == 0 ? NULL : memchr(ours, ',', left);
    size_t size = end == NULL ? left : (size_t)(end - ours);
    const char *threshold = size == 0 ? NULL : memmem(ours, size, "th:", 3);

    if (threshold == NULL)
        return false;
    threshold += 3;
    return threshold < ours + size && !(*threshold == '0' && (threshold + 1 == ours + size || threshold[1] == ';'));
}

static void times_set(struct draft *draft)
{
    struct event *event = &draft->event;

    duration_set(&event->latency_ms, duration_between(draft->start_us, draft->end_us));
    duration_set(&event->first_token_ms, draft->until_first_us);
    event->streamed = event->streamed || draft->until_first_us != NOT_TOLD;
}

enum verdict otel_take(const json_t *item, struct adapting *adapting, struct draft *draft, struct reason *why)
{
    struct event *event = &draft->event;

    if (!otel_is_inference(item)) {
        const json_t *name = json_object_get(item, "gen_ai.operation.name");
        struct span word = {json_string_value(name), json_string_length(name)};
        return leave_out(draft, adapting, word.size > 0 ? REMARK_KIND : REMARK_NO_INFERENCE, word);
    }
    if (fields_take(item, fields, LENGTH_OF(fields), "gen_ai.", draft, adapting->remarks, why) != GO_ON)
        return SET_ASIDE;
    if (draft->parent.size > 0 && json_object_get(adapting->siblings, draft->parent.bytes) != NULL)
        return leave_out(draft, adapting, REMARK_CHILD, (struct span){NULL, 0});
    if (draft->end_us == NOT_TOLD || draft->end_us == 0)
        return leave_out(draft, adapting, REMARK_UNFINISHED, (struct span){NULL, 0});
    if (is_sampled(draft->status))
        remark_count(adapting->remarks, REMARK_SAMPLED, (struct span){NULL, 0});
    const json_t *scope = value_at(adapting->context, "name"), *version = value_at(adapting->context, "version");
    draft->scope = (struct span){json_string_value(scope), json_string_length(scope)};
    draft->scope_version = (struct span){json_string_value(version), json_string_length(version)};
    event->provider = provider_of(event->provider, adapting->remarks);
    event->model = model_without_host(event->model, &event->provider);
    usage_resolve(&draft->usage, reading_of(item, draft), event, adapting->remarks);
    draft->finish = is_error(draft) ? span_of("error") : first_finish(draft->finishes, adapting);
    event->tools_offered = has_items(draft->tools, adapting);
    times_set(draft);
    return GO_ON;
}
