#include "decimal.h"

#include <math.h>

#include "gentally/base/json.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The number behind an 'e', at most in the thousands. */
static bool exponent_read(struct span text, long *exponent)
{
    bool is_negative = text.size > 0 && text.bytes[0] == '-';
    long number = 0;

    if (text.size > 0 && (text.bytes[0] == '-' || text.bytes[0] == '+'))
        text = (struct span){text.bytes + 1, text.size - 1};
    if (text.size == 0 || text.size > 4)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.bytes[i]))
            return false;
        number = 10 * number + (text.bytes[i] - '0');
    }
    *exponent = is_negative ? -number : number;
    return true;
}

bool decimal_read(struct span text, struct decimal *decimal)
{
    bool has_point = false, has_digit = false;
    size_t at = 0;
    long exponent = 0;

    *decimal = (struct decimal){.is_negative = text.size > 0 && text.bytes[0] == '-'};
    for (at = decimal->is_negative ? 1 : 0; at < text.size; at++) {
        char byte = text.bytes[at];
        if (byte == '.' && !has_point && has_digit) {
            has_point = true;
            continue;
        }
        if (!is_digit(byte))
            break;
        has_digit = true;
        decimal->whole += has_point ? 0 : 1;
        if (decimal->count < DECIMAL_DIGITS_MAX)
            decimal->digits[decimal->count++] = byte;
    }
    if (!has_digit)
        return false;
    if (at < text.size) {
        if ((text.bytes[at] != 'e' && text.bytes[at] != 'E') ||
            !exponent_read((struct span){text.bytes + at + 1, text.size - at - 1}, &exponent))
            return false;
    }
    decimal->whole += exponent;
    return true;
}

bool decimal_scale(const struct decimal *decimal, long places, int64_t *number)
{
    long end = decimal->whole + places;

    *number = 0;
    for (long i = 0; i < end && (i < decimal->count || *number != 0); i++) {
        int digit = i < decimal->count ? decimal->digits[i] - '0' : 0;
        if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, digit, number))
            return false;
    }
    bool is_up = end >= 0 && end < decimal->count && decimal->digits[end] >= '5';
    return !is_up || !__builtin_add_overflow(*number, 1, number);
}

bool decimal_of_real(double real, struct decimal *decimal)
{
    char text[JSON_REAL_MAX];

    if (!isfinite(real))
        return false;
    return decimal_read((struct span){text, (size_t)(json_put_real(text, real) - text)}, decimal);
}

bool decimal_is_zero(const struct decimal *decimal)
{
    for (long i = 0; i < decimal->count; i++)
        if (decimal->digits[i] != '0')
            return false;
    return true;
}
