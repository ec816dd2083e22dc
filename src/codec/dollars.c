#include "dollars.h"

#include <ctype.h>

static size_t digits_count(struct span text, size_t first)
{
    size_t index = first;

    while (index < text.size && isdigit((unsigned char)text.bytes[index]))
        index++;
    return index - first;
}

/* Appends a decimal digit; false if the number would leave 64 bits. */
static bool digit_add(int64_t *number, char digit)
{
    return !__builtin_mul_overflow(*number, 10, number) && !__builtin_add_overflow(*number, digit - '0', number);
}

/* What stands at `at`, where the digits of an amount end. */
static const char *dollars_problem(struct span text, size_t at)
{
    char byte = at < text.size ? text.bytes[at] : '\0';

    if (text.size == 0)
        return "must be digits, and is empty: leave it out, or write null";
    if (text.bytes[0] == '-')
        return "must be digits, without a sign: what is below 0 is no cost of a request";
    if (byte == 'e' || byte == 'E')
        return "must be digits, without an exponent: \"0.0000407\"";
    if (byte == ',')
        return "must be digits with a point, without commas";
    return "must be digits, with at most one point between them: no sign, no currency, no blanks";
}

const char *dollars_read(struct span text, int64_t *nano_usd)
{
    static const size_t decimals_max = 9;
    size_t whole = digits_count(text, 0);
    bool has_point = whole < text.size && text.bytes[whole] == '.';
    size_t decimals = has_point ? digits_count(text, whole + 1) : 0;
    if (whole == 0 || (has_point && decimals == 0) || whole + has_point + decimals != text.size)
        return dollars_problem(text, whole + has_point + decimals);
    while (decimals > decimals_max && text.bytes[whole + decimals] == '0')
        decimals--;
    if (decimals > decimals_max)
        return "has more than 9 decimals";

    int64_t number = 0;
    bool fits = true;
    for (size_t index = 0; index < whole; index++)
        fits = fits && digit_add(&number, text.bytes[index]);
    for (size_t index = 1; index <= decimals_max; index++)
        fits = fits && digit_add(&number, index <= decimals ? text.bytes[whole + index] : '0');
    if (!fits)
        return "is too large";
    *nano_usd = number;
    return NULL;
}
