/*
 * One spelling for all ways in which a version is written. A name is read as parts, runs of digits and runs of other
 * signs ("claude" "4" "5" "sonnet"), which are written out with one '-' between them, but for those that say nothing.
 */
#include <assert.h>

#include "gentally/core/model_name.h"
#include "model_name_parts.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_separator(char byte)
{
    return byte == '-' || byte == '.' || byte == '_' || byte == ' ';
}

struct span name_part_next(struct span *text)
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

bool name_part_is_digits(struct span part)
{
    return part.size > 0 && is_digit(part.bytes[0]);
}

bool name_part_is(struct span part, const char *word)
{
    return span_equal(part, span_of(word));
}

/* Anthropic's and AI21's version stands before its tier or behind it: always behind here, and "4-0" is "4". */
static size_t fold_tier(struct span *rest, char *out, size_t size)
{
    static const char *const tiers[] = {"haiku", "sonnet", "opus", "fable", "mini", "large"};
    struct span ahead = *rest, version[2] = {{NULL, 0}, {NULL, 0}}, part = name_part_next(&ahead);
    size_t count = 0;
    bool is_tier = false;

    for (; count < 2 && name_part_is_digits(part) && part.size < 3; part = name_part_next(&ahead))
        version[count++] = part;
    for (size_t i = 0; i < LENGTH_OF(tiers); i++)
        is_tier = is_tier || span_equal(part, span_of(tiers[i]));
    if (!is_tier)
        return size;
    size = put_part(part, out, size);
    *rest = ahead;
    for (; count < 2; count++) {
        part = name_part_next(&ahead);
        if (!name_part_is_digits(part) || part.size > 2)
            break;
        version[count] = part;
        *rest = ahead;
    }
    if (count == 1 && version[0].size == 2) { /* "opus-41" */
        version[1] = (struct span){version[0].bytes + 1, 1};
        version[0].size = 1;
        count = 2;
    }
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !span_equal(version[i], span_of("0")))
            size = put_part(version[i], out, size);
    return size;
}

/* NVIDIA's version stands before its tier or behind it: always before here. Of the third generation the tier alone
 * tells the size, but for nano's, and the active parameters follow from that. */
static size_t fold_nemotron(struct span *rest, char *out, size_t size)
{
    struct span ahead = *rest, first = name_part_next(&ahead), second = name_part_next(&ahead);
    struct span tier = name_part_is_digits(first) ? second : first,
                version = name_part_is_digits(first) ? first : second, part;
    bool is_nano = name_part_is(tier, "nano");

    if (!name_part_is(version, "3") || (!is_nano && !name_part_is(tier, "super") && !name_part_is(tier, "ultra")))
        return size;
    size = put_part(version, out, size);
    size = put_part(tier, out, size);
    *rest = ahead;
    part = name_part_next(&ahead);
    if (!name_part_is_digits(part) || !name_part_is(name_part_next(&ahead), "b"))
        return size;
    if (is_nano)
        size = put_part(part, out, size);
    if (is_nano)
        size = put_part(span_of("b"), out, size);
    *rest = ahead;
    if (name_part_is(name_part_next(&ahead), "a") && name_part_is_digits(name_part_next(&ahead)) &&
        name_part_is(name_part_next(&ahead), "b"))
        *rest = ahead;
    return size;
}

/* Takes a size, "70" "b", off the front; false and nothing if there is none. */
static bool take_size(struct span *rest, struct span *number)
{
    struct span ahead = *rest;

    *number = name_part_next(&ahead);
    if (!name_part_is_digits(*number) || !name_part_is(name_part_next(&ahead), "b"))
        return false;
    *rest = ahead;
    return true;
}

/* Whether there is nothing but a version, "v" "2" "1", or not even that. */
static bool is_version(struct span rest)
{
    if (rest.size > 0 && !name_part_is(name_part_next(&rest), "v"))
        return false;
    while (rest.size > 0)
        if (!name_part_is_digits(name_part_next(&rest)))
            return false;
    return true;
}

/* Sao10K's size stands before the name or behind it: always behind here, without the version behind that, which follows
 * from the base model: "l3.1-70b-euryale-v2.2" is "l3.1-euryale-70b". */
