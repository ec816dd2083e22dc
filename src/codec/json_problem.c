/*
 * jansson tells at which byte it stopped, and quotes the line, which may be private. So the line is walked here once
 * more, up to that byte: its strings and brackets alone say in which field the fault is, and the word that stands there
 * what it is.
 */
#include "gentally/codec/json_problem.h"

#include <ctype.h>
#include <jansson.h>

#include "gentally/base/looks.h"

#define NAME_MAX 64 /* bytes of a field's name that are shown */

/* Where a walk along a line is. */
struct walk {
    struct span line;
    size_t at, end; /* `end`: where jansson stopped */
    unsigned depth;
    struct span string; /* the last one of the outermost object; then, behind a colon, the field's name */
    struct span field;
    size_t value;      /* where the value begins that it stopped in, or a string */
    bool is_in_string; /* that it stopped in */
};

bool json_name_is_plain(struct span name)
{
    for (size_t index = 0; index < name.size; index++)
        if (!isalnum((unsigned char)name.bytes[index]) && name.bytes[index] != '_' && name.bytes[index] != '-')
            return false;
    return name.size > 0;
}

/* Passes over a string, from its quote; false if it has no end before the walk's. */
static bool walk_string(struct walk *walk)
{
    size_t begin = ++walk->at;

    for (; walk->at < walk->end; walk->at++) {
        if (walk->line.bytes[walk->at] == '\\')
            walk->at++;
        else if (walk->line.bytes[walk->at] == '"')
            break;
    }
    if (walk->at >= walk->end) {
        walk->is_in_string = true;
        return false;
    }
    if (walk->depth == 1)
        walk->string = (struct span){walk->line.bytes + begin, walk->at - begin};
    return true;
}

static void walk_line(struct walk *walk)
{
    for (; walk->at < walk->end; walk->at++) {
        char byte = walk->line.bytes[walk->at];
        bool is_value = strchr("{}[]:, \t\r\n", byte) == NULL || byte == '\0';
        bool was_value = walk->at > 0 && strchr("{}[]:, \t\r\n", walk->line.bytes[walk->at - 1]) == NULL;

        if (is_value && !was_value)
            walk->value = walk->at;
        if (byte == '"' && !walk_string(walk))
            return;
        walk->depth += byte == '{' || byte == '[' ? 1 : 0;
        walk->depth -= (byte == '}' || byte == ']') && walk->depth > 0 ? 1 : 0;
        if (walk->depth == 1 && byte == ':')
            walk->field = walk->string;
        if (walk->depth == 1 && byte == ',')
            walk->field = (struct span){NULL, 0};
    }
}

/* The word that the walk ended in, with what of it is still to come. */
static struct span word_of(const struct walk *walk)
{
    size_t end = walk->value;

    while (end < walk->line.size && strchr("{}[]:, \t\r\n\"", walk->line.bytes[end]) == NULL)
        end++;
    return (struct span){walk->line.bytes + walk->value, end - walk->value};
}

static bool is_word(struct span word, const char *const words[], size_t count)
{
    for (size_t index = 0; index < count; index++)
        if (span_equal(word, span_of(words[index])))
            return true;
    return false;
}

static bool is_number_like(struct span word)
{
    size_t digits = 0;

    for (size_t index = 0; index < word.size; index++)
        digits += isdigit((unsigned char)word.bytes[index]) != 0;
    return digits > 0 && (isdigit((unsigned char)word.bytes[0]) || strchr("+-.", word.bytes[0]) != NULL);
}

