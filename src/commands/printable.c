/* Bytes become \xNN unless they are printable ASCII, so that no payload can steer a terminal. */
#include "printable.h"

#include <stdio.h>

#include "gentally/base/json.h"

void printable_text(struct span bytes, char *text, size_t room)
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < bytes.size && at + PRINTABLE_MAX(1) <= room; i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        if (byte >= 0x20 && byte <= 0x7e) {
            text[at++] = (char)byte;
            continue;
        }
        text[at++] = '\\';
        text[at++] = 'x';
        text[at++] = hex[byte >> 4];
        text[at++] = hex[byte & 0xf];
    }
    text[at] = '\0';
}

void printable_json(const char *name, struct span bytes, const char *end)
{
    char text[PRINTABLE_MAX(512)], quoted[JSON_TEXT_MAX(sizeof(text)) + 1];

    printable_text(bytes, text, sizeof(text));
    *json_put_text(quoted, span_of(text)) = '\0';
    printf("\"%s\":%s%s", name, quoted, end);
}
