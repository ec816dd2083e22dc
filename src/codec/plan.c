/*
 * The schema compiler makes a plan of a writer's schema and the reader's. decode.c interprets the plan.
 *
 * Resolution is that of the Avro 1.11 specification ("Schema Resolution"), with these choices, each on the strict side
 * unless nothing can be lost:
 *  - Names of records and enums need not match: fields and symbols decide. A platform's record is rarely called ours.
 *  - An enum symbol we do not know is set aside with DECODE-RANGE when met, although the reader's enum has a default,
 *    `create`: to count an operation we do not understand as a new event would be wrong, and silently.
 *  - A double is taken for the one float, a label's confidence; no promotion can be lost by that.
 *  - A union of which no branch fits is refused at once, and so is one of which only null does: each value would be set
 *    aside. Of which some fit, when a record chooses another.
 *  - Null is the default where we have one, since some platforms make all fields nullable; but of tokens and cost it
 *    says that nobody knows them.
 *  - A long is read into an int, and one that does not fit is set aside when met.
 *  - A time in microseconds or nanoseconds is floored to milliseconds. Any other logical type on created_at is refused:
 *    the specification would ignore it and read days, or a local time, as milliseconds since 1970.
 */
#include "plan.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "field_names.h"

enum reader_kind {
    WANT_TEXT,
    WANT_LONG,
    WANT_AMOUNT, /* null is EVENT_UNKNOWN */
    WANT_INT,
    WANT_TIME,
    WANT_BOOLEAN,
    WANT_FLOAT,
    WANT_OP,
    WANT_LABELS,
    WANT_LABEL
};

struct reader_field {
    const char *name;
    enum reader_kind kind;
    bool is_nullable;
    bool has_default; /* its value is what decode.c starts each event with */
    uint16_t target;
};

/* One row for each field of schemas/generation.avsc; plan_open() asserts that nothing is missing. */
static const struct reader_field event_fields[] = {
    {"id", WANT_TEXT, false, false, offsetof(struct event, id)},
    {"created_at", WANT_TIME, false, false, offsetof(struct event, created_ms)},
    {"model", WANT_TEXT, false, false, offsetof(struct event, model)},
    {"provider", WANT_TEXT, true, true, offsetof(struct event, provider)},
    {"account", WANT_TEXT, true, true, offsetof(struct event, account)},
    {"app", WANT_TEXT, true, true, offsetof(struct event, app)},
    {"country", WANT_TEXT, true, true, offsetof(struct event, country)},
    {"language", WANT_TEXT, true, true, offsetof(struct event, language)},
    {"tokens_prompt", WANT_AMOUNT, true, false, offsetof(struct event, tokens_prompt)},
    {"tokens_completion", WANT_AMOUNT, true, false, offsetof(struct event, tokens_completion)},
    {"tokens_reasoning", WANT_LONG, false, true, offsetof(struct event, tokens_reasoning)},
    {"tokens_cached", WANT_LONG, false, true, offsetof(struct event, tokens_cached)},
    {"tokens_cache_write", WANT_LONG, false, true, offsetof(struct event, tokens_cache_write)},
    {"cost_nano_usd", WANT_AMOUNT, true, true, offsetof(struct event, cost_nano_usd)},
    {"is_byok", WANT_BOOLEAN, false, true, offsetof(struct event, is_byok)},
    {"is_free", WANT_BOOLEAN, false, true, offsetof(struct event, is_free)},
    {"is_gateway_cache_hit", WANT_BOOLEAN, false, true, offsetof(struct event, is_gateway_cache_hit)},
    {"streamed", WANT_BOOLEAN, false, true, offsetof(struct event, streamed)},
    {"cancelled", WANT_BOOLEAN, false, true, offsetof(struct event, cancelled)},
    {"finish_reason", WANT_TEXT, true, true, offsetof(struct event, finish_reason)},
    {"tools_offered", WANT_BOOLEAN, false, true, offsetof(struct event, tools_offered)},
    {"latency_ms", WANT_INT, true, true, offsetof(struct event, latency_ms)},
    {"first_token_ms", WANT_INT, true, true, offsetof(struct event, first_token_ms)},
    {"generation_ms", WANT_INT, true, true, offsetof(struct event, generation_ms)},
    {"classified", WANT_BOOLEAN, false, true, offsetof(struct event, classified)},
    {"categories", WANT_LABELS, false, true, 0},
    {"op", WANT_OP, false, true, offsetof(struct event, op)},
};