/* NULL: nothing is known of such a word. */
static const char *word_problem(struct span word)
{
    static const char *const no_numbers[] = {"NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "Inf", "-Inf"};
    static const char *const pythons[] = {"None", "True", "False"};
    static const char *const others[] = {"undefined", "nil", "NULL", "Null", "TRUE", "FALSE", "NA"};

    if (is_word(word, no_numbers, LENGTH_OF(no_numbers)))
        return "is NaN or an infinity, which is no JSON: write a number, or null if there is none";
    if (is_word(word, pythons, LENGTH_OF(pythons)))
        return "is None, True or False, which is Python: json.dumps() writes JSON";
    if (is_word(word, others, LENGTH_OF(others)))
        return "is a word that is no JSON: it has null, true and false, in lower case";
    if (word.size > 0 && (word.bytes[0] == '\'' || word.bytes[0] == '`'))
        return "is in other quotation marks than JSON's, which are \"";
    if (is_number_like(word))
        return "is written like no JSON number: those are decimal, without a leading 0 or +";
    return NULL;
}

/* Half of a pair stands for no character: \ud83d alone, or the two in the wrong order. */
static bool has_half_pair(struct span line, size_t begin, size_t end)
{
    for (size_t at = begin; at + 6 <= line.size && at < end; at++)
        if (memcmp(line.bytes + at, "\\u", 2) == 0 && (line.bytes[at + 2] | 0x20) == 'd' &&
            strchr("89abAB", line.bytes[at + 3]) != NULL && line.bytes[at + 3] != '\0')
            return true;
    return false;
}

static const char *string_problem(const struct walk *walk, enum json_error_code code)
{
    if (has_half_pair(walk->line, walk->value, walk->end))
        return "has half of a surrogate pair (\\ud83d), which is no character";
    if (code == json_error_invalid_utf8)
        return "has a text that is not UTF-8";
    return "has a text that does not end, or a control character or a backslash that is not escaped";
}

/* {"a": 1,} and [1,]: as JavaScript and Python have it. */
static bool is_comma_too_many(const struct walk *walk)
{
    size_t at = walk->end;

    if (walk->is_in_string || at == 0 || strchr("}]", walk->line.bytes[at - 1]) == NULL)
        return false;
    for (at--; at > 0 && strchr(" \t\r\n", walk->line.bytes[at - 1]) != NULL; at--)
        ;
    return at > 0 && walk->line.bytes[at - 1] == ',';
}

/* What stands behind the line's object, or the value that it is instead. */
static const char *line_problem(const struct walk *walk, enum json_error_code code)
{
    size_t at = walk->end > 0 ? walk->end - 1 : 0;

    if (code == json_error_invalid_syntax && is_comma_too_many(walk))
        return "a comma before a closing bracket, where JSON has none";
    if (code == json_error_premature_end_of_input)
        return "the object does not end on its line: `jq -c .` writes each on one";
    if (code != json_error_end_of_input_expected)
        return NULL;
    while (at < walk->line.size && strchr(" \t\r\n", walk->line.bytes[at]) != NULL)
        at++;
    if (at < walk->line.size && walk->line.bytes[at] == '{')
        return "more than one object on a line: `jq -c .` writes each on its own";
    if (at < walk->line.size && walk->line.bytes[at] == ',')
        return "a comma behind the object, as in an array: `sed 's/,$//'` takes it off";
    return "something stands behind the object";
}

static const char *begin_problem(struct span line)
{
    const char *look = looks_like(line);

    if (look != NULL)
        return look;
    switch (line.bytes[0]) {
    case '{':
        return NULL;
    case '[':
    case ']':
        return "an array: `jq -c '.[]'` writes each element on a line";
    case '"':
        return "it begins with a text: is it CSV? Events are JSON objects, one a line";
    default:
        if (line.size >= 5 && memcmp(line.bytes, "data:", 5) == 0)
            return "a server-sent event: `sed -n 's/^data: *//p'` takes its data";
        return memchr(line.bytes, ',', line.size) != NULL || memchr(line.bytes, ';', line.size) != NULL
                   ? "it begins with no {: is it CSV? Events are JSON objects, one a line"
                   : "it begins with no {: events are JSON objects, one a line";
    }
}

static const char *field_problem(const struct walk *walk, enum json_error_code code)
{
    switch (code) {
    case json_error_duplicate_key:
        return "is given twice";
    case json_error_null_character:
        return "holds U+0000, which readers cannot be given";
    case json_error_numeric_overflow:
        return "is beyond 64 bits";
    case json_error_stack_overflow:
        return "is nested too deep";
    default:
        return walk->is_in_string || code == json_error_invalid_utf8 || walk->line.bytes[walk->value] == '"'
                   ? string_problem(walk, code)
                   : word_problem(word_of(walk));
    }
}

enum verdict json_problem(struct span line, int code, int position, struct reason *why)
{
    struct walk walk = {.line = line, .end = position < 0 ? 0 : (size_t)position};
    bool is_syntax = code != json_error_duplicate_key && code != json_error_null_character &&
                     code != json_error_numeric_overflow && code != json_error_stack_overflow;

    if (walk.end > line.size)
        walk.end = line.size;
    while (walk.at < line.size && isspace((unsigned char)line.bytes[walk.at]))
        walk.at++;
    if (walk.at == line.size)
        return reason_set(why, SET_ASIDE, LINE_NOT_JSON, 0, "the line is blank");
    const char *problem = begin_problem((struct span){line.bytes + walk.at, line.size - walk.at});
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, LINE_NOT_JSON, code, "not one JSON object: %s", problem);
    walk_line(&walk);
    problem = line_problem(&walk, code);
    if (problem != NULL)
        return reason_set(why, SET_ASIDE, LINE_NOT_JSON, code, "not one JSON object: %s", problem);
    problem = field_problem(&walk, code);
    if (problem == NULL)
        return reason_set(why, SET_ASIDE, LINE_NOT_JSON, code, "not one JSON object: stopped at byte %d", position);
    struct span name = code == json_error_duplicate_key ? walk.string : walk.field;
    bool is_shown = name.size <= NAME_MAX && json_name_is_plain(name);
    return reason_set(why, SET_ASIDE, is_syntax ? LINE_NOT_JSON : LINE_FIELD, code, "%.*s %s (byte %d)",
                      is_shown ? (int)name.size : 7, is_shown ? name.bytes : "a field", problem, position);
}
