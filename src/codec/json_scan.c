/*
 * Producers write their fields in one order, so the row behind the last one is tried before the table is searched.
 * Whatever is not quite plain ends the walk: nothing is decided here that a second look could see differently.
 */
#include "json_scan.h"

#include "dollars.h"
#include "gentally/base/text.h"
#include "gentally/core/window.h"

#define DIGITS_MAX 18

/* Where the walk is. */
struct scan {
    const char *at, *end;
};

enum kind { TEXT, TIME, AMOUNT, COUNT, DOLLARS, DURATION, FLAG, LABELS, OP };

#define FIELD(name, kind, member)                                                                                      \
    {                                                                                                                  \
        name, sizeof(name) - 1, kind, offsetof(struct event, member)                                                   \
    }

/* As json_read.c has them; in the order of schemas/generation.avsc, the required ones among them. */
static const struct scan_field {
    const char *name;
    size_t size;
    enum kind kind;
    size_t place;
} fields[] = {
    FIELD("id", TEXT, id),
    FIELD("created_at", TIME, created_ms),
    FIELD("model", TEXT, model),
    FIELD("provider", TEXT, provider),
    FIELD("account", TEXT, account),
    FIELD("app", TEXT, app),
    FIELD("country", TEXT, country),
    FIELD("language", TEXT, language),
    FIELD("tokens_prompt", AMOUNT, tokens_prompt),
    FIELD("tokens_completion", AMOUNT, tokens_completion),
    FIELD("tokens_reasoning", COUNT, tokens_reasoning),
    FIELD("tokens_cached", COUNT, tokens_cached),
    FIELD("tokens_cache_write", COUNT, tokens_cache_write),
    FIELD("cost_nano_usd", AMOUNT, cost_nano_usd),
    FIELD("cost_usd", DOLLARS, cost_nano_usd),
    FIELD("is_byok", FLAG, is_byok),
    FIELD("is_free", FLAG, is_free),
    FIELD("is_gateway_cache_hit", FLAG, is_gateway_cache_hit),
    FIELD("streamed", FLAG, streamed),
    FIELD("cancelled", FLAG, cancelled),
    FIELD("finish_reason", TEXT, finish_reason),
    FIELD("tools_offered", FLAG, tools_offered),
    FIELD("latency_ms", DURATION, latency_ms),
    FIELD("first_token_ms", DURATION, first_token_ms),
    FIELD("generation_ms", DURATION, generation_ms),
    FIELD("classified", FLAG, classified),
    FIELD("categories", LABELS, label_count),
    FIELD("op", OP, op),
};
enum { ID, CREATED_AT, MODEL, COST_NANO_USD = 13, COST_USD };

#define BIT(index) (UINT32_C(1) << (index))
/* Null is no value for them; for the tokens, 8 and 9, it is one, but they must be there. */
#define NEVER_NULL (BIT(ID) | BIT(CREATED_AT) | BIT(MODEL))
#define REQUIRED (NEVER_NULL | BIT(8) | BIT(9))

static void blanks(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

/* Takes one byte of syntax, with blanks around it. */
static bool take(struct scan *scan, char byte)
{
    blanks(scan);
    if (scan->at == scan->end || *scan->at != byte)
        return false;
    scan->at++;
    blanks(scan);
    return true;
}

static bool take_word(struct scan *scan, const char *word, size_t size)
{
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    return true;
}
#define TAKE_WORD(scan, literal) take_word(scan, literal, sizeof(literal) - 1)

/* A text without escapes. */
static bool take_text(struct scan *scan, struct span *text)
{
    unsigned char all = 0;

    if (scan->at == scan->end || *scan->at != '"')
        return false;
    const char *begin = ++scan->at;
    for (; scan->at < scan->end; scan->at++) {
        unsigned char byte = (unsigned char)*scan->at;
        if (byte == '"')
            break;
        if (byte < ' ' || byte == '\\')
            return false;
        all |= byte;
    }
    if (scan->at == scan->end)
        return false;
    *text = (struct span){begin, (size_t)(scan->at++ - begin)};
    return all < 0x80 || text_is_sound(*text);
}

/* Digits, and no more than they say; `*count` of them. */
static bool take_digits(struct scan *scan, int64_t *number, size_t *count)
{
    const char *begin = scan->at;

    *number = 0;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9' && scan->at - begin <= DIGITS_MAX)
        *number = 10 * *number + (*scan->at++ - '0');
    *count = (size_t)(scan->at - begin);
    return *count > 0 && *count <= DIGITS_MAX;
}

/* A whole number, as JSON writes it, without a fraction or an exponent. */
static bool take_long(struct scan *scan, int64_t *number)
{
    bool is_negative = scan->at < scan->end && *scan->at == '-';
    size_t count;

    scan->at += is_negative ? 1 : 0;
    const char *begin = scan->at;
    if (!take_digits(scan, number, &count) || (*begin == '0' && count > 1))
        return false;
    if (scan->at < scan->end && (*scan->at == '.' || *scan->at == 'e' || *scan->at == 'E'))
        return false;
    *number = is_negative ? -*number : *number;
    return true;
}

/* A confidence of at most 15 digits: digits and a power of ten are exact as doubles, so their quotient is the double
 * that is nearest to the decimal, as strtod() gives it. */
static bool take_confidence(struct scan *scan, float *confidence)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    int64_t whole, part = 0;
    size_t count, decimals = 0;

    if (!take_digits(scan, &whole, &count) || count != 1 || whole > 1)
        return false;
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        if (!take_digits(scan, &part, &decimals) || decimals >= LENGTH_OF(powers))
            return false;
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E'))
        return false;
    double value = ((double)whole * powers[decimals] + (double)part) / powers[decimals];
    *confidence = (float)value;
    return value <= 1;
}

