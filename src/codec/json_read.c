/*
 * JSON lines. Plain ones are read in one walk (json_scan.c); whatever that does not take, jansson reads, and what is
 * wrong with it is said here. A table names each field, the function that reads it, and its place in the event. The
 * function returns NULL or what is wrong, so that every refusal names its field. Reasons never quote the line: values
 * may be private.
 */
#include "gentally/codec/json_read.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#include "dollars.h"
#include "gentally/base/looks.h"
#include "gentally/codec/json_problem.h"
#include "gentally/core/window.h"
#include "json_scan.h"

struct json_reader {
    json_t *line; /* holds the strings of the last event */
};

/* Reads `json` into `target`. Returns NULL, or the problem as the end of a sentence that begins with the field. */
typedef const char *field_reader(const json_t *json, void *target);

struct field {
    const char *name;
    field_reader *read;
    size_t place; /* of the target in struct event */
    bool is_required;
};

static const char *read_text(const json_t *json, void *target)
{
    struct span *text = target;

    if (!json_is_string(json))
        return "must be a string";
    *text = (struct span){json_string_value(json), json_string_length(json)};
    return NULL;
}

static const char *read_text_or_null(const json_t *json, void *target)
{
    return read_text(json, target) == NULL ? NULL : "must be a string or null";
}

/* Reads a whole number, also one that is written with a point or an exponent (120.0, 1e3), since some writers know no
 * others. Beyond 2^53 a double is not exact. */
static const char *read_long(const json_t *json, void *target)
{
    static const double exact_max = 9007199254740992.0;
    double real = json_real_value(json);

    if (json_is_string(json))
        return "must be a number, without quotation marks";
    if (!json_is_number(json))
        return "must be a whole number";
    if (json_is_integer(json)) {
        *(int64_t *)target = json_integer_value(json);
        return NULL;
    }
    if (!(real >= -exact_max && real <= exact_max))
        return "is too large";
    if (real != (double)(int64_t)real)
        return "must be a whole number, and has a fraction";
    *(int64_t *)target = (int64_t)real;
    return NULL;
}

/* Tokens or a cost: no number of a line is the one that stands for "not known". */
static const char *read_amount(const json_t *json, void *target)
{
    int64_t amount;
    const char *problem = read_long(json, &amount);

    if (problem == NULL)
        *(int64_t *)target = event_amount(amount);
    return problem;
}

static const char *read_duration_or_null(const json_t *json, void *target)
{
    int64_t duration;
    const char *problem = read_long(json, &duration);

    if (problem != NULL)
        return problem;
    if (duration < 0 || duration > INT32_MAX)
        return "must be from 0 to 2147483647 ms, or null";
    *(int32_t *)target = (int32_t)duration;
    return NULL;
}

static const char *read_flag(const json_t *json, void *target)
{
    bool *flag = target;

    if (json_is_string(json))
        return "must be true or false, without quotation marks";
    if (!json_is_boolean(json))
        return "must be true or false";
    *flag = json_is_true(json);
    return NULL;
}

static const char *read_time(const json_t *json, void *target)
{
    struct span text;

    if (json_is_number(json))
        return read_long(json, target);
    if (read_text(json, &text) == NULL)
        return time_read(text, target);
    return "must be integer milliseconds since 1970, or a time like \"2026-11-02T10:00:00Z\"";
}

static const char *read_dollars(const json_t *json, void *target)
{
    struct span text;

    if (read_text(json, &text) != NULL)
        return "must be a decimal string, like \"0.0125\" (in quotation marks: money is never a float), or null";
    return dollars_read(text, target);
}

static const char *read_op(const json_t *json, void *target)
{
    static const char *const names[] = {[OP_CREATE] = "create", [OP_AMEND] = "amend", [OP_RETRACT] = "retract"};
    struct span text = {NULL, 0};

    if (read_text(json, &text) == NULL) {
        for (size_t index = 0; index < LENGTH_OF(names); index++) {
            if (span_equal(text, span_of(names[index]))) {
                *(enum event_op *)target = (enum event_op)index;
                return NULL;
            }
        }
    }
    return "must be \"create\", \"amend\" or \"retract\"";
}

static const char *read_label(const json_t *json, struct label *label)
{
    const json_t *confidence = json_object_get(json, "confidence");

    if (json_object_size(json) != 2 || read_text(json_object_get(json, "path"), &label->path) != NULL)
        return "must hold objects {path, confidence}";
    if (!json_is_number(confidence) || !(json_number_value(confidence) >= 0 && json_number_value(confidence) <= 1))
        return "must have confidences from 0 to 1";
    label->confidence = (float)json_number_value(confidence);
    return NULL;
}

static const char *read_labels(const json_t *json, void *target)
{
    struct event *event = target;

    if (!json_is_array(json))
        return "must be an array";
    if (json_array_size(json) > EVENT_LABELS_MAX)
        return "has more than 32 labels";
    for (size_t index = 0; index < json_array_size(json); index++) {
        const char *problem = read_label(json_array_get(json, index), &event->labels[index]);
        if (problem != NULL)
            return problem;
    }
    event->label_count = (uint32_t)json_array_size(json);
    return NULL;
}
static_assert(EVENT_LABELS_MAX == 32, "the problem text above says 32");

#define PLACE(member) offsetof(struct event, member)

