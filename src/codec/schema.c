/*
 * Avro schemas, from JSON text to a flat graph of types.
 *
 * Why not libavro's own schema objects: they forget defaults, aliases and logical types, which resolution needs. Why
 * ask libavro nevertheless: two readers of the schema language disagree somewhere, and a schema that only one of them
 * takes is better refused at start than argued about in production. libavro is asked last, since its parser recurses
 * without limit.
 *
 * How: a type is added before its children, so that they can refer to it by name; the links to its children are
 * reserved as one run. Schemas come from a folder or a registry, so every size is checked and nothing asserts on them.
 */
#include "schema.h"

#include <assert.h>
#include <avro.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_SIZE 512 /* of a full name */
#define UNMEASURED UINT64_MAX
#define MEASURING (UINT64_MAX - 1)
#define LEAST_MAX (UINT64_C(1) << 40) /* saturates: no message is that large */

struct name {
    char text[NAME_SIZE];
    uint32_t type;
};

struct reading {
    struct schema *schema;
    struct name *names;
    uint32_t name_count;
    struct reason *why;
};

static const char *const kind_names[KIND_COUNT] = {
    [KIND_NULL] = "null",   [KIND_BOOLEAN] = "boolean", [KIND_INT] = "int",     [KIND_LONG] = "long",
    [KIND_FLOAT] = "float", [KIND_DOUBLE] = "double",   [KIND_BYTES] = "bytes", [KIND_STRING] = "string",
    [KIND_FIXED] = "fixed", [KIND_ENUM] = "enum",       [KIND_ARRAY] = "array", [KIND_MAP] = "map",
    [KIND_UNION] = "union", [KIND_RECORD] = "record",
};

static enum verdict read_type(struct reading *reading, json_t *json, const char *space, uint32_t depth, uint32_t *type);

const char *schema_kind_name(enum schema_kind kind)
{
    return kind_names[kind];
}

const char *schema_field_name(const struct schema *schema, uint32_t type, uint32_t position)
{
    const json_t *fields = json_object_get(schema->sources[type], "fields");

    return json_string_value(json_object_get(json_array_get(fields, position), "name"));
}

static enum verdict invalid(struct reading *reading, const char *what, const char *where)
{
    return reason_set(reading->why, HALT, SCHEMA_INVALID, 0, "%s: %.200s", what, where != NULL ? where : "?");
}

static enum verdict add_type(struct reading *reading, enum schema_kind kind, json_t *source, uint32_t *type)
{
    struct schema *schema = reading->schema;

    if (schema->type_count == SCHEMA_TYPES_MAX)
        return invalid(reading, "more than 4096 types", kind_names[kind]);
    *type = schema->type_count++;
    schema->types[*type] = (struct schema_type){.kind = kind, .least = UNMEASURED};
    schema->sources[*type] = source;
    return GO_ON;
}

static enum verdict add_links(struct reading *reading, uint32_t type, size_t count)
{
    struct schema *schema = reading->schema;

    if (count > SCHEMA_TYPES_MAX - schema->link_count)
        return invalid(reading, "more than 4096 fields and branches", kind_names[schema->types[type].kind]);
    schema->types[type].first = schema->link_count;
    schema->types[type].count = (uint32_t)count;
    schema->link_count += (uint32_t)count;
    return GO_ON;
}

/* Full names: "space.name", unless the name has a dot itself or there is no namespace. */
static bool name_join(char text[NAME_SIZE], const char *space, const char *name)
{
    bool is_full = strchr(name, '.') != NULL || space[0] == '\0';
    int size = is_full ? snprintf(text, NAME_SIZE, "%s", name) : snprintf(text, NAME_SIZE, "%s.%s", space, name);

    return size > 0 && size < NAME_SIZE;
}

static const struct name *name_find(const struct reading *reading, const char *text)
{
    for (uint32_t i = 0; i < reading->name_count; i++) {
        if (strcmp(reading->names[i].text, text) == 0)
            return &reading->names[i];
    }
    return NULL;
}

static bool kind_parse(const char *text, unsigned first, unsigned last, enum schema_kind *kind)
{
    for (unsigned i = first; i <= last; i++) {
        if (strcmp(text, kind_names[i]) == 0) {
            *kind = (enum schema_kind)i;
            return true;
        }
    }
    return false;
}

