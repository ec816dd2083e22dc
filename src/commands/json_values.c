/* Only strings and brackets are told apart: what is between them is the business of who reads the value. */
#include "json_values.h"

#include "gentally/base/looks.h"
#include "input_kind.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static char *bytes_of(const struct input *input)
{
    return input->bytes + input->begin;
}

static size_t size_of(const struct input *input)
{
    return input->end - input->begin;
}

/* Reads on; false at the end of the input. A value that a signal cut is none. */
static bool read_on(struct input *input, enum verdict *verdict, struct reason *why)
{
    if (input->is_end)
        return false;
    *verdict = input_more(input, why);
    if (*verdict != GO_ON)
        return false;
    if (input->is_stopped) {
        input->is_end = true;
        input->begin = input->end;
        return false;
    }
    return true;
}

/* Looks at the first byte that is not blank, and whether its line has more than it. */
static enum verdict form_find(struct json_values *values, struct reason *why)
{
    struct input *input = values->input;
    enum verdict verdict = GO_ON;
    size_t at = 0;

    while (size_of(input) < sizeof(UTF8_MARK) - 1 && read_on(input, &verdict, why))
        continue;
    if (verdict == GO_ON && size_of(input) > 0) {
        struct span all = {bytes_of(input), size_of(input)};
        input->begin += all.size - without_mark(all).size;
    }
    do {
        while (at < size_of(input) && is_blank(bytes_of(input)[at]))
            at++;
    } while (verdict == GO_ON && at == size_of(input) && read_on(input, &verdict, why));
    values->form = VALUES_OF_LINES;
    if (verdict != GO_ON || at == size_of(input))
        return verdict;
    if (bytes_of(input)[at] == '[')
        values->form = VALUES_OF_TEXT;
    if (bytes_of(input)[at] != '{')
        return GO_ON;
    at++;
    do { /* the rest of an object's first line */
        while (at < size_of(input) && is_blank(bytes_of(input)[at]) && bytes_of(input)[at] != '\n')
            at++;
    } while (at == size_of(input) && read_on(input, &verdict, why));
    if (at < size_of(input) && bytes_of(input)[at] == '\n')
        values->form = VALUES_OF_TEXT;
    return verdict;
}

/* Where a scan is in a value. */
struct scan {
    size_t at;
    unsigned depth;
    bool is_in_string, is_escaped;
};

/* Goes on over what was read; true at the value's end. A value without brackets ends where the next thing begins. */
static bool scan_value(struct scan *scan, const char *bytes, size_t size)
{
    for (; scan->at < size; scan->at++) {
        char byte = bytes[scan->at];
        if (scan->is_in_string) {
            scan->is_in_string = scan->is_escaped || byte != '"';
            scan->is_escaped = !scan->is_escaped && byte == '\\';
            continue;
        }
        if (scan->depth == 0 && scan->at > 0 && (byte == ',' || byte == ']' || byte == '{' || byte == '\n'))
            return true;
        scan->is_in_string = byte == '"';
        scan->depth += byte == '{' || byte == '[' ? 1 : 0;
        if ((byte == '}' || byte == ']') && scan->depth > 0 && --scan->depth == 0) {
            scan->at++;
            return true;
        }
    }
    return false;
}

/* Passes over what stands between values: blanks, commas, the brackets of the array. */
static enum verdict pass_between(struct input *input, struct reason *why)
{
    enum verdict verdict = GO_ON;

    do {
        while (size_of(input) > 0 && (is_blank(*bytes_of(input)) || strchr(",[]", *bytes_of(input)) != NULL) &&
               *bytes_of(input) != '\0')
            input->begin++;
    } while (size_of(input) == 0 && read_on(input, &verdict, why));
    return verdict;
}

static enum verdict text_next(struct json_values *values, struct span *value, struct reason *why)
{
    struct input *input = values->input;
    struct scan scan = {0};
    enum verdict verdict = pass_between(input, why);

    *value = (struct span){NULL, 0};
    if (verdict != GO_ON || size_of(input) == 0)
        return verdict;
    while (!scan_value(&scan, bytes_of(input), size_of(input)) && read_on(input, &verdict, why))
        continue;
    if (verdict != GO_ON || size_of(input) == 0)
        return verdict;
    *value = (struct span){bytes_of(input), scan.at};
    input->begin += scan.at;
    values->number++;
    return GO_ON;
}

static enum verdict line_next(struct json_values *values, struct span *value, struct reason *why)
{
    enum verdict verdict;
    size_t blanks;

    do {
        verdict = input_line(values->input, value, why);
        if (verdict != GO_ON || value->bytes == NULL)
            return verdict;
        values->number++;
        for (blanks = 0; blanks < value->size && is_blank(value->bytes[blanks]); blanks++)
            continue;
    } while (blanks == value->size);
    return GO_ON;
}

enum verdict json_values_next(struct json_values *values, struct span *value, struct reason *why)
{
    bool is_first = values->form == VALUES_UNSEEN;
    enum verdict verdict = is_first ? form_find(values, why) : GO_ON;

    *value = (struct span){NULL, 0};
    if (verdict == GO_ON && values->form == VALUES_OF_TEXT)
        return text_next(values, value, why);
    if (verdict == GO_ON)
        verdict = line_next(values, value, why);
    if (verdict == GO_ON && is_first && value->bytes != NULL)
        verdict = input_kind_check(*value, why);
    return verdict;
}

const char *json_values_unit(const struct json_values *values)
{
    return values->form == VALUES_OF_TEXT ? "record" : "line";
}
