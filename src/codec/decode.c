/*
 * The interpreter of plans: follows a plan over a record's bytes, and keeps the plans by schema id. A record that
 * begins with '{', which our framing never does, is an event in JSON, and json_read.h's.
 *
 * Nothing is allocated or copied; texts borrow from the record. Nothing of a message is believed before it is checked:
 * a length against the bytes left, a count against the bytes its elements need at least, nesting against a limit.
 * Fields that the event does not keep are walked over with the same strictness, since a value whose unknown parts are
 * broken was written by something broken.
 *
 * Speed: what nearly all records are is tried by straight code first (decode_straight.h). The cursor is a local copy
 * whose address is never taken outside inline code, so it lives in registers; a field costs one switch, and the common
 * [null, text] is one step; faults are small numbers that become a reason only at the end.
 */
#include "gentally/codec/decode.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cursor.h"
#include "decode_straight.h"
#include "gentally/base/bundled.h"
#include "gentally/base/grow.h"
#include "gentally/codec/json_read.h"
#include "gentally/codec/wire_look.h"
#include "plan.h"
#include "step_read.h"

#define FRAMING_SIZE 5 /* 0x00, schema id */

/* A schema that was learned. */
struct decoder_schema {
    uint32_t id;
    bool is_bundled;
    bool is_straight; /* decode_straight() may try */
    struct plan plan;
};

struct decoder {
    size_t message_bytes_max;
    struct json_reader *json;       /* for events in JSON; holds the texts of those that json_scan.h gives up on */
    struct decoder_schema *schemas; /* sorted by id */
    size_t schema_count, schema_room;
};

/* Where run() stopped, and on which field. */
struct walk {
    struct cursor cursor;
    const struct plan_step *step;
};

static const struct {
    enum reason_id id;
    const char *text;
} FAULTS[FAULT_COUNT] = {
    [FAULT_TRUNCATED] = {DECODE_TRUNCATED, "the message ends inside a value"},
    [FAULT_LENGTH] = {DECODE_LENGTH, "a length is negative or a block's size or count is impossible"},
    [FAULT_VARINT] = {DECODE_VARINT, "a number goes over 10 bytes or 64 bits"},
    [FAULT_RANGE] = {DECODE_RANGE, "a value does not fit the field"},
    [FAULT_NESTING] = {DECODE_RANGE, "values are nested deeper than 32"},
    [FAULT_UTF8] = {DECODE_UTF8, "a text is not UTF-8"},
    [FAULT_NUL] = {DECODE_NUL, "a text holds U+0000, which readers cannot be given"},
    [FAULT_LABELS] = {DECODE_LABELS, "more labels than an event can hold"},
    [FAULT_TRAILING] = {DECODE_TRAILING, "bytes follow the last field"},
};

static enum fault skip(const struct plan *plan, struct cursor *cursor, uint32_t type, unsigned depth);

/* What nobody is given may hold U+0000. */
static enum fault skip_text(struct cursor *cursor)
{
    struct span text;
    enum fault fault = cursor_text(cursor, &text);

    return fault == FAULT_NUL ? SOUND : fault;
}

static enum fault skip_blocks(const struct plan *plan, struct cursor *cursor, const struct schema_type *type,
                              unsigned depth)
{
    uint32_t element = plan->links[type->first];
    bool is_map = type->kind == KIND_MAP;
    uint64_t least = plan->types[element].least + (is_map ? 1 : 0);
    struct block block;
    enum fault fault;

    for (;;) {
        fault = cursor_block(cursor, least, &block);
        if (fault != SOUND || block.count == 0)
            return fault;
        for (uint64_t i = 0; least > 0 && i < block.count; i++) {
            if (is_map) {
                fault = skip_text(cursor);
                if (fault != SOUND)
                    return fault;
            }
            fault = skip(plan, cursor, element, depth + 1);
            if (fault != SOUND)
                return fault;
        }
        fault = cursor_block_end(cursor, &block);
        if (fault != SOUND)
            return fault;
    }
}

static enum fault skip_fields(const struct plan *plan, struct cursor *cursor, const struct schema_type *type,
                              unsigned depth)
{
    for (uint32_t i = 0; i < type->count; i++) {
        enum fault fault = skip(plan, cursor, plan->links[type->first + i], depth + 1);
        if (fault != SOUND)
            return fault;
    }
    return SOUND;
}

