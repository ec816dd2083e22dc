/* What some steps of a plan read, for whoever follows them. */
#ifndef GENTALLY_STEP_READ_H
#define GENTALLY_STEP_READ_H

#include "cursor.h"
#include "gentally/core/event.h"

/* Reads [null, text] in one step. */
static ALWAYS_INLINE enum fault read_optional_text(struct cursor *cursor, unsigned null_branch, struct span *text)
{
    uint32_t branch = 0;
    enum fault fault = cursor_index(cursor, 2, &branch);

    return fault == SOUND && branch != null_branch ? cursor_text(cursor, text) : fault;
}

static ALWAYS_INLINE enum fault read_optional_int(struct cursor *cursor, unsigned null_branch, int32_t *value)
{
    uint32_t branch = 0;
    enum fault fault = cursor_index(cursor, 2, &branch);

    return fault == SOUND && branch != null_branch ? cursor_int(cursor, value) : fault;
}

static ALWAYS_INLINE enum fault read_amount(struct cursor *cursor, int64_t *value)
{
    int64_t number = 0;
    enum fault fault = cursor_long(cursor, &number);

    *value = event_amount(number);
    return fault;
}

static ALWAYS_INLINE enum fault read_optional_amount(struct cursor *cursor, unsigned null_branch, int64_t *value)
{
    uint32_t branch = 0;
    enum fault fault = cursor_index(cursor, 2, &branch);

    if (fault == SOUND && branch != null_branch)
        return read_amount(cursor, value);
    *value = EVENT_UNKNOWN;
    return fault;
}

#endif
