/* UTF-8, character by character: for texts that are not plain ASCII, which readers of many texts tell faster. */
#include "gentally/base/text.h"

/*
 * The bytes of the character at the front of `size` > 0 bytes; 0 if it is none. The second byte's range depends on the
 * first, which keeps out overlong forms (E0, F0), surrogates (ED) and what lies beyond U+10FFFF (F4).
 */
static size_t character_size(const unsigned char *at, size_t size)
{
    unsigned char lead = at[0], low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    size_t count;

    if (lead < 0x80)
        return lead != 0;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    count = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size < count || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < count; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return count;
}

bool text_is_sound(struct span text)
{
    for (size_t at = 0; at < text.size;) {
        size_t size = character_size((const unsigned char *)text.bytes + at, text.size - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

struct span text_cut(struct span text, size_t size_max)
{
    size_t size = text.size < size_max ? text.size : size_max;

    while (size > 0 && size < text.size && ((unsigned char)text.bytes[size] & 0xc0) == 0x80)
        size--;
    return (struct span){text.bytes, size};
}

size_t text_control_size(struct span text)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;

    if (text.size > 0 && (bytes[0] < 0x20 || bytes[0] == 0x7f))
        return 1;
    return text.size > 1 && bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] < 0xa0 ? 2 : 0;
}

bool text_is_one_line(struct span text)
{
    for (size_t at = 0; at < text.size; at++)
        if (text_control_size((struct span){text.bytes + at, text.size - at}) > 0)
            return false;
    return true;
}

void text_make_one_line(char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t control = text_control_size((struct span){text + at, size - at});
        memset(text + at, ' ', control);
        at += control > 0 ? control : 1;
    }
}

const char *text_grouped(int64_t value, char text[TEXT_GROUPED_SIZE])
{
    char digits[24];
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t count = 0, size = 0;

    for (; count == 0 || left > 0; left /= 10)
        digits[count++] = (char)('0' + left % 10);
    if (value < 0)
        text[size++] = '-';
    while (count > 0) {
        text[size++] = digits[--count];
        if (count > 0 && count % 3 == 0)
            text[size++] = ',';
    }
    text[size] = '\0';
    return text;
}
