/*
 * One spelling for all ways in which a version is written. A name is read as parts, runs of digits and runs of other
 * signs ("claude" "4" "5" "sonnet"), which are written out with one '-' between them, but for those that say nothing.
 */
#include <assert.h>

#include "gentally/core/model_name.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_separator(char byte)
{
    return byte == '-' || byte == '.' || byte == '_' || byte == ' ';
}

/* Of the parts of a name, "claude" "4" "5" "sonnet": runs of letters or of digits. */
static struct span next_part(struct span *text)
{
    size_t begin = 0, end;

    while (begin < text->size && is_separator(text->bytes[begin]))
        begin++;
    for (end = begin; end < text->size && !is_separator(text->bytes[end]); end++)
        if (end > begin && is_digit(text->bytes[end]) != is_digit(text->bytes[end - 1]))
            break;
    struct span part = {text->bytes + begin, end - begin};
    *text = (struct span){text->bytes + end, text->size - end};
    return part;
}

static size_t put_part(struct span part, char *out, size_t size)
{
    if (size > 0 && out[size - 1] != '/' && part.bytes[0] != '/')
        out[size++] = '-';
    memcpy(out + size, part.bytes, part.size);
    return size + part.size;
}

static bool is_digits(struct span part)
{
    return part.size > 0 && is_digit(part.bytes[0]);
}

/* Anthropic's version stands before its tier or behind it: always behind here, and "4-0" is "4". */
static size_t fold_claude(struct span *rest, char *out, size_t size)
{
    static const char *const tiers[] = {"haiku", "sonnet", "opus", "fable"};
    struct span ahead = *rest, version[2] = {{NULL, 0}, {NULL, 0}}, part = next_part(&ahead);
    size_t count = 0;
    bool is_tier = false;

    for (; count < 2 && is_digits(part) && part.size < 3; part = next_part(&ahead))
        version[count++] = part;
    for (size_t i = 0; i < LENGTH_OF(tiers); i++)
        is_tier = is_tier || span_equal(part, span_of(tiers[i]));
    if (!is_tier)
        return size;
    size = put_part(part, out, size);
    *rest = ahead;
    for (; count < 2; count++) {
        part = next_part(&ahead);
        if (!is_digits(part) || part.size > 2)
            break;
        version[count] = part;
        *rest = ahead;
    }
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !span_equal(version[i], span_of("0")))
            size = put_part(version[i], out, size);
    return size;
}

static bool is_part(struct span part, const char *word)
{
    return span_equal(part, span_of(word));
}

/* What words before say nothing, by the name's first word. */
enum idle { IDLE_NONE, IDLE_LLAMA, IDLE_DEEPSEEK, IDLE_MIXTRAL, IDLE_KIMI, IDLE_GEMINI };

static enum idle idle_of(struct span first)
{
    static const char *const words[] = {"", "llama", "deepseek", "mixtral", "kimi", "gemini"};

    for (unsigned i = 1; i < LENGTH_OF(words); i++)
        if (is_part(first, words[i]))
            return (enum idle)i;
    return IDLE_NONE;
}

/* Words that say nothing where they stand: Fireworks' "2p5" and "v3p1", "deepseek-chat-v3.1", "kimi-k2-instruct" (its
 * base model says "base"), and the only versions there are of "mixtral-...-v0.1" and "gemini-2.0-flash-001". */
static bool is_idle(enum idle idle, struct span before, struct span part, struct span rest)
{
    bool is_v = part.size == 1 && part.bytes[0] == 'v', is_p = part.size == 1 && part.bytes[0] == 'p';

    if (is_p)
        return is_digits(before) && is_digits(next_part(&rest));
    switch (idle) {
    case IDLE_LLAMA:
        return is_v && is_part(before, "llama") && is_digits(next_part(&rest));
    case IDLE_DEEPSEEK:
        return is_part(part, "chat") && is_part(next_part(&rest), "v");
    case IDLE_MIXTRAL:
        return (is_v && is_part(next_part(&rest), "0")) || (is_part(before, "v") && is_part(part, "0")) ||
               (is_part(before, "0") && is_part(part, "1") && rest.size == 0);
    case IDLE_KIMI:
        return is_part(part, "instruct");
    case IDLE_GEMINI:
        return is_part(part, "001") && rest.size == 0;
    case IDLE_NONE:
    default:
        return false;
    }
}

/* The number of two digits, if it is in [min, max]. */
static bool is_between(const char *digits, int min, int max)
{
    int number = 10 * (digits[0] - '0') + (digits[1] - '0');

    return number >= min && number <= max;
}

/* Writes numbers that are written without their dot or dash with it: Azure's "gpt-35", "0709" as the day it is. */
static size_t fold_part(struct span before, struct span part, char *out, size_t size)
{
    bool is_version = is_part(before, "gpt") && is_part(part, "35");
    bool is_day =
        part.size == 4 && is_digits(part) && is_between(part.bytes, 1, 12) && is_between(part.bytes + 2, 1, 31);

    if (!is_version && !is_day)
        return put_part(part, out, size);
    size = put_part((struct span){part.bytes, part.size / 2}, out, size);
    return put_part((struct span){part.bytes + part.size / 2, part.size / 2}, out, size);
}

struct span model_name_fold(struct span name, char folded[NAME_FOLDED_MAX])
{
    const char *found = name.size == 0 ? NULL : memchr(name.bytes, '/', name.size);
    size_t slash = found == NULL ? name.size : (size_t)(found - name.bytes), size = 0;
    struct span rest = name, before = {NULL, 0};
    enum idle idle = IDLE_NONE;

    assert(name.size <= EVENT_TEXT_MAX);
    if (slash + 1 < name.size) { /* an author's name is not spelled otherwise */
        memcpy(folded, name.bytes, slash + 1);
        size = slash + 1;
        rest = (struct span){name.bytes + slash + 1, name.size - slash - 1};
    }
    for (struct span part = next_part(&rest); part.size > 0; before = part, part = next_part(&rest)) {
        if (before.size == 0)
            idle = idle_of(part);
        if (!is_idle(idle, before, part, rest))
            size = fold_part(before, part, folded, size);
        if (before.size == 0 && is_part(part, "claude"))
            size = fold_claude(&rest, folded, size);
    }
    assert(size <= NAME_FOLDED_MAX);
    return (struct span){folded, size};
}
