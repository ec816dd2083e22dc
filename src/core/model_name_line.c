/*
 * Mistral names a model by its line and the month it is of; sizes, versions and "-instruct" stand between them or not:
 * "ministral-3-14b-instruct-2512" and "ministral-14b-2512", "mistral-small-2503" and "mistral-small-3.1-24b-instruct".
 * Where two models of a line and a month differ in their size, the size belongs to the line; where a line has one
 * model, the month says nothing.
 */
#include <stdio.h>

#include "gentally/core/model_name.h"
#include "model_name_parts.h"

struct line {
    char *text;
    size_t size;
    struct span month; /* "2503" */
    bool is_single;    /* there is one model of the line */
};

static void put(struct line *line, struct span part)
{
    memcpy(line->text + line->size, part.bytes, part.size);
    line->size += part.size;
    line->text[line->size++] = '-';
}

static bool is_among(struct span part, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (name_part_is(part, words[i]))
            return true;
    return false;
}

static bool is_month(struct span part)
{
    return name_part_is_digits(part) && part.size == 4 && part.bytes[0] == '2' && part.bytes[1] >= '3' &&
           ((part.bytes[2] == '0' && part.bytes[3] > '0') || (part.bytes[2] == '1' && part.bytes[3] <= '2'));
}

/* Reads all parts of the name; false if they are of no such line. */
static bool read_parts(struct line *line, struct span rest)
{
    static const char *const lines[] = {"mistral",   "ministral", "devstral", "codestral",
                                        "magistral", "pixtral",   "voxtral"};
    static const char *const tiers[] = {"large", "medium", "small", "nemo", "saba"};
    struct span first = name_part_next(&rest), ahead = rest, tier = name_part_next(&ahead);
    bool has_sizes = name_part_is(first, "ministral") || name_part_is(first, "pixtral");

    if (!is_among(first, lines, LENGTH_OF(lines)) ||
        (name_part_is(first, "mistral") && !is_among(tier, tiers, LENGTH_OF(tiers))))
        return false;
    line->is_single = name_part_is(tier, "nemo") || name_part_is(tier, "saba");
    put(line, first);
    for (struct span part = name_part_next(&rest); part.size > 0; part = name_part_next(&rest)) {
        ahead = rest;
        bool is_size = name_part_is_digits(part) && name_part_is(name_part_next(&ahead), "b");
        if (is_size) {
            rest = ahead;
            if (has_sizes)
                put(line, part);
        } else if (is_month(part) && rest.size == 0) {
            line->month = part;
        } else if (!name_part_is_digits(part) && !name_part_is(part, "instruct")) {
            put(line, part);
        }
    }
    return true;
}

struct span model_name_line(struct span name, int32_t month, char text[NAME_FOLDED_MAX])
{
    struct line line = {.text = text};
    char digits[16];

    if (name.size == 0 || name.size > EVENT_TEXT_MAX || !read_parts(&line, name))
        return (struct span){NULL, 0};
    if (line.is_single)
        return (struct span){text, line.size};
    if ((line.month.size > 0) == (month > 0))
        return (struct span){NULL, 0};
    if (month > 0) {
        int size = snprintf(digits, sizeof(digits), "%04d", (int)(month % 10000));
        line.month = (struct span){digits, (size_t)size};
    }
    memcpy(text + line.size, line.month.bytes, line.month.size);
    return (struct span){text, line.size + line.month.size};
}
