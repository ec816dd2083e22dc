/*
 * Takes names of models apart. A name is one text in a buffer; each rule below looks for its ending or beginning and,
 * if it is there, makes the text shorter or turns one sign into another that no rule turns back ('.' and '@' and ':'
 * go,
 * '/' and '-' come), so the walk ends. After every change the form is offered, and the rules are asked again from the
 * first. So the walk depends on nothing but the text, and its last form stays as it is.
 *
 *     bedrock/us-east-1/us.anthropic.claude-sonnet-4-5-20250929-v1:0
 *     us-east-1/us.anthropic.claude-...                               host
 *     us.anthropic.claude-...                                         host
 *     anthropic.claude-...                                            region
 *     anthropic/claude-sonnet-4-5-20250929-v1:0                       vendor
 *     anthropic/claude-sonnet-4-5-20250929-v1                         pin
 *     anthropic/claude-sonnet-4-5-20250929                            pin
 *     anthropic/claude-sonnet-4-5                                     date; by its spelling the catalog knows it
 */
#include "gentally/core/model_name.h"

#include <assert.h>

#include "name_date.h"
#include "name_words.h"

static const char *const step_names[NAME_STEPS] = {
    [NAME_CLEAN] = "clean",         [NAME_CASE] = "case",       [NAME_HOST] = "host",         [NAME_REGION] = "region",
    [NAME_VENDOR] = "vendor",       [NAME_VARIANT] = "variant", [NAME_PIN] = "pin",           [NAME_MODE] = "mode",
    [NAME_PRECISION] = "precision", [NAME_DATE] = "date",       [NAME_LATEST] = "latest",     [NAME_TAG] = "tag",
    [NAME_TUNED] = "tuned",         [NAME_BARE] = "bare",       [NAME_SPELLING] = "spelling",
};

struct walk {
    char text[EVENT_TEXT_MAX];
    size_t begin, end; /* of the form in `text` */
    struct name_guess guess;
};

const char *name_step_name(enum name_step step)
{
    assert(step < NAME_STEPS);
    return step_names[step];
}

static bool step_parse(struct span word, uint32_t *steps)
{
    for (unsigned step = 0; step < NAME_STEPS; step++) {
        if (span_equal(word, span_of(step_names[step]))) {
            *steps |= NAME_STEP(step);
            return true;
        }
    }
    return false;
}

bool name_steps_parse(const char *text, uint32_t *steps)
{
    bool is_all = strcmp(text, "all") == 0;

    *steps = is_all ? NAME_STEPS_ALL : 0;
    if (is_all || strcmp(text, "none") == 0)
        return true;
    for (;; text++) {
        size_t size = strcspn(text, ",");
        if (!step_parse((struct span){text, size}, steps))
            return false;
        text += size;
        if (*text == '\0')
            return true;
    }
}

struct span model_name_author(struct span word)
{
    return name_words_author(word);
}

bool model_name_is_moving(struct span name)
{
    return name_words_moving(name);
}

