/*
 * The schema compiler: any bytes as a writer's .avsc. A refusal has a reason; what is accepted is a graph within its
 * bounds. Printed anew from the graph alone, with other names and without attributes, it reads as the same graph; so it
 * does when jansson prints it compactly. Of the plan, every step, branch and symbol lies where the interpreter may
 * look.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>

#include "fuzz.h"
#include "fuzz_avro.h"
#include "gentally/base/bundled.h"
#include "plan.h"

#define PRINT_MAX ((size_t)1 << 20)

struct print {
    const struct schema *schema;
    char *text;
    size_t size;
    unsigned depth;
    bool is_defined[SCHEMA_TYPES_MAX];
};

PRINTF_LIKE(2, 3) static void put(struct print *print, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print->size += (size_t)vsnprintf(print->text + print->size, PRINT_MAX - print->size, format, arguments);
    va_end(arguments);
    CLAIM(print->size < PRINT_MAX);
}

static void print_type(struct print *print, uint32_t index);

static void print_named(struct print *print, const struct schema_type *type, uint32_t index)
{
    print->is_defined[index] = true;
    put(print, "{\"type\":\"%s\",\"name\":\"T%u\"", schema_kind_name(type->kind), (unsigned)index);
    if (type->kind == KIND_FIXED)
        put(print, ",\"size\":%u", (unsigned)type->size);
    if (type->kind == KIND_ENUM)
        put(print, ",\"symbols\":[");
    for (uint32_t i = 0; type->kind == KIND_ENUM && i < type->size; i++)
        put(print, "%s\"s%u\"", i == 0 ? "" : ",", (unsigned)i);
    if (type->kind == KIND_RECORD)
        put(print, ",\"fields\":[");
    for (uint32_t i = 0; i < type->count; i++) {
        put(print, "%s{\"name\":\"f%u\",\"type\":", i == 0 ? "" : ",", (unsigned)i);
        print_type(print, print->schema->links[type->first + i]);
        put(print, "}");
    }
    put(print, type->kind == KIND_FIXED ? "}" : "]}");
}

static void print_type(struct print *print, uint32_t index)
{
    const struct schema_type *type = &print->schema->types[index];

    CLAIM(++print->depth <= SCHEMA_DEPTH_MAX);
    if (type->kind <= KIND_STRING)
        put(print, "\"%s\"", schema_kind_name(type->kind));
    else if (print->is_defined[index])
        put(print, "\"T%u\"", (unsigned)index);
    else if (type->kind == KIND_ARRAY || type->kind == KIND_MAP) {
        put(print, "{\"type\":\"%s\",\"%s\":", schema_kind_name(type->kind),
            type->kind == KIND_ARRAY ? "items" : "values");
        print_type(print, print->schema->links[type->first]);
        put(print, "}");
    } else if (type->kind == KIND_UNION) {
        for (uint32_t i = 0; i < type->count; i++) {
            put(print, i == 0 ? "[" : ",");
            print_type(print, print->schema->links[type->first + i]);
        }
        put(print, "]");
    } else {
        print_named(print, type, index);
    }
    print->depth--;
}

static void claim_same(const struct schema *schema, const char *text, size_t size)
{
    struct schema again;
    struct reason why = {0};

    if (size > SCHEMA_TEXT_MAX) /* an escape became longer, or a name */
        return;
    CLAIM(schema_open(&again, (struct span){text, size}, &why) == GO_ON);
    CLAIM(again.type_count == schema->type_count && again.link_count == schema->link_count);
    for (uint32_t i = 0; i < again.type_count; i++) {
        const struct schema_type *left = &schema->types[i], *right = &again.types[i];
        CLAIM(left->kind == right->kind && left->size == right->size && left->least == right->least);
        CLAIM(left->count == right->count && (left->count == 0 || left->first == right->first));
    }
    CLAIM(memcmp(again.links, schema->links, again.link_count * sizeof(*again.links)) == 0);
    schema_close(&again);
}

/* Fields one after the other; of anything else at least an index, a count, or all its bytes. */
static void claim_least(const struct schema *schema, const struct schema_type *type)
{
    uint64_t sum = type->kind == KIND_NULL     ? 0
                   : type->kind == KIND_FIXED  ? type->size
                   : type->kind == KIND_FLOAT  ? 4
                   : type->kind == KIND_DOUBLE ? 8
                   : type->kind == KIND_RECORD ? 0
                                               : 1;

    for (uint32_t i = 0; type->kind == KIND_RECORD && i < type->count; i++)
        sum += schema->types[schema->links[type->first + i]].least;
    CLAIM(type->least == (sum < UINT64_C(1) << 40 ? sum : UINT64_C(1) << 40));
}

