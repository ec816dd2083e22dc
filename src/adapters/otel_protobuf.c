/*
 * The wire format of protobuf: a field is a tag (its number and how it is written) and a value; a message within a
 * message is a length and its fields. Numbers of fields are those of opentelemetry/proto/trace/v1/trace.proto. A table
 * says for each message what becomes of its fields; what is in none is stepped over, with the same strictness.
 */
#include "otel_protobuf.h"

#include <inttypes.h>
#include <stdio.h>

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct wire {
    const unsigned char *at, *end;
    bool is_broken; /* what stands there is no protobuf */
};

struct field {
    uint64_t number;
    enum wire_type type;
    uint64_t value; /* of numbers, little-endian where they are fixed */
    struct span bytes;
};

static uint64_t varint(struct wire *wire)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && wire->at < wire->end; shift += 7) {
        unsigned char byte = *wire->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return value;
    }
    wire->is_broken = true;
    return 0;
}

static uint64_t fixed(struct wire *wire, size_t size)
{
    uint64_t value = 0;

    if ((size_t)(wire->end - wire->at) < size) {
        wire->is_broken = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)*wire->at++ << (8 * i);
    return value;
}

static struct span bytes(struct wire *wire)
{
    uint64_t size = varint(wire);

    if (wire->is_broken || size > (uint64_t)(wire->end - wire->at)) {
        wire->is_broken = true;
        return (struct span){NULL, 0};
    }
    wire->at += size;
    return (struct span){(const char *)wire->at - size, (size_t)size};
}

/* The next field; false at the end, or where the message is broken. */
static bool field_next(struct wire *wire, struct field *field)
{
    if (wire->at == wire->end || wire->is_broken)
        return false;
    uint64_t tag = varint(wire);
    *field = (struct field){.number = tag >> 3, .type = (enum wire_type)(tag & 7)};
    if (field->type == WIRE_VARINT)
        field->value = varint(wire);
    else if (field->type == WIRE_64)
        field->value = fixed(wire, 8);
    else if (field->type == WIRE_32)
        field->value = fixed(wire, 4);
    else if (field->type == WIRE_BYTES)
        field->bytes = bytes(wire);
    else
        wire->is_broken = true; /* groups, which OTLP has none of */
    wire->is_broken = wire->is_broken || field->number == 0;
    return !wire->is_broken;
}

static struct wire wire_of(struct span message)
{
    const unsigned char *begin = (const unsigned char *)(message.size == 0 ? "" : message.bytes);

    return (struct wire){begin, begin + message.size, false};
}

/* What becomes of a field: the value, or NULL if the field is broken or there is no memory. */
typedef json_t *field_make(const struct field *field);

struct rule {
    uint64_t number;
    const char *name;
    field_make *make;
    enum wire_type type;
    bool is_list;
};