bool model_name_is_misleading(struct span name)
{
    return name_words_misleading(name);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool has_prefix(struct span text, const char *prefix)
{
    size_t size = strlen(prefix);

    return text.size >= size && memcmp(text.bytes, prefix, size) == 0;
}

static bool has_suffix(struct span text, const char *suffix)
{
    size_t size = strlen(suffix);

    return text.size >= size && memcmp(text.bytes + text.size - size, suffix, size) == 0;
}

/* Where `byte` stands first, or the size. */
static size_t find_byte(struct span text, char byte)
{
    const char *found = text.size == 0 ? NULL : memchr(text.bytes, byte, text.size);

    return found == NULL ? text.size : (size_t)(found - text.bytes);
}

/* "us-east-1", "us-gov-west-1", and Bedrock's "6-month-commitment". */
static bool is_place(struct span word)
{
    static const char term[] = "-month-commitment";
    size_t dashes = 0;

    if (has_suffix(word, term))
        return word.size == sizeof(term) && is_digit(word.bytes[0]);
    if (word.size < 9 || !is_digit(word.bytes[word.size - 1]) || word.bytes[word.size - 2] != '-' ||
        word.bytes[2] != '-')
        return false;
    for (size_t i = 0; i + 1 < word.size; i++) {
        if (word.bytes[i] != '-' && !is_lower(word.bytes[i]))
            return false;
        dashes += word.bytes[i] == '-';
    }
    return dashes <= 3;
}

bool model_name_is_host(struct span word, bool is_deep)
{
    return name_words_host(word) || is_place(word) || (is_deep && name_words_host_deep(word));
}

struct span model_name_base(struct span name)
{
    for (;;) {
        size_t colon = name.size;
        while (colon > 0 && name.bytes[colon - 1] != ':' && name.bytes[colon - 1] != '/')
            colon--;
        if (colon == 0 || name.bytes[colon - 1] != ':')
            return name;
        struct span word = {name.bytes + colon, name.size - colon};
        if (word.size > 0 && !name_words_variant(word))
            return name;
        name.size = colon - 1;
    }
}

static struct span form_of(const struct walk *walk)
{
    return (struct span){walk->text + walk->begin, walk->end - walk->begin};
}

/* The form behind its last '/'. */
static struct span last_of(const struct walk *walk)
{
    struct span form = form_of(walk);
    size_t begin = form.size;

    while (begin > 0 && form.bytes[begin - 1] != '/')
        begin--;
    return (struct span){form.bytes + begin, form.size - begin};
}

static size_t slashes(struct span form)
{
    size_t count = 0;

    for (size_t i = 0; i < form.size; i++)
        count += form.bytes[i] == '/';
    return count;
}

/* ---- the rules: each says whether it changed the form ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* How many bytes of U+200B to U+200D, U+2060, U+FEFF or U+00A0 the text begins with. */
static size_t invisible_size(struct span text)
{
    static const char *const invisible[] = {"\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d",
                                            "\xe2\x81\xa0", "\xef\xbb\xbf", "\xc2\xa0"};

    if ((unsigned char)text.bytes[0] < 0x80)
        return 0;
    for (size_t i = 0; i < LENGTH_OF(invisible); i++)
        if (has_prefix(text, invisible[i]))
            return strlen(invisible[i]);
    return 0;
}

/* Blanks around, and what cannot be seen anywhere. */
static bool clean(struct walk *walk)
{
    size_t kept = walk->begin, before = walk->end - walk->begin;

    for (size_t at = walk->begin; at < walk->end;) {
        size_t skip = invisible_size((struct span){walk->text + at, walk->end - at});
        if (skip == 0)
            walk->text[kept++] = walk->text[at++];
        at += skip;
    }
    walk->end = kept;
    while (walk->end > walk->begin && is_blank(walk->text[walk->end - 1]))
        walk->end--;
    while (walk->end > walk->begin && is_blank(walk->text[walk->begin]))
        walk->begin++;
    return walk->end - walk->begin != before;
}

static bool lower_case(struct walk *walk)
{
    bool is_changed = false;

    for (size_t at = walk->begin; at < walk->end; at++) {
        if (walk->text[at] >= 'A' && walk->text[at] <= 'Z') {
            walk->text[at] = (char)(walk->text[at] - 'A' + 'a');
            is_changed = true;
        }
    }
    return is_changed;
}

static bool cut_host(struct walk *walk)
{
    static const char *const prefixes[] = {"databricks-", "fw-", "hf:", "duo-chat-"};
    struct span form = form_of(walk);
    size_t slash = find_byte(form, '/'), count = slashes(form);

    if (count > 0 && (slash == 0 || model_name_is_host((struct span){form.bytes, slash}, count > 1))) {
        walk->guess.is_chat = walk->guess.is_chat || name_words_chat_host((struct span){form.bytes, slash});
        walk->guess.is_slug = name_words_slug_host((struct span){form.bytes, slash});
        walk->begin += slash + 1;
        return true;
    }
    for (size_t i = 0; i < LENGTH_OF(prefixes); i++) {
        if (has_prefix(form, prefixes[i])) {
            walk->begin += strlen(prefixes[i]);
            walk->guess.is_chat = walk->guess.is_chat || i == 0;
            return true;
        }
    }
    return false;
}

static bool cut_region(struct walk *walk)
{
    struct span form = form_of(walk);
    size_t dot = find_byte(form, '.');

    if (dot == form.size || find_byte(form, '/') < form.size || !name_words_region((struct span){form.bytes, dot}))
        return false;
    struct span rest = {form.bytes + dot + 1, form.size - dot - 1};
    if (name_words_author((struct span){rest.bytes, find_byte(rest, '.')}).size == 0)
        return false;
    walk->begin += dot + 1;
    return true;
}

/* "thedrummer 2/", where a host has two lists of an author's, becomes "thedrummer/". */
static bool drop_second(struct walk *walk, size_t slash)
{
    struct span form = form_of(walk);

    if (slash < 3 || slash == form.size || memcmp(form.bytes + slash - 2, " 2", 2) != 0 ||
        name_words_author((struct span){form.bytes, slash - 2}).size == 0)
        return false;
    memmove(walk->text + walk->begin + 2, walk->text + walk->begin, slash - 2);
    walk->begin += 2;
    return true;
}

/* "anthropic.claude" and "anthropic--claude" become "anthropic/claude". */
static bool part_vendor(struct walk *walk)
{
    struct span form = form_of(walk);
    size_t dot = find_byte(form, '.'), slash = find_byte(form, '/');

    if (slash < form.size)
        return drop_second(walk, slash);
    if (dot + 1 < form.size && name_words_author((struct span){form.bytes, dot}).size > 0) {
        walk->text[walk->begin + dot] = '/';
        walk->guess.is_vendor_dot = true;
        return true;
    }
    for (size_t at = 1; at + 2 < form.size; at++) {
        if (form.bytes[at] != '-' || form.bytes[at + 1] != '-')
            continue;
        if (name_words_author((struct span){form.bytes, at}).size == 0)
            return false;
        memmove(walk->text + walk->begin + 1, walk->text + walk->begin, at); /* over the first of the dashes */
        walk->begin++;
        walk->text[walk->begin + at] = '/';
        return true;
    }
    return false;
}

/* How many bytes at the end say how long to think: ":8192" of "-thinking:8192". */
static size_t budget_size(struct span base)
{
    size_t digits = 0;

    while (digits < base.size && is_digit(base.bytes[base.size - digits - 1]))
        digits++;
    struct span rest = {base.bytes, base.size - digits};
    return digits > 0 && has_suffix(rest, "-thinking:") ? digits + 1 : 0;
}

static bool cut_variant(struct walk *walk)
{
    struct span form = form_of(walk), base = model_name_base(form);

    if (has_suffix(base, "[1m]"))
        base.size -= 4;
    else if (has_suffix(base, "-free") && base.size > 5)
        base.size -= 5;
    else
        base.size -= budget_size(base);
    walk->end -= form.size - base.size;
    return base.size < form.size;
}

static bool is_digits(struct span text, size_t size)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_digit(text.bytes[i]))
            return false;
    return text.size == size;
}

