/*
 * Verdicts and reasons: see verdict.h. A reason's text ends up in one log line, so whatever a foreign library put into
 * its message (newlines, tabs, escape sequences) is made blank here, once, at the border.
 */
#include "gentally/base/verdict.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include "gentally/base/text.h"

enum verdict reason_set(struct reason *why, enum verdict verdict, enum reason_id id, long code, const char *format, ...)
{
    assert(id != REASON_NONE);
    assert(format != NULL);
    if (why == NULL)
        return verdict;
    /* The arguments may point into why->text ("...: %s", why->text), so the new text is built beside it. */
    char text[REASON_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (size < 0)
        text[0] = '\0';
    text_make_one_line(text, strlen(text));
    why->id = id;
    why->code = code;
    memcpy(why->text, text, sizeof(text));
    return verdict;
}

static const struct {
    const char *name;
    int exit_status;
    enum stops stops;
} reasons[REASON_COUNT] = {
#define REASON(name, id, exit_status, stops) [name] = {id, exit_status, stops},
#include "gentally/base/reasons.def"
#undef REASON
};

const char *reason_name(enum reason_id id)
{
    assert((size_t)id < REASON_COUNT);
    return reasons[id].name;
}

enum reason_id reason_find(struct span name)
{
    for (size_t id = REASON_NONE + 1; id < REASON_COUNT; id++)
        if (span_equal(name, span_of(reasons[id].name)))
            return (enum reason_id)id;
    return REASON_NONE;
}

int reason_exit_status(enum reason_id id)
{
    assert(id != REASON_NONE);
    assert((size_t)id < REASON_COUNT);
    return reasons[id].exit_status;
}

enum stops reason_stops(enum reason_id id)
{
    assert(id != REASON_NONE);
    assert((size_t)id < REASON_COUNT);
    return reasons[id].stops;
}

enum verdict no_memory(struct reason *why, const char *purpose)
{
    return reason_set(why, HALT, NO_MEMORY, errno, "no memory %s", purpose);
}