static size_t fold_l3(struct span *rest, char *out, size_t size)
{
    struct span ahead = *rest, major = name_part_next(&ahead), minor = {NULL, 0}, parts, word, number, tail;

    if (name_part_is(major, "31") || name_part_is(major, "33")) { /* "l31" */
        minor = (struct span){major.bytes + 1, 1};
        major.size = 1;
    }
    if (!name_part_is(major, "3"))
        return size;
    parts = ahead;
    number = name_part_next(&parts);
    tail = parts;
    if (minor.size == 0 && number.size == 1 && name_part_is_digits(number) &&
        !name_part_is(name_part_next(&tail), "b")) {
        minor = number;
        ahead = parts;
    }
    if (!take_size(&ahead, &number)) {
        word = name_part_next(&ahead);
        if (!take_size(&ahead, &number))
            return size;
    } else {
        word = name_part_next(&ahead);
    }
    if ((!name_part_is(word, "euryale") && !name_part_is(word, "lunaris")) || !is_version(ahead))
        return size;
    size = put_part(major, out, size);
    if (minor.size > 0)
        size = put_part(minor, out, size);
    size = put_part(word, out, size);
    size = put_part(number, out, size);
    *rest = (struct span){NULL, 0};
    return put_part(span_of("b"), out, size);
}

/* What words before say nothing, by the name's first word. */
enum idle {
    IDLE_NONE,
    IDLE_LLAMA,
    IDLE_DEEPSEEK,
    IDLE_MIXTRAL,
    IDLE_KIMI,
    IDLE_GEMINI,
    IDLE_NOVA,
    IDLE_QWEN,
    IDLE_PHI
};

static enum idle idle_of(struct span first)
{
    static const char *const words[] = {"", "llama", "deepseek", "mixtral", "kimi", "gemini", "nova", "qwen", "phi"};

    for (unsigned i = 1; i < LENGTH_OF(words); i++)
        if (name_part_is(first, words[i]))
            return (enum idle)i;
    return IDLE_NONE;
}

/* The same of a name that begins with `first` and goes on with `rest`. Of phi one generation alone has one context. */
static enum idle first_idle(struct span first, struct span rest)
{
    enum idle idle = idle_of(first);
    bool is_3_5 = name_part_is(name_part_next(&rest), "3") && name_part_is(name_part_next(&rest), "5");

    return idle == IDLE_PHI && !is_3_5 ? IDLE_NONE : idle;
}

/* Of the parts of llama's names: "v3p1", and "vision", which tells no two models apart. */
static bool is_idle_of_llama(struct span before, struct span part, struct span next)
{
    return (name_part_is(part, "v") && name_part_is(before, "llama") && name_part_is_digits(next)) ||
           name_part_is(part, "vision");
}

/* Skips what follows from the model before "instruct": "scout-17b-16e", "maverick-17b-128e", Bedrock's "scout-17b". */
static void skip_experts(struct span part, struct span *rest)
{
    struct span ahead = *rest, number;
    bool is_scout = name_part_is(part, "scout");

    if ((!is_scout && !name_part_is(part, "maverick")) || !take_size(&ahead, &number) || !name_part_is(number, "17"))
        return;
    struct span experts = ahead;
    if (name_part_is(name_part_next(&experts), is_scout ? "16" : "128") && name_part_is(name_part_next(&experts), "e"))
        ahead = experts;
    struct span next = ahead;
    if (name_part_is(name_part_next(&next), "instruct"))
        *rest = ahead;
}

/* Words that say nothing where they stand: Fireworks' "2p5" and "v3p1", "deepseek-chat-v3.1", "kimi-k2-instruct" (its
 * base model says "base"), and the only versions there are of "mixtral-...-v0.1", "nova-pro-v1", "gemini-3.0" and
 * "gemini-2.0-flash-001". */