/* "@20250929" becomes "-20250929", "@2407" likewise. */
static bool date_at(struct walk *walk)
{
    struct span last = last_of(walk);
    size_t at = find_byte(last, '@');
    struct span pin = {last.bytes + at + 1, at < last.size ? last.size - at - 1 : 0};

    if (at == 0 || at == last.size || (!name_words_date(pin, false) && !is_digits(pin, 4)))
        return false;
    walk->text[walk->end - (last.size - at)] = '-';
    return true;
}

/* How many bytes at the end are a pin: "@001", "@default", "-maas", ":0", and the "-v1" before it. */
static size_t pin_size(const struct walk *walk)
{
    struct span last = last_of(walk);
    size_t at = find_byte(last, '@'), size = last.size;
    bool is_packed = (walk->guess.steps & NAME_STEP(NAME_PIN)) != 0;
    static const char *const packings[] = {"-maas", "-tee", "-tput"};

    if (at > 0 && at < size) {
        struct span pin = {last.bytes + at + 1, size - at - 1};
        if (pin.size == 8 && is_digits((struct span){pin.bytes, 4}, 4) && pin.bytes[4] == '-')
            return 4; /* "@2411-001" */
        return is_digits(pin, 3) || span_equal(pin, span_of("default")) ? size - at : 0;
    }
    for (size_t i = 0; i < LENGTH_OF(packings); i++)
        if (has_suffix(last, packings[i]) && size > strlen(packings[i]))
            return strlen(packings[i]);
    if (has_suffix(last, "b-cloud") && find_byte(last, ':') < size) /* ollama's "gpt-oss:20b-cloud" */
        return strlen("-cloud");
    if (size > 3 && has_suffix(last, ":0") && is_digit(last.bytes[size - 3]))
        return 2;
    if (size > 3 && last.bytes[size - 3] == '-' && last.bytes[size - 2] == 'v' &&
        (is_packed ? last.bytes[size - 1] >= '1' && last.bytes[size - 1] <= '9'
                   : walk->guess.is_vendor_dot && last.bytes[size - 1] == '1'))
        return 3;
    return is_packed && size > 2 && has_suffix(last, "-1") && !is_digit(last.bytes[size - 3]) ? 2 : 0;
}

