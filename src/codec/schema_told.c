/* Texts that grow by a name at a time. */
#include "schema_told.h"

#include <stdlib.h>

#include "gentally/base/grow.h"

static bool append(struct told_text *text, const char *more)
{
    size_t size = strlen(more);
    char *grown = grow(text->text, &text->room, text->size + size + 1, 1);

    if (grown == NULL)
        return false;
    text->text = grown;
    memcpy(grown + text->size, more, size + 1);
    text->size += size;
    return true;
}

bool told_add(struct told_text *text, const char *separator, const char *prefix, const char *name)
{
    return (text->size == 0 || append(text, separator)) && append(text, prefix) && append(text, name);
}

void schema_told_free(struct schema_told *told)
{
    free(told->read.text);
    free(told->skipped.text);
    free(told->defaulted.text);
    free(told->doubts.text);
    *told = (struct schema_told){0};
}
