/* JSON numbers and texts, written by hand and not through stdio: the writers run for every field of every event. */
#include "gentally/base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gentally/base/text.h"

static char *escape(char *target, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the byte, its letter */

    *target++ = '\\';
    for (size_t index = 0; index + 1 < sizeof(named); index += 2) {
        if ((unsigned char)named[index] == byte) {
            *target++ = named[index + 1];
            return target;
        }
    }
    target = JSON_RAW(target, "u00");
    *target++ = hex[byte >> 4];
    *target++ = hex[byte & 15];
    return target;
}

char *json_put_text(char *target, struct span text)
{
    *target++ = '"';
    for (size_t index = 0; index < text.size; index++) {
        unsigned char byte = (unsigned char)text.bytes[index];
        if (byte == 0xc2 && text_control_size((struct span){text.bytes + index, text.size - index}) == 2)
            target = escape(target, (unsigned char)text.bytes[++index]); /* C1 are U+0080 to U+009F */
        else if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f)
            *target++ = (char)byte;
        else
            target = escape(target, byte);
    }
    *target++ = '"';
    return target;
}

char *json_put_integer(char *target, int64_t value)
{
    char digits[JSON_INTEGER_MAX];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        *target++ = '-';
    return json_put_raw(target, digits + at, sizeof(digits) - at);
}

/* Up to 15 digits always survive being a double, 17 always tell one from the next: the least that does is looked for.
 * The C library prints and reads with the locale's point, which is then made a dot. */
char *json_put_real(char *target, double value)
{
    char text[JSON_REAL_MAX];
    int size = 0;

    if (!isfinite(value))
        return JSON_RAW(target, "null");
    for (int digits = 15; digits <= 17; digits++) {
        size = snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    bool was_point = false;
    for (int index = 0; index < size; index++) {
        char byte = text[index];
        bool is_point = !((byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == 'e');
        if (!is_point || !was_point) /* a point can be more than one byte */
            *target++ = is_point ? '.' : byte;
        was_point = is_point;
    }
    return target;
}