/* Reads a type given by a word: a primitive, or the name of a type defined before. */
static enum verdict read_word(struct reading *reading, json_t *source, const char *word, const char *space,
                              uint32_t *type)
{
    enum schema_kind kind;
    char text[NAME_SIZE];

    if (kind_parse(word, KIND_NULL, KIND_STRING, &kind))
        return add_type(reading, kind, source, type);
    const struct name *name = name_join(text, space, word) ? name_find(reading, text) : NULL;
    if (name == NULL) /* as Avro for Java does: a bare name may also mean the type without a namespace */
        name = name_find(reading, word);
    if (name == NULL)
        return invalid(reading, "no such type", word);
    *type = name->type;
    return GO_ON;
}

static enum verdict read_union(struct reading *reading, json_t *json, const char *space, uint32_t depth, uint32_t *type)
{
    struct schema *schema = reading->schema;
    unsigned seen = 0;
    enum verdict verdict = add_type(reading, KIND_UNION, json, type);

    if (verdict == GO_ON && json_array_size(json) == 0)
        verdict = invalid(reading, "a union without branches", "[]");
    if (verdict == GO_ON)
        verdict = add_links(reading, *type, json_array_size(json));
    for (uint32_t i = 0; verdict == GO_ON && i < json_array_size(json); i++) {
        uint32_t branch;
        verdict = read_type(reading, json_array_get(json, i), space, depth + 1, &branch);
        if (verdict != GO_ON)
            break;
        enum schema_kind kind = schema->types[branch].kind;
        const uint32_t *links = &schema->links[schema->types[*type].first];
        bool is_named = kind == KIND_RECORD || kind == KIND_ENUM || kind == KIND_FIXED;
        bool is_repeated = !is_named && (seen & (1u << kind)) != 0;
        for (uint32_t other = 0; is_named && other < i; other++)
            is_repeated = is_repeated || links[other] == branch;
        if (kind == KIND_UNION || is_repeated)
            return invalid(reading, "a union within a union, or with two branches of one kind", kind_names[kind]);
        seen |= 1u << kind;
        schema->links[schema->types[*type].first + i] = branch;
    }
    return verdict;
}

/* Texts that must differ: symbols, since else their position says nothing, and a record's fields. */
static enum verdict add_distinct(struct reading *reading, json_t *seen, const char *text)
{
    if (text == NULL || json_object_get(seen, text) != NULL)
        return invalid(reading, "a field or symbol without a name, or two of one name", text);
    if (json_object_set_new_nocheck(seen, text, json_true()) != 0)
        return no_memory(reading->why, "for a schema");
    return GO_ON;
}

static enum verdict read_symbols(struct reading *reading, json_t *json, uint32_t type)
{
    json_t *symbols = json_object_get(json, "symbols");
    json_t *seen = json_object();
    enum verdict verdict = GO_ON;

    if (json_array_size(symbols) == 0)
        verdict = invalid(reading, "an enum without symbols", json_string_value(json_object_get(json, "name")));
    for (size_t i = 0; verdict == GO_ON && i < json_array_size(symbols); i++)
        verdict = add_distinct(reading, seen, json_string_value(json_array_get(symbols, i)));
    json_decref(seen);
    reading->schema->types[type].size = (uint32_t)json_array_size(symbols);
    return verdict;
}

static enum verdict read_fields(struct reading *reading, json_t *json, const char *space, uint32_t depth, uint32_t type)
{
    struct schema *schema = reading->schema;
    json_t *fields = json_object_get(json, "fields");

    if (!json_is_array(fields))
        return invalid(reading, "a record without fields", json_string_value(json_object_get(json, "name")));
    json_t *seen = json_object();
    enum verdict verdict = add_links(reading, type, json_array_size(fields));
    for (uint32_t i = 0; verdict == GO_ON && i < json_array_size(fields); i++) {
        uint32_t child = 0;
        verdict = add_distinct(reading, seen, schema_field_name(schema, type, i));
        if (verdict == GO_ON)
            verdict = read_type(reading, json_object_get(json_array_get(fields, i), "type"), space, depth + 1, &child);
        schema->links[schema->types[type].first + i] = child;
    }
    json_decref(seen);
    return verdict;
}