/* Groq's names of llama, "-versatile" and "-instant", stand where others write "-instruct". */
static bool cut_groq(struct walk *walk)
{
    static const char *const words[] = {"-versatile", "-instant"};
    struct span last = last_of(walk);

    for (size_t i = 0; i < LENGTH_OF(words); i++) {
        if (!has_prefix(last, "llama-") || !has_suffix(last, words[i]))
            continue;
        walk->end -= strlen(words[i]);
        walk->guess.is_chat = true;
        return true;
    }
    return false;
}

/* Bedrock's "claude-v2:1" is the vendor's "claude-2.1". */
static bool join_claude(struct walk *walk)
{
    static const char old[] = "claude-v2:1", new[] = "claude-2.1";

    if (!span_equal(last_of(walk), span_of(old)))
        return false;
    walk->end -= sizeof(old) - sizeof(new);
    memcpy(walk->text + walk->end - (sizeof(new) - 1), new, sizeof(new) - 1);
    return true;
}

static bool cut_pin(struct walk *walk)
{
    struct span last = last_of(walk);
    size_t size = pin_size(walk);

    walk->end -= size;
    if (size > 0 || cut_groq(walk) || join_claude(walk))
        return true;
    /* Bedrock's "-v0:2" is the vendor's "-v0.2", and tells models apart. */
    if (last.size > 5 && last.bytes[last.size - 2] == ':' && is_digit(last.bytes[last.size - 1]) &&
        has_suffix((struct span){last.bytes, last.size - 2}, "-v0")) {
        walk->text[walk->end - 2] = '.';
        return true;
    }
    return false;
}

static bool cut_ending(struct walk *walk, const char *ending)
{
    struct span last = last_of(walk);
    size_t size = strlen(ending);

    if (last.size <= size || !has_suffix(last, ending))
        return false;
    walk->end -= size;
    return true;
}

/* Whether "-thinking" behind such a name says how the model is asked. Elsewhere it is a model of its own, as Moonshot's
 * first ones and Qwen's up to 3 are. */
static bool has_modes(struct span name)
{
    static const char *const families[] = {
        "claude-",       "gemini-2.5-", "gemini-3", "glm-4.5",   "glm-4.6",   "glm-4.7", "glm-5",    "deepseek-v3.1",
        "deepseek-v3.2", "deepseek-v4", "mimo-v2",  "kimi-k2.5", "kimi-k2.6", "gpt-5",   "qwen3.5-", "qwen3.6-"};

    for (size_t i = 0; i < LENGTH_OF(families); i++)
        if (has_prefix(name, families[i]))
            return true;
    return false;
}

static bool cut_mode(struct walk *walk)
{
    static const char *const modes[] = {"-thinking", "-think", "-nothinking", "-nothink"};
    struct span last = last_of(walk);
    bool is_cut = false;

    if (has_prefix(last, "grok-"))
        return cut_ending(walk, "-non-reasoning") || cut_ending(walk, "-reasoning");
    for (size_t i = 0; i < LENGTH_OF(modes) && !is_cut && has_modes(last); i++)
        is_cut = cut_ending(walk, modes[i]);
    return is_cut;
}

