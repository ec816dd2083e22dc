/*
 * Rollups from configuration text, their grouping, and the keys of their rows.
 *
 * People see a key in the store and in Kafka, so keys are text. A key is also an identity, so writing and reading are
 * exact inverses: a row has one spelling, and no other spelling is read.
 */
#include "gentally/core/rollup.h"

#include <assert.h>

static const char hex_digits[] = "0123456789ABCDEF";

/* Cuts `text` at the first `separator`: returns what stands before it and leaves what follows, or the absent span if
 * there is no separator. */
static struct span cut(struct span *text, char separator)
{
    struct span head = *text;
    const char *at = text->size == 0 ? NULL : memchr(text->bytes, separator, text->size);

    if (at == NULL) {
        *text = (struct span){NULL, 0};
        return head;
    }
    head.size = (size_t)(at - head.bytes);
    *text = (struct span){at + 1, text->size - head.size - 1};
    return head;
}

/* What the parser needs for its complaints. */
struct parser {
    const char *text; /* the whole configuration text */
    struct reason *why;
};

static enum verdict complain(const struct parser *parser, struct span at, const char *what)
{
    return reason_set(parser->why, HALT, CONFIG_ROLLUP, 0, "rollups: %s at byte %zu: '%.*s'", what,
                      (size_t)(at.bytes - parser->text) + 1, (int)(at.size < 64 ? at.size : 64), at.bytes);
}

static bool name_is_valid(struct span name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    for (size_t i = 0; i < name.size; i++) {
        if (memchr(allowed, name.bytes[i], sizeof(allowed) - 1) == NULL)
            return false;
    }
    return name.size > 0 && name.size < ROLLUP_NAME_MAX &&
           name.bytes[0] != '_'; /* The store keeps "__n" beside rows. */
}

static bool rollup_has(const struct rollup *rollup, enum dimension dimension)
{
    for (uint32_t i = 0; i < rollup->dim_count; i++) {
        if (rollup->dims[i] == dimension)
            return true;
    }
    return false;
}

static enum verdict parse_dims(const struct parser *parser, struct span text, struct rollup *rollup)
{
    if (text.size == 0)
        return GO_ON;
    while (text.bytes != NULL) {
        enum dimension dimension;
        struct span name = cut(&text, '+');
        if (!dimension_parse(name, &dimension))
            return complain(parser, name, "no such dimension");
        if (rollup_has(rollup, dimension))
            return complain(parser, name, "dimension named twice");
        if (rollup->dim_count == ROLLUP_DIMS_MAX)
            return complain(parser, name, "more than 4 dimensions");
        rollup->dims[rollup->dim_count++] = dimension;
    }
    return GO_ON;
}

static enum verdict parse_one(const struct parser *parser, struct span text, struct rollups *rollups)
{
    struct span dims = text;
    struct span name = cut(&dims, '=');

    if (dims.bytes == NULL)
        return complain(parser, text, "expected name=dimension+dimension");
    if (!name_is_valid(name))
        return complain(parser, name, "a name is 1 to 31 of a-z, 0-9 and '_', which it does not begin with");
    if (rollups_find(rollups, name) != NULL)
        return complain(parser, name, "name given twice");
    if (span_equal(name, span_of(ROLLUP_RETENTION)))
        return complain(parser, name, "a rollup of its own, see the option retention");
    if (rollups->count == ROLLUPS_MAX)
        return complain(parser, name, "more than 16 rollups");

    struct rollup *rollup = &rollups->items[rollups->count++];
    memcpy(rollup->name, name.bytes, name.size);
    return parse_dims(parser, dims, rollup);
}

static_assert(ROLLUP_DIMS_MAX == 4 && ROLLUPS_MAX == 16 && ROLLUP_NAME_MAX == 32, "the messages above name the limits");

enum verdict rollups_parse(const char *text, struct rollups *rollups, struct reason *why)
{
    const struct parser parser = {text, why};
    struct span rest = span_of(text);
    enum verdict verdict = GO_ON;

    assert(text != NULL);
    memset(rollups, 0, sizeof(*rollups));
    while (verdict == GO_ON && rest.bytes != NULL)
        verdict = parse_one(&parser, cut(&rest, ','), rollups);
    if (verdict != GO_ON)
        return verdict;

    const struct rollup *total = rollups_find(rollups, span_of("total"));
    if (total == NULL || total->dim_count > 0)
        return reason_set(why, HALT, CONFIG_ROLLUP, 0,
                          "rollups: 'total=' (without dimensions) must be among them: every other rollup is read "
                          "against it");
    return GO_ON;
}

const struct rollup *rollups_find(const struct rollups *rollups, struct span name)
{
    for (uint32_t i = 0; i < rollups->count; i++) {
        if (span_equal(span_of(rollups->items[i].name), name))
            return &rollups->items[i];
    }
    return NULL;
}

/* True if an event counts equally often in both rollups. */
static bool same_labels(const struct rollup *left, const struct rollup *right)
{
    return rollup_has(left, DIM_CATEGORY) == rollup_has(right, DIM_CATEGORY) &&
           rollup_has(left, DIM_TAG) == rollup_has(right, DIM_TAG);
}

static uint32_t missing_in(const struct rollup *rollup, const struct rollup *base)
{
    uint32_t missing = 0;

    for (uint32_t i = 0; i < rollup->dim_count; i++)
        missing += !rollup_has(base, rollup->dims[i]);
    return missing;
}

