#include "quantity_read.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "decimal.h"
#include "gentally/base/calendar.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: up to here a double is exact */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool all_digits(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_digit(text.bytes[i]))
            return false;
    return text.size > 0;
}

/* Reads digits alone; false if there are other bytes, or more than 63 bits. */
static bool digits_read(struct span text, int64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++)
        if (!is_digit(text.bytes[i]) || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, text.bytes[i] - '0', number))
            return false;
    return text.size > 0;
}

static struct span text_of(const json_t *json)
{
    return (struct span){json_string_value(json), json_string_length(json)};
}

const char *read_count(const json_t *json, void *target)
{
    int64_t count = 0;

    if (json_is_string(json)) {
        if (!digits_read(text_of(json), &count))
            return "must be a whole number, or its digits as a text";
    } else if (json_is_integer(json)) {
        count = json_integer_value(json);
    } else if (json_is_real(json)) {
        double real = json_real_value(json);
        if (!(real >= -EXACT_MAX && real <= EXACT_MAX))
            return "is too large";
        if (real != floor(real))
            return "must be a whole number, and has a fraction";
        count = (int64_t)real;
    } else {
        return "must be a whole number";
    }
    if (count < 0)
        return "must not be below 0";
    *(int64_t *)target = count;
    return NULL;
}

/* A number, or a number in a text. */
static bool number_read(const json_t *json, struct decimal *decimal)
{
    char digits[24];

    if (json_is_string(json))
        return decimal_read(text_of(json), decimal);
    if (json_is_real(json))
        return decimal_of_real(json_real_value(json), decimal);
    if (!json_is_integer(json))
        return false;
    int size = snprintf(digits, sizeof(digits), "%" PRId64, (int64_t)json_integer_value(json));
    return decimal_read((struct span){digits, (size_t)size}, decimal);
}

/* A number >= 0 times 10^`places`. */
static const char *read_scaled(const json_t *json, long places, void *target)
{
    struct decimal decimal;
    int64_t number;

    if (!number_read(json, &decimal))
        return "must be a number";
    if (decimal.is_negative && !decimal_is_zero(&decimal))
        return "must not be below 0";
    if (!decimal_scale(&decimal, places, &number))
        return "is too large";
    *(int64_t *)target = number;
    return NULL;
}

const char *read_cost(const json_t *json, void *target)
{
    return read_scaled(json, 9, target);
}

const char *read_seconds_us(const json_t *json, void *target)
{
    return read_scaled(json, 6, target);
}

const char *read_milliseconds_us(const json_t *json, void *target)
{
    return read_scaled(json, 3, target);
}

/* The unit by the size of the number before the point: until the year 5138, and from 1973 on. */
static const char *read_number_us(const json_t *json, int64_t *us)
{
    static const struct {
        int64_t below;
        long places;
    } units[] = {
        {INT64_C(100000000000), 6}, {INT64_C(100000000000000), 3}, {INT64_C(100000000000000000), 0}, {INT64_MAX, -3}};
    struct decimal decimal;
    int64_t number;

    if (!number_read(json, &decimal))
        return "must be a time";
    if (decimal.is_negative)
        return "must not be below 0";
    if (!decimal_scale(&decimal, 0, &number))
        return "is too large";
    for (size_t i = 0; i < LENGTH_OF(units); i++)
        if (number < units[i].below && decimal_scale(&decimal, units[i].places, us))
            return NULL;
    return "is too large";
}

const char *read_time_us(const json_t *json, void *target)
{
    struct decimal decimal;
    int64_t ms;

    if (!json_is_string(json) || all_digits(text_of(json)) ||
        (decimal_read(text_of(json), &decimal) && decimal.whole >= 10))
        return read_number_us(json, target);
    const char *problem = time_read(text_of(json), &ms);
    if (problem == NULL)
        *(int64_t *)target = ms * 1000;
    return problem;
}
