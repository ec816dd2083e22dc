/*
 * OTLP in JSON: ids are hexadecimal digits (base64 in what protobuf's own JSON makes of it), whole numbers of 64 bits
 * are texts, and each value stands under the name of its type.
 */
#include "otel.h"

#define ID_DIGITS_MAX 32

/* The member by its name in camelCase or snake_case. */
static const json_t *member(const json_t *object, const char *camel, const char *snake)
{
    const json_t *value = json_object_get(object, camel);

    return value != NULL ? value : json_object_get(object, snake);
}

static int base64_value(char byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = byte == '\0' ? NULL : strchr(digits, byte);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Writes an id of `digits` hexadecimal digits; false for what is none. All zeros are none. */
static bool id_write(struct span id, size_t digits, char *target)
{
    static const char hex[] = "0123456789abcdef";
    bool is_zero = true;

    if (id.size != digits) { /* base64 */
        unsigned long bits = 0, count = 0;
        size_t written = 0;
        if (id.size != (digits / 2 + 2) / 3 * 4)
            return false;
        for (size_t i = 0; i < id.size && written < digits; i++) {
            int value = base64_value(id.bytes[i]);
            if (value < 0)
                return false;
            bits = (bits << 6 | (unsigned long)value) & 0xffff;
            for (count += 6; count >= 4 && written < digits; count -= 4)
                target[written++] = hex[bits >> (count - 4) & 15];
        }
    } else {
        for (size_t i = 0; i < digits; i++) {
            char byte = (char)(id.bytes[i] | 0x20); /* digits keep their value */
            if (id.bytes[i] < '0' || strchr(hex, byte) == NULL)
                return false;
            target[i] = byte;
        }
    }
    for (size_t i = 0; i < digits; i++)
        is_zero = is_zero && target[i] == '0';
    return !is_zero;
}

static struct span text_in(const json_t *json)
{
    return (struct span){json_string_value(json), json_string_length(json)};
}

/* "<trace>-<span>", or NULL. */
static json_t *id_of(const json_t *trace, const json_t *span)
{
    char text[ID_DIGITS_MAX + 1 + ID_DIGITS_MAX / 2];

    if (!id_write(text_in(trace), ID_DIGITS_MAX, text) ||
        !id_write(text_in(span), ID_DIGITS_MAX / 2, text + ID_DIGITS_MAX + 1))
        return NULL;
    text[ID_DIGITS_MAX] = '-';
    return json_stringn(text, sizeof(text));
}

/* A value without its type; a list of such values as a list. */
static json_t *value_of(const json_t *any)
{
    static const char *const types[][2] = {{"stringValue", "string_value"},
                                           {"intValue", "int_value"},
                                           {"doubleValue", "double_value"},
                                           {"boolValue", "bool_value"}};
    const json_t *list = json_object_get(member(any, "arrayValue", "array_value"), "values");

    for (size_t i = 0; i < LENGTH_OF(types); i++) {
        const json_t *value = member(any, types[i][0], types[i][1]);
        if (value != NULL)
            return json_incref((json_t *)(uintptr_t)value);
    }
    if (!json_is_array(list))
        return json_incref((json_t *)(uintptr_t)any);
    json_t *values = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *text = member(json_array_get(list, i), "stringValue", "string_value");
        json_array_append(values, (json_t *)(uintptr_t)(text != NULL ? text : json_array_get(list, i)));
    }
    return values;
}

/* Attributes as an object; a key that is given twice has its last value. */
static json_t *attributes_of(const json_t *list)
{
    json_t *object = json_object();

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        const char *key = json_string_value(json_object_get(pair, "key"));
        const json_t *value = json_object_get(pair, "value");
        if (key != NULL && key[0] != '(' && json_is_object(value))
            json_object_set_new(object, key, value_of(value));
    }
    return object;
}

static void copy(json_t *object, const char *name, const json_t *value)
{
    if (value != NULL)
        json_object_set(object, name, (json_t *)(uintptr_t)value);
}

static bool span_add(const json_t *span, const json_t *scope, struct otel_found *found)
{
    json_t *object = attributes_of(json_object_get(span, "attributes"));
    const json_t *trace = member(span, "traceId", "trace_id");
    json_t *id = id_of(trace, member(span, "spanId", "span_id"));
    json_t *parent = id_of(trace, member(span, "parentSpanId", "parent_span_id"));

    copy(object, OTEL_START, member(span, "startTimeUnixNano", "start_time_unix_nano"));
    copy(object, OTEL_END, member(span, "endTimeUnixNano", "end_time_unix_nano"));
    copy(object, OTEL_STATUS, json_object_get(json_object_get(span, "status"), "code"));
    copy(object, OTEL_TRACE_STATE, member(span, "traceState", "trace_state"));
    copy(object, OTEL_ID, id);
    copy(object, OTEL_PARENT, parent);
    if (id != NULL && otel_is_inference(object))
        json_object_set_new(found->siblings, json_string_value(id), json_true());
    json_decref(id);
    json_decref(parent);
    return json_array_append_new(found->items, object) == 0 &&
           json_array_append_new(found->contexts,
                                 scope == NULL ? json_null() : json_incref((json_t *)(uintptr_t)scope)) == 0;
}

static bool resource_add(const json_t *resource, struct otel_found *found)
{
    const json_t *scopes = member(resource, "scopeSpans", "scope_spans");
    bool is_done = true;

    if (scopes == NULL) /* before OTLP 0.15 */
        scopes = member(resource, "instrumentationLibrarySpans", "instrumentation_library_spans");
    for (size_t i = 0; i < json_array_size(scopes); i++) {
        const json_t *group = json_array_get(scopes, i), *spans = json_object_get(group, "spans");
        const json_t *scope = json_object_get(group, "scope");
        if (scope == NULL)
            scope = member(group, "instrumentationLibrary", "instrumentation_library");
        for (size_t at = 0; at < json_array_size(spans); at++)
            is_done = span_add(json_array_get(spans, at), scope, found) && is_done;
    }
    return is_done;
}

enum verdict otel_spans(const json_t *request, struct otel_found *found, struct reason *why)
{
    const json_t *resources = member(request, "resourceSpans", "resource_spans");
    bool is_done = found->items != NULL && found->contexts != NULL && found->siblings != NULL;

    if (!json_is_array(resources))
        return reason_set(why, SET_ASIDE, LINE_FIELD, 0,
                          "resourceSpans is missing: an OTLP request of traces is {\"resourceSpans\": [...]}");
    for (size_t i = 0; is_done && i < json_array_size(resources); i++)
        is_done = resource_add(json_array_get(resources, i), found);
    return is_done ? GO_ON : no_memory(why, "for the spans of a request");
}

bool otel_is_inference(const json_t *span)
{
    static const char *const kinds[] = {"chat", "generate_content", "text_completion"};
    static const char *const tokens[] = {"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
                                         "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
                                         "llm.usage.prompt_tokens"};
    struct span kind = text_in(json_object_get(span, "gen_ai.operation.name"));
    struct span old = text_in(json_object_get(span, "llm.request.type"));

    for (size_t i = 0; i < LENGTH_OF(kinds); i++)
        if (span_equal(kind, span_of(kinds[i])))
            return true;
    if (kind.size > 0)
        return false;
    if (old.size > 0)
        return span_equal(old, span_of("chat")) || span_equal(old, span_of("completion"));
    for (size_t i = 0; i < LENGTH_OF(tokens); i++)
        if (json_object_get(span, tokens[i]) != NULL)
            return true;
    return false;
}