static bool is_idle(enum idle idle, struct span before, struct span part, struct span rest)
{
    bool is_v = part.size == 1 && part.bytes[0] == 'v', is_p = part.size == 1 && part.bytes[0] == 'p';

    if (is_p)
        return name_part_is_digits(before) && name_part_is_digits(name_part_next(&rest));
    switch (idle) {
    case IDLE_LLAMA:
        return is_idle_of_llama(before, part, name_part_next(&rest));
    case IDLE_DEEPSEEK:
        return (name_part_is(part, "chat") && name_part_is(name_part_next(&rest), "v")) || name_part_is(part, "tng") ||
               (is_v && name_part_is_digits(name_part_next(&rest)));
    case IDLE_MIXTRAL:
        return (is_v && name_part_is(name_part_next(&rest), "0")) ||
               (name_part_is(before, "v") && name_part_is(part, "0")) ||
               (name_part_is(before, "0") && name_part_is(part, "1") && rest.size == 0);
    case IDLE_KIMI:
        return name_part_is(part, "instruct");
    case IDLE_GEMINI:
        return (name_part_is(part, "001") && rest.size == 0) || (name_part_is(before, "3") && name_part_is(part, "0"));
    case IDLE_NOVA:
        return (is_v && name_part_is(name_part_next(&rest), "1") && rest.size == 0) ||
               (name_part_is(before, "v") && name_part_is(part, "1") && rest.size == 0);
    case IDLE_PHI: /* there is no other context than this */
        return name_part_is(part, "128") || (name_part_is(before, "128") && name_part_is(part, "k"));
    case IDLE_QWEN:
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

/* "35" of Azure's "gpt-35", "qwen35-122b", "minimax-m25"; but a size is one: "qwen-72b". */
static bool is_short_version(struct span before, struct span part, struct span next)
{
    static const char *const families[] = {"gpt", "qwen", "gemini", "glm", "m", "k"};

    if (part.size != 2 || !name_part_is_digits(part) || part.bytes[0] < '2' || part.bytes[1] == '0' ||
        name_part_is(next, "b") || name_part_is(next, "k"))
        return false;
    for (size_t i = 0; i < LENGTH_OF(families); i++)
        if (name_part_is(before, families[i]))
            return true;
    return false;
}

/* Writes numbers that are written without their dot or dash with it: Azure's "gpt-35", "0709" as the day it is. */
static size_t fold_part(struct span before, struct span part, struct span next, char *out, size_t size)
{
    bool is_version = is_short_version(before, part, next);
    bool is_day = part.size == 4 && name_part_is_digits(part) && is_between(part.bytes, 1, 12) &&
                  is_between(part.bytes + 2, 1, 31);

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
    bool is_coder = false, is_gpt = false;

    assert(name.size <= EVENT_TEXT_MAX);
    if (slash + 1 < name.size) { /* an author's name is not spelled otherwise */
        memcpy(folded, name.bytes, slash + 1);
        size = slash + 1;
        rest = (struct span){name.bytes + slash + 1, name.size - slash - 1};
    }
    for (struct span part = name_part_next(&rest); part.size > 0; before = part, part = name_part_next(&rest)) {
        struct span ahead = rest, next = name_part_next(&ahead);
        if (before.size == 0) {
            idle = first_idle(part, rest);
            is_gpt = name_part_is(part, "gpt");
        }
        is_coder = is_coder || (idle == IDLE_QWEN && name_part_is(before, "3") && name_part_is(part, "coder"));
        if (is_gpt && name_part_is(part, "instant")) /* OpenAI's word for people, and for its API */
            size = put_part(span_of("chat"), folded, size);
        else if (!is_idle(idle, before, part, rest) && !(is_coder && name_part_is(part, "instruct")))
            size = fold_part(before, part, next, folded, size);
        if (idle == IDLE_LLAMA)
            skip_experts(part, &rest);
        if (before.size == 0 && (name_part_is(part, "claude") || name_part_is(part, "jamba")))
            size = fold_tier(&rest, folded, size);
        if (before.size == 0 && name_part_is(part, "l"))
            size = fold_l3(&rest, folded, size);
        if (before.size == 0 && name_part_is(part, "nemotron"))
            size = fold_nemotron(&rest, folded, size);
    }
    assert(size <= NAME_FOLDED_MAX);
    return (struct span){folded, size};
}