static bool take_label(struct scan *scan, struct label *label)
{
    bool has_path = false, has_confidence = false;
    struct span name;

    if (!take(scan, '{'))
        return false;
    for (int i = 0; i < 2; i++) {
        if ((i > 0 && !take(scan, ',')) || !take_text(scan, &name) || !take(scan, ':'))
            return false;
        if (!has_path && span_equal(name, span_of("path")))
            has_path = take_text(scan, &label->path);
        else if (!has_confidence && span_equal(name, span_of("confidence")))
            has_confidence = take_confidence(scan, &label->confidence);
        else
            return false;
    }
    return has_path && has_confidence && take(scan, '}');
}

static bool take_labels(struct scan *scan, struct event *event)
{
    if (!take(scan, '['))
        return false;
    if (scan->at < scan->end && *scan->at == ']')
        return take(scan, ']');
    do {
        if (event->label_count == EVENT_LABELS_MAX || !take_label(scan, &event->labels[event->label_count]))
            return false;
        event->label_count++;
    } while (take(scan, ','));
    return take(scan, ']');
}

static bool take_op(struct scan *scan, enum event_op *op)
{
    if (TAKE_WORD(scan, "\"create\""))
        *op = OP_CREATE;
    else if (TAKE_WORD(scan, "\"amend\""))
        *op = OP_AMEND;
    else if (TAKE_WORD(scan, "\"retract\""))
        *op = OP_RETRACT;
    else
        return false;
    return true;
}

static bool take_time(struct scan *scan, int64_t *ms)
{
    struct span text;

    if (scan->at < scan->end && *scan->at != '"')
        return take_long(scan, ms);
    return take_text(scan, &text) && time_read(text, ms) == NULL;
}

static bool take_duration(struct scan *scan, int32_t *ms)
{
    int64_t number;

    if (!take_long(scan, &number) || number < 0 || number > INT32_MAX)
        return false;
    *ms = (int32_t)number;
    return true;
}

static bool take_flag(struct scan *scan, bool *flag)
{
    *flag = TAKE_WORD(scan, "true");
    return *flag || TAKE_WORD(scan, "false");
}

static bool take_value(struct scan *scan, const struct scan_field *field, struct event *event)
{
    void *target = (char *)event + field->place;
    struct span text;

    switch (field->kind) {
    case TEXT:
        return take_text(scan, target);
    case TIME:
        return take_time(scan, target);
    case AMOUNT:
    case COUNT:
        return take_long(scan, target);
    case DOLLARS:
        return take_text(scan, &text) && dollars_read(text, target) == NULL;
    case DURATION:
        return take_duration(scan, target);
    case FLAG:
        return take_flag(scan, target);
    case LABELS:
        return take_labels(scan, event);
    case OP:
        return take_op(scan, target);
    }
    return false;
}

/* The field's place in the table, looked for from `guess` on; the table's length if it is in none. */
static size_t field_find(struct span name, size_t guess)
{
    for (size_t tried = 0; tried < LENGTH_OF(fields); tried++) {
        size_t index = guess + tried < LENGTH_OF(fields) ? guess + tried : guess + tried - LENGTH_OF(fields);
        if (fields[index].size == name.size && memcmp(fields[index].name, name.bytes, name.size) == 0)
            return index;
    }
    return LENGTH_OF(fields);
}

/* Null is unknown for tokens and cost, and otherwise as if the field were left out. */
static bool take_null(size_t index, struct event *event)
{
    const struct scan_field *field = &fields[index];

    if (field->kind == AMOUNT || field->kind == DOLLARS)
        *(int64_t *)((char *)event + field->place) = EVENT_UNKNOWN;
    return (NEVER_NULL & BIT(index)) == 0;
}

bool json_scan_event(struct span line, struct event *event)
{
    static const struct event defaults = {
        .latency_ms = EVENT_ABSENT, .first_token_ms = EVENT_ABSENT, .generation_ms = EVENT_ABSENT};
    struct scan scan = {line.bytes, line.bytes + line.size};
    size_t index = LENGTH_OF(fields) - 1;
    uint32_t seen = 0;
    struct span name;

    if (line.size == 0 || !take(&scan, '{'))
        return false;
    memcpy(event, &defaults, offsetof(struct event, labels)); /* `label_count` guards the labels */
    do {
        if (!take_text(&scan, &name) || !take(&scan, ':'))
            return false;
        index = field_find(name, index + 1 < LENGTH_OF(fields) ? index + 1 : 0);
        if (index == LENGTH_OF(fields) || (seen & BIT(index)) != 0)
            return false;
        seen |= BIT(index);
        if (!(TAKE_WORD(&scan, "null") ? take_null(index, event) : take_value(&scan, &fields[index], event)))
            return false;
    } while (take(&scan, ','));
    bool has_two_costs = (seen & BIT(COST_USD)) != 0 && (seen & BIT(COST_NANO_USD)) != 0;
    return take(&scan, '}') && scan.at == scan.end && (seen & REQUIRED) == REQUIRED && !has_two_costs;
}