/* Walks over one value that the event does not keep. */
static enum fault skip(const struct plan *plan, struct cursor *cursor, uint32_t index, unsigned depth)
{
    const struct schema_type *type = &plan->types[index];
    const unsigned char *bytes;
    uint32_t branch;
    int64_t wide;
    int32_t narrow;
    size_t size;
    bool flag;
    enum fault fault;

    if (depth > SCHEMA_DEPTH_MAX)
        return FAULT_NESTING;
    switch (type->kind) {
    case KIND_NULL:
        return SOUND;
    case KIND_BOOLEAN:
        return cursor_boolean(cursor, &flag);
    case KIND_INT:
        return cursor_int(cursor, &narrow);
    case KIND_LONG:
        return cursor_long(cursor, &wide);
    case KIND_FLOAT:
        return cursor_skip(cursor, sizeof(float));
    case KIND_DOUBLE:
        return cursor_skip(cursor, sizeof(double));
    case KIND_BYTES:
        return cursor_bytes(cursor, &bytes, &size);
    case KIND_STRING:
        return skip_text(cursor);
    case KIND_FIXED:
        return cursor_skip(cursor, type->size);
    case KIND_ENUM:
        return cursor_index(cursor, type->size, &branch);
    case KIND_ARRAY:
    case KIND_MAP:
        return skip_blocks(plan, cursor, type, depth);
    case KIND_UNION:
        fault = cursor_index(cursor, type->count, &branch);
        return fault == SOUND ? skip(plan, cursor, plan->links[type->first + branch], depth + 1) : fault;
    case KIND_RECORD:
        return skip_fields(plan, cursor, type, depth);
    case KIND_COUNT:
        break;
    }
    assert(!"a kind of type");
    return FAULT_RANGE;
}

static ALWAYS_INLINE enum fault read_double(struct cursor *cursor, float *value)
{
    double wide;
    enum fault fault = cursor_double(cursor, &wide);

    if (fault != SOUND)
        return fault;
    if (!(wide >= (double)-FLT_MAX && wide <= (double)FLT_MAX)) /* so that NaN fails too */
        return FAULT_RANGE;
    *value = (float)wide;
    return SOUND;
}

static ALWAYS_INLINE enum fault read_float(struct cursor *cursor, float *value)
{
    enum fault fault = cursor_float(cursor, value);

    return fault == SOUND && !(*value >= -FLT_MAX && *value <= FLT_MAX) ? FAULT_RANGE : fault;
}

static ALWAYS_INLINE enum fault read_whole_as_float(struct cursor *cursor, bool is_int, float *value)
{
    int64_t wide = 0;
    enum fault fault = cursor_long(cursor, &wide);

    if (fault == SOUND && is_int && (wide < INT32_MIN || wide > INT32_MAX))
        return FAULT_RANGE;
    *value = (float)wide;
    return fault;
}

static ALWAYS_INLINE enum fault read_time(struct cursor *cursor, int64_t parts, int64_t *value)
{
    int64_t wide = 0;
    enum fault fault = cursor_long(cursor, &wide);

    *value = wide / parts - (wide % parts < 0 ? 1 : 0);
    return fault;
}

static ALWAYS_INLINE enum fault read_int_as_long(struct cursor *cursor, int64_t *value)
{
    int32_t narrow = 0;
    enum fault fault = cursor_int(cursor, &narrow);

    *value = narrow;
    return fault;
}

static enum fault read_long_as_int(struct cursor *cursor, int32_t *value)
{
    int64_t wide = 0;
    enum fault fault = cursor_long(cursor, &wide);

    if (fault == SOUND && (wide < INT32_MIN || wide > INT32_MAX))
        return FAULT_RANGE;
    *value = (int32_t)wide;
    return fault;
}

static ALWAYS_INLINE enum fault read_op(const struct plan *plan, struct cursor *cursor, const struct plan_step *step,
                                        enum event_op *op)
{
    uint32_t index = 0;
    enum fault fault = cursor_index(cursor, step->count, &index);

    if (fault != SOUND)
        return fault;
    if (plan->symbols[step->first + index] == SYMBOL_UNKNOWN)
        return FAULT_RANGE;
    *op = (enum event_op)plan->symbols[step->first + index];
    return SOUND;
}

