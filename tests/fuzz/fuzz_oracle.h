/*
 * What a message means, by libavro: it reads the message with the writer's schema alone, and a plain walk over its
 * value looks for the event's fields by their names. libavro is right about the encoding of what is well-formed. It is
 * not asked, or not believed, where it is lenient or wrong (Avro C 1.11.1, each measured):
 *   - a boolean other than 0 and 1, a symbol beyond the enum's last, a text that is not UTF-8 are taken: the walk looks
 *   - bytes after the end, numbers of more bytes than they need and blocks of other sizes than they say are taken: only
 *     a message that libavro writes again with the same bytes must be taken by us too
 *   - an array of things that take no bytes is read for as long as its count says: not asked
 *   - memory is taken by claimed lengths and not freed on failure: it gets an arena's, within bounds
 *   - values are read as deep as they nest: messages are short here
 *   - a fixed of no bytes is not read ("Cannot allocate new fixed value"), nor an array of records without
 *     fields ("Couldn't expand array"): no writer here has one
 *   - logical types are not told: they are looked up in the JSON
 */
#ifndef GENTALLY_FUZZ_ORACLE_H
#define GENTALLY_FUZZ_ORACLE_H

#include <avro.h>
#include <float.h>
#include <jansson.h>
#include <math.h>

#include "fuzz_event.h"

#define ORACLE_BYTES_MAX ((size_t)8 << 20) /* for a message */
#define SCHEMA_BYTES_MAX ((size_t)1 << 20)
#define ORACLE_DEPTH_MAX 28u /* about where nesting may become too deep for us: empty fields do not count there */
#define ORACLE_MESSAGE_MAX 2048

/* ---- memory ---- */

/* libavro takes its memory from the arena that is current, and it all ends with the arena, whatever was forgotten. */
struct oracle_arena {
    char *bytes;
    size_t used, room; /* bytes */
};

static struct oracle_arena oracle_scratch; /* ends with the input */
static struct oracle_arena *oracle_arena = &oracle_scratch;

static inline void *oracle_allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct oracle_arena *arena = oracle_arena;

    (void)context;
    if (size == 0 || size > arena->room || size + 15 > arena->room - arena->used)
        return NULL;
    void *bytes = arena->bytes + arena->used;
    arena->used += (size + 15) / 16 * 16;
    if (old != NULL)
        memcpy(bytes, old, old_size < size ? old_size : size);
    return bytes;
}

static inline void oracle_open(struct oracle_arena *arena, size_t room)
{
    *arena = (struct oracle_arena){.bytes = malloc(room), .room = room};
    CLAIM(arena->bytes != NULL);
}

/* ---- what is asked about ---- */

struct oracle_schema {
    struct oracle_arena arena;
    json_t *json;
    avro_value_iface_t *class;
};

static inline void oracle_learn(struct oracle_schema *schema, struct span text)
{
    avro_schema_t parsed;

    oracle_open(&schema->arena, SCHEMA_BYTES_MAX);
    oracle_arena = &schema->arena;
    schema->json = json_loadb(text.bytes, text.size, 0, NULL);
    CLAIM(schema->json != NULL && avro_schema_from_json_length(text.bytes, text.size, &parsed) == 0);
    schema->class = avro_generic_class_from_schema(parsed);
    CLAIM(schema->class != NULL);
    oracle_arena = &oracle_scratch;
}

/* ---- well-formed messages ---- */

static inline int64_t take_number(struct fuzz_input *input)
{
    struct span bytes = take_span(input, 1 + take_below(input, 8));
    uint64_t number = 0;

    for (size_t i = 0; i < bytes.size; i++)
        number = number << 8 | (uint8_t)bytes.bytes[i];
    return (number & 1) == 0 ? (int64_t)(number >> 1) : -(int64_t)(number >> 1);
}

static inline void fill(avro_value_t *value, struct fuzz_input *input, unsigned depth);