static const struct reader_field label_fields[] = {
    {"path", WANT_TEXT, false, false, offsetof(struct label, path)},
    {"confidence", WANT_FLOAT, false, false, offsetof(struct label, confidence)},
};

static_assert(sizeof(struct event) <= UINT16_MAX, "a target holds any place in an event");
static_assert(EVENT_LABELS_MAX * sizeof(struct label) < sizeof(struct event), "labels are part of the event");

/* The pairs of a wanted and a written kind that need no more than an op. */
static const struct {
    enum reader_kind want;
    enum schema_kind have;
    enum plan_op op;
} PROMOTIONS[] = {
    {WANT_TEXT, KIND_STRING, STEP_TEXT},
    {WANT_TEXT, KIND_BYTES, STEP_TEXT},
    {WANT_LONG, KIND_LONG, STEP_LONG},
    {WANT_LONG, KIND_INT, STEP_INT_AS_LONG},
    {WANT_AMOUNT, KIND_LONG, STEP_AMOUNT},
    {WANT_AMOUNT, KIND_INT, STEP_INT_AS_LONG},
    {WANT_INT, KIND_INT, STEP_INT},
    {WANT_INT, KIND_LONG, STEP_LONG_AS_INT},
    {WANT_BOOLEAN, KIND_BOOLEAN, STEP_BOOLEAN},
    {WANT_FLOAT, KIND_FLOAT, STEP_FLOAT},
    {WANT_FLOAT, KIND_DOUBLE, STEP_DOUBLE_AS_FLOAT},
    {WANT_FLOAT, KIND_INT, STEP_INT_AS_FLOAT},
    {WANT_FLOAT, KIND_LONG, STEP_LONG_AS_FLOAT},
};

static const char *const op_names[] = {[OP_CREATE] = "create", [OP_AMEND] = "amend", [OP_RETRACT] = "retract"};

struct compiler {
    struct plan *plan;
    const struct schema *writer;
    const json_t *label_fields; /* of the reader's schema */
    char problem[256];          /* the first thing that did not fit */
    bool is_out_of_memory;
};

struct record_match { /* of one writer's record: which reader's row each of its fields is for, or -1 */
    int16_t rows[SCHEMA_TYPES_MAX];
};

static bool resolve(struct compiler *compiler, const struct reader_field *row, uint32_t type, uint32_t at);

static bool does_not_fit(struct compiler *compiler, const char *field, const char *what, const char *detail)
{
    if (compiler->problem[0] == '\0')
        snprintf(compiler->problem, sizeof(compiler->problem), "field %s: %s%.100s", field, what, detail);
    return false;
}

/* Room for `count` steps side by side. plan_open() took enough for the worst schema. */
static uint32_t reserve_steps(struct compiler *compiler, uint32_t count)
{
    struct plan *plan = compiler->plan;
    uint32_t first = plan->step_count;

    assert(count <= plan->step_max - first);
    plan->step_count += count;
    return first;
}

static const json_t *find_field(const json_t *fields, const char *name)
{
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *other = json_string_value(json_object_get(json_array_get(fields, i), "name"));
        if (other != NULL && strcmp(name, other) == 0)
            return json_array_get(fields, i);
    }
    return NULL;
}

/* Gives `row` to the writer's field of this name, unless the field has a row already. */
static bool match_name(const struct compiler *compiler, uint32_t record, const char *name, int16_t row,
                       struct record_match *match)
{
    const struct schema_type *type = &compiler->writer->types[record];

