/*
 * An Avro schema as a flat graph, from which plans are compiled and values are skipped. The JSON text is read with
 * jansson, because libavro drops defaults and aliases; a schema that libavro refuses is refused all the same.
 *
 * Types lie in one array, type 0 is the whole schema. The children of a type (fields of a record, branches of a union,
 * the element of an array or map) are `links[first .. first + count)`, each the index of a type. A named type stands
 * once, however often it is referred to, so a recursive schema is a graph with a cycle.
 */
#ifndef GENTALLY_SCHEMA_H
#define GENTALLY_SCHEMA_H

#include "gentally/base/verdict.h"

enum schema_kind {
    KIND_NULL,
    KIND_BOOLEAN,
    KIND_INT,
    KIND_LONG,
    KIND_FLOAT,
    KIND_DOUBLE,
    KIND_BYTES,
    KIND_STRING, /* the primitive kinds end here */
    KIND_FIXED,
    KIND_ENUM,
    KIND_ARRAY,
    KIND_MAP,
    KIND_UNION,
    KIND_RECORD,
    KIND_COUNT
};

#define SCHEMA_TEXT_MAX (256u * 1024u) /* bytes of JSON */
#define SCHEMA_DEPTH_MAX 32u           /* types within types, of a schema and of a value */
#define SCHEMA_TYPES_MAX 4096u         /* types, and links */

struct schema_type {
    enum schema_kind kind;
    uint32_t size;         /* fixed: bytes; enum: symbols */
    uint32_t first, count; /* children */
    uint64_t least;        /* the fewest bytes a value can take; exact where it is 0 */
};

struct json_t; /* jansson's */

struct schema {
    struct schema_type *types;
    uint32_t *links;
    struct json_t **sources; /* of each type: the JSON that defines it */
    uint32_t type_count, link_count;
    struct json_t *root;
    struct json_t *wrapper; /* the registry's answer that the root was in; NULL: none */
};

/* Reads a schema from its JSON text, or from a schema registry's answer, {"schema": "<JSON text>", ...}. The caller
 * closes `schema` whatever the verdict. HALT: SCHEMA-INVALID (with the place), NO-MEMORY. */
MUST_CHECK enum verdict schema_open(struct schema *schema, struct span text, struct reason *why);
void schema_close(struct schema *schema);

/* The name of a field of a record type, by the field's position; borrowed from the schema. */
const char *schema_field_name(const struct schema *schema, uint32_t type, uint32_t position);

const char *schema_kind_name(enum schema_kind kind); /* "null", ..., "record" */

#endif
