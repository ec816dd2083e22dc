/* The names of signals and their keys. */
#include "gentally/core/signal.h"

#include <assert.h>

const char *signal_kind_name(enum signal_kind kind)
{
    static const char *const names[SIGNAL_KINDS] = {
        [SIGNAL_FIRST_WEEK] = "first_week",       [SIGNAL_UNKNOWN_MODEL] = "unknown_model",
        [SIGNAL_CATEGORY_JUMP] = "category_jump", [SIGNAL_FOUNDATIONAL_COHORT] = "foundational_cohort",
        [SIGNAL_BOOMERANG] = "boomerang",
    };

    assert(kind < SIGNAL_KINDS);
    return names[kind];
}

static char *put_escaped(char *target, struct span text)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t size = text.size < SIGNAL_TEXT_MAX ? text.size : SIGNAL_TEXT_MAX;

    for (size_t index = 0; index < size; index++) {
        unsigned char byte = (unsigned char)text.bytes[index];
        if (byte != '|' && byte != '%' && byte >= 0x20) {
            *target++ = (char)byte;
            continue;
        }
        *target++ = '%';
        *target++ = hex[byte >> 4];
        *target++ = hex[byte & 0xf];
    }
    return target;
}

static char *put_text(char *target, const char *text)
{
    size_t size = strlen(text);

    memcpy(target, text, size);
    return target + size;
}

size_t signal_key_write(const struct signal *signal, char *text)
{
    char start[32];
    char *end = put_text(text, signal_kind_name(signal->kind));

    time_format(signal->window.start_ms, start, sizeof(start));
    *end++ = '|';
    end = put_text(end, start);
    *end++ = '|';
    end = put_escaped(end, signal->subject);
    if (signal->cohort.size > 0) {
        *end++ = '|';
        end = put_escaped(end, signal->cohort);
    }
    return (size_t)(end - text);
}
