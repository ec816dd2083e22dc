/* A backslash begins an escape, a dot or quote at a line's beginning a request, and a plain '-' is a hyphen. */
#include "gentally/base/troff.h"

#include <stdbool.h>

void troff_print(FILE *file, const char *text)
{
    bool begins = true;

    for (; *text != '\0'; begins = *text == '\n', text++) {
        if (begins && (*text == '.' || *text == '\''))
            fputs("\\&", file);
        if (*text == '\\')
            fputs("\\e", file);
        else if (*text == '-')
            fputs("\\-", file);
        else
            fputc(*text, file);
    }
}