/* A message as an object, by rules; NULL if it is broken. */
static json_t *message_make(struct span message, const struct rule rules[], size_t count)
{
    struct wire wire = wire_of(message);
    json_t *object = json_object();
    bool is_good = object != NULL;
    struct field field;

    while (is_good && field_next(&wire, &field)) {
        for (size_t i = 0; i < count && is_good; i++) {
            if (rules[i].number != field.number || rules[i].type != field.type)
                continue;
            json_t *value = rules[i].make(&field);
            json_t *list = rules[i].is_list ? json_object_get(object, rules[i].name) : NULL;
            if (rules[i].is_list && list == NULL) {
                list = json_array();
                json_object_set_new(object, rules[i].name, list);
            }
            is_good = value != NULL && (rules[i].is_list ? json_array_append_new(list, value)
                                                         : json_object_set_new(object, rules[i].name, value)) == 0;
        }
    }
    if (is_good && !wire.is_broken)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *make_text(const struct field *field)
{
    json_t *text = json_stringn(field->bytes.size == 0 ? "" : field->bytes.bytes, field->bytes.size);

    return text != NULL ? text : json_null(); /* not UTF-8 */
}

/* An id of 8 or 16 bytes as hexadecimal digits; one of another size is none. */
static json_t *make_id(const struct field *field)
{
    char digits[33];

    if (field->bytes.size > 16)
        return json_null();
    for (size_t i = 0; i < field->bytes.size; i++)
        snprintf(digits + 2 * i, 3, "%02x", (unsigned)(unsigned char)field->bytes.bytes[i]);
    return json_stringn(digits, 2 * field->bytes.size);
}

/* A text, as OTLP in JSON has whole numbers. */
static json_t *make_integer(const struct field *field)
{
    char digits[24];
    int64_t value;

    memcpy(&value, &field->value, sizeof(value)); /* negative ones are their two's complement */
    snprintf(digits, sizeof(digits), "%" PRId64, value);
    return json_string(digits);
}

static json_t *make_real(const struct field *field)
{
    double value;

    memcpy(&value, &field->value, sizeof(value));
    json_t *real = json_real(value);
    return real != NULL ? real : json_null(); /* NaN, which is no number of anything */
}

static json_t *make_flag(const struct field *field)
{
    return json_boolean(field->value != 0);
}

/* A list's elements: texts, of which there are lists. */
static json_t *make_element(const struct field *field)
{
    static const struct rule rules[] = {{1, "stringValue", make_text, WIRE_BYTES, false}};

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

static json_t *make_list(const struct field *field)
{
    static const struct rule rules[] = {{1, "values", make_element, WIRE_BYTES, true}};

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

static json_t *make_value(const struct field *field)
{
    static const struct rule rules[] = {
        {1, "stringValue", make_text, WIRE_BYTES, false},  {2, "boolValue", make_flag, WIRE_VARINT, false},
        {3, "intValue", make_integer, WIRE_VARINT, false}, {4, "doubleValue", make_real, WIRE_64, false},
        {5, "arrayValue", make_list, WIRE_BYTES, false},
    };

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

static bool begins(struct span key, const char *begin)
{
    size_t size = strlen(begin);

    return key.size >= size && memcmp(key.bytes, begin, size) == 0;
}

/* A key and its value; those of other conventions without the value, which nobody looks at. */
static json_t *make_attribute(const struct field *field)
{
    static const struct rule all[] = {{1, "key", make_text, WIRE_BYTES, false},
                                      {2, "value", make_value, WIRE_BYTES, false}};
    struct wire wire = wire_of(field->bytes);
    struct field part;

    while (field_next(&wire, &part))
        if (part.number == 1 && part.type == WIRE_BYTES &&
            (begins(part.bytes, "gen_ai.") || begins(part.bytes, "llm.") || begins(part.bytes, "error.")))
            return message_make(field->bytes, all, LENGTH_OF(all));
    return wire.is_broken ? NULL : json_object();
}

static json_t *make_status(const struct field *field)
{
    static const struct rule rules[] = {{3, "code", make_integer, WIRE_VARINT, false}};

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

static json_t *make_span(const struct field *field)
{
    static const struct rule rules[] = {
        {1, "traceId", make_id, WIRE_BYTES, false},
        {2, "spanId", make_id, WIRE_BYTES, false},
        {3, "traceState", make_text, WIRE_BYTES, false},
        {4, "parentSpanId", make_id, WIRE_BYTES, false},
        {7, "startTimeUnixNano", make_integer, WIRE_64, false},
        {8, "endTimeUnixNano", make_integer, WIRE_64, false},
        {9, "attributes", make_attribute, WIRE_BYTES, true},
        {15, "status", make_status, WIRE_BYTES, false},
    };

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

static json_t *make_scope(const struct field *field)
{
    static const struct rule rules[] = {{1, "name", make_text, WIRE_BYTES, false},
                                        {2, "version", make_text, WIRE_BYTES, false}};

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

static json_t *make_scope_spans(const struct field *field)
{
    static const struct rule rules[] = {{1, "scope", make_scope, WIRE_BYTES, false},
                                        {2, "spans", make_span, WIRE_BYTES, true}};

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

static json_t *make_resource_spans(const struct field *field)
{
    static const struct rule rules[] = {{2, "scopeSpans", make_scope_spans, WIRE_BYTES, true}};

    return message_make(field->bytes, rules, LENGTH_OF(rules));
}

enum verdict otel_protobuf_read(struct span message, json_t **request, struct reason *why)
{
    static const struct rule rules[] = {{1, "resourceSpans", make_resource_spans, WIRE_BYTES, true}};

    *request = message_make(message, rules, LENGTH_OF(rules));
    if (*request != NULL)
        return GO_ON;
    return reason_set(why, SET_ASIDE, LINE_NOT_JSON, 0,
                      "neither JSON nor an OTLP request in protobuf: a length or a number in it is broken");
}
