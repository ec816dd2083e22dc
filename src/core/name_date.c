/* From the longest form to the shortest, so that no part of a date is taken for one. */
#include "name_date.h"

#include "name_words.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static struct span end_of(struct span name, size_t size)
{
    return (struct span){name.bytes + name.size - size, size};
}

static bool ends_with(struct span name, const char *ending)
{
    size_t size = strlen(ending);

    return name.size >= size && memcmp(name.bytes + name.size - size, ending, size) == 0;
}

static size_t digits_at_end(struct span name)
{
    size_t count = 0;

    while (count < name.size && is_digit(name.bytes[name.size - count - 1]))
        count++;
    return count;
}

static int32_t number_of(struct span text)
{
    int32_t number = 0;

    for (size_t i = 0; i < text.size; i++)
        if (is_digit(text.bytes[i]))
            number = 10 * number + (text.bytes[i] - '0');
    return number;
}

static size_t long_date(struct span name, int32_t *date)
{
    for (int is_dashed = 0; is_dashed < 2; is_dashed++) {
        size_t size = is_dashed ? 10 : 8;
        if (name.size <= size + 1 || name.bytes[name.size - size - 1] != '-' ||
            !name_words_date(end_of(name, size), is_dashed))
            continue;
        *date = number_of(end_of(name, size));
        return size + 1;
    }
    return 0;
}

static size_t preview_date(struct span name, int32_t *date)
{
    char text[11] = "2000-";

    if (name.size <= 6 || name.bytes[name.size - 6] != '-' || name.bytes[name.size - 3] != '-' ||
        !ends_with((struct span){name.bytes, name.size - 6}, "-preview"))
        return 0;
    memcpy(text + 5, end_of(name, 5).bytes, 5);
    if (!name_words_date((struct span){text, 10}, true))
        return 0;
    *date = number_of(end_of(name, 5));
    return 6;
}

static size_t short_date(struct span name, int32_t *date)
{
    char text[9] = "20250101";
    size_t digits = digits_at_end(name);

    if ((digits != 4 && digits != 6) || name.size < digits + 2 || name.bytes[name.size - digits - 1] != '-')
        return 0;
    struct span end = end_of(name, digits);
    bool has_year = end.bytes[0] == '2' && end.bytes[1] >= '3';
    memcpy(has_year ? text + 2 : text + 4, end.bytes, has_year || digits == 4 ? digits : 4);
    if ((digits == 6 && !has_year) || !name_words_date((struct span){text, 8}, false))
        return 0;
    *date = number_of(has_year ? (struct span){text, 8} : (struct span){text + 4, 4});
    if (has_year && digits == 4)
        *date -= *date % 100; /* any day of that month */
    return digits + 1;
}

/* "kimi-k2-0905-preview": a day tells it from the other previews. */
static size_t dated_preview(struct span name)
{
    size_t size = strlen("-preview");
    struct span rest = {name.bytes, name.size - size};

    if (!ends_with(name, "-preview") || memcmp(name.bytes, "kimi-", strlen("kimi-")) != 0 || digits_at_end(rest) != 4 ||
        rest.bytes[rest.size - 5] != '-')
        return 0;
    return size;
}

size_t name_date_size(struct span name, int32_t *date, bool *is_short)
{
    size_t size = name.size <= strlen("kimi-") ? 0 : dated_preview(name);

    if (size == 0)
        size = long_date(name, date);
    if (size == 0)
        size = preview_date(name, date);
    if (size > 0)
        return size;
    size = short_date(name, date);
    *is_short = size > 0;
    return size;
}