static bool cut_precision(struct walk *walk)
{
    static const char *const endings[] = {"-fp8",  "-fp4",  "-nvfp4", "-mxfp4", "-fp16",     "-bf16",
                                          "-int8", "-int4", "-awq",   "-gguf",  "-fp8-fast", "-fp8-dynamic",
                                          "-4bit", "-6bit", "-8bit",  "-mlx",   "-hf",       "-original"};
    struct span last = last_of(walk);

    for (size_t i = 0; i < LENGTH_OF(endings); i++)
        if (cut_ending(walk, endings[i]))
            return true;
    /* "Turbo" is what hosts of open weights call less precise ones; of a vendor it is another model. */
    if (has_suffix(last, "-instruct-turbo") || has_suffix(last, "-it-turbo"))
        return cut_ending(walk, "-turbo");
    return has_prefix(last, "ernie-") && (cut_ending(walk, "-paddle") || cut_ending(walk, "-pt"));
}

static bool cut_date(struct walk *walk)
{
    bool is_short = false;
    int32_t date = 0;
    size_t size = name_date_size(last_of(walk), &date, &is_short);

    walk->end -= size;
    if (date != 0) { /* of two dates one is none, and no model's day */
        walk->guess.is_date_short = is_short || walk->guess.date != 0;
        walk->guess.date = walk->guess.date != 0 ? INT32_MAX : date;
    }
    return size > 0;
}

/* Whether a number in the name is a version, and not a size ("7b"). */
static bool has_version(struct span name)
{
    for (size_t at = 0; at < name.size;) {
        size_t begin = at;
        while (at < name.size && is_digit(name.bytes[at]))
            at++;
        bool is_size = at < name.size && (name.bytes[at] == 'b' || name.bytes[at] == 'x');
        if (at > begin && !is_size)
            return true;
        at += at == begin;
    }
    return false;
}

static bool cut_latest(struct walk *walk)
{
    static const char ending[] = "-latest";
    struct span last = last_of(walk);

    if (!has_suffix(last, ending))
        return false;
    last.size -= sizeof(ending) - 1;
    if (!has_version(last))
        return false;
    walk->end -= sizeof(ending) - 1;
    return true;
}

/* ":20b" becomes "-20b"; ":30b-a3b" likewise. */
static bool dash_tag(struct walk *walk)
{
    struct span last = last_of(walk);
    size_t colon = find_byte(last, ':'), at = colon + 1;

    while (at < last.size && (is_digit(last.bytes[at]) || last.bytes[at] == '.'))
        at++;
    if (colon == 0 || at == colon + 1 || at >= last.size || last.bytes[at] != 'b')
        return false;
    walk->text[walk->end - (last.size - colon)] = '-';
    walk->guess.is_chat = true;
    return true;
}

static const struct rule {
    enum name_step step;
    bool (*change)(struct walk *walk);
} rules[] = {
    {NAME_CLEAN, clean},        {NAME_CASE, lower_case},         {NAME_HOST, cut_host}, {NAME_REGION, cut_region},
    {NAME_VENDOR, part_vendor}, {NAME_VARIANT, cut_variant},     {NAME_DATE, date_at},  {NAME_PIN, cut_pin},
    {NAME_MODE, cut_mode},      {NAME_PRECISION, cut_precision}, {NAME_DATE, cut_date}, {NAME_LATEST, cut_latest},
    {NAME_TAG, dash_tag},
};

static bool is_hopeless(struct span form)
{
    return form.size == 0 || form.bytes[0] == '~' || has_prefix(form, "arn:") || has_prefix(form, "ft:") ||
           name_words_misleading(form);
}

static bool change(struct walk *walk, uint32_t steps)
{
    for (size_t i = 0; i < LENGTH_OF(rules); i++) {
        if ((steps & NAME_STEP(rules[i].step)) != 0 && rules[i].change(walk)) {
            walk->guess.steps |= NAME_STEP(rules[i].step);
            walk->guess.name = form_of(walk);
            return true;
        }
    }
    return false;
}

bool model_name_walk(struct span name, uint32_t steps, name_look *look, void *context)
{
    struct walk walk = {.begin = 0, .end = name.size};

    if (name.size == 0 || name.size > EVENT_TEXT_MAX)
        return false;
    memcpy(walk.text, name.bytes, name.size);
    walk.guess.name = form_of(&walk);
    while (!is_hopeless(walk.guess.name)) {
        if (look(context, &walk.guess))
            return true;
        if (!change(&walk, steps))
            break;
    }
    return false;
}