    for (uint32_t i = 0; i < type->count; i++) {
        if (match->rows[i] < 0 && strcmp(name, schema_field_name(compiler->writer, record, i)) == 0) {
            match->rows[i] = row;
            return true;
        }
    }
    return false;
}

/* Says which field is missing, and which of the writer's may be meant for it. */
static bool is_missing(struct compiler *compiler, const struct reader_field *rows, size_t row, uint32_t record)
{
    unsigned best = 0;
    char meant[128] = "";

    for (uint32_t i = 0; i < compiler->writer->types[record].count; i++) {
        const char *name = schema_field_name(compiler->writer, record, i);
        unsigned alike = field_names_alike(name, rows[row].name);
        if (alike <= best)
            continue;
        best = alike;
        snprintf(meant, sizeof(meant), "; is it the writer's %.80s?", name);
    }
    return does_not_fit(compiler, rows[row].name, "is missing, and has no default", meant);
}

/* Names before aliases, so that an alias never takes a field from its rightful owner. */
static bool match_fields(struct compiler *compiler, const struct reader_field *rows, size_t row_count,
                         const json_t *reader_fields, uint32_t record, struct record_match *match)
{
    bool is_found[LENGTH_OF(event_fields)] = {false};

    assert(row_count <= LENGTH_OF(is_found));
    memset(match->rows, -1, sizeof(match->rows));
    for (size_t i = 0; i < row_count; i++)
        is_found[i] = match_name(compiler, record, rows[i].name, (int16_t)i, match);
    for (size_t i = 0; i < row_count; i++) {
        const json_t *aliases = json_object_get(find_field(reader_fields, rows[i].name), "aliases");
        for (size_t k = 0; !is_found[i] && k < json_array_size(aliases); k++) {
            const char *alias = json_string_value(json_array_get(aliases, k));
            is_found[i] = alias != NULL && match_name(compiler, record, alias, (int16_t)i, match);
        }
        if (!is_found[i] && !rows[i].has_default)
            return is_missing(compiler, rows, i, record);
    }
    return true;
}

/* ---- what is told ---- */

/* Our field that nothing is read for, and that the writer's is most likely meant for; NULL: none is, or more than one.
 */
static const char *find_meant(const struct reader_field *rows, size_t row_count, const bool *is_read, const char *name)
{
    unsigned best = 0, count = 0;
    const char *meant = NULL;

    for (size_t i = 0; i < row_count; i++) {
        unsigned alike = is_read[i] ? 0 : field_names_alike(name, rows[i].name);
        if (alike == 0 || alike < best)
            continue;
        count = alike > best ? 1 : count + 1;
        best = alike;
        meant = rows[i].name;
    }
    return count == 1 ? meant : NULL;
}

static bool tell_skipped(struct schema_told *told, const char *prefix, const char *name, const char *meant)
{
    bool is_told = told_add(&told->skipped, ", ", prefix, name);

    if (is_told && meant != NULL)
        is_told = told_add(&told->doubts, "; ", prefix, name) &&
                  told_add(&told->doubts, "", "", " is skipped: is it ") &&
                  told_add(&told->doubts, "", prefix, meant) && told_add(&told->doubts, "", "", "?");
    return is_told;
}

/* Notes which fields of a record are read, skipped and defaulted. */
static bool tell_record(struct compiler *compiler, const char *prefix, const struct reader_field *rows,
                        size_t row_count, uint32_t record, const struct record_match *match)
{
    struct schema_told *told = &compiler->plan->told;
    bool is_read[LENGTH_OF(event_fields)] = {false}, is_told = true;
    uint32_t count = compiler->writer->types[record].count;

    for (uint32_t i = 0; i < count; i++)
        if (match->rows[i] >= 0)
            is_read[match->rows[i]] = true;
    for (size_t i = 0; i < row_count && is_told; i++)
        is_told = told_add(is_read[i] ? &told->read : &told->defaulted, ", ", prefix, rows[i].name);
    for (uint32_t i = 0; i < count && is_told; i++) {
        const char *name = schema_field_name(compiler->writer, record, i);
        if (match->rows[i] < 0)
            is_told = tell_skipped(told, prefix, name, find_meant(rows, row_count, is_read, name));
    }
    compiler->is_out_of_memory = compiler->is_out_of_memory || !is_told;
    return is_told;
}