static inline void fill_children(avro_value_t *value, struct fuzz_input *input, unsigned depth)
{
    avro_type_t type = avro_value_get_type(value);
    avro_value_t child;
    size_t count = depth < 6 ? take_below(input, 3) : 0;
    char key[] = {'a', '\0'};

    if (type == AVRO_RECORD)
        CLAIM(avro_value_get_size(value, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        key[0] = (char)('a' + i);
        if (type == AVRO_RECORD)
            CLAIM(avro_value_get_by_index(value, i, &child, NULL) == 0);
        else if (type == AVRO_ARRAY)
            CLAIM(avro_value_append(value, &child, NULL) == 0);
        else
            CLAIM(avro_value_add(value, key, &child, NULL, NULL) == 0);
        fill(&child, input, depth + 1);
    }
}

/* Sets the value from the input: any value of the schema, but small. */
static inline void fill(avro_value_t *value, struct fuzz_input *input, unsigned depth)
{
    static const char *const texts[] = {"", "a/b", "DE", "\xc3\xa9\xe2\x82\xac", "/A/B", "gen-0123456789"};
    avro_schema_t schema = avro_value_get_schema(value);
    avro_value_t branch;
    char fixed[16] = {0};
    const char *text;
    double number;

    switch (avro_value_get_type(value)) {
    case AVRO_BOOLEAN:
        CLAIM(avro_value_set_boolean(value, take_below(input, 2) == 1) == 0);
        return;
    case AVRO_INT32:
        CLAIM(avro_value_set_int(value, (int32_t)take_number(input)) == 0);
        return;
    case AVRO_INT64:
        CLAIM(avro_value_set_long(value, take_number(input)) == 0);
        return;
    case AVRO_FLOAT:
        CLAIM(avro_value_set_float(value, (float)take_number(input) / 256.0f) == 0);
        return;
    case AVRO_DOUBLE:
        number = ldexp((double)take_number(input), (int)(int8_t)take_byte(input) * 2);
        CLAIM(avro_value_set_double(value, number) == 0);
        return;
    case AVRO_BYTES:
    case AVRO_STRING:
        text = texts[take_below(input, LENGTH_OF(texts))];
        if (avro_value_get_type(value) == AVRO_STRING)
            CLAIM(avro_value_set_string_len(value, text, strlen(text) + 1) == 0);
        else
            CLAIM(avro_value_set_bytes(value, (void *)(uintptr_t)text, strlen(text)) == 0);
        return;
    case AVRO_FIXED:
        CLAIM(avro_value_set_fixed(value, fixed, (size_t)avro_schema_fixed_size(schema)) == 0);
        return;
    case AVRO_ENUM:
        CLAIM(avro_value_set_enum(value,
                                  (int)take_below(input, (uint32_t)avro_schema_enum_number_of_symbols(schema))) == 0);
        return;
    case AVRO_UNION:
        CLAIM(avro_value_set_branch(value,
                                    depth > 6 ? 0 : (int)take_below(input, (uint32_t)avro_schema_union_size(schema)),
                                    &branch) == 0);
        fill(&branch, input, depth + 1);
        return;
    case AVRO_ARRAY:
    case AVRO_MAP:
    case AVRO_RECORD:
        fill_children(value, input, depth);
        return;
    default:
        CLAIM(avro_value_get_type(value) == AVRO_NULL && avro_value_set_null(value) == 0);
    }
}

/* What libavro writes of such a value, into `bytes`; 0 if there is no room. */
static inline size_t oracle_write(const struct oracle_schema *schema, struct fuzz_input *input, char *bytes,
                                  size_t room)
{
    avro_value_t value;

    CLAIM(avro_generic_value_new(schema->class, &value) == 0);
    fill(&value, input, 0);
    avro_writer_t writer = avro_writer_memory(bytes, (int64_t)room);
    return avro_value_write(writer, &value) == 0 ? (size_t)avro_writer_tell(writer) : 0;
}

/* ---- the walk ---- */

enum fit { FITS, MISFITS, TOO_DEEP };

static inline enum fit worse(enum fit left, enum fit right)
{
    return left == MISFITS || right == MISFITS ? MISFITS : left > right ? left : right;
}

static inline enum fit walk_text(const avro_value_t *value, struct span *text)
{
    const char *bytes = NULL;
    const void *raw = NULL;
    size_t size = 0;

    if (avro_value_get_type(value) == AVRO_STRING) {
        CLAIM(avro_value_get_string(value, &bytes, &size) == 0 && size > 0);
        *text = (struct span){bytes, size - 1}; /* a NUL is counted in */
    } else {
        CLAIM(avro_value_get_bytes(value, &raw, &size) == 0);
        *text = (struct span){raw, size};
    }
    return is_text(*text) ? FITS : MISFITS;
}

/* A text that an event keeps, which holds no NUL. */
static inline enum fit walk_kept(const avro_value_t *value, struct span *text)
{
    enum fit fit = walk_text(value, text);

    return text->size > 0 && memchr(text->bytes, '\0', text->size) != NULL ? MISFITS : fit;
}

/* A value that only the writer knows: as strict as if it were ours, but for bytes, which may be anything. */
static inline enum fit walk_unknown(const avro_value_t *value, unsigned depth)
{
    enum fit fit = depth > ORACLE_DEPTH_MAX ? TOO_DEEP : FITS;
    avro_value_t child;
    struct span text;
    size_t count = 0;
    const char *key = NULL;
    int number = 0;

    switch (avro_value_get_type(value)) {
    case AVRO_BOOLEAN:
        CLAIM(avro_value_get_boolean(value, &number) == 0);
        return number == 0 || number == 1 ? fit : MISFITS;
    case AVRO_ENUM:
        CLAIM(avro_value_get_enum(value, &number) == 0);
        return number >= 0 && number < avro_schema_enum_number_of_symbols(avro_value_get_schema(value)) ? fit : MISFITS;
    case AVRO_STRING:
        return worse(fit, walk_text(value, &text));
    case AVRO_UNION:
        CLAIM(avro_value_get_current_branch(value, &child) == 0);
        return worse(fit, walk_unknown(&child, depth + 1));
    case AVRO_ARRAY:
    case AVRO_MAP:
    case AVRO_RECORD:
        CLAIM(avro_value_get_size(value, &count) == 0);
        for (size_t i = 0; i < count; i++) {
            CLAIM(avro_value_get_by_index(value, i, &child, &key) == 0);
            fit = worse(fit, walk_unknown(&child, depth + 1));
            if (avro_value_get_type(value) == AVRO_MAP && !is_text(span_of(key)))
                fit = MISFITS;
        }
        return fit;
    default:
        return fit;
    }
}

/* The logical type of a field's value, past unions; NULL if there is none. */
static inline const char *logical_type(const json_t *type, const avro_value_t *field)
{
    int branch = 0;

    while (json_is_array(type) || (json_is_object(type) && !json_is_string(json_object_get(type, "type")))) {
        if (json_is_object(type)) {
            type = json_object_get(type, "type");
        } else {
            CLAIM(avro_value_get_discriminant(field, &branch) == 0);
            type = json_array_get(type, (size_t)branch);
        }
    }
    return json_string_value(json_object_get(type, "logicalType"));
}

static inline enum fit walk_time(const avro_value_t *value, const char *logical, int64_t *ms)
{
    int64_t parts = 1;
    int32_t number = 0;

    if (avro_value_get_type(value) == AVRO_INT32) {
        CLAIM(avro_value_get_int(value, &number) == 0);
        *ms = number;
        return logical == NULL ? FITS : MISFITS;
    }
    if (avro_value_get_type(value) != AVRO_INT64)
        return MISFITS;
    CLAIM(avro_value_get_long(value, ms) == 0);
    if (logical == NULL)
        return FITS;
    if (strcmp(logical, "timestamp-micros") == 0)
        parts = 1000;
    else if (strcmp(logical, "timestamp-nanos") == 0)
        parts = 1000000;
    else if (strcmp(logical, "timestamp-millis") != 0)
        return MISFITS;
    int64_t rest = *ms % parts;
    *ms = (*ms - (rest < 0 ? rest : 0)) / parts - (rest < 0 ? 1 : 0);
    return FITS;
}

static inline enum fit walk_long(const avro_value_t *value, bool is_int, int64_t *number)
{
    int32_t narrow = 0;

    if (avro_value_get_type(value) == AVRO_INT32) {
        CLAIM(avro_value_get_int(value, &narrow) == 0);
        *number = narrow;
        return FITS;
    }
    if (avro_value_get_type(value) != AVRO_INT64)
        return MISFITS;
    CLAIM(avro_value_get_long(value, number) == 0);
    return is_int && (*number < INT32_MIN || *number > INT32_MAX) ? MISFITS : FITS;
}

static inline enum fit walk_float(const avro_value_t *value, float *number)
{
    int64_t whole = 0;
    double wide = 0;

    if (avro_value_get_type(value) == AVRO_FLOAT) {
        CLAIM(avro_value_get_float(value, number) == 0);
        return isfinite(*number) ? FITS : MISFITS;
    }
    if (avro_value_get_type(value) == AVRO_DOUBLE) {
        CLAIM(avro_value_get_double(value, &wide) == 0);
        *number = fabs(wide) <= (double)FLT_MAX ? (float)wide : 0;
        return fabs(wide) <= (double)FLT_MAX ? FITS : MISFITS;
    }
    enum fit fit = walk_long(value, false, &whole);
    *number = (float)whole;
    return fit;
}

/* Past a union's choice, if it is one. */
static inline avro_value_t chosen(const avro_value_t *value)
{
    avro_value_t branch = *value;

    if (avro_value_get_type(value) == AVRO_UNION)
        CLAIM(avro_value_get_current_branch(value, &branch) == 0);
    return branch;
}

static inline enum fit walk_label(const avro_value_t *value, struct label *label)
{
    avro_value_t field;
    size_t count = 0;
    const char *name = NULL;
    enum fit fit = FITS;

    if (avro_value_get_type(value) != AVRO_RECORD)
        return MISFITS;
    CLAIM(avro_value_get_size(value, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        CLAIM(avro_value_get_by_index(value, i, &field, &name) == 0);
        avro_value_t inner = chosen(&field);
        avro_type_t type = avro_value_get_type(&inner);
        if (strcmp(name, "path") == 0)
            fit = worse(fit, type == AVRO_STRING || type == AVRO_BYTES ? walk_kept(&inner, &label->path) : MISFITS);
        else if (strcmp(name, "confidence") == 0)
            fit = worse(fit, walk_float(&inner, &label->confidence));
        else
            fit = worse(fit, walk_unknown(&field, 2));
    }
    return fit;
}

static inline enum fit walk_labels(const avro_value_t *value, struct event *event)
{
    avro_value_t element;
    size_t count = 0;
    enum fit fit = FITS;

    if (avro_value_get_type(value) == AVRO_NULL)
        return FITS;
    if (avro_value_get_type(value) != AVRO_ARRAY)
        return MISFITS;
    CLAIM(avro_value_get_size(value, &count) == 0);
    if (count > EVENT_LABELS_MAX)
        return MISFITS;
    for (size_t i = 0; i < count; i++) {
        CLAIM(avro_value_get_by_index(value, i, &element, NULL) == 0);
        element = chosen(&element);
        fit = worse(fit, walk_label(&element, &event->labels[i]));
    }
    event->label_count = (uint32_t)count;
    return fit;
}

static inline enum fit walk_op(const avro_value_t *value, enum event_op *op)
{
    static const char *const names[] = {[OP_CREATE] = "create", [OP_AMEND] = "amend", [OP_RETRACT] = "retract"};
    int symbol = 0;

    if (avro_value_get_type(value) == AVRO_NULL)
        return FITS;
    if (avro_value_get_type(value) != AVRO_ENUM || walk_unknown(value, 1) != FITS)
        return MISFITS;
    CLAIM(avro_value_get_enum(value, &symbol) == 0);
    const char *name = avro_schema_enum_get(avro_value_get_schema(value), symbol);
    for (size_t i = 0; i < LENGTH_OF(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *op = (enum event_op)i;
            return FITS;
        }
    }
    return MISFITS;
}

/* What a field of the event is read as: text, long, integer, boolean, amount; '?' lets it be null too, which is its
 * default. An amount may be null as well, and is then unknown. */
static const struct oracle_field {
    const char *name, *kind;
    size_t place;
} oracle_fields[] = {
    {"id", "t", offsetof(struct event, id)},
    {"model", "t", offsetof(struct event, model)},
    {"provider", "t?", offsetof(struct event, provider)},
    {"account", "t?", offsetof(struct event, account)},
    {"app", "t?", offsetof(struct event, app)},
    {"country", "t?", offsetof(struct event, country)},
    {"language", "t?", offsetof(struct event, language)},
    {"finish_reason", "t?", offsetof(struct event, finish_reason)},
    {"tokens_prompt", "a", offsetof(struct event, tokens_prompt)},
    {"tokens_completion", "a", offsetof(struct event, tokens_completion)},
    {"tokens_reasoning", "l?", offsetof(struct event, tokens_reasoning)},
    {"tokens_cached", "l?", offsetof(struct event, tokens_cached)},
    {"tokens_cache_write", "l?", offsetof(struct event, tokens_cache_write)},
    {"cost_nano_usd", "a", offsetof(struct event, cost_nano_usd)},
    {"is_byok", "b?", offsetof(struct event, is_byok)},
    {"is_free", "b?", offsetof(struct event, is_free)},
    {"is_gateway_cache_hit", "b?", offsetof(struct event, is_gateway_cache_hit)},
    {"streamed", "b?", offsetof(struct event, streamed)},
    {"cancelled", "b?", offsetof(struct event, cancelled)},
    {"tools_offered", "b?", offsetof(struct event, tools_offered)},
    {"classified", "b?", offsetof(struct event, classified)},
    {"latency_ms", "i?", offsetof(struct event, latency_ms)},
    {"first_token_ms", "i?", offsetof(struct event, first_token_ms)},
    {"generation_ms", "i?", offsetof(struct event, generation_ms)},
};

static inline enum fit walk_plain(const struct oracle_field *field, const avro_value_t *value, struct event *event)
{
    void *place = (char *)event + field->place;
    avro_type_t type = avro_value_get_type(value);
    int64_t number = 0;
    int flag = 0;

    if (type == AVRO_NULL && field->kind[0] == 'a') {
        *(int64_t *)place = EVENT_UNKNOWN;
        return FITS;
    }
    if (type == AVRO_NULL)
        return field->kind[1] == '?' ? FITS : MISFITS;
    if (field->kind[0] == 't')
        return type == AVRO_STRING || type == AVRO_BYTES ? walk_kept(value, place) : MISFITS;
    if (field->kind[0] == 'b') {
        if (type != AVRO_BOOLEAN || walk_unknown(value, 1) != FITS)
            return MISFITS;
        CLAIM(avro_value_get_boolean(value, &flag) == 0);
        *(bool *)place = flag == 1;
        return FITS;
    }
    enum fit fit = walk_long(value, field->kind[0] == 'i', &number);
    if (fit == FITS && field->kind[0] == 'i')
        *(int32_t *)place = (int32_t)number;
    else if (fit == FITS) /* The number that would read as unknown is told as the next one. */
        *(int64_t *)place = field->kind[0] == 'a' && number == INT64_MIN ? INT64_MIN + 1 : number;
    return fit;
}

static inline enum fit walk_event(const avro_value_t *record, const json_t *schema, struct event *event)
{
    enum fit fit = FITS;
    avro_value_t field;
    size_t count = 0;
    const char *name = NULL;

    *event = (struct event){.latency_ms = EVENT_ABSENT, .first_token_ms = EVENT_ABSENT, .generation_ms = EVENT_ABSENT};
    CLAIM(avro_value_get_size(record, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        CLAIM(avro_value_get_by_index(record, i, &field, &name) == 0);
        avro_value_t inner = chosen(&field);
        const struct oracle_field *known = NULL;
        for (size_t k = 0; k < LENGTH_OF(oracle_fields); k++)
            known = strcmp(oracle_fields[k].name, name) == 0 ? &oracle_fields[k] : known;
        if (known != NULL) {
            fit = worse(fit, walk_plain(known, &inner, event));
        } else if (strcmp(name, "created_at") == 0) {
            const json_t *json = json_array_get(json_object_get(schema, "fields"), i);
            const char *logical = logical_type(json_object_get(json, "type"), &field);
            fit = worse(fit, walk_time(&inner, logical, &event->created_ms));
        } else if (strcmp(name, "categories") == 0) {
            fit = worse(fit, walk_labels(&inner, event));
        } else if (strcmp(name, "op") == 0) {
            fit = worse(fit, walk_op(&inner, &event->op));
        } else {
            fit = worse(fit, walk_unknown(&field, 1));
        }
    }
    return fit;
}

#endif
