/* A list is cut into its pairs, which are sorted by their text first: then two of one text stand side by side. */
#include "gentally/core/leave_out.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/suggest.h"
#include "gentally/core/vocabulary.h"

/* Not the account: what a namespace is counted by is kept in Redis, where no account may go. */
static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"model", offsetof(struct event, model)},       {"provider", offsetof(struct event, provider)},
    {"app", offsetof(struct event, app)},           {"country", offsetof(struct event, country)},
    {"language", offsetof(struct event, language)}, {"finish_reason", offsetof(struct event, finish_reason)},
};

static enum verdict complain(struct span pair, const char *what, struct reason *why)
{
    return reason_set(why, HALT, CONFIG_VALUE, 0, "leave_out: '%.*s': %s", (int)(pair.size < 80 ? pair.size : 80),
                      pair.bytes, what);
}

static enum verdict complain_of_field(struct span pair, struct span name, struct reason *why)
{
    static const char allowed[] = "allowed is model, provider, app, country, language, finish_reason";
    char wanted[SUGGESTION_NAME_MAX], what[160];

    if (span_equal(name, span_of("account")))
        return complain(name, "accounts cannot be named: this list is kept in Redis, where no account may go", why);
    snprintf(wanted, sizeof(wanted), "%.*s", (int)(name.size < 60 ? name.size : 60), name.bytes);
    struct suggestion suggestion = suggestion_for(wanted);
    for (size_t i = 0; i < LENGTH_OF(fields); i++)
        suggestion_try(&suggestion, fields[i].name);
    const char *meant = suggestion_name(&suggestion);
    snprintf(what, sizeof(what), "no such field; %s%s%s%s", allowed, meant == NULL ? "" : "; did you mean ",
             meant == NULL ? "" : meant, meant == NULL ? "" : "?");
    return complain(pair, what, why);
}

/* How long the pair is that the list begins with: an escape has no comma. */
static size_t pair_size(struct span list)
{
    size_t size = 0;

    while (size < list.size && list.bytes[size] != ',')
        size += list.bytes[size] == '\\' && size + 1 < list.size ? 2 : 1;
    return size;
}

static int compare_pairs(const void *left, const void *right)
{
    return span_compare(*(const struct span *)left, *(const struct span *)right);
}

/* Reads a value behind those that are there. */
static enum verdict read_value(struct leave_out *leave_out, struct leave_out_pair *pair, struct span value,
                               struct span whole, struct reason *why)
{
    char *to = leave_out->values + pair->begin;

    for (size_t i = 0; i < value.size; i++) {
        char sign = value.bytes[i];
        if (sign == '*') {
            if (i + 1 < value.size)
                return complain(whole, "a '*' stands at the end of a value; for the sign itself write \\*", why);
            pair->is_prefix = true;
            continue;
        }
        if (sign == '\\') {
            sign = ++i < value.size ? value.bytes[i] : '\0';
            if (sign != ',' && sign != '*' && sign != '\\')
                return complain(whole, "a \\ stands before ',', '*' or '\\'; for the sign itself write \\\\", why);
        }
        to[pair->size++] = sign;
    }
    if (pair->size == 0)
        return complain(whole, pair->is_prefix ? "a '*' alone would leave out all" : "the value is empty", why);
    if (pair->size > EVENT_TEXT_MAX)
        return complain(whole, "the value is longer than any text of an event, 256 bytes", why);
    return GO_ON;
}

/* Writes a whole value as events count it; its size stays. What a prefix stands for nobody knows. */
static void canonicalise(struct leave_out *leave_out, const struct leave_out_pair *pair)
{
    struct event event = {.created_ms = 0};
    struct span *text = (struct span *)(void *)((char *)&event + fields[pair->field].offset);
    struct canonical_texts texts;
    char *value = leave_out->values + pair->begin;

    if (pair->is_prefix)
        return;
    *text = (struct span){value, pair->size};
    event_canonicalise(&event, &texts);
    assert(text->size == pair->size);
    memmove(value, text->bytes, pair->size);
}

static enum verdict read_pair(struct leave_out *leave_out, struct span text, uint16_t begin, struct reason *why)
{
    struct leave_out_pair *pair = &leave_out->pairs[leave_out->count++];
    const char *equals = text.size == 0 ? NULL : memchr(text.bytes, '=', text.size);

    *pair = (struct leave_out_pair){.begin = begin};
    if (equals == NULL)
        return complain(text, "expected FIELD=VALUE; in a value a comma is written \\,", why);
    struct span name = {text.bytes, (size_t)(equals - text.bytes)};
    while (pair->field < LENGTH_OF(fields) && !span_equal(name, span_of(fields[pair->field].name)))
        pair->field++;
    if (pair->field == LENGTH_OF(fields))
        return complain_of_field(text, name, why);
    enum verdict verdict = read_value(leave_out, pair, (struct span){equals + 1, text.size - name.size - 1}, text, why);
    if (verdict == GO_ON)
        canonicalise(leave_out, pair);
    return verdict;
}

/* Reads pairs that are sorted, and writes them down. */
static enum verdict read_pairs(struct leave_out *leave_out, const struct span texts[], uint32_t count,
                               struct reason *why)
{
    size_t begin = 0, size = 0;

    for (uint32_t i = 0; i < count; i++) {
        enum verdict verdict = read_pair(leave_out, texts[i], (uint16_t)begin, why);
        if (verdict == GO_ON && i > 0 && span_equal(texts[i], texts[i - 1]))
            verdict = complain(texts[i], "named twice", why);
        if (verdict != GO_ON)
            return verdict;
        begin += leave_out->pairs[i].size;
        if (i > 0)
            leave_out->text[size++] = ',';
        memcpy(leave_out->text + size, texts[i].bytes, texts[i].size);
        size += texts[i].size;
    }
    leave_out->text[size] = '\0';
    return GO_ON;
}

static_assert(LEAVE_OUT_MAX == 32 && EVENT_TEXT_MAX == 256, "the messages name the limits");

enum verdict leave_out_parse(const char *list, struct leave_out *leave_out, struct reason *why)
{
    struct span texts[LEAVE_OUT_MAX], rest = span_of(list);
    uint32_t count = 0;

    assert(rest.size < LEAVE_OUT_SIZE);
    memset(leave_out, 0, sizeof(*leave_out));
    while (rest.size > 0) {
        size_t size = pair_size(rest);
        if (count == LEAVE_OUT_MAX)
            return complain((struct span){rest.bytes, size}, "more than 32 pairs", why);
        texts[count++] = (struct span){rest.bytes, size};
        if (size + 1 == rest.size)
            return complain(rest, "nothing follows its comma", why);
        size += size < rest.size ? 1 : 0;
        rest = (struct span){rest.bytes + size, rest.size - size};
    }
    qsort(texts, count, sizeof(texts[0]), compare_pairs);
    return read_pairs(leave_out, texts, count, why);
}

bool leave_out_has(const struct leave_out *leave_out, const struct event *event)
{
    for (uint32_t i = 0; i < leave_out->count; i++) {
        const struct leave_out_pair *pair = &leave_out->pairs[i];
        const struct span *text = (const struct span *)(const void *)((const char *)event + fields[pair->field].offset);
        bool is_long_enough = pair->is_prefix ? text->size >= pair->size : text->size == pair->size;
        if (is_long_enough && memcmp(text->bytes, leave_out->values + pair->begin, pair->size) == 0)
            return true;
    }
    return false;
}