/* ---- steps ---- */

/* Lays the list of steps of a writer's record, END included. */
static bool resolve_record(struct compiler *compiler, const char *prefix, const struct reader_field *rows,
                           size_t row_count, const json_t *reader_fields, uint32_t record, uint32_t *first)
{
    const struct schema *writer = compiler->writer;
    const struct schema_type *type = &writer->types[record];
    struct record_match match;

    *first = reserve_steps(compiler, type->count + 1); /* the rest stay END */
    if (!match_fields(compiler, rows, row_count, reader_fields, record, &match) ||
        !tell_record(compiler, prefix, rows, row_count, record, &match))
        return false;
    uint32_t at = *first;
    for (uint32_t i = 0; i < type->count; i++) {
        uint32_t child = writer->links[type->first + i];
        struct plan_step *step = &compiler->plan->steps[at];
        if (match.rows[i] >= 0) {
            if (!resolve(compiler, &rows[match.rows[i]], child, at++))
                return false;
        } else if (writer->types[child].least > 0) { /* an empty value needs no step */
            *step = (struct plan_step){.op = STEP_SKIP, .first = child, .name = "an unknown field"};
            at++;
        }
    }
    return true;
}

/* [null, X] and [X, null] of the common kinds become one step. */
static void fuse_optional(const struct plan_step *branches, struct plan_step *step)
{
    static const struct {
        enum plan_op null, other, fused;
    } COMMON[] = {
        {STEP_NULL, STEP_TEXT, STEP_TEXT_OPTIONAL},
        {STEP_NULL, STEP_INT, STEP_INT_OPTIONAL},
        {STEP_UNKNOWN, STEP_AMOUNT, STEP_AMOUNT_OPTIONAL},
    };

    for (uint8_t null_branch = 0; step->count == 2 && null_branch < 2; null_branch++) {
        for (size_t i = 0; i < LENGTH_OF(COMMON); i++) {
            if (branches[null_branch].op != COMMON[i].null || branches[1 - null_branch].op != COMMON[i].other)
                continue;
            step->op = (uint8_t)COMMON[i].fused;
            step->null_branch = null_branch;
            return;
        }
    }
}

static bool resolve_union(struct compiler *compiler, const struct reader_field *row, const struct schema_type *type,
                          struct plan_step *step)
{
    bool does_null_fit = false, does_value_fit = false, has_value = false;

    step->op = STEP_UNION;
    step->count = type->count;
    step->first = reserve_steps(compiler, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        uint32_t branch = compiler->writer->links[type->first + i];
        bool is_null = compiler->writer->types[branch].kind == KIND_NULL;
        bool does_fit = resolve(compiler, row, branch, step->first + i);
        has_value = has_value || !is_null;
        does_null_fit = does_null_fit || (does_fit && is_null);
        does_value_fit = does_value_fit || (does_fit && !is_null);
        if (!does_fit)
            compiler->plan->steps[step->first + i] = (struct plan_step){.op = STEP_REFUSE, .name = row->name};
    }
    bool is_good = does_value_fit || (does_null_fit && !has_value);
    if (is_good)
        compiler->problem[0] = '\0'; /* a branch that does not fit is no problem until it is met */
    fuse_optional(&compiler->plan->steps[step->first], step);
    return is_good;
}

static bool resolve_time(struct compiler *compiler, const struct reader_field *row, uint32_t type,
                         struct plan_step *step)
{
    static const struct {
        const char *name;
        uint32_t parts;
    } TIMES[] = {{"timestamp-millis", 1}, {"timestamp-micros", 1000}, {"timestamp-nanos", 1000000}};
    const char *logical = json_string_value(json_object_get(compiler->writer->sources[type], "logicalType"));
    enum schema_kind have = compiler->writer->types[type].kind;