static const struct field fields[] = {
    {"id", read_text, PLACE(id), true},
    {"created_at", read_time, PLACE(created_ms), true},
    {"model", read_text, PLACE(model), true},
    {"provider", read_text_or_null, PLACE(provider), false},
    {"account", read_text_or_null, PLACE(account), false},
    {"app", read_text_or_null, PLACE(app), false},
    {"country", read_text_or_null, PLACE(country), false},
    {"language", read_text_or_null, PLACE(language), false},
    {"tokens_prompt", read_amount, PLACE(tokens_prompt), true},
    {"tokens_completion", read_amount, PLACE(tokens_completion), true},
    {"tokens_reasoning", read_long, PLACE(tokens_reasoning), false},
    {"tokens_cached", read_long, PLACE(tokens_cached), false},
    {"tokens_cache_write", read_long, PLACE(tokens_cache_write), false},
    {"cost_nano_usd", read_amount, PLACE(cost_nano_usd), false},
    {"cost_usd", read_dollars, PLACE(cost_nano_usd), false},
    {"is_byok", read_flag, PLACE(is_byok), false},
    {"is_free", read_flag, PLACE(is_free), false},
    {"is_gateway_cache_hit", read_flag, PLACE(is_gateway_cache_hit), false},
    {"streamed", read_flag, PLACE(streamed), false},
    {"cancelled", read_flag, PLACE(cancelled), false},
    {"finish_reason", read_text_or_null, PLACE(finish_reason), false},
    {"tools_offered", read_flag, PLACE(tools_offered), false},
    {"latency_ms", read_duration_or_null, PLACE(latency_ms), false},
    {"first_token_ms", read_duration_or_null, PLACE(first_token_ms), false},
    {"generation_ms", read_duration_or_null, PLACE(generation_ms), false},
    {"classified", read_flag, PLACE(classified), false},
    {"categories", read_labels, 0, false},
    {"op", read_op, PLACE(op), false},
};

enum verdict json_reader_open(struct json_reader **reader, struct reason *why)
{
    *reader = calloc(1, sizeof(**reader));
    if (*reader == NULL)
        return no_memory(why, "for a reader of JSON lines");
    return GO_ON;
}

void json_reader_close(struct json_reader *reader)
{
    if (reader != NULL)
        json_decref(reader->line);
    free(reader);
}

static const struct field *field_find(const char *name)
{
    for (size_t index = 0; index < LENGTH_OF(fields); index++) {
        if (strcmp(fields[index].name, name) == 0)
            return &fields[index];
    }
    return NULL;
}

/* Names the first field that is not in the table, if its name can be shown on a terminal. */
static enum verdict refuse_unknown(json_t *line, struct reason *why)
{
    void *place = json_object_iter(line);

    while (field_find(json_object_iter_key(place)) != NULL)
        place = json_object_iter_next(line, place);
    const char *name = json_object_iter_key(place);
    if (!json_name_is_plain(span_of(name)))
        return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "there is a field of an unknown, unprintable name");
    return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "%.64s is not a field", name);
}

static bool is_given(const json_t *line, const char *name)
{
    const json_t *json = json_object_get(line, name);

    return json != NULL && !json_is_null(json);
}

static enum verdict fields_read(json_t *line, struct event *event, struct reason *why)
{
    size_t found = 0;

    for (size_t index = 0; index < LENGTH_OF(fields); index++) {
        const struct field *field = &fields[index];
        const json_t *json = json_object_get(line, field->name);
        if (json == NULL) {
            if (field->is_required)
                return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "%s is missing", field->name);
            continue;
        }
        found++;
        if (json_is_null(json) && field->read == read_amount) {
            *(int64_t *)((char *)event + field->place) = EVENT_UNKNOWN;
            continue;
        }
        if (json_is_null(json) && field->is_required)
            return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "%s is null, and must be given", field->name);
        if (json_is_null(json))
            continue; /* Providers say null for what they do not know: as if it were not given. */
        const char *problem = field->read(json, (char *)event + field->place);
        if (problem != NULL)
            return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "%s %s", field->name, problem);
    }
    if (found != json_object_size(line))
        return refuse_unknown(line, why);
    if (is_given(line, "cost_usd") && is_given(line, "cost_nano_usd"))
        return reason_set(why, SET_ASIDE, LINE_FIELD, 0, "cost_usd and cost_nano_usd exclude each other");
    bool is_told = json_object_get(line, "cost_usd") != NULL; /* as null, where it is not given */
    if (is_told && !is_given(line, "cost_usd") && !is_given(line, "cost_nano_usd"))
        event->cost_nano_usd = EVENT_UNKNOWN;
    return GO_ON;
}

enum verdict json_parse_event(struct json_reader *reader, struct span line, struct event *event, struct reason *why)
{
    json_error_t error;

    json_decref(reader->line);
    line = without_mark(line); /* also where files that begin with one were put together */
    reader->line = json_loadb(line.size == 0 ? "" : line.bytes, line.size, JSON_REJECT_DUPLICATES, &error);
    if (reader->line == NULL)
        return json_problem(line, json_error_code(&error), error.position, why);
    if (!json_is_object(reader->line))
        return reason_set(why, SET_ASIDE, LINE_NOT_JSON, 0,
                          "not one JSON object, but an array: `jq -c '.[]'` writes each element on a line");
    *event = (struct event){.latency_ms = EVENT_ABSENT, .first_token_ms = EVENT_ABSENT, .generation_ms = EVENT_ABSENT};
    return fields_read(reader->line, event, why);
}

enum verdict json_read_event(struct json_reader *reader, struct span line, struct event *event, struct reason *why)
{
    return json_scan_event(line, event) ? GO_ON : json_parse_event(reader, line, event, why);
}