/* The step of the branch that the message chose; on a fault, the union's own step. */
static ALWAYS_INLINE const struct plan_step *choose(const struct plan *plan, struct cursor *cursor,
                                                    const struct plan_step *step, enum fault *fault)
{
    uint32_t branch = 0;

    *fault = cursor_index(cursor, step->count, &branch);
    return *fault == SOUND ? &plan->steps[step->first + branch] : step;
}

static enum fault run(const struct plan *plan, const struct plan_step *first, struct walk *walk, char *base);

/* Reads one element of the labels' array: a record, or a union that must have chosen a record. */
static ALWAYS_INLINE enum fault run_label(const struct plan *plan, const struct plan_step *step, struct walk *walk,
                                          struct label *label)
{
    enum fault fault = SOUND;

    if (step->op == STEP_UNION)
        step = choose(plan, &walk->cursor, step, &fault);
    if (fault != SOUND)
        return fault;
    if (step->op != STEP_RECORD)
        return FAULT_RANGE;
    return run(plan, &plan->steps[step->first], walk, (char *)label);
}

static enum fault run_labels(const struct plan *plan, const struct plan_step *step, struct walk *walk,
                             struct event *event)
{
    struct block block;

    for (;;) {
        enum fault fault = cursor_block(&walk->cursor, step->least, &block);
        if (fault != SOUND || block.count == 0)
            return fault;
        if (block.count > EVENT_LABELS_MAX - event->label_count)
            return FAULT_LABELS;
        for (uint64_t i = 0; i < block.count; i++) {
            struct label *label = &event->labels[event->label_count++];
            fault = run_label(plan, &plan->steps[step->first], walk, label);
            if (fault != SOUND)
                return fault;
        }
        fault = cursor_block_end(&walk->cursor, &block);
        if (fault != SOUND)
            return fault;
    }
}

/* Follows a step that leaves the registers anyway: nested walks, and promotions that few writers need. */
static enum fault run_rarely(const struct plan *plan, const struct plan_step *step, struct walk *walk, char *base)
{
    void *target = base + step->target;

    switch (step->op) {
    case STEP_LABELS:
        return run_labels(plan, step, walk, target);
    case STEP_SKIP:
        return skip(plan, &walk->cursor, step->first, 2); /* 1 is the record itself */
    case STEP_TIME:
        return read_time(&walk->cursor, step->count, target);
    case STEP_DOUBLE_AS_FLOAT:
        return read_double(&walk->cursor, target);
    case STEP_INT_AS_FLOAT:
    case STEP_LONG_AS_FLOAT:
        return read_whole_as_float(&walk->cursor, step->op == STEP_INT_AS_FLOAT, target);
    case STEP_LONG_AS_INT:
        return read_long_as_int(&walk->cursor, target);
    case STEP_NULL:
        return SOUND;
    case STEP_UNKNOWN:
        *(int64_t *)target = EVENT_UNKNOWN;
        return SOUND;
    default:
        assert(step->op == STEP_REFUSE);
        return FAULT_RANGE;
    }
}

/* Follows one list of steps; `base` is the event or label it fills. The cursor is copied in and out of `walk`. */
static enum fault run(const struct plan *plan, const struct plan_step *first, struct walk *walk, char *base)
{
    struct cursor cursor = walk->cursor;
    const struct plan_step *step = first;
    enum fault fault = SOUND;

    for (const struct plan_step *next = first; fault == SOUND; next++) {
        step = next;
        if (UNLIKELY(step->op == STEP_UNION)) {
            step = choose(plan, &cursor, step, &fault);
            if (fault != SOUND)
                break;
        }
        void *target = base + step->target;
        switch (step->op) {
        case STEP_END:
            walk->cursor = cursor;
            return SOUND;
        case STEP_TEXT:
            fault = cursor_text(&cursor, target);
            break;
        case STEP_TEXT_OPTIONAL:
            fault = read_optional_text(&cursor, step->null_branch, target);
            break;
        case STEP_LONG:
            fault = cursor_long(&cursor, target);
            break;
        case STEP_INT:
            fault = cursor_int(&cursor, target);
            break;
        case STEP_INT_OPTIONAL:
            fault = read_optional_int(&cursor, step->null_branch, target);
            break;
        case STEP_INT_AS_LONG:
            fault = read_int_as_long(&cursor, target);
            break;
        case STEP_AMOUNT:
            fault = read_amount(&cursor, target);
            break;
        case STEP_AMOUNT_OPTIONAL:
            fault = read_optional_amount(&cursor, step->null_branch, target);
            break;
        case STEP_BOOLEAN:
            fault = cursor_boolean(&cursor, target);
            break;
        case STEP_FLOAT:
            fault = read_float(&cursor, target);
            break;
        case STEP_OP:
            fault = read_op(plan, &cursor, step, target);
            break;
        default:
            walk->cursor = cursor;
            fault = run_rarely(plan, step, walk, base);
            cursor = walk->cursor;
        }
    }
    walk->cursor = cursor;
    walk->step = step;
    return fault;
}