    if (have != KIND_LONG && have != KIND_INT)
        return does_not_fit(compiler, row->name, "no time can be read from the writer's ", schema_kind_name(have));
    if (logical == NULL) {
        step->op = have == KIND_INT ? STEP_INT_AS_LONG : STEP_LONG;
        return true;
    }
    for (size_t i = 0; have == KIND_LONG && i < LENGTH_OF(TIMES); i++) {
        if (strcmp(logical, TIMES[i].name) == 0) {
            step->op = TIMES[i].parts == 1 ? STEP_LONG : STEP_TIME;
            step->count = TIMES[i].parts;
            return true;
        }
    }
    return does_not_fit(compiler, row->name, "not a point in time by its logical type ", logical);
}

static bool resolve_op(struct compiler *compiler, uint32_t type, struct plan_step *step)
{
    struct plan *plan = compiler->plan;
    const json_t *symbols = json_object_get(compiler->writer->sources[type], "symbols");

    step->op = STEP_OP;
    step->first = plan->symbol_count;
    step->count = compiler->writer->types[type].size;
    for (uint32_t i = 0; i < step->count; i++) {
        const char *symbol = json_string_value(json_array_get(symbols, i));
        plan->symbols[step->first + i] = SYMBOL_UNKNOWN;
        for (unsigned op = 0; op < LENGTH_OF(op_names); op++) {
            if (strcmp(symbol, op_names[op]) == 0)
                plan->symbols[step->first + i] = (uint8_t)op;
        }
    }
    plan->symbol_count += step->count;
    return true;
}

static bool resolve_labels(struct compiler *compiler, const struct schema_type *type, struct plan_step *step)
{
    static const struct reader_field label_field = {"categories", WANT_LABEL, false, false, 0};
    uint32_t item = compiler->writer->links[type->first];
    uint64_t least = compiler->writer->types[item].least;

    step->op = STEP_LABELS;
    step->first = reserve_steps(compiler, 1);
    step->least = least < UINT32_MAX ? (uint32_t)least : UINT32_MAX;
    return resolve(compiler, &label_field, item, step->first);
}

static bool resolve(struct compiler *compiler, const struct reader_field *row, uint32_t type, uint32_t at)
{
    struct plan_step *step = &compiler->plan->steps[at];
    const struct schema_type *have = &compiler->writer->types[type];

    *step = (struct plan_step){.op = STEP_NULL, .target = row->target, .name = row->name};
    if (have->kind == KIND_UNION)
        return resolve_union(compiler, row, have, step);
    if (have->kind == KIND_NULL && (row->is_nullable || row->has_default)) {
        step->op = row->kind == WANT_AMOUNT ? STEP_UNKNOWN : STEP_NULL;
        return true;
    }
    for (size_t i = 0; i < LENGTH_OF(PROMOTIONS); i++) {
        if (PROMOTIONS[i].want == row->kind && PROMOTIONS[i].have == have->kind) {
            step->op = (uint8_t)PROMOTIONS[i].op;
            return true;
        }
    }
    if (row->kind == WANT_TIME)
        return resolve_time(compiler, row, type, step);
    if (row->kind == WANT_OP && have->kind == KIND_ENUM)
        return resolve_op(compiler, type, step);
    if (row->kind == WANT_LABELS && have->kind == KIND_ARRAY)
        return resolve_labels(compiler, have, step);
    if (row->kind == WANT_LABEL && have->kind == KIND_RECORD) {
        step->op = STEP_RECORD;
        return resolve_record(compiler, "categories.", label_fields, LENGTH_OF(label_fields), compiler->label_fields,
                              type, &step->first);
    }
    return does_not_fit(compiler, row->name, "cannot be read from the writer's ", schema_kind_name(have->kind));
}