/* Reads a record, enum or fixed. From here on, also within itself, it can be referred to by its full name. */
static enum verdict read_named(struct reading *reading, json_t *json, enum schema_kind kind, const char *space,
                               uint32_t depth, uint32_t *type)
{
    const char *word = json_string_value(json_object_get(json, "name"));
    const char *own_space = json_string_value(json_object_get(json, "namespace"));
    enum verdict verdict = add_type(reading, kind, json, type);

    if (verdict != GO_ON)
        return verdict;
    struct name *name = &reading->names[reading->name_count];
    if (word == NULL || !name_join(name->text, own_space != NULL ? own_space : space, word))
        return invalid(reading, "a named type without a name, or a name over 511 bytes", word);
    if (name_find(reading, name->text) != NULL)
        return invalid(reading, "two types of one name", name->text);
    name->type = *type;
    reading->name_count++;

    if (kind == KIND_ENUM)
        return read_symbols(reading, json, *type);
    if (kind == KIND_FIXED) {
        json_int_t size = json_integer_value(json_object_get(json, "size"));
        if (!json_is_integer(json_object_get(json, "size")) || size < 0 || size > INT32_MAX)
            return invalid(reading, "a fixed without a proper size", word);
        reading->schema->types[*type].size = (uint32_t)size;
        return GO_ON;
    }
    char inner[NAME_SIZE];
    memcpy(inner, name->text, sizeof(inner));
    char *dot = strrchr(inner, '.');
    *(dot != NULL ? dot : inner) = '\0'; /* names within are in the record's namespace */
    return read_fields(reading, json, inner, depth, *type);
}

static enum verdict read_object(struct reading *reading, json_t *json, const char *space, uint32_t depth,
                                uint32_t *type)
{
    json_t *inner = json_object_get(json, "type");
    const char *word = json_string_value(inner);
    enum schema_kind kind;

    if (word == NULL)
        return read_type(reading, inner, space, depth + 1, type); /* {"type": {...}} */
    if (!kind_parse(word, KIND_FIXED, KIND_RECORD, &kind) || kind == KIND_UNION)
        return read_word(reading, json, word, space, type);
    if (kind != KIND_ARRAY && kind != KIND_MAP)
        return read_named(reading, json, kind, space, depth, type);

    enum verdict verdict = add_type(reading, kind, json, type);
    if (verdict == GO_ON)
        verdict = add_links(reading, *type, 1);
    uint32_t element = 0;
    if (verdict == GO_ON)
        verdict = read_type(reading, json_object_get(json, kind == KIND_ARRAY ? "items" : "values"), space, depth + 1,
                            &element);
    if (verdict == GO_ON)
        reading->schema->links[reading->schema->types[*type].first] = element;
    return verdict;
}

static enum verdict read_type(struct reading *reading, json_t *json, const char *space, uint32_t depth, uint32_t *type)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return invalid(reading, "types nested deeper than 32", space);
    if (json_is_string(json))
        return read_word(reading, json, json_string_value(json), space, type);
    if (json_is_array(json))
        return read_union(reading, json, space, depth, type);
    if (json_is_object(json))
        return read_object(reading, json, space, depth, type);
    return invalid(reading, "a type that is no text, list or object", space);
}

/*
 * The fewest bytes of a type. Only records are looked into, since any other composite takes at least the byte of its
 * index or count; so 0 is exact, and a record that holds itself outright (no value of it is finite) shows as a cycle.
 */
static bool measure(struct schema *schema, uint32_t index)
{
    static const uint64_t least_of_kind[KIND_COUNT] = {
        [KIND_BOOLEAN] = 1, [KIND_INT] = 1,  [KIND_LONG] = 1,  [KIND_FLOAT] = 4, [KIND_DOUBLE] = 8, [KIND_BYTES] = 1,
        [KIND_STRING] = 1,  [KIND_ENUM] = 1, [KIND_ARRAY] = 1, [KIND_MAP] = 1,   [KIND_UNION] = 1,
    };
    struct schema_type *type = &schema->types[index];
    uint64_t sum = 0;

    if (type->least != UNMEASURED)
        return type->least != MEASURING;
    if (type->kind != KIND_RECORD) {
        type->least = type->kind == KIND_FIXED ? type->size : least_of_kind[type->kind];
        return true;
    }
    type->least = MEASURING;
    for (uint32_t i = 0; i < type->count; i++) {
        uint32_t child = schema->links[type->first + i];
        if (!measure(schema, child))
            return false;
        sum += schema->types[child].least;
        if (sum > LEAST_MAX)
            sum = LEAST_MAX;
    }
    type->least = sum;
    return true;
}

