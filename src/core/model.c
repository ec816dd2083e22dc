/* The names of a model's attributes. */
#include "gentally/core/model.h"

#include <assert.h>

const char *model_source_name(enum model_source source)
{
    static const char *const names[] = {
        [SOURCE_UNKNOWN] = "unknown",
        [SOURCE_CLOSED] = "closed",
        [SOURCE_OPEN_CN] = "open_cn",
        [SOURCE_OPEN_ROW] = "open_row",
    };

    assert((size_t)source < LENGTH_OF(names));
    return names[source];
}

const char *model_size_name(enum model_size size)
{
    static const char *const names[] = {
        [SIZE_UNKNOWN] = "unknown",
        [SIZE_SMALL] = "small",
        [SIZE_MEDIUM] = "medium",
        [SIZE_LARGE] = "large",
    };

    assert((size_t)size < LENGTH_OF(names));
    return names[size];
}

const char *model_reasoning_name(enum model_reasoning reasoning)
{
    static const char *const names[] = {
        [REASONING_UNKNOWN] = "unknown",
        [REASONING_NO] = "no",
        [REASONING_OPTIONAL] = "optional",
        [REASONING_ALWAYS] = "always",
    };

    assert((size_t)reasoning < LENGTH_OF(names));
    return names[reasoning];
}