/* The reader's schema and the tables above must tell the same story. */
static const json_t *reader_fields_of(const json_t *reader)
{
    const json_t *fields = json_object_get(reader, "fields");

    assert(json_array_size(fields) == LENGTH_OF(event_fields));
    for (size_t i = 0; i < LENGTH_OF(event_fields); i++) {
        const json_t *field = find_field(fields, event_fields[i].name);
        assert(field != NULL);
        assert((json_object_get(field, "default") != NULL) == event_fields[i].has_default);
    }
    return fields;
}

/* Leaves empty fields (null, fixed of no bytes) out of records, so that each step of a skip moves on by a byte, and a
 * small message cannot cost much time. */
static void drop_empty_fields(const struct schema *schema)
{
    for (uint32_t i = 0; i < schema->type_count; i++) {
        struct schema_type *type = &schema->types[i];
        uint32_t kept = 0;

        if (type->kind != KIND_RECORD)
            continue;
        for (uint32_t k = 0; k < type->count; k++) {
            uint32_t child = schema->links[type->first + k];
            if (schema->types[child].least > 0)
                schema->links[type->first + kept++] = child;
        }
        type->count = kept;
    }
}

/* Every field and branch gives at most one step as part of the event and one as part of a label, every record one END
 * for each, every array one step for its element. */
static enum verdict make_room(struct plan *plan, const struct schema *writer, struct reason *why)
{
    size_t symbol_max = 1;

    for (uint32_t i = 0; i < writer->type_count; i++)
        symbol_max += writer->types[i].kind == KIND_ENUM ? writer->types[i].size : 0;
    plan->step_max = 2 * (writer->link_count + writer->type_count) + 1;
    plan->steps = calloc(plan->step_max, sizeof(*plan->steps));
    plan->symbols = calloc(symbol_max, sizeof(*plan->symbols));
    if (plan->steps == NULL || plan->symbols == NULL)
        return no_memory(why, "for a plan");
    return GO_ON;
}

static enum verdict compile(struct plan *plan, const json_t *reader, const struct schema *writer, struct reason *why)
{
    struct compiler compiler = {.plan = plan, .writer = writer};
    const json_t *fields = reader_fields_of(reader);
    const json_t *labels = json_object_get(find_field(fields, "categories"), "type");
    uint32_t first = 0;

    compiler.label_fields = json_object_get(json_object_get(labels, "items"), "fields");
    if (writer->types[0].kind != KIND_RECORD)
        return reason_set(why, HALT, SCHEMA_INCOMPATIBLE, 0, "the schema is a %s, not a record",
                          schema_kind_name(writer->types[0].kind));
    enum verdict verdict = make_room(plan, writer, why);
    if (verdict != GO_ON)
        return verdict;
    bool is_good = resolve_record(&compiler, "", event_fields, LENGTH_OF(event_fields), fields, 0, &first);
    if (compiler.is_out_of_memory)
        return no_memory(why, "for a plan");
    if (!is_good)
        return reason_set(why, HALT, SCHEMA_INCOMPATIBLE, 0, "%s", compiler.problem);
    assert(first == 0);
    return GO_ON;
}

enum verdict plan_open(struct plan *plan, struct span reader, struct span writer, struct reason *why)
{
    struct schema schema;
    json_t *reader_json = json_loadb(reader.bytes, reader.size, 0, NULL);

    *plan = (struct plan){0};
    assert(reader_json != NULL);
    enum verdict verdict = schema_open(&schema, writer, why);
    if (verdict == GO_ON)
        verdict = compile(plan, reader_json, &schema, why);
    if (verdict == GO_ON) {
        drop_empty_fields(&schema);
        plan->types = schema.types;
        plan->links = schema.links;
        schema.types = NULL;
        schema.links = NULL;
    }
    schema_close(&schema);
    json_decref(reader_json);
    return verdict;
}

void plan_close(struct plan *plan)
{
    free(plan->steps);
    free(plan->symbols);
    free(plan->types);
    free(plan->links);
    schema_told_free(&plan->told);
    *plan = (struct plan){0};
}
