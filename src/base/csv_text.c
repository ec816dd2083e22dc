/* Byte by byte; the quotation marks are decided first. */
#include "gentally/base/csv_text.h"

#include "gentally/base/text.h"

static bool begins_formula(struct span text)
{
    static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"}; /* = + - @ */

    if (strchr("=+-@'", text.bytes[0]) != NULL)
        return true;
    for (size_t i = 0; i < LENGTH_OF(wide); i++)
        if (text.size >= 3 && memcmp(text.bytes, wide[i], 3) == 0)
            return true;
    return false;
}

static char *put_hex(char *target, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    *target++ = '%';
    *target++ = digits[byte >> 4];
    *target++ = digits[byte & 15];
    return target;
}

static bool needs_quotes(struct span text)
{
    return memchr(text.bytes, ',', text.size) != NULL || memchr(text.bytes, '"', text.size) != NULL;
}

char *csv_text(char *target, struct span text, bool is_quoted)
{
    is_quoted = is_quoted || (text.size > 0 && needs_quotes(text)); /* line ends are control characters */
    if (is_quoted)
        *target++ = '"';
    if (text.size > 0 && text.bytes[0] != '\0' && begins_formula(text))
        *target++ = '\'';
    for (size_t index = 0; index < text.size;) {
        struct span rest = {text.bytes + index, text.size - index};
        size_t size = text_control_size(rest);
        if (size == 0 && (rest.bytes[0] == '%' || rest.bytes[0] == ';'))
            size = 1;
        for (size_t i = 0; i < size; i++)
            target = put_hex(target, (unsigned char)rest.bytes[i]);
        if (size == 0) {
            if (rest.bytes[0] == '"')
                *target++ = '"';
            *target++ = rest.bytes[0];
        }
        index += size > 0 ? size : 1;
    }
    if (is_quoted)
        *target++ = '"';
    return target;
}