/* The defaults of schemas/generation.avsc. The labels are left as they are: `label_count` guards them. */
static void set_defaults(struct event *event)
{
    static const struct event defaults = {
        .latency_ms = EVENT_ABSENT, .first_token_ms = EVENT_ABSENT, .generation_ms = EVENT_ABSENT, .op = OP_CREATE};

    memcpy(event, &defaults, offsetof(struct event, labels));
}

/* The index of the first schema whose id is not below `schema_id`. */
static size_t find_schema(const struct decoder *decoder, uint32_t schema_id)
{
    size_t begin = 0, end = decoder->schema_count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (decoder->schemas[middle].id < schema_id)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* What does not begin as our framing does: an event in JSON, or nothing that we know. */
static enum verdict decode_unframed(const struct decoder *decoder, struct span value, struct event *event,
                                    struct reason *why)
{
    enum verdict verdict;

    if (value.bytes[0] == '{')
        verdict = json_read_event(decoder->json, value, event, why);
    else
        verdict = reason_set(why, SET_ASIDE, DECODE_FRAMING, 0, "no zero byte and schema id before the body");
    return verdict == GO_ON ? GO_ON : wire_tell(value, verdict, why);
}

enum verdict decode_event(const struct decoder *decoder, struct span value, struct event *event, struct reason *why)
{
    uint32_t schema_id;

    if (value.size == 0)
        return reason_set(why, SET_ASIDE, DECODE_EMPTY, 0, "the record has no value");
    if (value.size > decoder->message_bytes_max)
        return reason_set(why, SET_ASIDE, DECODE_TOO_LARGE, 0, "the value has %zu bytes, at most %zu are read",
                          value.size, decoder->message_bytes_max);
    if (value.size < FRAMING_SIZE || value.bytes[0] != 0)
        return decode_unframed(decoder, value, event, why);
    memcpy(&schema_id, value.bytes + 1, sizeof(schema_id));
    schema_id = be32toh(schema_id);
    size_t at = find_schema(decoder, schema_id);
    if (at == decoder->schema_count || decoder->schemas[at].id != schema_id)
        return wire_tell(
            value,
            reason_set(why, SET_ASIDE, DECODE_SCHEMA_UNKNOWN, 0, "no schema is known under id %u", (unsigned)schema_id),
            why);

    const struct plan *plan = &decoder->schemas[at].plan;
    const unsigned char *begin = (const unsigned char *)value.bytes;
    struct walk walk = {.cursor = {begin + FRAMING_SIZE, begin + value.size}, .step = plan->steps};
    set_defaults(event);
    if (decoder->schemas[at].is_straight) {
        if (LIKELY(decode_straight(walk.cursor, event)))
            return GO_ON;
        set_defaults(event);
    }
    enum fault fault = run(plan, plan->steps, &walk, (char *)event);
    if (LIKELY(fault == SOUND && walk.cursor.at == walk.cursor.end))
        return GO_ON;
    if (fault == SOUND)
        return reason_set(why, SET_ASIDE, FAULTS[FAULT_TRAILING].id, 0, "%s: %zu of %zu", FAULTS[FAULT_TRAILING].text,
                          cursor_left(&walk.cursor), value.size);
    return reason_set(why, SET_ASIDE, FAULTS[fault].id, 0, "%s: field %s, at or before byte %zu of %zu",
                      FAULTS[fault].text, walk.step->name, (size_t)(walk.cursor.at - begin), value.size);
}

enum verdict decoder_open(struct decoder **decoder, size_t message_bytes_max, struct reason *why)
{
    *decoder = calloc(1, sizeof(**decoder));
    if (*decoder == NULL)
        return no_memory(why, "for a decoder");
    (*decoder)->message_bytes_max = message_bytes_max;
    enum verdict verdict = json_reader_open(&(*decoder)->json, why);
    if (verdict == GO_ON)
        verdict = decoder_learn(*decoder, SCHEMA_ID_GENERATION_OLD, bundled_generation_1_avsc, why);
    if (verdict == GO_ON)
        verdict = decoder_learn(*decoder, SCHEMA_ID_GENERATION, bundled_generation_avsc, why);
    for (size_t i = 0; verdict == GO_ON && i < (*decoder)->schema_count; i++)
        (*decoder)->schemas[i].is_bundled = true;
    if (verdict != GO_ON) {
        decoder_close(*decoder);
        *decoder = NULL;
    }
    return verdict;
}

void decoder_close(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    for (size_t i = 0; i < decoder->schema_count; i++)
        plan_close(&decoder->schemas[i].plan);
    free(decoder->schemas);
    json_reader_close(decoder->json);
    free(decoder);
}

/* Makes room for one more schema at `at`. */
static bool insert_schema(struct decoder *decoder, size_t at, uint32_t schema_id)
{
    struct decoder_schema *schemas =
        grow(decoder->schemas, &decoder->schema_room, decoder->schema_count + 1, sizeof(*schemas));

    if (schemas == NULL)
        return false;
    memmove(&schemas[at + 1], &schemas[at], (decoder->schema_count - at) * sizeof(*schemas));
    schemas[at] = (struct decoder_schema){.id = schema_id};
    decoder->schemas = schemas;
    decoder->schema_count++;
    return true;
}

enum verdict decoder_learn(struct decoder *decoder, uint32_t schema_id, struct span schema, struct reason *why)
{
    struct reason inner = {0};
    struct plan plan;
    enum verdict verdict = plan_open(&plan, bundled_generation_avsc, schema, &inner);

    if (verdict != GO_ON) {
        plan_close(&plan);
        return reason_set(why, verdict, inner.id, inner.code, "schema %u: %.400s", (unsigned)schema_id, inner.text);
    }
    size_t at = find_schema(decoder, schema_id);
    bool is_new = at == decoder->schema_count || decoder->schemas[at].id != schema_id;
    if (is_new && !insert_schema(decoder, at, schema_id)) {
        plan_close(&plan);
        return reason_set(why, HALT, NO_MEMORY, 0, "no memory for schema %u", (unsigned)schema_id);
    }
    plan_close(&decoder->schemas[at].plan);
    decoder->schemas[at].plan = plan;
    decoder->schemas[at].is_straight = plan_is_straight(&plan);
    decoder->schemas[at].is_bundled = false;
    return GO_ON;
}

size_t decoder_schema_count(const struct decoder *decoder)
{
    return decoder->schema_count;
}

struct learned_schema decoder_schema(const struct decoder *decoder, size_t index)
{
    assert(index < decoder->schema_count);
    const struct schema_told *told = &decoder->schemas[index].plan.told;
    return (struct learned_schema){decoder->schemas[index].id, told->read.text,   told->skipped.text,
                                   told->defaulted.text,       told->doubts.text, decoder->schemas[index].is_bundled};
}

static const char *or_none(const char *names)
{
    return names == NULL ? "-" : names;
}

void decoder_tell_schema(const struct decoder *decoder, uint32_t schema_id, struct logger *logger)
{
    size_t at = find_schema(decoder, schema_id);

    assert(at < decoder->schema_count && decoder->schemas[at].id == schema_id);
    const struct learned_schema schema = decoder_schema(decoder, at);
    log_line(logger, LOG_LEVEL_INFO, "SCHEMA-LEARNED",
             "schema_id=%" PRIu32 " read=\"%s\" skipped=\"%s\" default=\"%s\"", schema_id, or_none(schema.read),
             or_none(schema.skipped), or_none(schema.defaulted));
    if (schema.doubts != NULL)
        log_line(logger, LOG_LEVEL_WARN, "SCHEMA-DOUBTFUL", "schema_id=%" PRIu32 " text=\"%s\"", schema_id,
                 schema.doubts);
}

uint32_t decoder_schema_id(struct span value)
{
    uint32_t schema_id = 0;

    if (value.size >= FRAMING_SIZE && value.bytes[0] == 0)
        memcpy(&schema_id, value.bytes + 1, sizeof(schema_id));
    return be32toh(schema_id);
}