static enum verdict measure_all(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->schema->type_count; i++) {
        if (!measure(reading->schema, i))
            return invalid(reading, "a record that holds itself without end",
                           json_string_value(json_object_get(reading->schema->sources[i], "name")));
    }
    return GO_ON;
}

static enum verdict ask_libavro(struct span text, struct reason *why)
{
    avro_schema_t schema = NULL;

    if (avro_schema_from_json_length(text.bytes, text.size, &schema) != 0)
        return reason_set(why, HALT, SCHEMA_INVALID, 0, "libavro: %.300s", avro_strerror());
    avro_schema_decref(schema);
    return GO_ON;
}

static enum verdict load(struct span text, json_t **root, struct reason *why)
{
    json_error_t error;

    *root =
        json_loadb(text.bytes != NULL ? text.bytes : "", text.size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (*root == NULL)
        return reason_set(why, HALT, SCHEMA_INVALID, 0, "not JSON: %.150s, line %d", error.text, error.line);
    return GO_ON;
}

/* A registry answers with the schema as a text in JSON. Saved as it came, it is taken for what it has. */
static enum verdict unwrap(struct schema *schema, struct span *text, struct reason *why)
{
    const json_t *inner = json_object_get(schema->root, "schema");
    const char *type = json_string_value(json_object_get(schema->root, "schemaType"));

    if (!json_is_string(inner) || json_object_get(schema->root, "type") != NULL)
        return GO_ON;
    if (type != NULL && strcmp(type, "AVRO") != 0)
        return reason_set(why, HALT, SCHEMA_INVALID, 0, "a registry's answer with a schema of type %.40s, not AVRO",
                          type);
    if (json_array_size(json_object_get(schema->root, "references")) > 0)
        return reason_set(why, HALT, SCHEMA_INVALID, 0,
                          "a registry's answer that refers to other schemas: save the schema with these written out");
    schema->wrapper = schema->root;
    schema->root = NULL;
    *text = (struct span){json_string_value(inner), json_string_length(inner)};
    return load(*text, &schema->root, why);
}

enum verdict schema_open(struct schema *schema, struct span text, struct reason *why)
{
    uint32_t type;

    *schema = (struct schema){0};
    if (text.size > SCHEMA_TEXT_MAX)
        return reason_set(why, HALT, SCHEMA_INVALID, 0, "the schema has %zu bytes, at most %u are read", text.size,
                          SCHEMA_TEXT_MAX);
    enum verdict loaded = load(text, &schema->root, why);
    if (loaded == GO_ON)
        loaded = unwrap(schema, &text, why);
    if (loaded != GO_ON)
        return loaded;
    schema->types = calloc(SCHEMA_TYPES_MAX, sizeof(*schema->types));
    schema->links = calloc(SCHEMA_TYPES_MAX, sizeof(*schema->links));
    schema->sources = calloc(SCHEMA_TYPES_MAX, sizeof(*schema->sources));
    struct reading reading = {.schema = schema, .names = calloc(SCHEMA_TYPES_MAX, sizeof(struct name)), .why = why};
    enum verdict verdict = GO_ON;
    if (schema->types == NULL || schema->links == NULL || schema->sources == NULL || reading.names == NULL)
        verdict = no_memory(why, "for a schema");
    if (verdict == GO_ON)
        verdict = read_type(&reading, schema->root, "", 1, &type);
    if (verdict == GO_ON)
        verdict = measure_all(&reading);
    free(reading.names);
    return verdict == GO_ON ? ask_libavro(text, why) : verdict;
}

void schema_close(struct schema *schema)
{
    json_decref(schema->root);
    json_decref(schema->wrapper);
    free(schema->sources);
    free(schema->links);
    free(schema->types);
    *schema = (struct schema){0};
}