static void claim_bounds(const struct schema *schema)
{
    uint64_t links = 0;

    CLAIM(schema->type_count > 0 && schema->type_count <= SCHEMA_TYPES_MAX && schema->link_count <= SCHEMA_TYPES_MAX);
    for (uint32_t i = 0; i < schema->type_count; i++) {
        const struct schema_type *type = &schema->types[i];
        bool has_children = type->kind >= KIND_ARRAY && type->kind < KIND_COUNT;
        CLAIM(type->kind < KIND_COUNT && (has_children || type->count == 0));
        CLAIM((type->kind != KIND_ARRAY && type->kind != KIND_MAP) || type->count == 1);
        CLAIM((type->kind != KIND_UNION && type->kind != KIND_ENUM) || type->count + type->size > 0);
        CLAIM(type->first <= schema->link_count && type->count <= schema->link_count - type->first);
        claim_least(schema, type);
        links += type->count;
        for (uint32_t k = 0; k < type->count; k++) {
            CLAIM(schema->links[type->first + k] < schema->type_count);
            if (type->kind == KIND_RECORD)
                CLAIM(schema_field_name(schema, i, k) != NULL);
        }
    }
    CLAIM(links == schema->link_count);
}

static void claim_step(const struct plan *plan, const struct schema *schema, const struct plan_step *step)
{
    CLAIM(step->op <= STEP_SKIP && step->target < sizeof(struct event));
    bool is_optional =
        step->op == STEP_TEXT_OPTIONAL || step->op == STEP_INT_OPTIONAL || step->op == STEP_AMOUNT_OPTIONAL;

    if (step->op == STEP_UNION || is_optional)
        CLAIM(step->count > 0 && step->first <= plan->step_count && step->count <= plan->step_count - step->first);
    if (is_optional)
        CLAIM(step->count == 2 && step->null_branch < 2);
    if (step->op == STEP_LABELS || step->op == STEP_RECORD)
        CLAIM(step->first < plan->step_count);
    if (step->op == STEP_SKIP)
        CLAIM(step->first < schema->type_count && plan->types[step->first].least > 0);
    if (step->op == STEP_OP)
        CLAIM(step->count <= plan->symbol_count && step->first <= plan->symbol_count - step->count);
}

static void claim_plan(const struct schema *schema, struct span text)
{
    struct plan plan;
    struct reason why = {0};
    enum verdict verdict = plan_open(&plan, bundled_generation_avsc, text, &why);

    if (verdict == GO_ON) {
        CLAIM(plan.step_count > 0 && plan.step_count <= plan.step_max);
        for (uint32_t i = 0; i < plan.step_count; i++)
            claim_step(&plan, schema, &plan.steps[i]);
        for (uint32_t i = 0; i < plan.symbol_count; i++)
            CLAIM(plan.symbols[i] == SYMBOL_UNKNOWN || plan.symbols[i] <= OP_RETRACT);
    } else {
        CLAIM(verdict == HALT);
        CLAIM_REASON(&why, "SCHEMA-INCOMPATIBLE");
    }
    plan_close(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct print print;
    struct schema schema;
    struct reason why = {0};
    struct span text = copy_exactly((struct span){(const char *)bytes, size});
    enum verdict verdict = schema_open(&schema, text, &why);

    if (print.text == NULL)
        print.text = malloc(PRINT_MAX);
    CLAIM(print.text != NULL);
    if (verdict == GO_ON) {
        claim_bounds(&schema);
        print = (struct print){.schema = &schema, .text = print.text};
        print_type(&print, 0);
        claim_same(&schema, print.text, print.size);
        char *compact = json_dumps(schema.root, JSON_COMPACT | JSON_ENCODE_ANY);
        CLAIM(compact != NULL);
        claim_same(&schema, compact, strlen(compact));
        free(compact);
        claim_plan(&schema, text);
    } else {
        CLAIM(verdict == HALT);
        CLAIM_REASON(&why, "SCHEMA-INVALID");
    }
    schema_close(&schema);
    free_copy(text);
    return 0;
}
