/* Only what cannot be a slip in one line is told here; lines that are bad by themselves are told one by one. */
#include "input_kind.h"

#include "gentally/base/looks.h"

#define RECORD_SEPARATOR '\x1e'

/* Whether the line has nothing but `byte` and blanks. */
static bool is_alone(struct span line, char byte)
{
    size_t count = 0;

    for (size_t i = 0; i < line.size; i++) {
        if (line.bytes[i] == byte)
            count++;
        else if (line.bytes[i] != ' ' && line.bytes[i] != '\t' && line.bytes[i] != '\r')
            return false;
    }
    return count == 1;
}

/* An object behind a CR: in strings it would stand escaped. */
static bool has_cr_lines(struct span line)
{
    for (size_t i = 0; i + 1 < line.size; i++)
        if (line.bytes[i] == '\r' && line.bytes[i + 1] == '{')
            return true;
    return false;
}

static const char *kind_of(struct span line)
{
    const char *look = looks_like(line);

    if (look != NULL)
        return look;
    line = without_mark(line);
    while (line.size > 0 && (line.bytes[0] == ' ' || line.bytes[0] == '\t'))
        line = (struct span){line.bytes + 1, line.size - 1};
    if (line.size == 0)
        return NULL;
    if (line.bytes[0] == '[')
        return "one JSON array: `jq -c '.[]'` writes each element on a line";
    if (is_alone(line, '{'))
        return "JSON objects over several lines: `jq -c .` writes each on one";
    if (line.bytes[0] == RECORD_SEPARATOR)
        return "a JSON text sequence (RFC 7464): `tr -d '\\036'` makes lines of it";
    return has_cr_lines(line) ? "lines that end in CR alone: `tr '\\r' '\\n'` makes lines of them" : NULL;
}

enum verdict input_kind_check(struct span first, struct reason *why)
{
    const char *kind = kind_of(first);

    return kind == NULL ? GO_ON
                        : reason_set(why, HALT, LINE_NOT_JSON, 0, "standard input is no JSON lines, but %s", kind);
}