/* True if all dimensions have few values, so that even their pairs are few. */
static bool is_narrow(const struct rollup *rollup)
{
    for (uint32_t i = 0; i < rollup->dim_count; i++) {
        if (rollup->dims[i] != DIM_COUNTRY && rollup->dims[i] != DIM_LANGUAGE && rollup->dims[i] != DIM_FINISH_REASON)
            return false;
    }
    return true;
}

/* The base that has all of the rollup's dimensions, or can be given what is missing without growing wide. */
static struct rollup *find_base(struct rollups *bases, const struct rollup *rollup)
{
    for (uint32_t i = 0; i < bases->count; i++) {
        if (same_labels(&bases->items[i], rollup) && missing_in(rollup, &bases->items[i]) == 0)
            return &bases->items[i];
    }
    for (uint32_t i = 0; i < bases->count; i++) {
        struct rollup *base = &bases->items[i];
        if (is_narrow(base) && is_narrow(rollup) && base->dim_count + missing_in(rollup, base) <= ROLLUP_DIMS_MAX)
            return base;
    }
    return NULL;
}

static void group_one(const struct rollups *rollups, uint32_t index, struct grouping *grouping)
{
    const struct rollup *rollup = &rollups->items[index];
    struct rollup *base = find_base(&grouping->bases, rollup);

    if (base == NULL) {
        base = &grouping->bases.items[grouping->bases.count++];
        *base = *rollup;
    }
    for (uint32_t i = 0; i < rollup->dim_count; i++) {
        if (!rollup_has(base, rollup->dims[i]))
            base->dims[base->dim_count++] = rollup->dims[i];
        while (base->dims[grouping->place[index][i]] != rollup->dims[i])
            grouping->place[index][i]++;
    }
    grouping->base[index] = (uint32_t)(base - grouping->bases.items);
}

void rollups_group(const struct rollups *rollups, struct grouping *grouping)
{
    memset(grouping, 0, sizeof(*grouping));
    for (uint32_t dim_count = ROLLUP_DIMS_MAX + 1; dim_count-- > 0;) { /* most dimensions first: fewer are among them */
        for (uint32_t i = 0; i < rollups->count; i++) {
            if (rollups->items[i].dim_count == dim_count)
                group_one(rollups, i, grouping);
        }
    }
}

static bool is_escaped(char byte)
{
    return byte == '|' || byte == '%' || (unsigned char)byte < 0x20;
}

static char *write_value(char *text, struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        char byte = value.bytes[i];
        if (is_escaped(byte)) {
            *text++ = '%';
            *text++ = hex_digits[(unsigned char)byte >> 4];
            *text++ = hex_digits[(unsigned char)byte & 0xf];
        } else {
            *text++ = byte;
        }
    }
    return text;
}

size_t row_key_write(const struct rollup *rollup, const struct span values[], char *text)
{
    size_t name_size = strlen(rollup->name);
    char *end = text + name_size;

    memcpy(text, rollup->name, name_size);
    for (uint32_t i = 0; i < rollup->dim_count; i++) {
        assert(values[i].size <= EVENT_TEXT_MAX);
        *end++ = '|';
        end = write_value(end, values[i]);
    }
    assert((size_t)(end - text) <= ROW_KEY_MAX);
    return (size_t)(end - text);
}

static bool hex_value(char digit, unsigned *value)
{
    const char *at = digit == '\0' ? NULL : strchr(hex_digits, digit);

    *value = at == NULL ? 0 : (unsigned)(at - hex_digits);
    return at != NULL;
}

/* Reads "%XX" at the front of `text`; only what write_value() would have escaped. */
static bool read_escape(struct span text, char *byte)
{
    unsigned high, low;

    if (text.size < 3 || !hex_value(text.bytes[1], &high) || !hex_value(text.bytes[2], &low))
        return false;
    *byte = (char)(high << 4 | low);
    return is_escaped(*byte);
}

/* Decodes into `*text` and moves it behind what was written. */
static bool read_value(struct span escaped, struct span *value, char **text)
{
    char *begin = *text, *end = *text;

    for (size_t i = 0; i < escaped.size; i++) {
        char byte = escaped.bytes[i];
        if (byte == '%') {
            if (!read_escape((struct span){escaped.bytes + i, escaped.size - i}, &byte))
                return false;
            i += 2;
        } else if (is_escaped(byte)) {
            return false;
        }
        *end++ = byte;
    }
    *value = end == begin ? (struct span){NULL, 0} : (struct span){begin, (size_t)(end - begin)};
    *text = end;
    return true;
}

bool row_key_read(struct span key, const struct rollups *rollups, const struct rollup **rollup,
                  struct span values[ROLLUP_DIMS_MAX], char *text)
{
    uint32_t count = 0;

    if (key.size > ROW_KEY_MAX) /* The values are written to `text`, which has no more room. */
        return false;
    *rollup = rollups_find(rollups, cut(&key, '|'));
    if (*rollup == NULL)
        return false;
    while (key.bytes != NULL) {
        struct span escaped = cut(&key, '|');
        if (count == (*rollup)->dim_count || !read_value(escaped, &values[count], &text))
            return false;
        count++;
    }
    if (count != (*rollup)->dim_count)
        return false;
    for (; count < ROLLUP_DIMS_MAX; count++)
        values[count] = (struct span){NULL, 0};
    return true;
}
